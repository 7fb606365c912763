/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stacks of threads that stand still: --exact for all of them, --stop-budget for
 * those that could not be told while they moved.  Who moves is stopped (one
 * thread at a time, see target/stop.h), its memory copied, and it goes on;
 * the stack is found in the copy.
 *
 * Who sleeps in the kernel is not stopped: its stack is right when it has not
 * been given a CPU between two looks.  Where there is a GIL, one stop does for
 * all threads: while its holder stands nobody else can enter or leave a
 * function, as none can take the GIL.
 */
#ifndef HOG_COLLECT_EXACT_H
#define HOG_COLLECT_EXACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "target/stop.h"

struct hog_process;
struct hog_sampled;
struct hog_session_options;
struct hog_slot;
struct hog_stackmemo;

/* What a session knows of its stops; zeroed at first. */
struct hog_exact {
	struct hog_stops stops;
	bool hurries;
	uint64_t charged_ns;    /* of their held_ns, to the budgets */
	struct hog_err refused; /* why first a stop was refused; code 0: none */
};

/* Whether the threads of pid can be stopped, if they may have to be.  Refused
 * is an error for --exact, and for --stop-budget only to be told. */
int hog_exact_check(struct hog_exact *exact, pid_t pid,
		    const struct hog_session_options *opt, struct hog_err *err);

/* Around a session's run: with real-time priority, where it is allowed, as
 * a stop lasts 20 us with it on a busy machine and milliseconds without.  The end lets go who is left. */
void hog_exact_begin(struct hog_exact *exact,
		     const struct hog_session_options *opt);
void hog_exact_end(struct hog_exact *exact);

/* --exact: gives each thread of the batch its verdict and stack. */
void hog_exact_read(struct hog_process *p, struct hog_slot *slot,
		    struct hog_sampled **batch, unsigned n);
/* --stop-budget: a doubtful stack is taken again, if the budget allows. */
void hog_exact_retake(struct hog_process *p, struct hog_slot *slot,
		      struct hog_sampled *t);

/* Did the thread stand still when the stack it has now was copied? */
bool hog_exact_shown(const struct hog_sampled *t);
/* What belongs to the stack that the thread has now. */
struct hog_stackmemo *hog_exact_memo(struct hog_sampled *t);
/* The thread has another stack now, by its reader. */
void hog_exact_unshow(struct hog_sampled *t);
void hog_exact_forget_thread(struct hog_sampled *t);

#endif
