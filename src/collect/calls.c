/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/calls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

void hog_calls_free(struct hog_calls *c)
{
	if (!c)
		return;
	hog_trace_free(c->trace);
	hog_calls_free_who(c);
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
			hog_calls_take(c, &ev);
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
	hog_calls_abandon_all(c, NULL, hog_now_ns());
	c->quit = true;
	hog_trace_quit(c->trace);
	stats_so_far(c);
	c->run.stats.loss.truncated += hog_model_refused(c->model);
	*ret_status = c->launched_status;
	return c->error < 0 ? hog_err_set(err, c->error, "write the result")
			    : 0;
}

/* The program was let go, and is still a child: nobody but waitpid tells. */
static void await_program(struct hog_calls *c,
			  const struct hog_session_hooks *hooks)
{
	int status = 0;
	pid_t r;

	do
		r = waitpid(c->launched, &status, 0);
	while (r < 0 && errno == EINTR && !must_stop(hooks));
	if (r == c->launched)
		c->launched_status = status;
}

int hog_calls_wait(struct hog_calls *c, const struct hog_session_hooks *hooks)
{
	while (c->launched && c->launched_status < 0 && !must_stop(hooks)) {
		struct hog_trace_event ev;
		int r = hog_trace_next(c->trace, hog_now_ns() + LOOK_NS, &ev);

		if (r == -ECHILD) {
			await_program(c, hooks);
			break;
		}
		if (r > 0)
			hog_calls_take(c, &ev);
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
			hog_calls_take(c, &ev);
	} while (r != -ECHILD);
}
