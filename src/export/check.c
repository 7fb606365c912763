/* SPDX-License-Identifier: Apache-2.0 */
/* The work of a check; how it is written is up to check_text.c and others. */
#include "export/check.h"

#include <errno.h>
#include <string.h>

#include "analyze/call.h"
#include "analyze/fd_effect.h"
#include "base/err.h"
#include "export/check_priv.h"
#include "profile/model.h"
#include "profile/run.h"

#define SHORT_GAP 2 /* work of half the threshold makes the next call of note */

static const char *const whens[] = {
	[HOG_FDS_NOW] = "now",           [HOG_FDS_FORK] = "fork",
	[HOG_FDS_EXEC] = "exec",         [HOG_FDS_EXIT] = "exit",
	[HOG_FDS_MARK] = "mark",         [HOG_FDS_SIGNAL] = "signal",
	[HOG_FDS_INTERVAL] = "interval", [HOG_FDS_START] = "start",
};

const char *hog_check_when(enum hog_fds_when when)
{
	return when <= HOG_FDS_START ? whens[when] : "now";
}

void hog_check_set(struct hog_sink *sink, const struct hog_check_options *opt)
{
	struct hog_check *c = sink->state;

	c->opt = *opt;
}

bool hog_check_failed(const struct hog_sink *sink)
{
	const struct hog_check *c = sink->state;

	return c->failed;
}

uint64_t hog_check_real(const struct hog_sink *sink, uint64_t time_ns)
{
	const struct hog_run *run = sink->run;

	return run->start_real_ns + (time_ns - run->start_ns);
}

pid_t hog_check_pid(const struct hog_sink *sink, uint32_t thread)
{
	const struct hog_model *m = sink->run->model;

	return hog_model_get_process(m,
				     hog_model_get_thread(m, thread)->process)
		->pid;
}

void hog_check_plain(struct hog_buf *buf, const char *text)
{
	hog_call_plain(buf, (struct hog_calltext){ text, strlen(text) });
}

void hog_check_place(struct hog_buf *buf, const struct hog_sink *sink,
		     struct hog_place place)
{
	if (!place.frame) {
		hog_buf_add_str(buf, "(no Python line)");
		return;
	}
	hog_check_plain(buf,
			sink->view.full_paths ? place.file : place.short_file);
	hog_buf_printf(buf, ":%d ", place.line);
	hog_check_plain(buf, place.name);
}

const char *hog_check_source(const struct hog_sink *sink,
			     struct hog_place place, size_t *ret_len)
{
	const struct hog_check *c = sink->state;
	const char *line;

	if (!c->opt.source || !place.frame || place.line <= 0)
		return NULL;
	line = c->opt.source(c->opt.source_arg, place.file, place.line,
			     ret_len);
	while (line && *ret_len && (*line == ' ' || *line == '\t')) {
		line++;
		(*ret_len)--;
	}
	return line && *ret_len ? line : NULL;
}

void hog_check_leak(struct hog_buf *buf, const struct hog_sink *sink,
		    const struct hog_leak *leak)
{
	const struct hog_model *m = sink->run->model;

	hog_buf_add_str(buf, leak->kind[0] ? leak->kind : "descriptor");
	for (unsigned i = 0; i < leak->n_fds; i++)
		hog_buf_printf(buf, "%s%d", i ? ", " : " ", leak->fds[i]);
	if (leak->what) {
		hog_buf_add_str(buf, " <");
		hog_check_plain(buf, leak->what);
		hog_buf_add_str(buf, ">");
	}
	hog_buf_printf(buf, " open at %s of process %d",
		       hog_check_when(leak->when),
		       (int)hog_model_get_process(m, leak->process)->pid);
	if (leak->why != HOG_WHY_SEEN)
		hog_buf_printf(buf, " (%s)", hog_fd_why_text(leak->why));
	if (leak->count > leak->n_fds)
		hog_buf_printf(buf, ", %llu times in all",
			       (unsigned long long)leak->count);
}

void hog_check_time(struct hog_buf *buf, uint64_t ns)
{
	if (ns < 1000000)
		hog_buf_printf(buf, "%.0f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		hog_buf_printf(buf, "%.3g ms", (double)ns / 1e6);
	else
		hog_buf_printf(buf, "%.2f s", (double)ns / 1e9);
}

/* ---- the work ---- */

static int on_moment(void *arg, const struct hog_ledger_moment *moment)
{
	struct hog_sink *sink = arg;
	struct hog_check *c = sink->state;
	int r = hog_leaks_add(c->leaks, moment);

	if (r == 0)
		r = hog_growth_add(c->growth, moment);
	if (r == 0 && c->moment)
		r = c->moment(sink, moment);
	c->moments++;
	return r;
}

static int allow(struct hog_check *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->opt.n_allow; i++) {
		const struct hog_check_allow *a = &c->opt.allow[i];

		r = a->file ? hog_leaks_allow_lines(c->leaks, a->text, a->len)
			    : hog_leaks_allow(c->leaks, a->text, a->len);
	}
	return r;
}

int hog_check_begin(struct hog_sink *sink, const struct hog_run *run)
{
	struct hog_check *c = sink->state;

	c->ledger = hog_ledger_new(run, on_moment, sink);
	c->leaks = hog_leaks_new(run, c->opt.fail);
	c->growth = hog_growth_new(run);
	c->blocking = hog_blocking_new(run, c->opt.loop, c->opt.threshold_ns);
	if (!c->ledger || !c->leaks || !c->growth || !c->blocking)
		return -ENOMEM;
	if (c->opt.launched)
		hog_ledger_set_launched(c->ledger);
	if (c->opt.next) {
		struct hog_err err = { 0 };
		int r = hog_sink_begin(c->opt.next, run, &err);

		if (r < 0)
			return r;
	}
	return allow(c);
}

static uint32_t process_of(const struct hog_sink *sink, uint32_t thread)
{
	return hog_model_get_thread(sink->run->model, thread)->process;
}

/* What a process is told by to leaks: its exec, its end. */
static int follow_process(struct hog_sink *sink, const struct hog_event *ev)
{
	struct hog_check *c = sink->state;

	if (ev->kind == HOG_EV_EXEC)
		hog_leaks_execed(c->leaks, process_of(sink, ev->thread));
	if (ev->kind == HOG_EV_EXIT)
		return hog_leaks_ended(c->leaks, process_of(sink, ev->thread));
	return 0;
}

int hog_check_event(struct hog_sink *sink, const struct hog_event *ev)
{
	struct hog_check *c = sink->state;
	struct hog_sink *next = c->opt.next;
	int r = 0;

	if (c->opt.fds)
		r = follow_process(sink, ev);
	if (r == 0 && c->opt.fds)
		r = hog_ledger_event(c->ledger, ev);
	if (r == 0 && c->opt.blocking)
		r = hog_blocking_event(c->blocking, ev);
	if (r == 0 && next && next->ops->accepts & 1u << ev->kind &&
	    (!c->opt.shown || c->opt.shown(c->opt.shown_arg, ev)))
		r = hog_sink_event(next, ev);
	return r;
}

int hog_check_flush(struct hog_sink *sink)
{
	struct hog_check *c = sink->state;

	return c->opt.next ? hog_sink_flush(c->opt.next) : 0;
}

bool hog_check_wants(struct hog_sink *sink, const struct hog_run *run,
		     const struct hog_event *ev)
{
	struct hog_check *c = sink->state;
	uint64_t *since, last, end = ev->time_ns + ev->duration_ns;
	struct hog_callview v;

	if (!hog_callview_get(run, ev, &v))
		return false;
	if (c->opt.fds && hog_fd_effect_has(v.name))
		return true;
	if (!c->opt.blocking)
		return false;
	since = hog_map64_get(&c->busy_since, ev->thread);
	last = since ? *since : ev->time_ns;
	if (hog_map64_put(&c->busy_since, ev->thread, end) < 0)
		return true;
	return ev->duration_ns >= c->opt.threshold_ns ||
	       hog_loop_may_wait(v.name.text, v.name.len) ||
	       (ev->time_ns > last &&
		ev->time_ns - last >= c->opt.threshold_ns / SHORT_GAP);
}

int hog_check_finish(struct hog_sink *sink, struct hog_err *err)
{
	struct hog_check *c = sink->state;
	size_t n;
	int r = hog_leaks_ended(c->leaks, 0);

	if (r < 0)
		return hog_err_set(err, r, "descriptors");
	hog_leaks_get(c->leaks, &n);
	c->failed = n > 0;
	if (c->opt.fail_ns && hog_blocking_worst(c->blocking) >= c->opt.fail_ns)
		c->failed = true;
	if (!c->opt.next || c->ended)
		return 0;
	c->ended = true;
	return hog_sink_end(c->opt.next, err);
}

void hog_check_close(struct hog_sink *sink)
{
	struct hog_check *c = sink->state;

	hog_ledger_free(c->ledger);
	hog_leaks_free(c->leaks);
	hog_growth_free(c->growth);
	hog_blocking_free(c->blocking);
	hog_map64_fini(&c->busy_since);
	hog_buf_fini(&c->text);
}
