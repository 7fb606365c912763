/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following system calls: every thread of some processes, and of their children,
 * stops at the entry and the exit of the calls that are wanted.  Two ways: a
 * launched program gets a seccomp filter of the wanted calls, so that others run
 * at full speed; one that runs already is seized and stops at each call.
 *
 * Events come one at a time.  The thread of an event with `stopped` stands still
 * until the next hog_trace_next (or hog_trace_go), so that its memory can be
 * read meanwhile; all others run.  Signals, group stops and exec go their way
 * as if nobody looked.
 *
 * All calls from one and the same thread: the kernel binds tracers to those.
 * Children of that thread that end meanwhile are collected here, whoever has
 * started them.
 */
#ifndef HOG_TARGET_TRACE_H
#define HOG_TARGET_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_err;
struct hog_launch;
struct hog_trace;

enum hog_trace_via { HOG_TRACE_AUTO, HOG_TRACE_SECCOMP, HOG_TRACE_PTRACE };

struct hog_trace_options {
	/* Bits by call number: the wanted ones.  compat: 32-bit calls. */
	const uint64_t *native, *compat; /* borrowed; of n_numbers bits */
	unsigned n_numbers;
	bool all;    /* all, also numbers above */
	bool follow; /* children too */
	enum hog_trace_via via;
};

enum hog_trace_kind {
	HOG_TRACE_ENTER, /* stopped: a wanted call begins */
	HOG_TRACE_EXIT, /* stopped: it has ended; also those under way at attach */
	HOG_TRACE_THREAD, /* stopped: tid is new in pid */
	HOG_TRACE_FORK,   /* stopped: process pid (= tid) is new, of parent */
	HOG_TRACE_EXEC,   /* stopped: another program, old threads are gone */
	HOG_TRACE_SIGNAL, /* stopped: a signal is being delivered */
	HOG_TRACE_THREAD_END,
	HOG_TRACE_END,      /* the process has ended with status */
	HOG_TRACE_ATTACHED, /* stopped: a thread that was there at attach; in a
			     * call when number >= 0 (args are then known) */
};

struct hog_trace_event {
	enum hog_trace_kind kind;
	pid_t pid, tid;
	uint64_t time_ns; /* CLOCK_MONOTONIC, as early as it can be told */
	bool stopped;
	/* ENTER, EXIT, ATTACHED */
	unsigned machine; /* ELF e_machine of the call */
	int64_t number;   /* -1: none */
	uint64_t args[6];
	int64_t result;    /* EXIT: -errno, -512.. as the kernel says */
	bool restarts;     /* EXIT: interrupted, the kernel starts it again */
	bool in_progress;  /* EXIT: no ENTER was told */
	pid_t parent;      /* FORK, THREAD: pid of who made it */
	pid_t parent_tid;  /* and its thread */
	bool vfork;        /* FORK: the parent waits for exec or exit */
	bool shares_files; /* FORK: one table of descriptors (CLONE_FILES) */
	int signal;        /* SIGNAL */
	int status;        /* END: as of waitpid */
};

int hog_trace_new(const struct hog_trace_options *opt, struct hog_trace **ret,
		  struct hog_err *err);
/* Lets go of everything that still runs: nobody stays stopped or traced.  A
 * launched program with a filter cannot be let go (its calls would fail) and is
 * killed: call hog_trace_quit before, and hog_trace_next until it has ended. */
void hog_trace_free(struct hog_trace *t);

/* Starts a program (NULL-terminated argv, looked up in PATH), stopped before its
 * first instruction until hog_trace_next, whose first event of it is its EXEC.
 * before: NULL, signals as they stand now.  Its pid. -ENOENT, -EACCES ... */
struct hog_sigstate;
int hog_trace_launch(struct hog_trace *t, char *const argv[],
		     const struct hog_sigstate *before, pid_t *ret_pid,
		     struct hog_err *err);
/* Takes all threads of a process (and of its descendants, if followed).
 * -ESRCH, -EPERM, -EBUSY (traced by somebody) with a remedy. */
int hog_trace_attach(struct hog_trace *t, pid_t pid, struct hog_err *err);

/* Lets the thread of the last event go on, and waits for the next: 1 and an
 * event; 0 at that time (CLOCK_MONOTONIC) or when a signal for us came; -ECHILD
 * nothing is left to follow. */
int hog_trace_next(struct hog_trace *t, uint64_t until_ns,
		   struct hog_trace_event *ret);
void hog_trace_go(struct hog_trace *t);
/* From now on no call is reported: those without a filter are let go (by the
 * next hog_trace_next), the others are only waved through.  Ends are still
 * told. */
void hog_trace_quit(struct hog_trace *t);
/* "seccomp" or "ptrace", for doctor and statistics. */
const char *hog_trace_way(const struct hog_trace *t);
/* Would it work here? 0, or -EPERM, -ENOSYS ... with the reason. */
int hog_trace_probe(enum hog_trace_via via, struct hog_err *err);

#endif
