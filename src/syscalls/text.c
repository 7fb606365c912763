/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/text.h"

#include "base/buf.h"

/* Digits of 2^64 to the base of 8, and one to spare. */
#define DIGITS_MAX 24
/* Bytes that are escaped before they are added. */
#define QUOTE_PIECE 256
#define ESCAPE_MAX 4

static void add_digits(struct hog_buf *out, uint64_t value, unsigned base)
{
	char text[DIGITS_MAX];
	size_t at = sizeof(text);

	do {
		text[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	hog_buf_add(out, text + at, sizeof(text) - at);
}

void hog_text_udec(struct hog_buf *out, uint64_t value)
{
	add_digits(out, value, 10);
}

void hog_text_dec(struct hog_buf *out, int64_t value)
{
	if (value < 0)
		hog_buf_add_u8(out, '-');
	add_digits(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

void hog_text_hex(struct hog_buf *out, uint64_t value)
{
	if (value)
		hog_buf_add(out, "0x", 2);
	add_digits(out, value, 16);
}

void hog_text_oct(struct hog_buf *out, uint64_t value)
{
	if (value)
		hog_buf_add_u8(out, '0');
	add_digits(out, value, 8);
}

void hog_text_pointer(struct hog_buf *out, uint64_t value)
{
	if (value)
		hog_text_hex(out, value);
	else
		hog_buf_add(out, "NULL", 4);
}

static size_t escape_octal(char *to, unsigned char c, bool digit_follows)
{
	size_t n = 0;

	to[n++] = '\\';
	/* "\1" before a digit would be read as one longer number. */
	if (digit_follows || c >= 0100)
		to[n++] = (char)('0' + (c >> 6));
	if (digit_follows || c >= 010)
		to[n++] = (char)('0' + (c >> 3 & 7));
	to[n++] = (char)('0' + (c & 7));
	return n;
}

static size_t escape(char *to, unsigned char c, bool digit_follows)
{
	static const char letters[] = "\ff\nn\rr\tt\vv\"\"\\\\";

	for (size_t i = 0; i + 1 < sizeof(letters); i += 2) {
		if ((unsigned char)letters[i] != c)
			continue;
		to[0] = '\\';
		to[1] = letters[i + 1];
		return 2;
	}
	return escape_octal(to, c, digit_follows);
}

void hog_text_quoted(struct hog_buf *out, const void *bytes, size_t len,
		     bool cut)
{
	const unsigned char *from = bytes;
	char piece[QUOTE_PIECE];
	size_t n = 0;

	hog_buf_add_u8(out, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = from[i];
		bool digit =
			i + 1 < len && from[i + 1] >= '0' && from[i + 1] <= '9';

		if (n > sizeof(piece) - ESCAPE_MAX) {
			hog_buf_add(out, piece, n);
			n = 0;
		}
		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\')
			piece[n++] = (char)c;
		else
			n += escape(piece + n, c, digit);
	}
	hog_buf_add(out, piece, n);
	hog_buf_add_u8(out, '"');
	if (cut)
		hog_buf_add(out, "...", 3);
}
