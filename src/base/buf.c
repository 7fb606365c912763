/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARINT_MAX 10 /* bytes of the longest 64-bit varint */

void hog_buf_fini(struct hog_buf *buf)
{
	free(buf->data);
	*buf = (struct hog_buf){ 0 };
}

void hog_buf_clear(struct hog_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
}

static bool make_room(struct hog_buf *buf, size_t extra)
{
	size_t cap = buf->cap ? buf->cap : 64;
	unsigned char *grown;

	if (buf->failed || extra > SIZE_MAX / 2 - buf->len) {
		buf->failed = true;
		return false;
	}
	if (buf->len + extra <= buf->cap)
		return true;
	while (cap < buf->len + extra)
		cap *= 2;
	grown = realloc(buf->data, cap);
	if (!grown) {
		buf->failed = true;
		return false;
	}
	buf->data = grown;
	buf->cap = cap;
	return true;
}

void hog_buf_add(struct hog_buf *buf, const void *bytes, size_t len)
{
	if (len == 0 || !make_room(buf, len))
		return;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
}

void hog_buf_add_u8(struct hog_buf *buf, uint8_t value)
{
	hog_buf_add(buf, &value, 1);
}

void hog_buf_add_str(struct hog_buf *buf, const char *text)
{
	hog_buf_add(buf, text, strlen(text));
}

void hog_buf_printf(struct hog_buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !make_room(buf, (size_t)n + 1))
		return;
	va_start(ap, fmt);
	vsnprintf((char *)buf->data + buf->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)n;
}

void hog_buf_add_varint(struct hog_buf *buf, uint64_t value)
{
	uint8_t bytes[VARINT_MAX];
	size_t n = 0;

	while (value >= 0x80) {
		bytes[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	bytes[n++] = (uint8_t)value;
	hog_buf_add(buf, bytes, n);
}

void hog_buf_add_svarint(struct hog_buf *buf, int64_t value)
{
	uint64_t sign = value < 0 ? UINT64_MAX : 0;

	hog_buf_add_varint(buf, ((uint64_t)value << 1) ^ sign);
}

const char *hog_buf_str(struct hog_buf *buf)
{
	if (!make_room(buf, 1))
		return "";
	buf->data[buf->len] = '\0';
	return (const char *)buf->data;
}
