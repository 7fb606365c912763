/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tasks ran when stacks were copied.  What says it is read in the same
 * call, behind the stacks; where that cannot be, right after.
 */
#include "collect/process.h"
#include "collect/tasks_priv.h"

#define RUNNING_MAX 16

static void add(struct hog_tasks *tasks, uint64_t tstate, const uint64_t *v,
		int n)
{
	for (int i = 0; i < n && tasks->n_witnesses < HOG_WITNESSES_MAX; i++)
		tasks->witnesses[tasks->n_witnesses++] =
			(struct hog_witness){ tstate, v[i] };
}

static void ask(struct hog_process *p, uint64_t interp, uint64_t tstate)
{
	uint64_t running[RUNNING_MAX];
	int n = hog_pytasks_running(p->tasks->pt, interp, tstate, running,
				    RUNNING_MAX);

	add(p->tasks, tstate, running, n);
}

void hog_tasks_plan(struct hog_process *p, struct hog_sampled **threads,
		    unsigned n)
{
	struct hog_tasks *tasks = p->tasks;

	tasks->threads_copied = tasks->n_asyncios > 0;
	for (unsigned i = 0; i < HOG_RUNNING_COPIED; i++)
		tasks->copied[i] = false;
	if (tasks->n_asyncios == 0)
		return;
	for (unsigned i = 0; i < p->n_interps && i < HOG_RUNNING_COPIED; i++)
		tasks->copied[i] =
			hog_pyrunning_plan(&tasks->running[i], tasks->pt,
					   p->interps[i].addr, &p->spans);
	for (unsigned i = 0; i < n && tasks->threads_copied; i++)
		tasks->threads_copied =
			hog_pyrunning_plan_thread(tasks->pt,
						  threads[i]->state.addr,
						  &p->spans, &threads[i]->task);
}

static void take_interp(struct hog_process *p, unsigned i, bool whole)
{
	struct hog_tasks *tasks = p->tasks;
	uint64_t v[HOG_PYDICT_SMALL_ITEMS];
	int n = -1;

	if (i < HOG_RUNNING_COPIED && tasks->copied[i])
		n = hog_pyrunning_take(&tasks->running[i], tasks->pt, whole, v);
	if (n < 0)
		ask(p, p->interps[i].addr, 0);
	else
		add(tasks, 0, v, n);
}

void hog_tasks_take(struct hog_process *p, struct hog_sampled **threads,
		    unsigned n, bool whole)
{
	struct hog_tasks *tasks = p->tasks;

	/* One thread alone is read again: what is known of others stays. */
	if (n > 1 || p->n_threads == 1 ||
	    tasks->n_witnesses > HOG_WITNESSES_MAX / 2)
		tasks->n_witnesses = 0;
	if (tasks->n_asyncios == 0)
		return;
	hog_pytasks_look_anew(tasks->pt);
	for (unsigned i = 0; i < p->n_interps; i++)
		take_interp(p, i, whole);
	if (p->py.lay.tstate_running_task == HOG_NO_FIELD)
		return;
	for (unsigned i = 0; i < n; i++) {
		if (!whole || !tasks->threads_copied)
			ask(p, 0, threads[i]->state.addr);
		else if (threads[i]->task)
			add(tasks, threads[i]->state.addr, &threads[i]->task,
			    1);
	}
}

void hog_tasks_witness(struct hog_process *p, struct hog_sampled **threads,
		       unsigned n)
{
	for (unsigned i = 0; i < HOG_RUNNING_COPIED; i++)
		p->tasks->copied[i] = false;
	hog_tasks_take(p, threads, n, false);
}
