/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One Python process while it is sampled: its interpreters, its threads with
 * their readers, and how one slot turns into events.
 */
#ifndef HOG_COLLECT_PROCESS_H
#define HOG_COLLECT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/cputime.h"
#include "collect/doze.h"
#include "collect/frames.h"
#include "collect/session.h"
#include "collect/stop_budget.h"
#include "profile/event.h"
#include "python/python.h"
#include "python/stack.h"
#include "python/threads.h"
#include "target/target.h"

#define HOG_SAMPLE_TRIES 6

struct hog_sampled { /* a thread state */
	/* What is looked at in each slot, of thousands of threads, comes first
	 * and lies together. */
	struct hog_pytstate state;
	uint64_t os_ns;          /* when os was seen; 0 never */
	uint64_t copy_switches;  /* of resting.c: the count before its copy */
	uint64_t probe_switches; /* the same before its probe */
	bool listed;             /* found by the listing under way */
	bool ended;              /* no longer there */
	bool rests;              /* it is not read in this slot */
	bool twin, out; /* it has states in several interpreters; this one is
			 * not in use */
	bool probe_known, moved;
	uint32_t idle_stack;    /* --idle: as last sent; 0 none yet */
	uint32_t interp;        /* index in the process */
	struct hog_osthread os; /* as last seen */

	struct hog_pyreader *reader; /* owned */
	struct hog_stackmemo memo;
	struct hog_oswatch watch;
	uint64_t read_ns; /* slot of its last stack; 0 none yet */
	struct hog_cputime cpu;
	uint64_t exit_ns;      /* its CPU time when it ended; 0 not known */
	uint64_t turns;        /* on a CPU so far: of doze.c */
	uint32_t model_thread; /* id in the model */
	int trust;             /* of running.c */
	unsigned char asleep[HOG_PYPROBE_MAX]; /* the probe when it fell asleep */
	/* --async: where the greenlet that runs is told (0: not known), which
	 * it was at the beginning and at the end of the copy, and the thread's
	 * main one. */
	uint64_t green_word, green, green_after, green_main;
	uint64_t task; /* --async: as its thread state said (3.14+); 0 none */
	unsigned first_span, n_spans;
	bool green_copied; /* the first and the last of them are its words */
	enum hog_pyverdict verdict;
	struct hog_pystack stack;
	struct hog_heldthread *held; /* owned; of exact.c, NULL until needed */
};

/* What all processes of a session share. */
struct hog_slot {
	const struct hog_session_options *opt;
	struct hog_model *model;
	struct hog_sink *sink;
	struct hog_stats *stats;
	struct hog_exact *exact; /* of the session */
	uint64_t now_ns;         /* when this slot is served */
	uint64_t time_ns;    /* the time that its samples bear: regular times
			     * cost nothing in a recording */
	uint64_t period_ns;  /* asked, or longer where the rate was lowered */
	int64_t base_weight; /* asked slots that a served one stands for */
	bool late;
	int64_t weight; /* of a sample: base_weight, or more, see doze.h */
	struct hog_dozers dozers;
	int error;          /* of the sink; ends the session */
	uint64_t idle_seen; /* thread looks left out because idle */
	uint64_t nopython_seen;
	double doubt;           /* so many stacks are wrong, it is expected */
	uint64_t unheld_seen;   /* gil mode: looks at which nobody held it */
	uint32_t last_stack;    /* of the last sample, for the live line */
	bool greenlets_seen;    /* --async: in some process */
	char no_greenlets[480]; /* --async: why some are not shown; "" */
};

/* A sample of a thread of the model to the sink. */
void hog_slot_send(struct hog_slot *slot, uint32_t thread, uint32_t stack,
		   int64_t weight, uint32_t flags);
/* CPU time as a weight: in slots of the asked rate. */
int64_t hog_slot_weight(const struct hog_slot *slot, uint64_t cpu_ns);

/* How a process came to be looked at. */
struct hog_origin {
	pid_t parent; /* 0: not followed from one */
	/* Whose memory it may run a copy of; NULL.  Borrowed for the call. */
	const struct hog_process *forked_from;
	bool whole; /* all of its CPU time past given_ns belongs to the run */
	uint64_t given_ns, looked_ns; /* see struct hog_candidate */
};

/* The CPU time of a process's first thread beyond its Python frames: how it
 * came up, and how it ends.  In cpu mode nothing of it may be lost. */
struct hog_ends {
	bool whole;        /* see struct hog_origin */
	bool known;        /* given_ns is set */
	bool had_frames;   /* it was seen to run Python code */
	uint64_t start_ns; /* what was none of its own */
	uint64_t given_ns; /* what is in the profile, or in blank_ns */
	uint64_t blank_ns; /* without a frame since it last had one */
	uint64_t exit_ns;  /* the kernel's last word; 0 none yet */
	uint32_t thread;   /* id in the model; 0 it was never listed */
};

struct hog_tasks;
struct hog_greens;

struct hog_process {
	pid_t pid;
	uint64_t opened_ns;        /* before anything of it was looked at */
	int pidfd;                 /* readable when it has ended; -1 */
	pid_t parent;              /* 0: not followed from one */
	uint64_t image;            /* see hog_target_image */
	uint32_t model_process;    /* 0 until it has a thread */
	struct hog_target *target; /* owned */
	struct hog_python py;
	struct hog_pystacks stacks;
	struct hog_frames frames;
	struct hog_pyinterp interps[HOG_PYINTERPS_MAX];
	uint64_t heads[HOG_PYINTERPS_MAX]; /* newest thread state of each */
	uint64_t heads_now[HOG_PYINTERPS_MAX];
	struct hog_pygil gils[HOG_PYINTERPS_MAX];
	uint64_t gils_ns; /* slot in which they were read */
	unsigned char gil_bytes[HOG_PYINTERPS_MAX][HOG_PYGIL_SPAN_MAX];
	struct hog_tasks *tasks; /* owned; NULL without --async */
	uint64_t copied_ns;      /* when stacks were copied; only with tasks */
	uint64_t gil_bytes_ns;   /* when they were read: of running.c */
	uint64_t heads_ns;       /* when heads_now were */
	bool gils_copied;        /* gil_bytes are good: of running.c */
	/* Of resting.c: how often the GIL has changed hands (0: not known),
	 * and who took it last, as of switches_ns. */
	uint64_t switches, switch_holder, switches_ns;
	struct hog_greens *greens; /* owned; NULL without --async */
	struct probes *probes;     /* owned; of sleepers.c, NULL until needed */
	struct hog_doze doze;
	unsigned n_interps;
	struct hog_sampled **threads; /* owned, each owned */
	unsigned n_threads, cap_threads;
	struct hog_map64 tids; /* every thread seen so far */
	bool listed_once;      /* threads found from now on are new ones */
	unsigned next_os;      /* whose OS state is refreshed next */
	uint64_t os_looks_ns;  /* flat out: when one was, last */
	struct hog_spans spans;
	bool has_twins; /* some thread has several states */
	bool relist;    /* the thread list has moved */
	uint64_t names_ns, recheck_ns, lists_ns; /* when last done */
	uint64_t lists_cost_ns; /* CPU time of the last listing */
	uint64_t names_gap_ns;  /* between two: the longer, the more threads */
	uint64_t unborn_ns;     /* since when states share an ident; 0 none */
	unsigned names_rounds;  /* quick name look-ups still to do */
	struct hog_ends ends;
	struct hog_stopbudget stop_budget;
	uint64_t stop_refused_ns; /* when last; 0 never */
	bool forked;              /* opened as a copy of its parent */
	bool denied;              /* it may not be read any more */
	bool gone;                /* ended, or it is another program now */
	bool ended;               /* really so: a look later it is dropped */
	bool replaced; /* who looks for processes has heard of its exec */
	bool settled;  /* by an exec: what comes now is another's */
};

/* Opens a process for sampling.  Errors as hog_target_open_pid and
 * hog_python_find. */
int hog_process_new(pid_t pid, const struct hog_origin *origin,
		    struct hog_model *model, struct hog_process **ret,
		    struct hog_err *err);
void hog_process_free(struct hog_process *p);
/* Its id in the model, which gets to know it now if it did not. */
uint32_t hog_process_in_model(struct hog_process *p);
/* What it is called, and the version of its Python, as strings of the model. */
uint32_t hog_process_name(const struct hog_process *p, uint32_t *ret_python);
/* "python app.py --port 80": arguments joined by blanks, a string of the model. */
uint32_t hog_cmdline_in_model(struct hog_model *model, char *const *argv);
/* Brings interpreters, threads and names up to date (not each slot). */
void hog_process_maintain(struct hog_process *p, struct hog_slot *slot);
/* CPU time not given out yet goes to its samples: before it is freed.  Of one
 * that has ended that is all it ever used. */
void hog_process_settle(struct hog_process *p, struct hog_slot *slot);
/* The same for one thread. */
void hog_sampled_settle(struct hog_process *p, struct hog_sampled *t,
			struct hog_slot *slot);
/* A thread has ended, with so much CPU time on one of the CPUs. */
void hog_process_take_exit(struct hog_process *p, pid_t tid, uint64_t cpu_ns);
/* CPU time of its first thread that the program after an exec has not used. */
uint64_t hog_process_given(const struct hog_process *p);
/* Who holds the GILs, at most once a slot. */
void hog_process_read_gils(struct hog_process *p, struct hog_slot *slot);
/* Whether its memory is lost to us for good, by what a read of it gave. */
bool hog_process_is_lost(struct hog_process *p, ssize_t got);
/* Reads a thread alone, whose verdict is to do so. */
void hog_sampled_read_again(struct hog_process *p, struct hog_slot *slot,
			    struct hog_sampled *t);
/* One slot: reads all threads that may have moved and sends their samples. */
void hog_process_sample(struct hog_process *p, struct hog_slot *slot);

#endif
