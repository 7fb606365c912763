/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace_impl.h"

#include <errno.h>
#include <stdlib.h>

static struct hog_tthread *to_thread(uint64_t value)
{
	return (struct hog_tthread *)(uintptr_t)value;
}

static struct hog_tproc *find_proc(struct hog_trace *t, pid_t pid)
{
	const uint64_t *value = hog_map64_get(&t->procs, (uint64_t)pid);

	return value ? (struct hog_tproc *)(uintptr_t)*value : NULL;
}

static struct hog_tproc *add_proc(struct hog_trace *t, pid_t pid)
{
	struct hog_tproc *proc = calloc(1, sizeof(*proc));

	if (!proc)
		return NULL;
	proc->pid = pid;
	if (hog_map64_put(&t->procs, (uint64_t)pid, (uintptr_t)proc) < 0) {
		free(proc);
		return NULL;
	}
	return proc;
}

static void leave_proc(struct hog_trace *t, struct hog_tproc *proc)
{
	if (!proc || --proc->n > 0)
		return;
	hog_map64_remove(&t->procs, (uint64_t)proc->pid);
	free(proc);
}

int hog_tthread_join(struct hog_trace *t, struct hog_tthread *thr, pid_t pid)
{
	struct hog_tproc *proc = find_proc(t, pid);

	if (!proc)
		proc = add_proc(t, pid);
	if (!proc)
		return -ENOMEM;
	proc->n++;
	leave_proc(t, thr->proc);
	thr->proc = proc;
	return 0;
}

struct hog_tthread *hog_tthread_find(struct hog_trace *t, pid_t tid)
{
	const uint64_t *value;

	if (t->last && t->last->tid == tid)
		return t->last;
	value = hog_map64_get(&t->threads, (uint64_t)tid);
	if (!value)
		return NULL;
	t->last = to_thread(*value);
	return t->last;
}

struct hog_tthread *hog_tthread_add(struct hog_trace *t, pid_t tid, pid_t pid)
{
	struct hog_tthread *thr = calloc(1, sizeof(*thr));

	if (!thr)
		return NULL;
	thr->tid = tid;
	thr->call.number = -1;
	if (pid && hog_tthread_join(t, thr, pid) < 0) {
		free(thr);
		return NULL;
	}
	if (hog_map64_put(&t->threads, (uint64_t)tid, (uintptr_t)thr) < 0) {
		leave_proc(t, thr->proc);
		free(thr);
		return NULL;
	}
	return thr;
}

void hog_tthread_remove(struct hog_trace *t, struct hog_tthread *thr)
{
	t->n_early -= thr->state == HOG_TSTATE_EARLY;
	t->n_gone -= thr->state == HOG_TSTATE_GONE;
	if (t->last == thr)
		t->last = NULL;
	if (t->held == thr)
		t->held = NULL;
	hog_map64_remove(&t->threads, (uint64_t)thr->tid);
	leave_proc(t, thr->proc);
	free(thr);
}

struct hog_tthread *hog_tthread_each(const struct hog_trace *t, size_t *pos)
{
	for (; *pos < t->threads.cap; ++*pos)
		if (t->threads.used[*pos])
			return to_thread(t->threads.slots[(*pos)++].value);
	return NULL;
}

/* Removing moves others: begin anew after each. */
static struct hog_tthread *sibling(struct hog_trace *t,
				   const struct hog_tthread *leader)
{
	struct hog_tthread *thr;
	size_t pos = 0;

	while ((thr = hog_tthread_each(t, &pos)))
		if (thr->proc == leader->proc && thr != leader)
			return thr;
	return NULL;
}

void hog_tthread_exec(struct hog_trace *t, struct hog_tthread *leader,
		      pid_t former)
{
	struct hog_tthread *thr;

	thr = former == leader->tid ? NULL : hog_tthread_find(t, former);
	if (thr && thr->proc == leader->proc) {
		leader->call = thr->call;
		leader->in_call = thr->in_call;
		leader->told = thr->told;
		leader->in_progress = thr->in_progress;
	}
	if (former != leader->tid) {
		leader->may_restart = false;
		leader->in_group_stop = false;
		leader->signal = 0;
	}
	leader->fresh = false;
	leader->proc->n_fresh = 0;
	while (leader->proc->n > 1 && (thr = sibling(t, leader)))
		hog_tthread_remove(t, thr);
}

void hog_ttable_fini(struct hog_trace *t)
{
	size_t pos = 0;
	struct hog_tthread *thr;

	while ((thr = hog_tthread_each(t, &pos))) {
		leave_proc(t, thr->proc);
		free(thr);
	}
	hog_map64_fini(&t->threads);
	hog_map64_fini(&t->procs);
}
