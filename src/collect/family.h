/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The children of the watched: news of them become candidates, candidates
 * become processes that are sampled, and what one used that ended too early is
 * not forgotten.  All of it is held to a share of a core: a storm of forks costs
 * sight, not the machine.
 */
#ifndef HOG_COLLECT_FAMILY_H
#define HOG_COLLECT_FAMILY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "collect/follow.h"
#include "collect/processes.h"
#include "collect/reaped.h"

struct hog_family {
	struct hog_follow follow;
	struct hog_processes *list; /* borrowed */
	struct hog_slot *slot;      /* borrowed */
	struct hog_reaped reaped;
	struct hog_map64 comms;  /* hashes of names that were Python's */
	uint64_t born_ns;        /* of the session, since boot */
	int64_t credit_ns;       /* CPU time that may be spent now */
	uint64_t credit_at_ns;   /* when that was so */
	uint64_t unseen_ns;      /* CPU time of the unseen, where known */
	struct hog_map64 denied; /* pids that may not be read */
	unsigned crowded;        /* for whom there was no room */
};

int hog_family_init(struct hog_family *f, struct hog_processes *list,
		    struct hog_slot *slot, bool children, struct hog_err *err);
void hog_family_fini(struct hog_family *f);
/* pid is a program that we start: it may become Python, and so may all that
 * comes from it. */
int hog_family_watch(struct hog_family *f, pid_t pid);
/* Takes the news, opens who has become Python. */
void hog_family_hear(struct hog_family *f, uint64_t now);
/* The same when it cannot wait for a slot: sleeps until `until` or news come,
 * which are taken then.  false: it is `until`, or only looking can tell. */
bool hog_family_wait(struct hog_family *f, uint64_t until);
/* Gives account of those that ended unseen, and drops who is gone.  all: also
 * those of whom news may still come. */
void hog_family_bury(struct hog_family *f, uint64_t now, bool all);
/* pid may not be read (any more). */
void hog_family_deny(struct hog_family *f, pid_t pid);
/* p is about to be dropped: it ended, or is another program now. */
void hog_family_lose(struct hog_family *f, struct hog_process *p, uint64_t now);

#endif
