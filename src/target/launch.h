/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a program to look at, and finding the processes that come from one.
 */
#ifndef HOG_TARGET_LAUNCH_H
#define HOG_TARGET_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_err;

/* Starts argv[0] (looked up in PATH) with our stdio, environment and signal
 * dispositions as they were; NULL-terminated argv.  -ENOENT and -EACCES of the
 * exec itself are reported here, not by a dead child.  The child stays held
 * before its exec until hog_launch_go, so that watching can begin first. */
struct hog_launch {
	pid_t pid;
	int go_fd;   /* closing it without a byte makes the child exit */
	int fail_fd; /* the child's errno of exec; EOF: it did exec */
};

int hog_launch_prepare(char *const argv[], struct hog_launch *ret,
		       struct hog_err *err);
int hog_launch_go(struct hog_launch *launch, struct hog_err *err);
void hog_launch_fini(struct hog_launch *launch); /* fds only */

/* Finds descendants of processes: by the kernel's records where allowed
 * (perf software events with inherit), else by reading the `children` files. */
struct hog_offspring;

enum hog_birth_kind { HOG_BIRTH_FORK, HOG_BIRTH_EXEC, HOG_BIRTH_EXIT };

struct hog_birth {
	enum hog_birth_kind kind;
	pid_t pid, parent; /* parent: FORK only */
};

int hog_offspring_new(struct hog_offspring **ret, struct hog_err *err);
void hog_offspring_free(struct hog_offspring *off);
/* Watches pid and everything it will fork. */
int hog_offspring_add(struct hog_offspring *off, pid_t pid);
void hog_offspring_remove(struct hog_offspring *off, pid_t pid);
/* "perf" or "children": the way in force, for --stats and doctor. */
const char *hog_offspring_way(const struct hog_offspring *off);
/* What has happened since the last call; never blocks.  Returns how many of
 * ret[0..max) were filled.  EXEC and EXIT are only told by the perf way. */
int hog_offspring_poll(struct hog_offspring *off, struct hog_birth *ret,
		       int max);

#endif
