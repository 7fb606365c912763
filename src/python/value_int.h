/* SPDX-License-Identifier: Apache-2.0 */
/* Python's ints, of any size. */
#ifndef HOG_PYTHON_VALUE_INT_H
#define HOG_PYTHON_VALUE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_python;
struct hog_buf;

/* Digits read of one int: enough for the decimal text of any limit that is
 * shown; a longer one is told by its size. */
#define HOG_PYINT_DIGITS_MAX 1024

struct hog_pyint {
	bool negative;
	uint64_t n;  /* digits of 30 bits that it has */
	size_t held; /* of them in digits: all, or 0 when there are more */
	uint32_t digits[HOG_PYINT_DIGITS_MAX];
};

/* An int object (2.7: long; int27 says it is a PyIntObject). */
int hog_pyint_read(const struct hog_python *py, uint64_t addr, bool int27,
		   struct hog_pyint *ret);
/* As 64 bits.  false: it does not fit. */
bool hog_pyint_to64(const struct hog_pyint *v, int64_t *ret);
/* Decimal text. */
void hog_pyint_text(const struct hog_pyint *v, struct hog_buf *out);

/* Any int object that fits 64 bits (unsigned ones wrap).  0, -ERANGE, ... */
int hog_pyint_read64(const struct hog_python *py, uint64_t addr, int64_t *ret);

#endif
