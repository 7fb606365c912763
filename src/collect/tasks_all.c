/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --async=all: the suspended tasks of a slot.  There may be ten thousands, so
 * as many are looked at as a share of the period allows, in turn, and each
 * stands for those that were not: all together weigh what all tasks would.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collect/counted.h"
#include "collect/process.h"
#include "collect/tasks_priv.h"

#define TIME_SHARE 16 /* of a period */
#define LIST_SHARE 32 /* of a core, for listing them */

static int append(struct hog_tasks *tasks, const struct hog_pytaskref *refs,
		  size_t n)
{
	void *grown;

	if (tasks->n_list + n > tasks->cap_list) {
		grown = realloc(tasks->list,
				(tasks->n_list + n) * sizeof(*refs));
		if (!grown)
			return -ENOMEM;
		tasks->list = grown;
		tasks->cap_list = tasks->n_list + n;
	}
	if (n > 0)
		memcpy(tasks->list + tasks->n_list, refs, n * sizeof(*refs));
	tasks->n_list += n;
	return 0;
}

static void list_all(struct hog_process *p, struct hog_tasks *tasks)
{
	struct hog_pytstate *states = calloc(p->n_threads + 1, sizeof(*states));
	struct hog_pytaskref *refs = NULL;

	if (!states)
		return;
	tasks->n_list = 0;
	for (unsigned i = 0; i < p->n_threads; i++)
		states[i] = p->threads[i]->state;
	for (unsigned i = 0; i < p->n_interps; i++) {
		int n = hog_pytasks_list(tasks->pt, &p->interps[i], states,
					 p->n_threads, &refs);

		if (n > 0)
			(void)append(tasks, refs, (size_t)n);
		free(refs);
		refs = NULL;
	}
	free(states);
}

static void refresh_list(struct hog_process *p, struct hog_tasks *tasks,
			 uint64_t now)
{
	uint64_t start;

	if (tasks->list_ns && now - tasks->list_ns < tasks->list_gap_ns)
		return;
	start = hog_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	list_all(p, tasks);
	tasks->list_ns = now;
	tasks->list_gap_ns =
		LIST_SHARE * (hog_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start);
}

/* Whose events a task's are: its loop's thread, else the first. */
static uint32_t thread_of(const struct hog_process *p, uint64_t tstate)
{
	for (unsigned i = 0; i < p->n_threads; i++)
		if (p->threads[i]->state.addr == tstate)
			return p->threads[i]->model_thread;
	return p->n_threads ? p->threads[p->n_threads - 1]->model_thread : 0;
}

/* One task: as it was when that still holds, or read again. */
static void look(struct hog_process *p, const struct hog_pytaskref *ref)
{
	struct hog_tasks *tasks = p->tasks;
	struct hog_taskentry *e =
		hog_taskentry_of(tasks, &tasks->by_task, ref->task);

	if ((e && hog_taskentry_alive(p, e) &&
	     hog_pytasks_confirms(tasks->pt, &e->notes)) ||
	    hog_taskentry_read(p, ref->task, &e) == 0)
		hog_counted_add(&tasks->weights, thread_of(p, ref->tstate),
				e->whole);
}

void hog_tasks_send_suspended(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_tasks *tasks = p->tasks;
	uint64_t until;
	size_t looked = 0;

	if (!tasks || tasks->n_asyncios == 0 || p->gone ||
	    slot->opt->async != HOG_ASYNC_ALL ||
	    slot->opt->mode != HOG_MODE_WALL)
		return;
	hog_pytasks_look_anew(tasks->pt);
	refresh_list(p, tasks, slot->now_ns);
	until = hog_now_ns() + slot->period_ns / TIME_SHARE;
	hog_map64_clear(&tasks->weights);
	while (looked < tasks->n_list && !p->gone) {
		look(p, &tasks->list[tasks->next++ % tasks->n_list]);
		looked++;
		if (hog_now_ns() > until)
			break;
	}
	if (tasks->n_list > 0)
		tasks->next %= tasks->n_list;
	slot->stats->loss.tasks_skipped += tasks->n_list - looked;
	if (looked > 0)
		hog_counted_send(&tasks->weights, slot,
				 (double)slot->base_weight *
					 (double)tasks->n_list /
					 (double)looked);
}
