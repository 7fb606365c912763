/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind greens.h share. */
#ifndef HOG_COLLECT_GREENS_PRIV_H
#define HOG_COLLECT_GREENS_PRIV_H

#include "base/map.h"
#include "collect/greens.h"
#include "collect/process.h"
#include "python/greenlets.h"

struct hog_green { /* what is remembered of one greenlet */
	uint64_t addr, impl;
	uint64_t root_code; /* serial of the function it was named after */
	uint64_t named_ns;
	uint32_t root;            /* model stack of its name; 0 none yet */
	uint64_t frame, frame_ns; /* its outermost frame, seen while parked */
};

struct hog_greens {
	struct hog_greenlets found;
	bool open;   /* the extension is there, and one that can be read */
	bool closed; /* ... that cannot */
	uint64_t tried_ns, tried_gap_ns;
	uint64_t look_ns, look_gap_ns, look_cost_ns;
	struct hog_map64 index; /* address of a greenlet -> i + 1 in v */
	struct hog_green *v;    /* owned */
	size_t n, cap;
	struct hog_map64 owners;    /* outermost frame -> parked greenlet */
	size_t next_owner;          /* in found.v: whose is looked up next */
	uint64_t owners_ns;         /* slot in which some were */
	struct hog_map64 roots;     /* outermost frame -> greenlet and votes */
	struct hog_pyframe *frames; /* owned: room for one stack */
	uint64_t parked_ns;         /* when parked ones were last looked at */
	size_t next_parked;         /* in found.v: whose turn it is */
	struct hog_map64 weights;   /* thread and stack -> parked ones */
};

/* What is remembered of the greenlet; makes room for it.  NULL: no memory. */
struct hog_green *hog_green_of(struct hog_process *p,
			       const struct hog_greenlet *g);
/* Its name as a model stack.  frames: its stack, root first. */
uint32_t hog_green_name(struct hog_process *p, struct hog_green *green,
			const struct hog_greenlet *g,
			const struct hog_pyframe *frames, size_t n,
			uint64_t now_ns);

#endif
