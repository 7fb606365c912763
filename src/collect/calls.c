/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/calls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "collect/calls_priv.h"
#include "collect/self.h"
#include "syscalls/names.h"

#define PROGRESS_NS (HOG_NS_PER_SEC / 4)
#define LOOK_NS (HOG_NS_PER_SEC / 20) /* how often a stop is asked for */

/* ---- life ---- */

/* Calls that end a program or put another in its place are followed for that. */
static const char *const always[] = { "exit_group", "execve", "execveat" };

static void add_always(struct hog_callset *set, unsigned machine)
{
	unsigned compat = hog_callset_compat(machine);

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		int64_t n = hog_syscall_number(machine, always[i]);
		int64_t c = compat ? hog_syscall_number(compat, always[i]) : -1;

		if (n >= 0)
			set->native[n / 64] |= 1ull << (n % 64);
		if (c >= 0)
			set->compat[c / 64] |= 1ull << (c % 64);
	}
}

unsigned hog_calls_machine(const struct hog_calls *c)
{
	(void)c;
#if defined(__x86_64__)
	return EM_X86_64;
#elif defined(__aarch64__)
	return EM_AARCH64;
#else
	return EM_NONE;
#endif
}

int hog_calls_new(const struct hog_calls_options *opt, struct hog_calls **ret,
		  struct hog_err *err)
{
	struct hog_calls *c = calloc(1, sizeof(*c));
	struct hog_trace_options trace = { 0 };
	struct utsname uts;
	int r;

	if (!c)
		return hog_err_set(err, -ENOMEM, "follow system calls");
	c->opt = *opt;
	c->stopped_at = opt->set;
	if (opt->fds_exit || opt->fds_exec)
		add_always(&c->stopped_at, hog_calls_machine(c));
	c->model = hog_model_new();
	if (uname(&uts) == 0)
		snprintf(c->machine, sizeof(c->machine), "%s", uts.machine);
	c->run = (struct hog_run){ .model = c->model,
				   .mode = HOG_MODE_WALL,
				   .follow = opt->follow,
				   .version = opt->version,
				   .machine = c->machine,
				   .command = opt->command };
	c->launched_status = -1;
	trace.native = c->stopped_at.native;
	trace.compat = c->stopped_at.compat;
	trace.n_numbers = HOG_CALL_NUMBERS;
	trace.all = hog_callset_is_all(&c->stopped_at);
	trace.follow = opt->follow;
	trace.via = opt->via;
	r = c->model ? hog_trace_new(&trace, &c->trace, err)
		     : hog_err_set(err, -ENOMEM, "follow system calls");
	if (r < 0) {
		hog_calls_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

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

void hog_calls_free(struct hog_calls *c)
{
	if (!c)
		return;
	hog_trace_free(c->trace);
	free_all(&c->threads, free_thread);
	free_all(&c->processes, free_process);
	hog_calls_fini_fds(c);
	hog_buf_fini(&c->detail);
	hog_map64_fini(&c->names);
	hog_model_free(c->model);
	free(c);
}

int hog_calls_attach(struct hog_calls *c, pid_t pid, struct hog_err *err)
{
	return hog_trace_attach(c->trace, pid, err);
}

int hog_calls_launch(struct hog_calls *c, char *const argv[],
		     const struct hog_sigstate *before, pid_t *ret_pid,
		     struct hog_err *err)
{
	int r = hog_trace_launch(c->trace, argv, before, &c->launched, err);

	if (r == 0)
		*ret_pid = c->launched;
	return r;
}

const struct hog_run *hog_calls_get_run(const struct hog_calls *c)
{
	return &c->run;
}

const char *hog_calls_way(const struct hog_calls *c)
{
	return hog_trace_way(c->trace);
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
		t->interp_addr = by->interp_addr;
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
static void abandon_calls(struct hog_calls *c, const struct hog_traced *p,
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
		abandon_calls(c, p, ev->time_ns);
	drop_threads(c, p);
	if (!c->quit)
		hog_calls_tell_end(c, p, ev);
	hog_calls_forget_fds(c, p->pid);
	drop_process(c, p);
}

static void take(struct hog_calls *c, const struct hog_trace_event *ev)
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

/* ---- the loop ---- */

static void stats_so_far(struct hog_calls *c)
{
	struct hog_stats *st = &c->run.stats;

	hog_self_stats(st);
	st->wall_seconds =
		(double)(hog_now_ns() - c->run.start_ns) / HOG_NS_PER_SEC;
	st->processes = hog_model_count(c->model).processes - 1;
	st->threads = hog_model_count(c->model).threads - 1;
}

static bool must_stop(const struct hog_session_hooks *hooks)
{
	return hooks && hooks->stop && hooks->stop(hooks->arg);
}

static void show_progress(struct hog_calls *c,
			  const struct hog_session_hooks *hooks, uint64_t now)
{
	struct hog_progress p = {
		.elapsed_s = (double)(now - c->run.start_ns) / HOG_NS_PER_SEC,
		.stacks = c->run.stats.stacks,
		.samples = c->run.stats.stacks,
		.processes = (unsigned)c->processes.count,
		.threads = (unsigned)c->threads.count,
		.hottest = "",
	};

	if (!hooks || !hooks->progress || now - c->progress_ns < PROGRESS_NS)
		return;
	c->progress_ns = now;
	hooks->progress(hooks->arg, &p);
}

static uint64_t look_gap(const struct hog_calls *c)
{
	uint64_t gap = c->opt.sample_hz > 0
			       ? (uint64_t)(HOG_NS_PER_SEC / c->opt.sample_hz)
			       : LOOK_NS;

	return gap < LOOK_NS ? gap : LOOK_NS;
}

static int keep_house(struct hog_calls *c, struct hog_sink *sink,
		      const struct hog_session_hooks *hooks, uint64_t now)
{
	double interval = c->opt.fds_interval_s;

	show_progress(c, hooks, now);
	if (c->opt.sample_hz > 0 &&
	    (double)(now - c->sampled_ns) * c->opt.sample_hz >=
		    HOG_NS_PER_SEC) {
		c->sampled_ns = now;
		hog_calls_sample(c, now);
	}
	if (interval > 0 &&
	    (double)(now - c->fds_ns) >= interval * HOG_NS_PER_SEC) {
		c->fds_ns = now;
		hog_calls_show_fds(c, HOG_FDS_INTERVAL);
	}
	if (now - c->flush_ns < HOG_NS_PER_SEC)
		return 0;
	c->flush_ns = now;
	stats_so_far(c);
	return hog_sink_flush(sink);
}

static uint64_t next_look(const struct hog_calls *c, uint64_t now)
{
	uint64_t next = now + look_gap(c);
	uint64_t end = c->run.start_ns +
		       (uint64_t)(c->opt.duration_s * HOG_NS_PER_SEC);

	return c->opt.duration_s > 0 && end < next ? end : next;
}

static enum hog_session_end loop(struct hog_calls *c, struct hog_sink *sink,
				 const struct hog_session_hooks *hooks)
{
	uint64_t looked = 0;

	for (;;) {
		struct hog_trace_event ev;
		uint64_t now = hog_now_ns();
		int r;

		/* While calls come thick this is asked now and then. */
		if (now - looked >= look_gap(c) / 2) {
			looked = now;
			if (must_stop(hooks))
				return HOG_END_STOPPED;
			if (c->opt.duration_s > 0 &&
			    (double)(now - c->run.start_ns) >=
				    c->opt.duration_s * HOG_NS_PER_SEC)
				return HOG_END_DURATION;
			r = keep_house(c, sink, hooks, now);
			if (r < 0)
				c->error = r;
		}
		if (c->error < 0)
			return HOG_END_STOPPED;
		r = hog_trace_next(c->trace, next_look(c, now), &ev);
		if (r == -ECHILD)
			return HOG_END_TARGETS;
		if (r > 0)
			take(c, &ev);
	}
}

int hog_calls_run(struct hog_calls *c, struct hog_sink *sink,
		  const struct hog_session_hooks *hooks,
		  enum hog_session_end *ret_end, int *ret_status,
		  struct hog_err *err)
{
	int r;

	c->run.start_ns = hog_now_ns();
	c->run.start_real_ns = hog_clock_ns(CLOCK_REALTIME);
	c->flush_ns = c->progress_ns = c->fds_ns = c->run.start_ns;
	c->sink = sink;
	r = hog_sink_begin(sink, &c->run, err);
	if (r < 0)
		return r;
	*ret_end = loop(c, sink, hooks);
	abandon_calls(c, NULL, hog_now_ns());
	c->quit = true;
	hog_trace_quit(c->trace);
	stats_so_far(c);
	c->run.stats.loss.truncated += hog_model_refused(c->model);
	*ret_status = c->launched_status;
	return c->error < 0 ? hog_err_set(err, c->error, "write the result")
			    : 0;
}

int hog_calls_wait(struct hog_calls *c, const struct hog_session_hooks *hooks)
{
	while (c->launched && c->launched_status < 0 && !must_stop(hooks)) {
		struct hog_trace_event ev;
		int r = hog_trace_next(c->trace, hog_now_ns() + LOOK_NS, &ev);

		if (r == -ECHILD)
			break;
		if (r > 0)
			take(c, &ev);
	}
	return c->launched_status;
}

void hog_calls_outlive(struct hog_calls *c)
{
	struct hog_trace_event ev;
	int r;

	do {
		r = hog_trace_next(c->trace, hog_now_ns() + HOG_NS_PER_SEC,
				   &ev);
		if (r > 0)
			take(c, &ev);
	} while (r != -ECHILD);
}
