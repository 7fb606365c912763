/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a program to look at, and finding the processes that come from one.
 */
#ifndef HOG_TARGET_LAUNCH_H
#define HOG_TARGET_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_err;

/* How signals stood before we changed any: what a started program shall find.
 * Handlers need no care (exec resets them), ignored and blocked ones do. */
struct hog_sigstate {
	sigset_t blocked, ignored;
};

/* Early in main. */
void hog_sigstate_save(struct hog_sigstate *ret);

/* Starts argv[0] (looked up in PATH) with our stdio and environment;
 * NULL-terminated argv.  The child stays held before its exec until
 * hog_launch_go, so that watching can begin first; should we die meanwhile, it
 * exits. */
struct hog_launch {
	pid_t pid;
	const char *prog; /* argv[0], borrowed */
	int go_fd;        /* closing it without a byte makes the child exit */
	int fail_fd;      /* the child's errno of exec; EOF: it did exec */
};

/* Signals are given on as they stand now. */
int hog_launch_prepare(char *const argv[], struct hog_launch *ret,
		       struct hog_err *err);
/* Signals are given on as they were when `before` was saved. */
int hog_launch_prepare_as(char *const argv[], const struct hog_sigstate *before,
			  struct hog_launch *ret, struct hog_err *err);
/* The same, and the child calls this just before its exec: safe as in a signal
 * handler.  What it returns below 0 is sent to fail_fd, and no exec happens. */
struct hog_launch_hook {
	int (*run)(void *arg);
	void *arg;
};
int hog_launch_prepare_hooked(char *const argv[],
			      const struct hog_sigstate *before,
			      const struct hog_launch_hook *hook,
			      struct hog_launch *ret, struct hog_err *err);
/* The words for an exec that has failed so.  Returns code. */
int hog_launch_say(const struct hog_launch *launch, int code,
		   struct hog_err *err);
/* Lets it run and waits for its exec.  A failed exec (-ENOENT, -EACCES ...) is
 * told here, and the child is reaped. */
int hog_launch_go(struct hog_launch *launch, struct hog_err *err);
/* Closes what is held: a child not let go exits (the caller reaps it). */
void hog_launch_fini(struct hog_launch *launch);

/*
 * Finds descendants of processes: by the kernel's records where allowed (perf
 * software events with inherit), else by reading the `children` files, which
 * misses those whose parent ended before it was looked at.
 */
struct hog_offspring;

enum hog_birth_kind {
	HOG_BIRTH_FORK,
	HOG_BIRTH_EXEC,
	HOG_BIRTH_EXIT,
	HOG_BIRTH_CPU, /* a thread ended, and had used so much of one CPU */
};

struct hog_birth {
	enum hog_birth_kind kind;
	pid_t pid, parent; /* parent: FORK only */
	uint64_t time_ns;  /* when, by hog_now_ns(); when noticed, if later */
	bool found;        /* FORK only: by looking around, it may be old */
	pid_t tid;         /* CPU only */
	uint64_t cpu_ns;   /* CPU only: the sum over all CPUs is its CPU time */
	char comm[16];     /* EXEC only: the program, cut by the kernel */
};

int hog_offspring_new(struct hog_offspring **ret, struct hog_err *err);
void hog_offspring_free(struct hog_offspring *off);
/* Watches pid and all below it, present and future: children that it has by now
 * are told as forks too.  Those told need not be added.  0, or -ESRCH. */
int hog_offspring_add(struct hog_offspring *off, pid_t pid);
/* Forgets pid (it ended, or is not wanted); those below it stay watched. */
void hog_offspring_remove(struct hog_offspring *off, pid_t pid);
/* "perf" or "children": the way in force, for --stats and doctor. */
const char *hog_offspring_way(const struct hog_offspring *off);
/* A descriptor that is readable when there is something to poll; -1: nothing
 * tells, polling is all there is.  Borrowed. */
int hog_offspring_fd(const struct hog_offspring *off);
/* What has happened since the last call; never blocks.  Returns how many of
 * ret[0..max) were filled; the rest comes with the next call.  Each process is
 * told as forked once, before anything else about it (but for records that
 * cross between CPUs at that very moment).  EXEC and CPU are only told by the
 * perf way, CPU not of those that were added and not forked since; EXIT there
 * is that of the first thread, others may run on. */
int hog_offspring_poll(struct hog_offspring *off, struct hog_birth *ret,
		       int max);

#endif
