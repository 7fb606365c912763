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
/* pid may become Python: try it from now on. */
int hog_follow_try(struct hog_follow *f, pid_t pid, pid_t parent, uint64_t now);
void hog_follow_drop(struct hog_follow *f, pid_t pid);
/* The next candidate whose time has come, its next time already set; NULL. */
struct hog_candidate *hog_follow_due(struct hog_follow *f, uint64_t now);

#endif
