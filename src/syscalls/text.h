/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and bytes as text, without printf: a call has many. */
#ifndef HOG_SYSCALLS_TEXT_H
#define HOG_SYSCALLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_buf;

void hog_text_dec(struct hog_buf *out, int64_t value);
void hog_text_udec(struct hog_buf *out, uint64_t value);
void hog_text_hex(struct hog_buf *out, uint64_t value); /* "0x1f", "0" */
void hog_text_oct(struct hog_buf *out, uint64_t value); /* "0644", "0" */
/* "NULL" or hexadecimal. */
void hog_text_pointer(struct hog_buf *out, uint64_t value);
/* In quotation marks, with escapes as in C; what is cut ends in "...". */
void hog_text_quoted(struct hog_buf *out, const void *bytes, size_t len,
		     bool cut);

#endif
