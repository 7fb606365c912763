/* SPDX-License-Identifier: Apache-2.0 */
/* Which processes and threads there are, by what the stops say of them. */
#include "collect/calls_priv.h"

#include <string.h>

static void free_all(struct hog_map64 *map, void (*free_one)(void *))
{
	for (size_t i = 0; i < map->cap; i++)
		if (map->used[i])
			free_one((void *)(uintptr_t)map->slots[i].value);
	hog_map64_fini(map);
}

static void free_thread(void *t)
{
	hog_tracedthread_free(t);
}

static void free_process(void *p)
{
	hog_traced_free(p);
}

void hog_calls_free_who(struct hog_calls *c)
{
	free_all(&c->threads, free_thread);
	free_all(&c->processes, free_process);
}

/* ---- who is there ---- */

struct hog_traced *hog_calls_process(struct hog_calls *c, pid_t pid)
{
	uint64_t *at = hog_map64_get(&c->processes, (uint64_t)pid);

	return at ? (struct hog_traced *)(uintptr_t)*at : NULL;
}

static struct hog_traced *add_process(struct hog_calls *c, pid_t pid,
				      pid_t parent, uint64_t now,
				      const struct hog_traced *from)
{
	struct hog_traced *p = hog_traced_new(pid, parent, now, c->model, from);

	if (p && hog_map64_put(&c->processes, (uint64_t)pid,
			       (uint64_t)(uintptr_t)p) < 0) {
		hog_traced_free(p);
		p = NULL;
	}
	return p;
}

static void drop_process(struct hog_calls *c, struct hog_traced *p)
{
	hog_map64_remove(&c->processes, (uint64_t)p->pid);
	hog_traced_free(p);
}

struct hog_tracedthread *hog_calls_thread(struct hog_calls *c, pid_t tid)
{
	uint64_t *at = hog_map64_get(&c->threads, (uint64_t)tid);

	return at ? (struct hog_tracedthread *)(uintptr_t)*at : NULL;
}

static struct hog_tracedthread *add_thread(struct hog_calls *c,
					   struct hog_traced *p, pid_t tid,
					   uint64_t now)
{
	struct hog_tracedthread *t = hog_tracedthread_new(p, tid, now);

	if (t)
		t->calls = c;
	if (t && hog_map64_put(&c->threads, (uint64_t)tid,
			       (uint64_t)(uintptr_t)t) < 0) {
		hog_tracedthread_free(t);
		t = NULL;
	}
	return t;
}

static void drop_thread(struct hog_calls *c, struct hog_tracedthread *t)
{
	hog_map64_remove(&c->threads, (uint64_t)t->tid);
	hog_tracedthread_free(t);
}

/* The thread of an event, made known now if it was not: events of a new one may
 * come before the one that says so. */
static struct hog_tracedthread *thread_of(struct hog_calls *c,
					  const struct hog_trace_event *ev)
{
	struct hog_tracedthread *t = hog_calls_thread(c, ev->tid);
	struct hog_traced *p;

	if (t) {
		t->process->now_ns = ev->time_ns;
		return t;
	}
	p = hog_calls_process(c, ev->pid);
	if (!p)
		p = add_process(c, ev->pid, 0, ev->time_ns, NULL);
	if (!p)
		return NULL;
	p->now_ns = ev->time_ns;
	return add_thread(c, p, ev->tid, ev->time_ns);
}

/* ---- what happens ---- */

static void on_enter(struct hog_calls *c, const struct hog_trace_event *ev)
{
	struct hog_tracedthread *t = thread_of(c, ev);

	if (t && !c->quit)
		hog_calls_enter(c, t, ev);
}

static void on_exit_of_call(struct hog_calls *c,
			    const struct hog_trace_event *ev)
{
	struct hog_tracedthread *t = thread_of(c, ev);

	if (t && !c->quit)
		hog_calls_leave(c, t, ev);
}

/* What is open before anything was seen. */
static void tell_start(struct hog_calls *c, struct hog_traced *p,
		       struct hog_tracedthread *t, uint64_t now_ns)
{
	if (c->opt.fds_start && !c->quit)
		hog_calls_tell_fds(c, p, hog_tracedthread_id(t), 0, now_ns,
				   HOG_FDS_START);
}

static void on_attached(struct hog_calls *c, const struct hog_trace_event *ev)
{
	struct hog_tracedthread *t = thread_of(c, ev);

	if (!t)
		return;
	if (ev->tid == ev->pid)
		tell_start(c, t->process, t, ev->time_ns);
	if (ev->number >= 0)
		hog_calls_enter(c, t, ev);
	t->in_progress = t->in_call;
}

/* The child stands where its parent called fork, with a copy of its stack. */
static void on_fork(struct hog_calls *c, const struct hog_trace_event *ev)
{
	struct hog_traced *from = hog_calls_process(c, ev->parent);
	struct hog_tracedthread *by = hog_calls_thread(c, ev->parent_tid);
	struct hog_traced *p = hog_calls_process(c, ev->pid);
	struct hog_tracedthread *t;

	if (!p)
		p = add_process(c, ev->pid, ev->parent, ev->time_ns, from);
	if (!p)
		return;
	t = thread_of(c, ev);
	if (t && by && by->process == from) {
		t->tstate = by->tstate;
		t->interp = by->interp;
	}
	if (by && !c->quit)
		hog_calls_tell_fork(c, by, t, p, ev);
}

/* The thread that did it has the process's id from now on; before, it may have
 * been any. */
static struct hog_tracedthread *who_execs(struct hog_calls *c,
					  const struct hog_traced *p)
{
	for (size_t i = 0; i < c->threads.cap; i++) {
		struct hog_tracedthread *t;

		if (!c->threads.used[i])
			continue;
		t = (void *)(uintptr_t)c->threads.slots[i].value;
		if (t->process == p && t->in_call && t->call.name &&
		    strncmp(t->call.name, "execve", 6) == 0)
			return t;
	}
	return hog_calls_thread(c, p->pid);
}

static void drop_threads(struct hog_calls *c, const struct hog_traced *p)
{
	for (size_t i = 0; i < c->threads.cap; i++) {
		struct hog_tracedthread *t;

		if (!c->threads.used[i])
			continue;
		t = (void *)(uintptr_t)c->threads.slots[i].value;
		if (t->process != p)
			continue;
		drop_thread(c, t);
		i = (size_t)-1; /* the map has moved */
	}
}

static void on_exec(struct hog_calls *c, const struct hog_trace_event *ev)
{
	struct hog_traced *old = hog_calls_process(c, ev->pid), *p;
	struct hog_tracedthread *t = old ? who_execs(c, old) : NULL;
	pid_t parent = old ? old->parent : 0;
	uint32_t thread = 0;

	if (t)
		old->now_ns = ev->time_ns;
	if (t && !c->quit)
		thread = hog_calls_tell_exec(c, t, ev);
	if (old)
		drop_threads(c, old);
	hog_calls_forget_fds(c, ev->pid);
	if (old)
		drop_process(c, old);
	p = add_process(c, ev->pid, parent, ev->time_ns, NULL);
	t = p ? add_thread(c, p, ev->pid, ev->time_ns) : NULL;
	if (p && thread && !c->quit)
		hog_calls_tell_program(c, thread, p, ev);
	if (t && ev->pid == c->launched && !c->program_seen)
		tell_start(c, p, t, ev->time_ns);
	c->program_seen |= ev->pid == c->launched;
}

static void on_thread_end(struct hog_calls *c, const struct hog_trace_event *ev)
{
	struct hog_tracedthread *t = hog_calls_thread(c, ev->tid);

	if (!t)
		return;
	t->process->now_ns = ev->time_ns;
	if (!c->quit)
		hog_calls_abandon(c, t, ev->time_ns, true);
	drop_thread(c, t);
}

/* Calls that are still under way when a process, or (NULL) watching, ends. */
void hog_calls_abandon_all(struct hog_calls *c, const struct hog_traced *p,
			   uint64_t now)
{
	for (size_t i = 0; i < c->threads.cap; i++) {
		struct hog_tracedthread *t;

		if (!c->threads.used[i])
			continue;
		t = (void *)(uintptr_t)c->threads.slots[i].value;
		if (!p || t->process == p)
			hog_calls_abandon(c, t, now, p != NULL);
	}
}

static void on_end(struct hog_calls *c, const struct hog_trace_event *ev)
{
	struct hog_traced *p = hog_calls_process(c, ev->pid);

	if (ev->pid == c->launched)
		c->launched_status = ev->status;
	if (!p)
		return;
	p->now_ns = ev->time_ns;
	if (!c->quit)
		hog_calls_abandon_all(c, p, ev->time_ns);
	drop_threads(c, p);
	if (!c->quit)
		hog_calls_tell_end(c, p, ev);
	hog_calls_forget_fds(c, p->pid);
	drop_process(c, p);
}

void hog_calls_take(struct hog_calls *c, const struct hog_trace_event *ev)
{
	switch (ev->kind) {
	case HOG_TRACE_ENTER:
		on_enter(c, ev);
		break;
	case HOG_TRACE_EXIT:
		on_exit_of_call(c, ev);
		break;
	case HOG_TRACE_ATTACHED:
		on_attached(c, ev);
		break;
	case HOG_TRACE_THREAD:
		(void)thread_of(c, ev);
		break;
	case HOG_TRACE_FORK:
		on_fork(c, ev);
		break;
	case HOG_TRACE_EXEC:
		on_exec(c, ev);
		break;
	case HOG_TRACE_SIGNAL:
		break;
	case HOG_TRACE_THREAD_END:
		on_thread_end(c, ev);
		break;
	case HOG_TRACE_END:
		on_end(c, ev);
		break;
	}
}
