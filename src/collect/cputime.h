/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU time of one thread, given to its samples.  The kernel's figure moves
 * only at scheduler ticks and when the thread leaves its CPU, so when it moves the
 * time goes to the samples since it was last seen to move at which the thread
 * was running, in equal shares.  Not to the one that sees it move: the thread
 * may just have lost its CPU.  Such a one counts when it was running on; when the
 * thread is next given a CPU with no time used meanwhile, it was waiting.
 */
#ifndef HOG_COLLECT_CPUTIME_H
#define HOG_COLLECT_CPUTIME_H

#include <stdbool.h>
#include <stdint.h>

struct hog_oscpu;

#define HOG_CPUTIME_STACKS 64 /* runs of stacks kept between two moves */

struct hog_cpuwait { /* samples in a row that are to get time, of one stack */
	uint32_t stack, count;
	uint64_t first_ns, last_ns; /* when they were taken */
};

struct hog_cputime {
	bool started;
	uint64_t last_ns;          /* CPU time that has been given out */
	uint64_t seen_ns;          /* CPU time at the last look */
	uint64_t turns, waited_ns; /* at the last look */
	uint64_t asleep_turns;     /* turns on a CPU when it was seen asleep */
	uint32_t stack;            /* at the last look */
	unsigned n;
	struct hog_cpuwait waiting[HOG_CPUTIME_STACKS];
	uint32_t total; /* of all counts, also of those that found no place */
};

struct hog_cpushare {
	uint32_t stack;
	uint64_t ns;
};

/* Its CPU time counts from given_ns on, before any look: it is new, say. */
void hog_cputime_begin(struct hog_cputime *c, uint64_t given_ns);
/* One look at time_ns: now is the thread's CPU time, stack what it ran (or, when it was
 * not running, what it stands at).  Fills shares[HOG_CPUTIME_STACKS];
 * their sum is the time used that was not given out yet.  How many.
 *
 * A thread that ran and slept again between two looks shows only the call it
 * sleeps in, which used nothing: such time is kept for the next looks that see
 * it run.  Over many of them each function gets what it used.  For the same
 * reason one that was woken and waits for a CPU does not run yet. */
unsigned hog_cputime_look(struct hog_cputime *c, const struct hog_oscpu *now,
			  uint64_t time_ns, uint32_t stack, bool running,
			  struct hog_cpushare *shares);
/* A look at a sleeping thread, without its stack: true when it has used
 * nothing since the look before, so that its stack need not be read. */
bool hog_cputime_sleeps_on(struct hog_cputime *c, const struct hog_oscpu *now);
/* The thread ends, or the recording does: the time not given out yet.  The
 * stack it stands at gets it when it was never seen to run meanwhile. */
unsigned hog_cputime_end(struct hog_cputime *c, struct hog_cpushare *shares);

#endif
