/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of one thread, given to its samples.  The kernel's figure moves
 * only at scheduler ticks, so when it moves the time goes to the samples since
 * it last moved at which the thread was running, in equal shares.
 */
#ifndef HOG_COLLECT_CPUTIME_H
#define HOG_COLLECT_CPUTIME_H

#include <stdbool.h>
#include <stdint.h>

#define HOG_CPUTIME_STACKS 64 /* different stacks kept between two moves */

struct hog_cputime {
	bool started;
	uint64_t last_ns; /* thread's CPU time at the last move */
	unsigned n;
	struct {
		uint32_t stack, count;
	} waiting[HOG_CPUTIME_STACKS];
	uint32_t total; /* of all counts, also of those that found no place */
};

struct hog_cpushare {
	uint32_t stack;
	uint64_t ns;
};

/* One look: cpu_ns is the thread's CPU time now, stack what it ran (or, when
 * it was not running, what it stands at).  Fills shares[HOG_CPUTIME_STACKS];
 * their sum is the time used since the last move.  How many. */
unsigned hog_cputime_look(struct hog_cputime *c, uint64_t cpu_ns,
			  uint32_t stack, bool running,
			  struct hog_cpushare *shares);

#endif
