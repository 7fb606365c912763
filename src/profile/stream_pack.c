/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/stream_pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 1 /* the sampler waits meanwhile */

static void put_u16(unsigned char *to, uint32_t value)
{
	to[0] = (unsigned char)value;
	to[1] = (unsigned char)(value >> 8);
}

static void put_u32(unsigned char *to, uint32_t value)
{
	put_u16(to, value);
	put_u16(to + 2, value >> 16);
}

static int write_all(FILE *out, const void *bytes, size_t len)
{
	errno = 0;
	if (fwrite(bytes, 1, len, out) == len)
		return 0;
	return errno ? -errno : -EIO;
}

static int write_head(struct hog_stream_pack *pack)
{
	unsigned char head[HOG_STREAM_HEAD_SIZE];

	memcpy(head, HOG_STREAM_MAGIC, HOG_STREAM_MAGIC_SIZE);
	put_u16(head + HOG_STREAM_MAGIC_SIZE, HOG_STREAM_MAJOR);
	put_u16(head + HOG_STREAM_MAGIC_SIZE + 2, HOG_STREAM_MINOR);
	put_u32(head + HOG_STREAM_CHECKED, hog_stream_check(head));
	return write_all(pack->out, head, sizeof(head));
}

int hog_stream_pack_init(struct hog_stream_pack *pack, FILE *out)
{
	*pack = (struct hog_stream_pack){ .out = out,
					  .zstd = ZSTD_createCCtx() };
	if (!pack->zstd)
		return -ENOMEM;
	ZSTD_CCtx_setParameter(pack->zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(pack->zstd, ZSTD_c_checksumFlag, 1);
	return write_head(pack);
}

void hog_stream_pack_fini(struct hog_stream_pack *pack)
{
	ZSTD_freeCCtx(pack->zstd);
	hog_buf_fini(&pack->stored);
	*pack = (struct hog_stream_pack){ 0 };
}

/* realloc would copy what is stale. */
static int make_room(struct hog_buf *buf, size_t cap)
{
	if (buf->cap >= cap)
		return 0;
	hog_buf_fini(buf);
	buf->data = malloc(cap);
	if (!buf->data)
		return -ENOMEM;
	buf->cap = cap;
	return 0;
}

int hog_stream_pack_block(struct hog_stream_pack *pack,
			  enum hog_stream_block type,
			  const struct hog_buf *content)
{
	unsigned char head[HOG_STREAM_HEAD_SIZE] = { (unsigned char)type };
	size_t bound = ZSTD_compressBound(content->len);
	int r;

	if (content->failed)
		return -ENOMEM;
	r = make_room(&pack->stored, bound);
	if (r < 0)
		return r;

	size_t stored =
		ZSTD_compress2(pack->zstd, pack->stored.data, pack->stored.cap,
			       content->data, content->len);

	if (ZSTD_isError(stored))
		return -ENOMEM; /* the only cause left: room was enough */
	if (type <= HOG_BLOCK_END)
		head[1] = HOG_BLOCK_REQUIRED;
	put_u16(head + 2, pack->seq++);
	put_u32(head + 4, (uint32_t)content->len);
	put_u32(head + 8, (uint32_t)stored);
	put_u32(head + HOG_STREAM_CHECKED, hog_stream_check(head));
	r = write_all(pack->out, head, sizeof(head));
	return r < 0 ? r : write_all(pack->out, pack->stored.data, stored);
}

void hog_stream_add_double(struct hog_buf *buf, double value)
{
	uint64_t bits;
	unsigned char bytes[sizeof(bits)];

	memcpy(&bits, &value, sizeof(bits));
	put_u32(bytes, (uint32_t)bits);
	put_u32(bytes + 4, (uint32_t)(bits >> 32));
	hog_buf_add(buf, bytes, sizeof(bytes));
}

void hog_stream_add_text(struct hog_buf *buf, const char *text, size_t len)
{
	hog_buf_add_varint(buf, len);
	hog_buf_add(buf, text, len);
}
