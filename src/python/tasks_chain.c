/* SPDX-License-Identifier: Apache-2.0 */
/* A task with those that await it, put together and checked. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "python/code.h"
#include "python/dict.h"
#include "python/object.h"
#include "python/python.h"
#include "python/str.h"
#include "python/tasks_priv.h"

#define TRIES 4
#define TASK_FRAMES_MAX 1000 /* shown of one task */

bool hog_pytask_before(const struct hog_pytask *a, const struct hog_pytask *b)
{
	int names;

	if (a->has_number != b->has_number)
		return a->has_number;
	if (a->has_number && a->number != b->number)
		return a->number < b->number;
	names = strcmp(a->name, b->name);
	return names ? names < 0 : a->addr < b->addr;
}

/* The one that is shown as awaiting the task; false: nobody does. */
static bool choose_awaiter(struct hog_pytasks *pt,
			   const struct hog_pytask *task,
			   struct hog_pytask *ret)
{
	bool found = false;

	for (unsigned i = 0; i < task->n_awaiters; i++) {
		struct hog_pytask other;

		if (hog_pytask_read(pt, task->awaiters[i], &other) < 0)
			continue;
		if (!found || hog_pytask_before(&other, ret))
			*ret = other;
		found = true;
	}
	return found;
}

static bool seen(const struct hog_pychain *c, uint64_t task)
{
	for (size_t i = 0; i < c->n_tasks; i++)
		if (c->tasks[i].addr == task)
			return true;
	return false;
}

/* Collects a task and its awaiters, the task first. */
static int climb(struct hog_pytasks *pt, uint64_t task, size_t most,
		 struct hog_pychain *c)
{
	struct hog_pytask *at = &c->tasks[0], next;
	int r = hog_pytask_read(pt, task, at);

	if (r < 0)
		return r;
	c->n_tasks = 1;
	for (;;) {
		hog_pytask_awaiters(pt, at);
		if (!choose_awaiter(pt, at, &next))
			return 0;
		if (seen(c, next.addr)) {
			c->cycle = true;
			return 0;
		}
		if (c->n_tasks == most) {
			c->truncated = true;
			return 0;
		}
		at = &c->tasks[c->n_tasks++];
		*at = next;
	}
}

static void reverse(struct hog_pychain *c)
{
	for (size_t i = 0; i < c->n_tasks / 2; i++) {
		struct hog_pytask swap = c->tasks[i];

		c->tasks[i] = c->tasks[c->n_tasks - 1 - i];
		c->tasks[c->n_tasks - 1 - i] = swap;
	}
}

static bool done(const struct hog_pytask *task)
{
	return task->state == HOG_PYTASK_FINISHED ||
	       task->state == HOG_PYTASK_CANCELLED;
}

static enum hog_pytask_state state_of(const struct hog_pytask *task,
				      const struct hog_pyawait *await)
{
	if (done(task))
		return task->state;
	if (await->executing)
		return HOG_PYTASK_RUNNING;
	switch (await->state) {
	case HOG_PYCORO_NONE:
		return HOG_PYTASK_UNKNOWN;
	case HOG_PYCORO_CREATED:
		return HOG_PYTASK_CREATED;
	case HOG_PYCORO_SUSPENDED:
		return task->waiter ? HOG_PYTASK_WAITING : HOG_PYTASK_READY;
	case HOG_PYCORO_EXECUTING:
	case HOG_PYCORO_DONE:
		break;
	}
	return HOG_PYTASK_FINISHED;
}

/* "task NAME", or what the innermost function of asyncio itself is called:
 * sleep, Queue.get, Lock.acquire. */
static void say_what(struct hog_pytasks *pt, const struct hog_pytask *task,
		     struct hog_pychain *c)
{
	const struct hog_pyframe *leaf;
	struct hog_pytask other;

	if (task->state != HOG_PYTASK_WAITING || task->n == 0)
		return;
	leaf = &c->frames[c->n_frames - 1];
	/* A Future written in Python has a frame of its own. */
	if (task->n > 1 && !strcmp(leaf->code->name, "__await__"))
		leaf--;
	if (hog_pytask_read(pt, task->waiter, &other) == 0 && other.name[0])
		snprintf(c->awaits, sizeof(c->awaits), "task %s", other.name);
	else if (hog_pykind_of(pt, task->waiter) == HOG_PYKIND_GATHERING)
		strcpy(c->awaits, "gather");
	else if (strstr(leaf->code->filename, "/asyncio/") ||
		 strstr(leaf->code->filename, "/anyio/"))
		snprintf(c->awaits, sizeof(c->awaits), "%s",
			 leaf->code->qualname);
}

static int add_frames(struct hog_pytasks *pt, struct hog_pychain *c,
		      struct hog_pytask *task)
{
	size_t max = HOG_PYCHAIN_FRAMES_MAX - c->n_frames;
	struct hog_pyawait await;
	int r;

	if (max > TASK_FRAMES_MAX)
		max = TASK_FRAMES_MAX;
	r = hog_pyawait_read(pt, task->coro, c->frames + c->n_frames, max,
			     &await);
	if (r < 0)
		return r;
	task->first = c->n_frames;
	task->n = await.n;
	task->cut = await.cut;
	task->state = state_of(task, &await);
	c->n_frames += await.n;
	return 0;
}

static int build(struct hog_pytasks *pt, uint64_t task, size_t most,
		 struct hog_pychain *c)
{
	int r;

	c->n_tasks = c->n_frames = 0;
	c->truncated = c->cycle = c->torn = false;
	c->awaits[0] = '\0';
	r = climb(pt, task, most, c);
	if (r < 0)
		return r;
	reverse(c);
	for (size_t i = 0; i < c->n_tasks && r == 0; i++)
		r = add_frames(pt, c, &c->tasks[i]);
	if (r < 0)
		return r;
	c->code = hog_pycoro_code(pt, c->tasks[c->n_tasks - 1].coro);
	say_what(pt, &c->tasks[c->n_tasks - 1], c);
	return 0;
}

int hog_pychain_read(struct hog_pytasks *pt, uint64_t task, size_t most,
		     struct hog_notes *notes, struct hog_pychain *chain)
{
	int r = -EAGAIN, same = 0;

	if (most > HOG_PYCHAIN_TASKS_MAX)
		most = HOG_PYCHAIN_TASKS_MAX;
	if (!notes)
		notes = &pt->notes;
	for (int i = 0; i < TRIES; i++) {
		if (i > 0)
			hog_journal_forget(&pt->journal);
		hog_notes_clear(notes);
		pt->journal.notes = notes;
		r = build(pt, task, most, chain);
		pt->journal.notes = NULL;
		if (r == -ESRCH || r == -EPERM)
			return r;
		same = hog_notes_check(notes, pt->journal.of);
		if (same < 0)
			return same;
		if (same && r == -ENOENT)
			return r;
		if (same && r == 0)
			return done(&chain->tasks[chain->n_tasks - 1]) ? -ENOENT
								       : 0;
	}
	if (chain->n_tasks == 0 || r == -ENOENT)
		return -ENOENT;
	chain->torn = true;
	return 0;
}
