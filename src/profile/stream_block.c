/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/stream_block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "profile/stream_format.h"

/* The zstd frame header: magic number, then a byte that says (bit 2) whether a
 * checksum of the content stands at the end.  Ours always does. */
#define ZSTD_MAGIC 0xfd2fb528u
#define ZSTD_HAS_CHECKSUM 4

struct block_head {
	unsigned type, flags, seq;
	uint32_t raw, stored;
};

/* All len bytes, or -ENODATA: the file ends before. */
static int read_all(struct hog_stream_blocks *b, void *to, size_t len,
		    struct hog_err *err)
{
	errno = 0;

	size_t n = fread(to, 1, len, b->in);
	int r = errno ? -errno : -EIO;

	b->offset += n;
	if (n == len)
		return 0;
	if (ferror(b->in))
		return hog_err_set(err, r, "read the recording");
	return hog_err_say(err, -ENODATA, NULL,
			   "the recording stops at byte %llu without an end",
			   (unsigned long long)b->offset);
}

static int damaged(const struct hog_stream_blocks *b, struct hog_err *err)
{
	return hog_err_say(err, -EBADMSG, NULL,
			   "the recording is damaged before byte %llu",
			   (unsigned long long)b->offset);
}

static int read_file_head(struct hog_stream_blocks *b, struct hog_err *err)
{
	unsigned char head[HOG_STREAM_HEAD_SIZE];
	struct hog_cursor cur;
	int r = read_all(b, head, sizeof(head), err);

	if (r < 0 && r != -ENODATA)
		return r;
	if (r < 0 || memcmp(head, HOG_STREAM_MAGIC, HOG_STREAM_MAGIC_SIZE) != 0)
		return hog_err_say(err, -EBADMSG,
				   "hognose record -o FILE.hog makes one",
				   "not a recording of hognose");
	hog_cursor_init(&cur, head + HOG_STREAM_MAGIC_SIZE,
			sizeof(head) - HOG_STREAM_MAGIC_SIZE);

	unsigned major = hog_cursor_u16(&cur);

	hog_cursor_u16(&cur); /* minor: what is new in it can be skipped */
	if (hog_cursor_u32(&cur) != hog_stream_check(head))
		return damaged(b, err);
	if (major != HOG_STREAM_MAJOR)
		return hog_err_say(err, -ENOTSUP, "use a newer hognose",
				   "the recording has format %u, this hognose "
				   "reads %u",
				   major, HOG_STREAM_MAJOR);
	return 0;
}

int hog_stream_blocks_init(struct hog_stream_blocks *b, FILE *in,
			   struct hog_err *err)
{
	int r;

	*b = (struct hog_stream_blocks){ .in = in };
	b->zstd = ZSTD_createDCtx();
	if (!b->zstd)
		return hog_err_set(err, -ENOMEM, "read the recording");
	r = read_file_head(b, err);
	if (r < 0)
		hog_stream_blocks_fini(b);
	return r;
}

void hog_stream_blocks_fini(struct hog_stream_blocks *b)
{
	ZSTD_freeDCtx(b->zstd);
	hog_buf_fini(&b->stored);
	hog_buf_fini(&b->raw);
	*b = (struct hog_stream_blocks){ 0 };
}

static int read_block_head(struct hog_stream_blocks *b,
			   struct block_head *ret_head, struct hog_err *err)
{
	unsigned char head[HOG_STREAM_HEAD_SIZE];
	struct hog_cursor cur;
	int r = read_all(b, head, sizeof(head), err);

	if (r < 0)
		return r;
	hog_cursor_init(&cur, head, sizeof(head));

	struct block_head h = { .type = hog_cursor_u8(&cur),
				.flags = hog_cursor_u8(&cur),
				.seq = hog_cursor_u16(&cur),
				.raw = hog_cursor_u32(&cur),
				.stored = hog_cursor_u32(&cur) };

	if (hog_cursor_u32(&cur) != hog_stream_check(head) ||
	    h.seq != (b->seq & 0xffff) || h.raw > HOG_STREAM_RAW_MAX ||
	    h.stored > HOG_STREAM_STORED_MAX)
		return damaged(b, err);
	b->seq++;
	*ret_head = h;
	return 0;
}

/* Memory for len bytes, whose old contents are of no use. */
static int make_room(struct hog_buf *buf, size_t len, struct hog_err *err)
{
	if (len > buf->cap) {
		hog_buf_fini(buf);
		buf->data = malloc(len);
		if (!buf->data)
			return hog_err_set(err, -ENOMEM, "read the recording");
		buf->cap = len;
	}
	buf->len = len;
	return 0;
}

static bool is_checked_frame(const struct hog_buf *stored)
{
	struct hog_cursor cur;

	hog_cursor_init(&cur, stored->data, stored->len);
	return hog_cursor_u32(&cur) == ZSTD_MAGIC &&
	       (hog_cursor_u8(&cur) & ZSTD_HAS_CHECKSUM);
}

static int unpack(struct hog_stream_blocks *b, size_t raw, struct hog_err *err)
{
	int r = make_room(&b->raw, raw, err);

	if (r < 0)
		return r;
	if (!is_checked_frame(&b->stored))
		return damaged(b, err);
	/* An error is a huge size, so that it cannot be raw either. */
	if (ZSTD_decompressDCtx(b->zstd, b->raw.data, raw, b->stored.data,
				b->stored.len) != raw)
		return damaged(b, err);
	return 0;
}

static bool is_known(unsigned type)
{
	return type >= HOG_BLOCK_RUN && type <= HOG_BLOCK_END;
}

int hog_stream_blocks_next(struct hog_stream_blocks *b,
			   struct hog_cursor *ret_content, struct hog_err *err)
{
	struct block_head head = { 0 };
	int r;

	do {
		r = read_block_head(b, &head, err);
		if (r < 0)
			return r;
		r = make_room(&b->stored, head.stored, err);
		if (r == 0)
			r = read_all(b, b->stored.data, head.stored, err);
		if (r < 0)
			return r;
		if (!is_known(head.type) && head.flags & HOG_BLOCK_REQUIRED)
			return hog_err_say(err, -ENOTSUP, "use a newer hognose",
					   "the recording has a part of kind "
					   "%u, unknown to this hognose",
					   head.type);
	} while (!is_known(head.type));
	r = unpack(b, head.raw, err);
	if (r < 0)
		return r;
	hog_cursor_init(ret_content, b->raw.data, b->raw.len);
	return (int)head.type;
}
