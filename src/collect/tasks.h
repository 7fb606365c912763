/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record --async: stacks of asyncio tasks.  A thread that runs a task shows
 * what awaits it in place of the event loop; with --async=all each suspended
 * task has a stack, too.
 */
#ifndef HOG_COLLECT_TASKS_H
#define HOG_COLLECT_TASKS_H

#include <stdbool.h>
#include <stdint.h>

struct hog_process;
struct hog_sampled;
struct hog_slot;
struct hog_tasks; /* of one process */

/* Numbers up to this one are kept in names that asyncio gives, Task-N: those
 * are tasks of a program's start.  Later ones, as of a server's requests, would
 * tear a profile into as many pieces and stand together as Task-*. */
#define HOG_TASK_NUMBER_MAX 99

/* Looks where asyncio is, and which tasks there are, now and then. */
void hog_tasks_maintain(struct hog_process *p, struct hog_slot *slot);
void hog_tasks_free(struct hog_tasks *tasks);
/* Plans a copy of what says which tasks run, behind these threads' stacks. */
void hog_tasks_plan(struct hog_process *p, struct hog_sampled **threads,
		    unsigned n);
/* Notes which tasks run: from that copy, or when it is not whole by asking. */
void hog_tasks_take(struct hog_process *p, struct hog_sampled **threads,
		    unsigned n, bool whole);
/* The same without a copy, right behind that of their stacks. */
void hog_tasks_witness(struct hog_process *p, struct hog_sampled **threads,
		       unsigned n);
/* The model stack of what the thread's last sample shows; without a task that
 * of the sample itself. */
uint32_t hog_tasks_stack(struct hog_process *p, struct hog_slot *slot,
			 struct hog_sampled *t);
/* --async=all: sends what the suspended tasks stand in. */
void hog_tasks_send_suspended(struct hog_process *p, struct hog_slot *slot);

#endif
