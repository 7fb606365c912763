/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind tasks.h share. */
#ifndef HOG_COLLECT_TASKS_PRIV_H
#define HOG_COLLECT_TASKS_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "collect/tasks.h"
#include "python/tasks.h"

/* A task as it was last read; good while its notes are. */
struct hog_taskentry {
	uint64_t task, frame;   /* frame: of its coroutine, as stacks have it */
	uint64_t code;          /* object that the coroutine runs */
	uint64_t epoch;         /* of the code cache */
	struct hog_notes notes; /* owned, sealed */
	uint32_t marker;        /* model frame: [task NAME] */
	uint32_t base;  /* model stack: those who await it, and its marker */
	uint32_t whole; /* its frames too, and what it waits for; 0: it ran */
};

#define HOG_WITNESSES_MAX 64

struct hog_witness {     /* what ran when the stacks were copied */
	uint64_t tstate; /* 0: of any thread of the interpreter */
	uint64_t task;
};

#define HOG_RUNNING_COPIED 4 /* interpreters */

struct hog_tasks {
	struct hog_pyrunning running[HOG_RUNNING_COPIED];
	bool copied[HOG_RUNNING_COPIED]; /* planned with the stacks */
	bool threads_copied;             /* what the thread states say, too */
	struct hog_witness witnesses[HOG_WITNESSES_MAX];
	unsigned n_witnesses;
	struct hog_pytasks *pt;        /* owned */
	struct hog_pychain *chain;     /* owned: the one at hand */
	struct hog_notes notes;        /* of it */
	struct hog_taskentry *entries; /* owned */
	unsigned n_entries, cap_entries;
	struct hog_map64 by_task, by_frame; /* -> index */
	struct hog_map64 names;             /* of markers: seen */
	unsigned n_asyncios; /* interpreters that have asyncio; 0: no work */
	uint64_t refresh_ns, refresh_gap_ns;
	struct hog_pytaskref *list; /* owned: all there are */
	size_t n_list, cap_list, next;
	uint64_t list_ns, list_gap_ns;
	struct hog_map64 weights; /* stacks of one slot -> how many */
};

/* Reads a task and makes its stacks.  0: ret is valid until the next call;
 * -ENOENT: it is none (any more); -EAGAIN: it moved each time. */
int hog_taskentry_read(struct hog_process *p, uint64_t task,
		       struct hog_taskentry **ret);
/* The entry of a task, or of a coroutine's frame; NULL: none yet. */
struct hog_taskentry *hog_taskentry_of(struct hog_tasks *tasks,
				       const struct hog_map64 *map,
				       uint64_t key);
/* May it still be good, the code objects it was made of being alive? */
bool hog_taskentry_alive(const struct hog_process *p,
			 const struct hog_taskentry *e);

#endif
