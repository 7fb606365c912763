/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading bytes that we did not write: a position and an end, and no read that
 * passes the end.  The first read that would marks the cursor bad; it and all
 * later ones give 0, so a parser may read a whole record and ask once.
 */
#ifndef HOG_BASE_CURSOR_H
#define HOG_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_cursor {
	const unsigned char *pos, *end; /* borrowed */
	bool bad;
};

void hog_cursor_init(struct hog_cursor *cur, const void *bytes, size_t len);
size_t hog_cursor_left(const struct hog_cursor *cur);
/* The next len bytes, or NULL and bad. */
const unsigned char *hog_cursor_take(struct hog_cursor *cur, size_t len);
uint8_t hog_cursor_u8(struct hog_cursor *cur);
uint16_t hog_cursor_u16(struct hog_cursor *cur); /* little endian */
uint32_t hog_cursor_u32(struct hog_cursor *cur);
uint64_t hog_cursor_u64(struct hog_cursor *cur);
uint64_t hog_cursor_varint(struct hog_cursor *cur);
int64_t hog_cursor_svarint(struct hog_cursor *cur);

#endif
