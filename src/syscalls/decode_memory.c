/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading what arguments point to.  Every address and length came from the
 * target: reads are bounded, and end where its memory ends.
 */
#include "syscalls/decoding.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* No target has smaller pages. */
#define PAGE 4096u
/* The first look at a string; most paths are shorter. */
#define CSTR_FIRST 256u
#define SPANS_MAX 17
/* Fits into the spans wherever it begins. */
#define BATCH ((SPANS_MAX - 1) * PAGE)

bool hog_decode_read(struct hog_decoding *dec, uint64_t addr, void *buf,
		     size_t len)
{
	return dec->d->mem && hog_mem_read(dec->d->mem, addr, buf, len) == 0;
}

/* One batch of pages; how much came. */
static size_t read_pages(struct hog_decoding *dec, uint64_t addr, char *buf,
			 size_t len)
{
	struct hog_span spans[SPANS_MAX];
	unsigned n = 0;
	size_t done = 0;

	while (done < len && n < SPANS_MAX && addr + done >= addr) {
		size_t piece = PAGE - (size_t)((addr + done) % PAGE);

		if (piece > len - done)
			piece = len - done;
		spans[n++] =
			(struct hog_span){ addr + done, buf + done, piece };
		done += piece;
	}

	ssize_t got = hog_mem_readv(dec->d->mem, spans, n);

	return got > 0 ? (size_t)got : 0;
}

ssize_t hog_decode_some(struct hog_decoding *dec, uint64_t addr, void *buf,
			size_t len)
{
	size_t done = 0;

	while (dec->d->mem && done < len) {
		size_t want = len - done < BATCH ? len - done : BATCH;
		size_t got =
			read_pages(dec, addr + done, (char *)buf + done, want);

		done += got;
		if (got < want)
			break;
	}
	return done > 0 || len == 0 ? (ssize_t)done : -EFAULT;
}

ssize_t hog_decode_take(struct hog_decoding *dec, uint64_t addr, uint64_t len,
			struct hog_piece *piece)
{
	size_t want = len < dec->limit ? (size_t)len : dec->limit;

	piece->large = want > sizeof(piece->small) ? malloc(want) : NULL;
	if (want > sizeof(piece->small) && !piece->large)
		want = sizeof(piece->small);
	piece->bytes = piece->large ? piece->large : piece->small;
	return addr ? hog_decode_some(dec, addr, piece->bytes, want) : -EFAULT;
}

void hog_decode_drop(struct hog_piece *piece)
{
	free(piece->large);
}

ssize_t hog_decode_cstr(struct hog_decoding *dec, uint64_t addr, char *buf,
			size_t cap, bool *ret_whole)
{
	size_t len = 0, piece = CSTR_FIRST;

	*ret_whole = false;
	while (len < cap) {
		if (piece > cap - len)
			piece = cap - len;

		ssize_t got =
			hog_decode_some(dec, addr + len, buf + len, piece);

		if (got <= 0)
			return len ? (ssize_t)len : -EFAULT;

		const char *nul = memchr(buf + len, '\0', (size_t)got);

		if (nul) {
			*ret_whole = true;
			return nul - buf;
		}
		len += (size_t)got;
		if ((size_t)got < piece)
			break;
		piece = HOG_PATH_MAX;
	}
	return (ssize_t)len;
}

size_t hog_decode_word_size(const struct hog_decoding *dec)
{
	return dec->wide ? 8 : 4;
}

uint64_t hog_decode_word_at(const struct hog_decoding *dec, const void *words,
			    size_t i)
{
	uint64_t wide;
	uint32_t narrow;

	if (dec->wide) {
		memcpy(&wide, (const char *)words + i * 8, 8);
		return le64toh(wide);
	}
	memcpy(&narrow, (const char *)words + i * 4, 4);
	return le32toh(narrow);
}

bool hog_decode_word(struct hog_decoding *dec, uint64_t addr, uint64_t *ret)
{
	unsigned char bytes[8];

	if (!hog_decode_read(dec, addr, bytes, hog_decode_word_size(dec)))
		return false;
	*ret = hog_decode_word_at(dec, bytes, 0);
	return true;
}

void hog_decode_unreadable(struct hog_decoding *dec, uint64_t addr)
{
	hog_text_pointer(dec->out, addr);
	/* NULL says what it is, and can be compared. */
	if (addr)
		dec->arg->kind = HOG_CALLARG_NONE;
}

void hog_decode_is_string(struct hog_decoding *dec, const void *bytes,
			  size_t len)
{
	dec->arg->kind = HOG_CALLARG_STRING;
	dec->arg->string = (uint32_t)dec->out->len;
	hog_buf_add(dec->out, bytes, len);
	dec->arg->string_len = (uint32_t)(dec->out->len - dec->arg->string);
	dec->arg->text = (uint32_t)dec->out->len;
}

void hog_decode_add_str(struct hog_decoding *dec, uint64_t addr, size_t limit)
{
	char text[HOG_PATH_MAX];
	bool whole;
	ssize_t len = -EFAULT;

	if (limit > sizeof(text))
		limit = sizeof(text);
	/* One more than is shown: the NUL may be that one. */
	if (addr)
		len = hog_decode_cstr(dec, addr, text,
				      limit < sizeof(text) ? limit + 1 : limit,
				      &whole);
	if (len < 0)
		hog_text_pointer(dec->out, addr);
	else
		hog_text_quoted(dec->out, text,
				(size_t)len < limit ? (size_t)len : limit,
				!whole);
}

void hog_decode_add_buffer(struct hog_decoding *dec, uint64_t addr,
			   uint64_t len)
{
	struct hog_piece piece;
	ssize_t got = hog_decode_take(dec, addr, len, &piece);

	if (got < 0)
		hog_text_pointer(dec->out, addr);
	else
		hog_text_quoted(dec->out, piece.bytes, (size_t)got,
				(uint64_t)got < len);
	hog_decode_drop(&piece);
}
