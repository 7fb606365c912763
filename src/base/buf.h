/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing run of bytes.  Appending never fails in the middle: when memory is
 * out, the buffer remembers it (failed), later appends do nothing, and the
 * owner asks once at the end.
 */
#ifndef HOG_BASE_BUF_H
#define HOG_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_buf {
	unsigned char *data; /* owned; may be NULL while len is 0 */
	size_t len, cap;
	bool failed; /* an append found no memory; contents are incomplete */
};

/* A zeroed struct is an empty buffer.  Takes zeroed or used. */
void hog_buf_fini(struct hog_buf *buf);
/* Empties it, keeps the memory. */
void hog_buf_clear(struct hog_buf *buf);

void hog_buf_add(struct hog_buf *buf, const void *bytes, size_t len);
void hog_buf_add_u8(struct hog_buf *buf, uint8_t value);
void hog_buf_add_str(struct hog_buf *buf, const char *text);
void hog_buf_printf(struct hog_buf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* LEB128: 7 bits a byte, low first.  The signed form zigzags before. */
void hog_buf_add_varint(struct hog_buf *buf, uint64_t value);
void hog_buf_add_svarint(struct hog_buf *buf, int64_t value);
/* Contents with a NUL behind them (not counted in len); "" when empty. */
const char *hog_buf_str(struct hog_buf *buf);

#endif
