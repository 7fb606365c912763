/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings as small numbers: equal bytes get the equal id, ids count up from 0,
 * and id 0 is always the empty string.  Strings may hold NUL bytes.
 */
#ifndef HOG_BASE_INTERN_H
#define HOG_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct hog_intern;

struct hog_intern *hog_intern_new(void); /* NULL: no memory */
void hog_intern_free(struct hog_intern *in);

/* 0 and the id, or -ENOMEM, or -EOVERFLOW past 2^31 bytes in all. */
int hog_intern_put(struct hog_intern *in, const char *text, size_t len,
		   uint32_t *ret_id);
/* How many ids there are: every id below is valid. */
uint32_t hog_intern_count(const struct hog_intern *in);
/* Bytes held in all, for callers that set a limit. */
size_t hog_intern_bytes(const struct hog_intern *in);
/* Text of an id, NUL-terminated; "" for an unknown id.  Valid until the next
 * put (the store moves when it grows). */
const char *hog_intern_get(const struct hog_intern *in, uint32_t id,
			   size_t *ret_len);

#endif
