/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/snapshot_tasks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/map.h"

#define RUNNING_MAX 64

/* What is needed while tasks are read. */
struct reading {
	struct hog_snapshot *s;
	const struct hog_snapshot_options *opt;
	struct hog_pytasks *pt;    /* owned */
	struct hog_pychain *chain; /* owned: the one at hand */
	struct hog_map64 index;    /* task -> index + 1 in s->tasks */
	size_t cap;
};

void hog_snapshot_tasks_free(struct hog_snapshot *s)
{
	for (size_t i = 0; i < s->n_tasks; i++) {
		struct hog_snapshot_task *t = &s->tasks[i];

		for (size_t k = 0; k < t->n_frames; k++)
			hog_pylocals_free(t->frames[k].locals,
					  t->frames[k].n_locals);
		free(t->frames);
		free(t->coro);
		free(t->awaits);
	}
	free(s->tasks);
}

static struct hog_snapshot_task *grow(struct reading *rd)
{
	struct hog_snapshot *s = rd->s;
	size_t cap = rd->cap ? rd->cap * 2 : 16;
	void *grown;

	if (s->n_tasks == rd->cap) {
		grown = realloc(s->tasks, cap * sizeof(*s->tasks));
		if (!grown)
			return NULL;
		s->tasks = grown;
		rd->cap = cap;
	}
	memset(&s->tasks[s->n_tasks], 0, sizeof(*s->tasks));
	return &s->tasks[s->n_tasks];
}

/* ---- frames ---- */

static int copy_frames(struct reading *rd, const struct hog_pyframe *from,
		       size_t n, struct hog_snapshot_task *t)
{
	t->frames = calloc(n + 1, sizeof(*t->frames));
	if (!t->frames)
		return -ENOMEM;
	t->n_frames = n;
	for (size_t i = 0; i < n; i++) {
		struct hog_snapshot_frame *f = &t->frames[i];
		int locals = 0;

		f->frame = from[n - 1 - i];
		f->place.column = f->place.end_column = -1;
		if (!f->frame.code)
			continue;
		if (rd->opt->locals)
			locals = hog_pylocals_read(&rd->s->py, &f->frame,
						   rd->opt->locals_limit,
						   &f->locals);
		f->n_locals = locals > 0 ? (size_t)locals : 0;
		hog_pycode_place(&rd->s->py, f->frame.code, f->frame.at,
				 &f->place);
	}
	return 0;
}

/* Where in a thread's stack the task's coroutine stands: how many frames from
 * the innermost on are the task's; 0: it runs elsewhere. */
static size_t frames_of(const struct hog_snapshot_thread *t, uint64_t frame)
{
	for (size_t i = 0; frame && i < t->n_frames; i++)
		if (t->frames[i].frame.addr == frame)
			return i + 1;
	return 0;
}

/* A task that runs has its frames in its thread's stack. */
static int borrow_frames(struct reading *rd, struct hog_snapshot_task *t)
{
	struct hog_snapshot *s = rd->s;
	uint64_t frame = hog_pycoro_frame(rd->pt, t->task.coro);
	struct hog_pyframe *frames;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < s->n_threads && n == 0; i++) {
		n = frames_of(&s->threads[i], frame);
		if (n > 0)
			t->thread = i;
	}
	frames = calloc(n + 1, sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		frames[i] = s->threads[t->thread].frames[n - 1 - i].frame;
	r = copy_frames(rd, frames, n, t);
	free(frames);
	return r;
}

/* ---- tasks ---- */

static size_t thread_of(const struct hog_snapshot *s, int64_t interp,
			uint64_t tstate)
{
	size_t first = SIZE_MAX;

	for (size_t i = 0; i < s->n_threads; i++) {
		if (s->threads[i].state.addr == tstate)
			return i;
		if (s->threads[i].interp == interp && first == SIZE_MAX)
			first = i;
	}
	return first == SIZE_MAX ? 0 : first;
}

static int name_coro(struct hog_snapshot_task *t)
{
	const struct hog_pycode *code =
		t->n_frames ? t->frames[t->n_frames - 1].frame.code : NULL;

	t->coro = strdup(code ? code->qualname : "");
	return t->coro ? 0 : -ENOMEM;
}

/* The last task of the chain, once. */
static int add_task(struct reading *rd, size_t in_chain, int64_t interp,
		    uint64_t tstate)
{
	struct hog_pychain *c = rd->chain;
	const struct hog_pytask *task = &c->tasks[in_chain];
	struct hog_snapshot_task *t;
	int r;

	if (hog_map64_get(&rd->index, task->addr))
		return 0;
	t = grow(rd);
	if (!t)
		return -ENOMEM;
	t->task = *task;
	t->interp = interp;
	t->thread = thread_of(rd->s, interp, tstate);
	t->parent = SIZE_MAX;
	t->torn = c->torn;
	t->awaits = strdup(in_chain + 1 == c->n_tasks ? c->awaits : "");
	rd->s->n_tasks++; /* from here on it is freed with the others */
	if (!t->awaits)
		return -ENOMEM;
	if (task->state == HOG_PYTASK_RUNNING)
		r = borrow_frames(rd, t);
	else
		r = copy_frames(rd, c->frames + task->first, task->n, t);
	if (r == 0)
		r = name_coro(t);
	if (r == 0)
		r = hog_map64_put(&rd->index, task->addr, rd->s->n_tasks);
	return r;
}

static int add_chain(struct reading *rd, uint64_t task, size_t most,
		     int64_t interp, uint64_t tstate)
{
	int r = hog_pychain_read(rd->pt, task, most, NULL, rd->chain);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	/* Of one alone the awaiters will come by themselves. */
	for (size_t i = 0; r == 0 && i < rd->chain->n_tasks; i++)
		r = add_task(rd, i, interp, tstate);
	return r;
}

static int add_running(struct reading *rd, const struct hog_pyinterp *interp)
{
	struct hog_snapshot *s = rd->s;
	uint64_t tasks[RUNNING_MAX];
	int r = 0;

	for (size_t i = 0; i < s->n_threads && r == 0; i++) {
		uint64_t tstate = s->threads[i].state.addr;
		int n;

		if (s->threads[i].interp != interp->id)
			continue;
		n = hog_pytasks_running(rd->pt, interp->addr, tstate, tasks,
					RUNNING_MAX);
		for (int k = 0; k < n && r == 0; k++)
			r = add_chain(rd, tasks[k], HOG_PYCHAIN_TASKS_MAX,
				      interp->id, tstate);
	}
	return r;
}

static int add_all(struct reading *rd, const struct hog_pyinterp *interp)
{
	_cleanup_free_ struct hog_pytstate *states = NULL;
	_cleanup_free_ struct hog_pytaskref *refs = NULL;
	struct hog_snapshot *s = rd->s;
	int n, r = 0;

	states = calloc(s->n_threads + 1, sizeof(*states));
	if (!states)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_threads; i++)
		states[i] = s->threads[i].state;
	n = hog_pytasks_list(rd->pt, interp, states, s->n_threads, &refs);
	if (n < 0)
		return n;
	if (rd->opt->async != HOG_ASYNC_ALL) {
		s->n_more_tasks += (size_t)n;
		return 0;
	}
	for (int i = 0; i < n && r == 0; i++)
		r = add_chain(rd, refs[i].task, 1, interp->id, refs[i].tstate);
	return r;
}

/* Under which of its awaiters a task is shown. */
static void choose_parent(struct reading *rd, struct hog_snapshot_task *t)
{
	const struct hog_snapshot_task *tasks = rd->s->tasks;

	for (unsigned i = 0; i < t->task.n_awaiters; i++) {
		const uint64_t *at =
			hog_map64_get(&rd->index, t->task.awaiters[i]);

		if (at && (t->parent == SIZE_MAX ||
			   hog_pytask_before(&tasks[*at - 1].task,
					     &tasks[t->parent].task)))
			t->parent = (size_t)*at - 1;
	}
}

static int in_order(const void *a, const void *b)
{
	const struct hog_snapshot_task *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (hog_pytask_before(&x->task, &y->task))
		return -1;
	return hog_pytask_before(&y->task, &x->task) ? 1 : 0;
}

/* The order in which a set keeps them says nothing. */
static int sort(struct reading *rd)
{
	struct hog_snapshot *s = rd->s;
	int r = 0;

	if (s->n_tasks > 0)
		qsort(s->tasks, s->n_tasks, sizeof(*s->tasks), in_order);
	for (size_t i = 0; i < s->n_tasks && r == 0; i++)
		r = hog_map64_put(&rd->index, s->tasks[i].task.addr, i + 1);
	return r;
}

static int read_all(struct reading *rd, const struct hog_pyinterp *interps,
		    unsigned n)
{
	struct hog_snapshot *s = rd->s;
	int r = 0;

	hog_pytasks_refresh(rd->pt, interps, n);
	for (unsigned i = 0; i < n && r == 0; i++) {
		r = add_running(rd, &interps[i]);
		if (r == 0)
			r = add_all(rd, &interps[i]);
	}
	if (r == 0)
		r = sort(rd);
	for (size_t i = 0; i < s->n_tasks; i++)
		choose_parent(rd, &s->tasks[i]);
	s->n_more_tasks -=
		s->n_more_tasks < s->n_tasks ? s->n_more_tasks : s->n_tasks;
	return r;
}

int hog_snapshot_read_tasks(struct hog_snapshot *s,
			    const struct hog_snapshot_options *opt,
			    const struct hog_pyinterp *interps, unsigned n)
{
	struct reading rd = { .s = s, .opt = opt };
	int r = -ENOMEM;

	s->no_tasks = hog_pytasks_why_not(&s->py);
	if (s->no_tasks)
		return 0;
	rd.pt = hog_pytasks_new(&s->py, s->stacks.codes);
	rd.chain = calloc(1, sizeof(*rd.chain));
	if (rd.pt && rd.chain)
		r = read_all(&rd, interps, n);
	hog_pytasks_free(rd.pt);
	free(rd.chain);
	hog_map64_fini(&rd.index);
	/* A target that is gone has been said so by then: what was read
	 * stands. */
	return r == -ENOMEM ? r : 0;
}
