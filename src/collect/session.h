/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording session: processes to watch, the clock that samples them, and
 * the sink that takes the events.  The loop behind `hognose record`.
 */
#ifndef HOG_COLLECT_SESSION_H
#define HOG_COLLECT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collect/async.h"
#include "profile/run.h"
#include "profile/sink.h"

struct hog_criteria;
struct hog_err;
struct hog_session;

struct hog_session_options {
	double rate_hz;    /* > 0 */
	double jitter;     /* 0..100 per cent of the period */
	double max_cpu;    /* per cent of a core for hognose; 0: no limit */
	double duration_s; /* 0: until the targets end or a signal comes */
	double wait_s;     /* --wait: how long to wait for Python to come up */
	enum hog_mode mode;
	bool idle, gc, follow, no_repair;
	bool no_priority;   /* never ask for real-time priority */
	bool exact;         /* threads are stopped for each sample */
	double stop_budget; /* per cent of the time, for samples in doubt */
	enum hog_async async;
	const char *version, *command; /* borrowed: for the recording */
	/* Processes chosen by what they are (hog_session_choose); borrowed while
	 * the session is made.  NULL: only those attached to and watched. */
	const struct hog_criteria *chosen;
};

/* What a live line shows; valid during the call of progress(). */
struct hog_progress {
	double elapsed_s, rate_hz; /* rate really reached */
	double lowered_hz; /* to which --max-cpu lowered it; 0: not now */
	uint64_t samples, stacks;
	struct hog_loss loss;
	unsigned processes, threads;
	const char *hottest;  /* folded frame, or "" */
	double hottest_share; /* 0..1 of the samples of the last second */
};

struct hog_session_hooks {
	/* About four times a second.  May be NULL. */
	void (*progress)(void *arg, const struct hog_progress *p);
	/* Asked often: true ends the session (a signal came). */
	bool (*stop)(void *arg);
	void *arg;
};

/* Why the session ended. */
enum hog_session_end {
	HOG_END_TARGETS, /* all of them ended */
	HOG_END_DURATION,
	HOG_END_STOPPED, /* hooks.stop */
};

int hog_session_new(const struct hog_session_options *opt,
		    struct hog_session **ret, struct hog_err *err);
void hog_session_free(struct hog_session *s);
/* Attaches to a process: it must be Python (or become so within wait_s, while
 * hooks->stop says nothing else: then -EINTR).  hooks may be NULL. */
int hog_session_attach(struct hog_session *s, pid_t pid,
		       const struct hog_session_hooks *hooks,
		       struct hog_err *err);
/* Watches a process that need not be Python: a launched program and what it
 * forks; Python ones are sampled as they come up. */
int hog_session_watch(struct hog_session *s, pid_t pid, struct hog_err *err);
/* Attaches to all that options.chosen fits; those that come up later are taken
 * as they come.  There must be one, or come one within wait_s. */
int hog_session_choose(struct hog_session *s,
		       const struct hog_session_hooks *hooks,
		       struct hog_err *err);
/* Samples until the end.  Calls the sink's begin, event, flush; not its end:
 * statistics are final when this returns, and the caller ends the sink. */
int hog_session_run(struct hog_session *s, struct hog_sink *sink,
		    const struct hog_session_hooks *hooks,
		    enum hog_session_end *ret_end, struct hog_err *err);
const struct hog_run *hog_session_get_run(const struct hog_session *s);
/* Why there is no sample, in words, when there is none ("no thread held the
 * GIL"); NULL when there are samples. */
const char *hog_session_why_empty(const struct hog_session *s);
/* Why --async shows no greenlets of a process that has the extension; NULL: it
 * does, or no process has it.  Borrowed. */
const char *hog_session_no_greenlets(const struct hog_session *s);
/* Version of a sampled Python that is newer than all we know, so that its
 * layout was guessed; NULL: there is none.  Borrowed. */
const char *hog_session_guessed(const struct hog_session *s);
/* Version of a sampled Python of which --async shows no asyncio tasks, and why;
 * NULL: there is none.  Borrowed. */
const char *hog_session_taskless(const struct hog_session *s,
				 const char **ret_why);
/* How new processes are heard of: "perf", "children" (see target/launch.h),
 * "connector", "scan" (target/newborn.h); NULL: nobody is listened for. */
const char *hog_session_way(const struct hog_session *s);
/* Pythons, chosen or followed, that are not recorded: no rights to read them; no room. */
struct hog_left_out {
	unsigned refused, crowded;
};

struct hog_left_out hog_session_left_out(const struct hog_session *s);

/* Why stops were refused that --exact or --stop-budget asked for; NULL: none
 * was. */
const struct hog_err *hog_session_unstopped(const struct hog_session *s);

#endif
