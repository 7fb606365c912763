/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls as strace shows them, one line each, and under it the innermost lines
 * of Python.  Written as they come: a pipe or a terminal can follow.
 */
#include "export/sinks.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "analyze/call.h"
#include "base/buf.h"
#include "base/clock.h"
#include "export/calls.h"
#include "profile/model.h"

#define STACK_LINES 3
#define NS_PER_US 1000

struct calls_text {
	struct hog_buf line;
	uint64_t second; /* for which clock was made */
	char clock[16];  /* "12:34:56" */
};

static const char bold[] = "\033[1m", red[] = "\033[31m", dim[] = "\033[2m",
		  plain[] = "\033[0m";

static void paint(struct hog_sink *sink, const char *colour)
{
	struct calls_text *s = sink->state;

	if (sink->view.color)
		hog_buf_add_str(&s->line, colour);
}

/* When, by the clock on the wall, and who. */
static void begin_line(struct hog_sink *sink, const struct hog_event *ev)
{
	const struct hog_run *run = sink->run;
	const struct hog_model *m = run->model;
	const struct hog_thread_info *t = hog_model_get_thread(m, ev->thread);
	struct calls_text *s = sink->state;
	uint64_t ns = run->start_real_ns + (ev->time_ns - run->start_ns);
	uint64_t second = ns / HOG_NS_PER_SEC;

	if (second != s->second || !s->clock[0]) {
		time_t t_s = (time_t)second;
		struct tm tm = { 0 };

		localtime_r(&t_s, &tm);
		strftime(s->clock, sizeof(s->clock), "%H:%M:%S", &tm);
		s->second = second;
	}
	hog_buf_printf(&s->line, "%s.%06" PRIu64 " %d/%d ", s->clock,
		       (uint64_t)(ns % HOG_NS_PER_SEC / NS_PER_US),
		       hog_model_get_process(m, t->process)->pid, t->tid);
}

static void add_text(struct hog_buf *buf, const struct hog_model *m,
		     uint32_t string)
{
	struct hog_calltext t;

	t.text = hog_model_text(m, string, &t.len);
	hog_call_plain(buf, t);
}

static void add_stack(struct hog_sink *sink, uint32_t stack)
{
	const struct hog_model *m = sink->run->model;
	struct calls_text *s = sink->state;
	unsigned left = sink->view.stack ? sink->view.stack : STACK_LINES;

	if (left == HOG_STACK_NONE)
		return;
	for (; stack && left > 0; left--) {
		struct hog_stack_node node = hog_model_get_stack(m, stack);

		paint(sink, dim);
		hog_buf_add_str(&s->line, "    ");
		hog_calls_frame(&s->line, m, &sink->view, node.frame);
		paint(sink, plain);
		hog_buf_add_u8(&s->line, '\n');
		stack = node.parent;
	}
}

static void add_name(struct hog_sink *sink, const struct hog_callview *v)
{
	struct calls_text *s = sink->state;
	size_t at = s->line.len;

	hog_call_format(&s->line, v);
	if (!sink->view.color)
		return;
	/* The name is what is before the first bracket. */
	for (size_t end = at; end < s->line.len; end++) {
		struct hog_buf rest = { 0 };

		if (s->line.data[end] != '(')
			continue;
		hog_buf_add(&rest, s->line.data + at, s->line.len - at);
		s->line.len = at;
		hog_buf_add_str(&s->line, bold);
		hog_buf_add(&s->line, rest.data, end - at);
		hog_buf_add_str(&s->line, plain);
		hog_buf_add(&s->line, rest.data + (end - at),
			    rest.len - (end - at));
		s->line.failed |= rest.failed;
		hog_buf_fini(&rest);
		return;
	}
}

static void add_call(struct hog_sink *sink, const struct hog_event *ev)
{
	struct calls_text *s = sink->state;
	struct hog_callview v;

	hog_callview_get(sink->run, ev, &v);
	add_name(sink, &v);
	if (!v.ended) {
		hog_buf_add_str(&s->line, " <unfinished ...>\n");
		return;
	}
	hog_buf_add_str(&s->line, " = ");
	if (v.error)
		paint(sink, red);
	hog_call_format_result(&s->line, &v);
	if (v.error)
		paint(sink, plain);
	if (ev->flags & HOG_EVF_IN_PROGRESS)
		hog_buf_add_str(&s->line, " <in progress>\n");
	else
		hog_buf_printf(&s->line, " <%.6f>\n",
			       (double)ev->duration_ns / 1e9);
}

static void add_exit(struct hog_buf *line, int status)
{
	if (!WIFSIGNALED(status))
		hog_buf_printf(line, "+++ exited with %d +++\n",
			       WEXITSTATUS(status));
	else
		hog_buf_printf(line, "+++ killed by signal %d (%s) +++\n",
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
}

static void add_process(struct hog_sink *sink, const struct hog_event *ev)
{
	const struct hog_model *m = sink->run->model;
	const struct hog_process_info *p =
		hog_model_get_process(m, (uint32_t)ev->value[0]);
	struct calls_text *s = sink->state;

	hog_buf_printf(&s->line, "+++ %s ",
		       ev->kind == HOG_EV_FORK ? "forked" : "now runs");
	if (ev->kind == HOG_EV_FORK)
		hog_buf_printf(&s->line, "%d", p->pid);
	else
		add_text(&s->line, m, p->name);
	hog_buf_add_str(&s->line, " +++\n");
}

static void add_marker(struct hog_sink *sink, const struct hog_event *ev)
{
	const struct hog_model *m = sink->run->model;
	struct hog_detail d = hog_detail_get(m, (uint32_t)ev->value[1]);
	struct calls_text *s = sink->state;

	hog_buf_add_str(&s->line, "--- ");
	add_text(&s->line, m, d.name);
	hog_buf_add_str(&s->line, " ---\n");
}

static int calls_text_event(struct hog_sink *sink, const struct hog_event *ev)
{
	struct calls_text *s = sink->state;

	hog_buf_clear(&s->line);
	begin_line(sink, ev);
	switch (ev->kind) {
	case HOG_EV_SYSCALL:
		add_call(sink, ev);
		add_stack(sink, ev->stack);
		break;
	case HOG_EV_EXIT:
		add_exit(&s->line, (int)ev->value[0]);
		break;
	case HOG_EV_MARKER:
		add_marker(sink, ev);
		break;
	default:
		add_process(sink, ev);
		break;
	}
	if (s->line.failed)
		return -ENOMEM;
	if (fwrite(s->line.data, 1, s->line.len, sink->out) != s->line.len)
		return errno ? -errno : -EIO;
	return 0;
}

/* Each line is written when it comes; that it gets out is up to sink.c. */
static int calls_text_flush(struct hog_sink *sink)
{
	(void)sink;
	return 0;
}

static int calls_text_end(struct hog_sink *sink, struct hog_err *err)
{
	(void)err;
	return calls_text_flush(sink);
}

static void calls_text_close(struct hog_sink *sink)
{
	struct calls_text *s = sink->state;

	hog_buf_fini(&s->line);
}

const struct hog_sink_ops hog_sink_text = {
	.name = "text",
	.summary = "system calls, a line each, with the lines that made them",
	.suffix = ".trace",
	.accepts = 1u << HOG_EV_SYSCALL | 1u << HOG_EV_FORK |
		   1u << HOG_EV_EXEC | 1u << HOG_EV_EXIT | 1u << HOG_EV_MARKER,
	.state_size = sizeof(struct calls_text),
	.event = calls_text_event,
	.flush = calls_text_flush,
	.end = calls_text_end,
	.close = calls_text_close,
};
