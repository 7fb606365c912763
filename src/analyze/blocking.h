/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that kept a thread waiting, by the line of Python that made them; and,
 * in threads that run an event loop, callbacks that kept it with work of their
 * own.  The loop's own wait is no blocking.
 */
#ifndef HOG_ANALYZE_BLOCKING_H
#define HOG_ANALYZE_BLOCKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/histogram.h"
#include "analyze/loop.h"
#include "profile/event.h"

struct hog_blocking;
struct hog_run;

#define HOG_BLOCKING_KEPT 4096  /* single ones: the longest */
#define HOG_BLOCKING_LINES 8192 /* more are only counted */

/* One that took longer than the threshold. */
struct hog_blocked {
	uint64_t time_ns, duration_ns;
	uint32_t thread, stack; /* of the model */
	uint32_t call;          /* string id; 0: work of the thread itself */
	bool gil;               /* the thread held it meanwhile */
	bool in_loop;           /* a callback of a loop did it */
	char *task;             /* owned; NULL: none */
	char *what; /* "/etc/hosts", "a lock", "child 42"; owned; or NULL */
};

struct hog_blocked_line {
	uint32_t frame; /* see hog_place; 0: no Python line */
	uint32_t call;
	uint64_t with_gil; /* so many of them */
	struct hog_histogram times;
	struct hog_blocked longest; /* its texts are the line's */
};

struct hog_blocking *hog_blocking_new(const struct hog_run *run,
				      enum hog_loop loop,
				      uint64_t threshold_ns);
void hog_blocking_free(struct hog_blocking *b);
/* Any event; in time order per thread.  -ENOMEM. */
int hog_blocking_event(struct hog_blocking *b, const struct hog_event *ev);
/* By time. */
const struct hog_blocked *hog_blocking_get(struct hog_blocking *b,
					   size_t *ret_n);
/* By total time, most first. */
const struct hog_blocked_line *hog_blocking_lines(struct hog_blocking *b,
						  size_t *ret_n);
/* The longest that a check minds: in a process that runs a loop that is what
 * keeps the loop, else anything.  0: none. */
uint64_t hog_blocking_worst(const struct hog_blocking *b);
/* Does a check mind this one? */
bool hog_blocking_minds(const struct hog_blocking *b,
			const struct hog_blocked *one);
uint64_t hog_blocking_dropped(const struct hog_blocking *b);

#endif
