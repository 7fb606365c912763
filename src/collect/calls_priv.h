/* SPDX-License-Identifier: Apache-2.0 */
/* What calls.c (who is there, the loop) and calls_events.c (what becomes an
 * event) share. */
#ifndef HOG_COLLECT_CALLS_PRIV_H
#define HOG_COLLECT_CALLS_PRIV_H

#include <elf.h>

#include "base/buf.h"
#include "base/map.h"
#include "collect/calls.h"
#include "collect/traced.h"
#include "profile/detail.h"

struct hog_calls {
	struct hog_calls_options opt;
	struct hog_callset stopped_at; /* opt.set, and what we need ourselves */
	struct hog_trace *trace;       /* owned */
	struct hog_model *model;       /* owned */
	struct hog_run run;
	struct hog_sink *sink; /* borrowed, while it runs */
	char machine[65];
	struct hog_map64 processes, threads; /* by pid, tid; owned */
	struct hog_map64 names; /* address of a constant name -> string id */
	struct hog_map64 fds;   /* of calls_fds.c: by pid */
	int fds_seen; /* all calls that change descriptors are: 1, -1; 0 ? */
	struct hog_buf detail; /* scratch */
	pid_t launched;
	int launched_status; /* -1: it runs, or there is none */
	bool program_seen;   /* it has begun: its first exec is over */
	bool quit;           /* nothing becomes an event any more */
	int error;           /* of the sink; ends the run */
	uint64_t progress_ns, flush_ns, fds_ns, sampled_ns;
};

/* Of calls_who.c: what a stop says, and whom it is about. */
void hog_calls_take(struct hog_calls *c, const struct hog_trace_event *ev);
void hog_calls_free_who(struct hog_calls *c);
/* Calls that are still under way when a process, or (NULL) watching, ends. */
void hog_calls_abandon_all(struct hog_calls *c, const struct hog_traced *p,
			   uint64_t now);
struct hog_traced *hog_calls_process(struct hog_calls *c, pid_t pid);
struct hog_tracedthread *hog_calls_thread(struct hog_calls *c, pid_t tid);

unsigned hog_calls_machine(const struct hog_calls *c);
/* Of calls_events.c: a call begins, ends, is not seen to end. */
void hog_calls_enter(struct hog_calls *c, struct hog_tracedthread *t,
		     const struct hog_trace_event *ev);
void hog_calls_leave(struct hog_calls *c, struct hog_tracedthread *t,
		     const struct hog_trace_event *ev);
void hog_calls_abandon(struct hog_calls *c, struct hog_tracedthread *t,
		       uint64_t now_ns, bool ended);
/* Processes come and go.  child: its first thread. */
void hog_calls_tell_fork(struct hog_calls *c, struct hog_tracedthread *by,
			 struct hog_tracedthread *child, struct hog_traced *p,
			 const struct hog_trace_event *ev);
/* Before the new program is known: the id of the thread in the model. */
uint32_t hog_calls_tell_exec(struct hog_calls *c, struct hog_tracedthread *t,
			     const struct hog_trace_event *ev);
void hog_calls_tell_program(struct hog_calls *c, uint32_t thread,
			    struct hog_traced *p,
			    const struct hog_trace_event *ev);
void hog_calls_tell_end(struct hog_calls *c, struct hog_traced *p,
			const struct hog_trace_event *ev);

/* Of calls_samples.c: those that run, and call nothing. */
void hog_calls_sample(struct hog_calls *c, uint64_t now);

/* Of calls_fds.c: what a descriptor is, for the decoder (arg: the thread). */
size_t hog_calls_describe_fd(void *arg, int fd, char *buf, size_t size);
/* What a call that has ended did to descriptors that are remembered. */
void hog_calls_note_fds(struct hog_calls *c, struct hog_tracedthread *t);
/* The descriptors open in a process now, as an event. */
void hog_calls_tell_fds(struct hog_calls *c, struct hog_traced *p,
			uint32_t thread, uint32_t stack, uint64_t time_ns,
			enum hog_fds_when when);
void hog_calls_forget_fds(struct hog_calls *c, pid_t pid);
void hog_calls_fini_fds(struct hog_calls *c);
void hog_calls_send(struct hog_calls *c, struct hog_event *ev);

#endif
