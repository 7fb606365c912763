/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of the target in which one thread's frames lie, and a copy of the
 * parts of them that were used lately.  Frames of one size share 4 KiB pools,
 * so a page is the natural piece: one span each, in the order of the last
 * stack, innermost frame first, because that one moves the fastest.
 */
#ifndef HOG_PYTHON_STACK_HEAP_PAGES_H
#define HOG_PYTHON_STACK_HEAP_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_mem;
struct hog_spans;

#define HOG_HEAPPAGE 4096u
/* The head's span and these fit one readv. */
#define HOG_HEAPPAGES_MAX 1000u
/* Largest piece that may be asked for; it may cross a page's end. */
#define HOG_HEAPPIECE_MAX 256u

struct hog_heappage {
	uint64_t no;             /* address / HOG_HEAPPAGE */
	uint32_t used;           /* tick of its last use */
	uint32_t planned;        /* number of the last plan it was in */
	uint16_t lo, hi;         /* copied next time; hi 0: nothing known */
	uint16_t got_lo, got_hi; /* what the copy holds now */
	uint16_t era_lo, era_hi; /* used since the last pruning */
	bool wanted;
};

struct hog_heappages {
	struct hog_heappage *v; /* owned */
	unsigned char *arena;   /* owned: a page for each of v */
	uint16_t *index;        /* owned: slot + 1 by hash of no; 0 free */
	uint16_t *order;        /* owned: slots of the plan, in its order */
	unsigned n, cap, n_order, n_wanted;
	unsigned hint; /* slot of the last look-up */
	uint32_t tick; /* samples that changed */
	uint32_t plan_no;
	uint32_t window; /* pages not used for so many ticks are left out */
	uint32_t pruned; /* tick of the last pruning */
	unsigned char joint[HOG_HEAPPIECE_MAX]; /* a piece over two pages */
};

int hog_heappages_init(struct hog_heappages *p);
void hog_heappages_fini(struct hog_heappages *p);
/* Adds the spans of the pages in use: those of the n addresses first. */
int hog_heappages_plan(struct hog_heappages *p, const uint64_t *addrs, size_t n,
		       size_t len, struct hog_spans *spans);
/* The plan's spans hold got bytes.  Returns how many are left over. */
size_t hog_heappages_landed(struct hog_heappages *p, size_t got);
/* The copy of len bytes at addr, or NULL: not copied.  Good until the next
 * call of anything here. */
const unsigned char *hog_heappages_get(struct hog_heappages *p, uint64_t addr,
				       size_t len);
/* Notes that len bytes at addr are to be fetched.  false: no room. */
bool hog_heappages_want(struct hog_heappages *p, uint64_t addr, size_t len);
/* Copies what is wanted now.  How many pages could be read, or -errno. */
int hog_heappages_fetch(struct hog_heappages *p, struct hog_mem *mem);

#endif
