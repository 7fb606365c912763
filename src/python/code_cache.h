/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of code objects from inside: for code.c, which fills and empties
 * it, and code_check.c, which finds out what has died. */
#ifndef HOG_PYTHON_CODE_CACHE_H
#define HOG_PYTHON_CODE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "python/code.h"
#include "python/coderead.h"

struct hog_pycodecheck; /* buffers of code_check.c */

struct hog_codeentry { /* stands right before its struct hog_pycode */
	struct hog_pycodeprint print;
	size_t bytes;               /* of the whole allocation */
	size_t index;               /* in hog_pycodes.all */
	uint64_t checked;           /* clock of the last check */
	uint64_t since_ns;          /* when it was read */
	uint64_t checked_ns;        /* last check; 0: none since it was read */
	uint32_t unchecked;         /* stacks that had it since then */
	struct hog_codeentry *next; /* of the dead */
	uint32_t round; /* of the confirmation it was last part of */
	bool ranged;    /* stands in hog_pycodes.ranges */
	bool dead;      /* forgotten, and kept for who still points to it */
};

struct hog_pycodes {
	const struct hog_python *py;   /* borrowed */
	struct hog_map64 by_addr;      /* -> index in all */
	struct hog_codeentry **all;    /* owned, and each of them */
	struct hog_codeentry **ranges; /* by code_start; no two overlap */
	struct hog_codeentry *dead;    /* owned: see hog_pycodes_reap */
	size_t n, cap, n_ranges;
	size_t bytes;
	size_t next_check;
	uint64_t clock, epoch;
	double doubt;             /* see hog_pycodes_doubt */
	uint64_t new_ns, died_ns; /* when an entry was last read, found dead */
	struct hog_pycodecheck *check; /* owned; NULL until needed */
	uint32_t serial, round;
};

static inline struct hog_pycode *hog_code_of(struct hog_codeentry *e)
{
	return (struct hog_pycode *)(e + 1);
}

static inline struct hog_codeentry *hog_entry_of(const struct hog_pycode *c)
{
	return (struct hog_codeentry *)c - 1;
}

/* Takes e out of the cache.  Its memory stays until hog_pycodes_reap. */
void hog_pycodes_drop(struct hog_pycodes *codes, struct hog_codeentry *e);

#endif
