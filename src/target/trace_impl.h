/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files trace_*.c share: the threads that are followed, and what is
 * known of each.  See trace.h for what it is all about.
 */
#ifndef HOG_TARGET_TRACE_IMPL_H
#define HOG_TARGET_TRACE_IMPL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/map.h"
#include "target/trace.h"
#include "target/trace_arch.h"

struct hog_err;
struct hog_idler;

struct hog_tproc { /* a process; lives as long as one of its threads */
	pid_t pid;
	unsigned n;       /* threads */
	unsigned n_fresh; /* those attached to that have not stopped yet */
	bool filtered;    /* only the wanted calls stop, it cannot be let go */
	bool muted;       /* not followed, but its filter needs a tracer */
};

enum hog_tstate {
	HOG_TSTATE_RUNS,
	HOG_TSTATE_STOPS,   /* it stands, for us or for whom we tell of it */
	HOG_TSTATE_LISTENS, /* its process is stopped, by job control */
	HOG_TSTATE_EARLY,   /* it has stopped before its maker told of it */
	HOG_TSTATE_BORN,    /* its maker has told of it, it has not stopped */
	HOG_TSTATE_GONE,    /* it has ended before its maker told of it */
};

/* Where a thread comes from. */
struct hog_tbirth {
	pid_t parent, parent_tid; /* 0: it was there */
	bool thread, vfork, shares_files;
};

struct hog_tthread {
	pid_t tid;
	struct hog_tproc *proc; /* NULL: EARLY, GONE */
	enum hog_tstate state;
	struct hog_tbirth birth;
	uint64_t since_ns;  /* EARLY: since then */
	int signal;         /* to be given when it goes on */
	bool in_group_stop; /* it goes on by listening */
	bool fresh;         /* its first stop is yet to come */
	bool in_call;       /* a syscall stop: the next one is the exit */
	bool told;          /* the call was told at its entry */
	bool in_progress;   /* the call was under way at attach */
	bool may_restart;   /* its wanted call may go on as restart_syscall */
	bool exit_due;      /* call and result are to be told as well */
	bool enter_due;     /* next is to be told as entered */
	struct hog_tcall call, next;
	int64_t result; /* exit_due */
};

struct hog_tstop { /* what waitpid has said */
	pid_t tid;
	int status;
};

struct hog_tpace {        /* how to wait; see trace_wait.c */
	bool thick;       /* stops come one after the other */
	bool sleeps;      /* the way in force: sleep, or look again and again */
	bool alone;       /* there is one CPU only: always sleep */
	bool trial;       /* a window of the way not in force */
	uint64_t cost[2]; /* ns per wait of either way, by sleeps */
	uint64_t sum_ns, n;   /* of the window so far */
	unsigned left, again; /* windows until the next trial; after that */
	timer_t timer;        /* ticks: there is one; armed: it runs */
	bool ticks, armed;
	struct sigaction before; /* of its signal */
	struct hog_idler *idler; /* owned; NULL: not needed yet */
};

struct hog_trace {
	uint64_t *native, *compat; /* owned */
	unsigned n_numbers;
	bool all, follow, quits;
	enum hog_trace_via via;
	bool seccomp;             /* launched ones get a filter */
	struct hog_map64 threads; /* tid to struct hog_tthread, owned */
	struct hog_map64 procs;   /* pid to struct hog_tproc, owned */
	struct hog_tthread *last; /* found by tid; NULL: none */
	struct hog_tthread *held; /* of the last event; NULL: none */
	unsigned n_early, n_gone;
	/* Stops taken from the kernel, not looked at: a ring. */
	struct hog_tstop *stops; /* owned */
	unsigned first_stop, n_stops, cap_stops;
	unsigned taken;      /* stops, ever */
	uint64_t now_ns;     /* of the last stop */
	bool hears, unblock; /* SIGCHLD is blocked; was not before */
	struct hog_tpace pace;
};

/* ---- trace_table.c: threads and processes ---- */

struct hog_tthread *hog_tthread_find(struct hog_trace *t, pid_t tid);
/* NULL: no memory.  The state is RUNS; pid 0: process not known yet. */
struct hog_tthread *hog_tthread_add(struct hog_trace *t, pid_t tid, pid_t pid);
void hog_tthread_remove(struct hog_trace *t, struct hog_tthread *thr);
int hog_tthread_join(struct hog_trace *t, struct hog_tthread *thr, pid_t pid);
/* The thread tid of thr's process has become the thread pid, by exec: it takes
 * over what is known of tid's call; others of the process are forgotten. */
void hog_tthread_exec(struct hog_trace *t, struct hog_tthread *leader,
		      pid_t former);
/* One of many, in any order: the first whose slot is >= *pos.  NULL: no more. */
struct hog_tthread *hog_tthread_each(const struct hog_trace *t, size_t *pos);
void hog_ttable_fini(struct hog_trace *t);

/* ---- trace_wait.c ---- */

int hog_twait_init(struct hog_trace *t);
void hog_twait_fini(struct hog_trace *t);
/* 1 and a stop, 0 at that time or for a signal, -ECHILD nobody is there. */
int hog_twait_next(struct hog_trace *t, uint64_t until_ns,
		   struct hog_tstop *ret);
/* As if the kernel had said so: 0, or -ENOMEM. */
int hog_twait_keep(struct hog_trace *t, pid_t tid, int status);

/* ---- trace_stop.c: what a stop means ---- */

/* A result by which the kernel tells itself to begin the call anew. */
bool hog_tstop_restarts(int64_t result);
bool hog_tstop_wants(const struct hog_trace *t, const struct hog_tcall *call);
/* true: *ret is to be told, and t->held stands.  false: it goes on. */
bool hog_tstop_look(struct hog_trace *t, const struct hog_tstop *stop,
		    struct hog_trace_event *ret);
/* What is yet to be told of the thread that is held. */
bool hog_tstop_due(struct hog_trace *t, struct hog_tthread *thr,
		   struct hog_trace_event *ret);
/* Lets a thread that stands go on, as its state demands. */
void hog_tstop_resume(struct hog_trace *t, struct hog_tthread *thr);

/* ---- trace_birth.c: new threads and processes ---- */

/* The kernel has stopped thr for having made another. */
bool hog_tbirth_told(struct hog_trace *t, struct hog_tthread *maker, int event,
		     struct hog_trace_event *ret);
/* A thread that nobody has told of has stopped. */
void hog_tbirth_early(struct hog_trace *t, const struct hog_tstop *stop);
/* One that the maker will not tell of any more: it has been killed. */
bool hog_tbirth_adopt(struct hog_trace *t, struct hog_trace_event *ret);
/* The first stop of a thread that was told of. */
bool hog_tbirth_first(struct hog_trace *t, struct hog_tthread *thr,
		      struct hog_trace_event *ret);

/* ---- trace_attach.c ---- */

long hog_trace_ptrace_options(const struct hog_trace *t, bool filtered);
/* One that was there at attach has stopped for the first time, or has ended:
 * what it was making when it was seized can be seen by now. */
void hog_tattach_settled(struct hog_trace *t, struct hog_tthread *thr);
/* At the first stop of one that was there at attach. */
void hog_tattach_first(struct hog_trace *t, struct hog_tthread *thr,
		       struct hog_trace_event *ret);
#endif
