/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading dicts and instance attributes from outside: 2.7's open tables, the
 * compact ones since 3.6, split tables, inline values.  Every number is the
 * target's and bounded before use.
 */
#ifndef HOG_PYTHON_DICT_H
#define HOG_PYTHON_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_python;

#define HOG_PYDICT_WINDOW 64              /* entries copied at a time */
#define HOG_PYDICT_ENTRIES_MAX (1u << 20) /* looked at in one dict */

/* A position in a dict's entries, in the order Python gives them. */
struct hog_pydict_iter {
	const struct hog_python *py; /* borrowed */
	uint64_t used;    /* as the dict says: for the count of items */
	uint64_t entries; /* address of the entry table */
	uint64_t values;  /* split table: of the values; 0 combined */
	uint64_t n, pos;  /* entries of the table; the next one */
	unsigned stride, key_at, value_at; /* of one entry, bytes */
	uint64_t first; /* index of the window's first entry */
	unsigned held;  /* entries in the window */
	unsigned char window[HOG_PYDICT_WINDOW * 24];
	uint64_t split[HOG_PYDICT_WINDOW]; /* values, when split */
};

/* Starts at a dict object.  0, -EFAULT, -EBADMSG no dict that CPython makes. */
int hog_pydict_open(const struct hog_python *py, uint64_t dict,
		    struct hog_pydict_iter *ret);
/* The same over a keys object and a values array of an instance without dict. */
int hog_pydict_open_split(const struct hog_python *py, uint64_t keys,
			  uint64_t values, struct hog_pydict_iter *ret);
/* The next key and value that exist.  1, 0 at the end, -errno. */
int hog_pydict_next(struct hog_pydict_iter *it, uint64_t *ret_key,
		    uint64_t *ret_value);
/* Value of a key that is an ASCII str.  0, -ENOENT, or -errno. */
int hog_pydict_find(struct hog_pydict_iter *it, const char *key,
		    uint64_t *ret_value);
/* The same from a dict's address. */
int hog_pydict_get(const struct hog_python *py, uint64_t dict, const char *key,
		   uint64_t *ret_value);

/* A keys object of the least size: a dict of few, often changed items has it. */
#define HOG_PYDICT_SMALL_BYTES 168
#define HOG_PYDICT_SMALL_ITEMS 5
/* Values of the items in a copy of one.  How many; -EBADMSG: it is larger. */
int hog_pydict_small_values(const struct hog_python *py,
			    const unsigned char keys[HOG_PYDICT_SMALL_BYTES],
			    uint64_t ret[HOG_PYDICT_SMALL_ITEMS]);

/* An attribute that an instance of a Python class holds itself. */
int hog_pyattr_get(const struct hog_python *py, uint64_t object,
		   const char *name, uint64_t *ret_value);

#endif
