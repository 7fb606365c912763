/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Line tables of code objects: from an instruction to a place in the source.
 * Pure functions over bytes; the bytes are the target's and may be anything.
 */
#ifndef HOG_PYTHON_LINES_H
#define HOG_PYTHON_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "python/layout.h"

/* The largest line table that is read; more is treated as unreadable. */
#define HOG_PYLINES_MAX (1u << 20)

struct hog_pyplace {
	int32_t line, end_line; /* 0: none known */
	int32_t column,
		end_column; /* UTF-8 bytes from 0, end exclusive; -1 none */
};

/* Place of the instruction at byte offset `at` of the code (-1 or less: not
 * started, gives the first line).  0, or -EBADMSG when the table ends early or
 * makes no sense; then ret holds firstlineno and no columns. */
int hog_pylines_find(enum hog_pylines format, const unsigned char *table,
		     size_t len, int32_t firstlineno, int32_t at,
		     struct hog_pyplace *ret);

#endif
