/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that may become Python: the launched program, and what the watched
 * ones fork.  Each is tried again and again, the less often the older it is.
 */
#ifndef HOG_COLLECT_FOLLOW_H
#define HOG_COLLECT_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "target/launch.h"

struct hog_candidate {
	pid_t pid, parent;
	uint64_t born_ns, next_ns; /* first seen; when to try next */
	/* Of the CPU time of its first thread: what is none of this program's
	 * (it was there before, another one used it), what it had at the last
	 * look in vain, and what all had when it ended. */
	uint64_t given_ns, looked_ns, exit_ns;
	uint64_t ended_ns;     /* when it was heard that it ended; 0 */
	bool forked;           /* off a Python, and has done no exec since */
	bool turned;           /* there was no room for it */
	bool starting;         /* there is a Python in it, not up yet */
	uint32_t name, python; /* strings of the model: of who forked it */
	char comm[16];         /* of its last exec; "" none was heard of */
};

struct hog_follow {
	struct hog_offspring *offspring; /* owned; NULL: nothing is followed */
	struct hog_candidate *v;         /* owned */
	unsigned n, cap;
};

int hog_follow_init(struct hog_follow *f, bool children, struct hog_err *err);
void hog_follow_fini(struct hog_follow *f);
/* Follows what pid forks from now on. */
void hog_follow_children(struct hog_follow *f, pid_t pid);
/* pid may become Python: try it from now on.  A new entry, or the old one begun
 * anew; NULL: no memory. */
struct hog_candidate *hog_follow_try(struct hog_follow *f, pid_t pid,
				     pid_t parent, uint64_t now);
struct hog_candidate *hog_follow_find(struct hog_follow *f, pid_t pid);
void hog_follow_drop(struct hog_follow *f, pid_t pid);
/* The next candidate whose time has come, its next time already set; NULL. */
struct hog_candidate *hog_follow_due(struct hog_follow *f, uint64_t now);
/* When one is due next that is a fork of a Python, which a single try settles;
 * UINT64_MAX: none is there. */
uint64_t hog_follow_next(const struct hog_follow *f);

#endif
