/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asyncio tasks from outside: which one a thread runs, which ones there are,
 * the frames that each is suspended in, and who awaits whom.
 *
 * 3.14 on keeps lists and awaiters for readers like us; in 3.7-3.13 the module
 * asyncio.tasks has them, and who awaits a task is told by its callbacks.
 * Tasks move while they are read: all that makes one chain is read through a
 * journal and accepted when a second reading finds the same bytes.
 */
#ifndef HOG_PYTHON_TASKS_H
#define HOG_PYTHON_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/dict.h"
#include "python/journal.h"
#include "python/stack.h"

struct hog_python;
struct hog_pycodes;
struct hog_pyinterp;
struct hog_pytasks;
struct hog_pytstate;

#define HOG_PYTASK_NAME_MAX 128
#define HOG_PYTASKS_MAX 131072 /* listed of one interpreter */
#define HOG_PYRUNNING_PLACES 2
#define HOG_PYTASK_AWAITERS_MAX 16  /* told of one task */
#define HOG_PYCHAIN_TASKS_MAX 100   /* from a task to its root */
#define HOG_PYCHAIN_FRAMES_MAX 4096 /* of all of them together */

enum hog_pytask_state {
	HOG_PYTASK_RUNNING,  /* its coroutine executes */
	HOG_PYTASK_CREATED,  /* it has not begun */
	HOG_PYTASK_READY,    /* suspended, and waits for nothing but the loop */
	HOG_PYTASK_WAITING,  /* suspended until something is done */
	HOG_PYTASK_FINISHED, /* done, also with an exception */
	HOG_PYTASK_CANCELLED,
	HOG_PYTASK_UNKNOWN, /* its coroutine is of no kind that we can read */
};
const char *hog_pytask_state_name(enum hog_pytask_state state);

struct hog_pytask {
	uint64_t addr;   /* what id() says */
	uint64_t coro;   /* the coroutine object */
	uint64_t waiter; /* the future that it waits for; 0 none */
	uint64_t loop;
	enum hog_pytask_state state;
	bool has_number;                /* its name is "Task-N" ... */
	int64_t number;                 /* ... and this is N */
	char name[HOG_PYTASK_NAME_MAX]; /* "" in 3.7: it has none */
	size_t first, n; /* its frames in the chain, outermost first */
	bool cut;        /* there are more, behind the innermost shown */
	uint64_t awaiters[HOG_PYTASK_AWAITERS_MAX];
	unsigned n_awaiters;
	bool more_awaiters; /* than these */
};

/* A task below those that await it. */
struct hog_pychain {
	struct hog_pytask tasks[HOG_PYCHAIN_TASKS_MAX]; /* root first */
	size_t n_tasks; /* the last one is the task that was asked for */
	struct hog_pyframe frames[HOG_PYCHAIN_FRAMES_MAX];
	size_t n_frames;
	bool truncated;   /* more tasks await the first one */
	bool cycle;       /* the first one is awaited by one that follows */
	bool torn;        /* it moved each time: may be no chain at all */
	uint64_t code;    /* of the last one's coroutine; 0 unknown */
	char awaits[160]; /* what the last one waits for: "sleep"; "" */
};

/* Why tasks of this Python cannot be shown, in words; NULL: they can. */
const char *hog_pytasks_why_not(const struct hog_python *py);

/* py and codes are borrowed.  NULL: no memory. */
struct hog_pytasks *hog_pytasks_new(const struct hog_python *py,
				    struct hog_pycodes *codes);
void hog_pytasks_free(struct hog_pytasks *pt);

/* Memory is read in pages, which serve until this is called: before what must
 * be of now, and once for all that may be of one moment. */
void hog_pytasks_look_anew(struct hog_pytasks *pt);

/* Is all that was noted still so, by those pages?  false: read it again. */
bool hog_pytasks_confirms(struct hog_pytasks *pt,
			  const struct hog_notes *notes);

/* Looks where asyncio is in each interpreter (it may be imported at any time);
 * not for each sample.  How many have it. */
int hog_pytasks_refresh(struct hog_pytasks *pt,
			const struct hog_pyinterp *interps, unsigned n);

/* Tasks of which one, or none, runs in the thread: up to max.  How many.  interp
 * 0: only what the thread state says; tstate 0: only what the module says. */
int hog_pytasks_running(struct hog_pytasks *pt, uint64_t interp,
			uint64_t tstate, uint64_t *ret, unsigned max);

/* What says which tasks run in an interpreter, copied in one call with stacks.
 * The dict's keys object changes its place from time to time, between two. */
struct hog_pyrunning {
	uint64_t keys_now; /* copied */
	uint64_t keys[HOG_PYRUNNING_PLACES];
	unsigned char bytes[HOG_PYRUNNING_PLACES][HOG_PYDICT_SMALL_BYTES];
	unsigned next; /* place to forget */
};

/* Plans a copy.  false: it cannot be had so. */
bool hog_pyrunning_plan(struct hog_pyrunning *running,
			const struct hog_pytasks *pt, uint64_t interp,
			struct hog_spans *spans);
/* From the copy, as hog_pytasks_running; -EAGAIN: it must be asked.  whole: all
 * that was planned has been read. */
int hog_pyrunning_take(struct hog_pyrunning *running,
		       const struct hog_pytasks *pt, bool whole,
		       uint64_t ret[HOG_PYDICT_SMALL_ITEMS]);
/* The same of what the thread state says (3.14+). */
bool hog_pyrunning_plan_thread(const struct hog_pytasks *pt, uint64_t tstate,
			       struct hog_spans *spans, uint64_t *ret_task);

/* Address of the frame object of a coroutine, as stacks have it; 0: none. */
uint64_t hog_pycoro_frame(struct hog_pytasks *pt, uint64_t coro);

/* The same of a task's coroutine; 0: no task, or its coroutine has none. */
uint64_t hog_pytask_frame(struct hog_pytasks *pt, uint64_t task);

/* The task whose coroutine has this frame, if it is suspended until a future is
 * done: the future knows whom to wake.  0: cannot be told. */
uint64_t hog_pytask_by_frame(struct hog_pytasks *pt, uint64_t frame);

struct hog_pytaskref {
	uint64_t task;
	uint64_t tstate; /* of the thread whose loop has it; 0 unknown */
};

/* All tasks of an interpreter that are not done, the oldest first where that
 * is known.  *ret is the caller's (free).  How many, or -errno; -E2BIG never:
 * more than HOG_PYTASKS_MAX are cut. */
int hog_pytasks_list(struct hog_pytasks *pt, const struct hog_pyinterp *interp,
		     const struct hog_pytstate *states, size_t n_states,
		     struct hog_pytaskref **ret);

/* Which of two awaiters is shown: numbers by value, names by their bytes, and
 * what has a number comes first; so the same program gives the same picture. */
bool hog_pytask_before(const struct hog_pytask *a, const struct hog_pytask *b);

/* Reads one task with those above it, `most` in all.  notes: what was read, for later checks;
 * may be NULL.  0; -ENOENT: no task stands there (any more), or it is done;
 * -ESRCH.  When it cannot be had whole, chain->torn. */
int hog_pychain_read(struct hog_pytasks *pt, uint64_t task, size_t most,
		     struct hog_notes *notes, struct hog_pychain *chain);

#endif
