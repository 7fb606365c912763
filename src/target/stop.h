/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stopping one thread of another process for some microseconds, by ptrace.
 *
 * A thread is seized for one stop and let go at its end, rather than kept
 * seized: that costs 2-3 us more of the 15-60 us that a stop takes (measured),
 * and between stops nothing of the target goes through us - no signal waits for
 * us, no exec, exit or vfork, nothing needs us to stay alive, and a debugger may
 * attach.  Should we die during a stop, the kernel lets the thread go on.
 *
 * What was about to happen to the thread happens: a signal that it was to be
 * given is given, one that the shell has stopped stays stopped.  A thread that
 * sleeps in the kernel should not be stopped: some calls (epoll_wait) would end
 * with EINTR.
 *
 * All calls from one and the same thread: the kernel binds tracers to those.
 */
#ifndef HOG_TARGET_STOP_H
#define HOG_TARGET_STOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_err;

struct hog_stop { /* a thread that is held */
	pid_t pid, tid;
	int signal;        /* that it is to be given; 0 none */
	uint64_t since_ns; /* it is held since then at the latest */
	/* It has not stopped, as it waits for a CPU or for something in the
	 * kernel: it cannot come back from there without stopping. */
	bool pending;
};

#define HOG_STOPS_LEFT_MAX 32

/* What one tracing thread knows; zeroed, or made by hog_stops_init. */
struct hog_stops {
	/* Those that were pending at the end, or died while we held them.  To
	 * be let go as soon as they stop: see hog_stops_serve. */
	struct hog_stop left[HOG_STOPS_LEFT_MAX];
	unsigned n_left;
	uint64_t count, held_ns; /* in all */
	bool hears, unblock;     /* SIGCHLD is blocked; was not before */
	/* We hurry (see below): what we hear of has only just happened.  Else
	 * a thread is taken as held since it was last seen not to be. */
	bool prompt;
};

/* Blocks SIGCHLD for the calling thread, by which the kernel tells of stops:
 * with it hog_stops_serve_until sleeps, else it looks again and again. */
void hog_stops_init(struct hog_stops *stops);
/* The end: waits some time for those left behind. */
void hog_stops_fini(struct hog_stops *stops);

/* Stops thread tid of process pid.  0: it runs no code of its own until
 * hog_stop_end.  -ESRCH it is gone; -EBUSY another process traces it; -EPERM;
 * -EAGAIN too many are left behind. */
int hog_stop_begin(struct hog_stops *stops, pid_t pid, pid_t tid,
		   struct hog_stop *ret);
/* Lets it go on.  Returns for how many ns it was held. */
uint64_t hog_stop_end(struct hog_stops *stops, struct hog_stop *stop);

/* Lets go those left behind that have stopped by now; never waits.  Returns how
 * many may still stop at any moment: call again soon then. */
unsigned hog_stops_serve(struct hog_stops *stops);
/* The same, until none may stop any more, or until that time. */
void hog_stops_serve_until(struct hog_stops *stops, uint64_t until_ns);
/* Could threads of pid be stopped?  Stops nothing.  0, or -EBUSY, -EPERM,
 * -ESRCH with words and a remedy. */
int hog_stop_check(pid_t pid, struct hog_err *err);
/* The words for what hog_stop_begin or _check has returned.  Returns code. */
int hog_stop_say(pid_t pid, int code, struct hog_err *err);

#endif
