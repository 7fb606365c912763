/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of Python objects, read from outside and bounded: what `dump
 * --locals` shows.  Works on live memory and cores; never calls anything.
 */
#ifndef HOG_PYTHON_VALUE_H
#define HOG_PYTHON_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "python/stack.h"

enum hog_pylocal_kind {
	HOG_PYLOCAL_ARG,
	HOG_PYLOCAL_LOCAL,
	HOG_PYLOCAL_CELL,
	HOG_PYLOCAL_FREE,
};

enum hog_pyvalue_kind {                    /* what `value` of the JSON is */
			HOG_PYVALUE_OTHER, /* null: only type and repr are known */
			HOG_PYVALUE_NONE,
			HOG_PYVALUE_BOOL,
			HOG_PYVALUE_INT,   /* fits 64 bits */
			HOG_PYVALUE_FLOAT, /* finite */
			HOG_PYVALUE_STR,
			HOG_PYVALUE_LIST, /* list, tuple, set, frozenset of the above */
			HOG_PYVALUE_DICT, /* items are key, value, key, value */
};

struct hog_pyvalue {
	enum hog_pyvalue_kind kind;
	int64_t integer;           /* BOOL, INT */
	double real;               /* FLOAT */
	char *text;                /* owned: STR, UTF-8, cut to the limit */
	size_t text_len;           /* it may hold NUL characters */
	struct hog_pyvalue *items; /* owned: LIST, DICT; one level */
	size_t n_items;
	bool cut; /* more than is shown */
};

struct hog_pylocal {
	char *name; /* owned, UTF-8 */
	char *type; /* owned: "int", "module.Type" */
	char *repr; /* owned: as Python prints it, at most the limit */
	enum hog_pylocal_kind kind;
	struct hog_pyvalue value;
};

/* Arguments and locals of a frame, in the order of the code object; unset ones
 * are left out; a class body lists its namespace.  limit: characters of repr.
 * How many (*ret is the caller's, hog_pylocals_free), or -errno. */
int hog_pylocals_read(const struct hog_python *py,
		      const struct hog_pyframe *frame, size_t limit,
		      struct hog_pylocal **ret);
void hog_pylocals_free(struct hog_pylocal *locals, size_t n);

/* Appends a float as Python's repr writes it: the shortest text that reads
 * back as the same number. */
void hog_pyvalue_float(double value, struct hog_buf *out);

#endif
