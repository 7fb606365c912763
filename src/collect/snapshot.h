/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything about one Python process at one moment: `hognose dump`.  Live or
 * from a core; moving threads are read until their stack is whole.
 */
#ifndef HOG_COLLECT_SNAPSHOT_H
#define HOG_COLLECT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "collect/async.h"
#include "python/greenlets.h"
#include "python/python.h"
#include "python/stack.h"
#include "python/tasks.h"
#include "python/threads.h"
#include "python/value.h"
#include "target/target.h"

struct hog_err;

struct hog_snapshot_frame {
	struct hog_pyframe frame; /* code is valid while the snapshot lives */
	struct hog_pyplace place;
	struct hog_pylocal *locals; /* owned; NULL unless asked for */
	size_t n_locals;
};

struct hog_snapshot_thread {
	struct hog_pytstate state;
	int64_t interp; /* id; 0 is the main one */
	char name[HOG_PYTHREAD_NAME_MAX];
	enum hog_pygilrole gil;
	bool collecting; /* it runs the garbage collector */
	struct hog_osthread os;
	const char *syscall;               /* borrowed, static; NULL none */
	struct hog_snapshot_frame *frames; /* owned, innermost first */
	size_t n_frames;
	bool torn;      /* it moved all the time: the stack may be wrong */
	bool truncated; /* the root side is cut */
	bool unreadable;
	size_t greenlet; /* index of the one that runs in it; SIZE_MAX: none */
};

struct hog_snapshot_greenlet {
	struct hog_greenlet greenlet;
	size_t thread; /* index; SIZE_MAX: not told (it has not begun) */
	char name[HOG_GREENLET_NAME_MAX]; /* "": it has none */
	/* Owned, innermost first; of a running one they are the thread's. */
	struct hog_snapshot_frame *frames;
	size_t n_frames;
	bool torn; /* it was resumed each time */
	bool truncated;
};

/* An asyncio task. */
struct hog_snapshot_task {
	struct hog_pytask task;
	int64_t interp;
	size_t thread; /* index of the one whose loop has it */
	size_t parent; /* index of the task that is shown as awaiting it;
			* SIZE_MAX: none */
	char *coro;    /* owned: name of its coroutine; "" unknown */
	char *awaits;  /* owned: "sleep", "task x"; "" unknown */
	struct hog_snapshot_frame *frames; /* owned, innermost first */
	size_t n_frames;
	bool torn; /* it moved all the time */
};

struct hog_snapshot {
	struct hog_python py;
	struct hog_pystacks stacks;          /* borrows py: do not copy */
	struct hog_snapshot_thread *threads; /* owned, main thread first */
	size_t n_threads;
	struct hog_snapshot_task *tasks; /* owned, only with async */
	size_t n_tasks, n_more_tasks;    /* not shown because not asked for */
	const char *no_tasks;            /* why there can be none; or NULL */
	struct hog_snapshot_greenlet *greenlets; /* owned, only with async */
	size_t n_greenlets, n_more_greenlets;    /* parked, and not asked for */
	bool has_greenlets;                      /* the extension is loaded */
	char no_greenlets[480]; /* it is loaded, but cannot be read: why */
};

struct hog_snapshot_options {
	bool locals;
	size_t locals_limit; /* characters of a repr */
	enum hog_async async;
};

/* Reads all threads that have a Python thread state.  Errors as those of
 * hog_python_find; *ret is the caller's (hog_snapshot_free). */
int hog_snapshot_take(struct hog_target *target,
		      const struct hog_snapshot_options *opt,
		      struct hog_snapshot **ret, struct hog_err *err);
void hog_snapshot_free(struct hog_snapshot *s);

#endif
