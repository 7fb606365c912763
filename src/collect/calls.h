/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls as events: the stops of target/trace.h, decoded, each with the
 * Python stack of the thread that made the call, which stands still meanwhile.
 * The loop behind `hognose syscalls`.
 */
#ifndef HOG_COLLECT_CALLS_H
#define HOG_COLLECT_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "collect/session.h"
#include "profile/run.h"
#include "profile/sink.h"
#include "syscalls/callset.h"
#include "target/trace.h"

struct hog_calls;
struct hog_err;
struct hog_sigstate;

struct hog_calls_options {
	struct hog_callset set; /* calls that become events */
	enum hog_trace_via via;
	bool follow;
	size_t string_limit; /* bytes shown of a string or buffer */
	bool no_stacks;      /* no Python stack is taken */
	bool gil;            /* whether a caller has the GIL is asked */
	bool fds_fork, fds_exec, fds_exit; /* descriptors open at these */
	bool fds_start;        /* and when watching of a process begins */
	double fds_interval_s; /* and so often; 0: not */
	/* --where: is it shown?  The event has no stack yet at the first asking
	 * (HOG_CALLS_NEEDS_STACK: that decides), and has one at the
	 * second.  NULL: all are. */
	int (*wanted)(void *arg, const struct hog_run *run,
		      const struct hog_event *ev, bool with_stack);
	void *arg;
	double sample_hz; /* who runs and calls nothing is sampled so; 0: not */
	double duration_s; /* 0: until the targets end or a signal comes */
	const char *version, *command; /* borrowed: for the recording */
};

/* What wanted() says. */
enum { HOG_CALLS_NO, HOG_CALLS_YES, HOG_CALLS_NEEDS_STACK };

int hog_calls_new(const struct hog_calls_options *opt, struct hog_calls **ret,
		  struct hog_err *err);
void hog_calls_free(struct hog_calls *c);
/* Takes a running process; it need not be Python. */
int hog_calls_attach(struct hog_calls *c, pid_t pid, struct hog_err *err);
/* Starts a program, which makes no step before hog_calls_run. */
int hog_calls_launch(struct hog_calls *c, char *const argv[],
		     const struct hog_sigstate *before, pid_t *ret_pid,
		     struct hog_err *err);
/* Until the end.  Calls the sink's begin, event, flush; not its end.
 * *ret_status: of the launched program as of waitpid, -1 while it runs. */
int hog_calls_run(struct hog_calls *c, struct hog_sink *sink,
		  const struct hog_session_hooks *hooks,
		  enum hog_session_end *ret_end, int *ret_status,
		  struct hog_err *err);
/* After hog_calls_run has ended before the launched program: no call is told
 * any more, it runs to its end (or until hooks->stop).  Its status, or -1. */
int hog_calls_wait(struct hog_calls *c, const struct hog_session_hooks *hooks);
/* What is left under a filter when the program that was launched has ended:
 * its calls go their way until that has ended too. */
void hog_calls_outlive(struct hog_calls *c);
/* FDS events of all processes, now (--fds=signal). */
void hog_calls_show_fds(struct hog_calls *c, enum hog_fds_when when);
const struct hog_run *hog_calls_get_run(const struct hog_calls *c);
/* "seccomp" or "ptrace". */
const char *hog_calls_way(const struct hog_calls *c);

#endif
