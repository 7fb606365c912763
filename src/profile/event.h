/* SPDX-License-Identifier: Apache-2.0 */
/* Events: what happened when, fixed in width; and what was lost, by reason. */
#ifndef HOG_PROFILE_EVENT_H
#define HOG_PROFILE_EVENT_H

#include <stdint.h>

enum hog_event_kind {
	HOG_EV_SAMPLE,
	HOG_EV_SYSCALL,
	HOG_EV_CALL,
	HOG_EV_ALLOC,
	HOG_EV_FREE,
	HOG_EV_GC,
	HOG_EV_GIL_WAIT,
	HOG_EV_SCHED,
	HOG_EV_FORK,
	HOG_EV_EXEC,
	HOG_EV_EXIT,
	HOG_EV_MARKER,
	HOG_EV_COUNTER,
	HOG_EV_FDS, /* the open descriptors of a process, at a moment */
	HOG_EV_KINDS
};

/* Kinds whose value[1] is the id of a detail (profile/detail.h), or 0. */
#define HOG_EV_DETAILED                                                        \
	(1u << HOG_EV_SYSCALL | 1u << HOG_EV_FORK | 1u << HOG_EV_EXEC |        \
	 1u << HOG_EV_EXIT | 1u << HOG_EV_FDS | 1u << HOG_EV_MARKER)

/* HOG_EV_FDS, value[0]: why there and then. */
enum hog_fds_when {
	HOG_FDS_NOW,
	HOG_FDS_FORK,
	HOG_FDS_EXEC,
	HOG_FDS_EXIT,
	HOG_FDS_MARK,
	HOG_FDS_SIGNAL,
	HOG_FDS_INTERVAL,
	HOG_FDS_START, /* when watching began */
};

/* A sample's weight is in millionths of a sampling slot: 1 slot = this. */
#define HOG_SLOT 1000000

struct hog_event {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t duration_ns;
	uint32_t kind;   /* enum hog_event_kind */
	uint32_t thread; /* thread id of the model */
	uint32_t stack;  /* stack id of the model */
	uint32_t flags;  /* HOG_EVF_* */
	/* SAMPLE: [0] weight in HOG_SLOT units, [1] unused.
	 * SYSCALL: [0] result as the program got it (-errno), [1] detail;
	 * time_ns is that of the entry.
	 * FORK: thread and stack of the caller, [0] process id (of the model) of
	 * the child, [1] detail "fork" with the clone flags as its number, or 0.
	 * EXEC: thread of the program before, [0] process id of the one after.
	 * EXIT: [0] status as of waitpid, of a process.
	 * FDS: [0] enum hog_fds_when, [1] detail.
	 * MARKER: [1] detail, whose name is the marker's text. */
	int64_t value[2];
};

/* hog_event.flags */
enum {
	HOG_EVF_IDLE = 1,     /* the thread was idle (only with --idle) */
	HOG_EVF_GIL = 2,      /* it held the GIL */
	HOG_EVF_GIL_WAIT = 4, /* it waited for the GIL */
	HOG_EVF_LATE = 8,     /* its slot was served late */
	HOG_EVF_REPAIRED = 16,
	HOG_EVF_TORN = 32,
	HOG_EVF_TRUNCATED = 64,
	HOG_EVF_UNREADABLE = 128,
	/* SYSCALL: it had no end that was seen (value[0] is nothing then); it
	 * was under way when watching began (its duration is from then on); it
	 * was interrupted and the kernel starts it again. */
	HOG_EVF_UNFINISHED = 256,
	HOG_EVF_IN_PROGRESS = 512,
	HOG_EVF_RESTARTED = 1024,
};

/* X(name in statistics, unit or meaning).  interface.md fixes the names. */
#define HOG_LOSS_FIELDS(X)                                                     \
	X(late, "slots served later than half a period")                       \
	X(missed, "slots not served at all")                                   \
	X(retries, "reads repeated because the copy was torn")                 \
	X(stops, "times a thread was stopped")                                 \
	X(torn, "stacks that stayed torn after all retries")                   \
	X(unreadable, "stacks of which memory could not be read")              \
	X(truncated, "stacks deeper than is kept, or past a limit")            \
	X(repaired, "stacks of which a part was inferred")                     \
	X(unseen, "Python processes that ended before they could be read")     \
	X(tasks_skipped, "suspended tasks that a slot had no time for")        \
	X(unstopped, "stacks read without the stop that --exact asks for")

struct hog_loss {
#define X(name, meaning) uint64_t name;
	HOG_LOSS_FIELDS(X)
#undef X
};

#endif
