/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls on a line of time for each thread, in the JSON that chrome://tracing,
 * ui.perfetto.dev and others open.  It is the variant whose outer bracket may
 * be missing at the end, so that a trace that was cut short can be opened too.
 */
#include "export/sinks.h"

#include <errno.h>
#include <inttypes.h>

#include "analyze/call.h"
#include "base/buf.h"
#include "base/errno_name.h"
#include "export/calls.h"
#include "export/json_text.h"
#include "profile/model.h"

#define STACK_LINES 32

struct chrome {
	struct hog_buf text;
	struct hog_stackwords stacks;
	bool any; /* an event was written: the next needs a comma */
};

static double us_of(const struct hog_run *run, uint64_t ns)
{
	/* From the beginning of the run: of times since the epoch a double
	 * would not keep the fractions. */
	return ns > run->start_ns ? (double)(ns - run->start_ns) / 1000 : 0;
}

/* What all events have. */
static void begin(struct hog_sink *sink, const char *phase, int pid, int tid)
{
	struct chrome *s = sink->state;

	fprintf(sink->out, "%s{\"ph\":\"%s\",\"pid\":%d,\"tid\":%d",
		s->any ? ",\n" : "", phase, pid, tid);
	s->any = true;
}

static void put_text(FILE *out, const char *key, struct hog_calltext t)
{
	fprintf(out, "\"%s\":", key);
	hog_json_line(out, t.text, t.len);
}

static void put_model(FILE *out, const struct hog_model *m, const char *key,
		      uint32_t string)
{
	struct hog_calltext t;

	t.text = hog_model_text(m, string, &t.len);
	put_text(out, key, t);
}

static void put_args(struct hog_sink *sink, const struct hog_callview *v)
{
	struct chrome *s = sink->state;
	const char *state = hog_calls_state(v->ev);
	unsigned limit = sink->view.stack ? sink->view.stack : STACK_LINES;
	FILE *out = sink->out;

	fputs(",\"args\":{", out);
	for (unsigned i = 0; i < v->n_args; i++) {
		struct hog_calltext name =
			hog_callview_text(v, v->args[i].name);

		fputs(i ? "," : "", out);
		hog_json_line(out, name.text, name.len);
		fputc(':', out);
		hog_json_line(out, v->args[i].text, v->args[i].text_len);
	}
	hog_buf_clear(&s->text);
	hog_call_format_result(&s->text, v);
	fputs(v->n_args ? ",\"= result\":" : "\"= result\":", out);
	hog_json_line(out, hog_buf_str(&s->text), s->text.len);
	if (state)
		fprintf(out, ",\"= state\":\"%s\"", state);
	hog_buf_clear(&s->text);
	if (limit != HOG_STACK_NONE)
		hog_calls_stack(&s->text, &s->stacks, sink->run->model,
				&sink->view, v->ev->stack, limit);
	if (s->text.len) {
		fputs(",\"= stack\":", out);
		hog_json_line(out, hog_buf_str(&s->text), s->text.len);
	}
	fputs("}}", out);
}

static void put_call(struct hog_sink *sink, const struct hog_event *ev)
{
	struct hog_callview v;

	hog_callview_get(sink->run, ev, &v);
	begin(sink, "X", v.pid, v.tid);
	fprintf(sink->out, ",\"cat\":\"%s\",\"ts\":%.3f,\"dur\":%.3f",
		v.error && v.error < HOG_KERNEL_ERRNO ? "syscall,failed"
						      : "syscall",
		us_of(sink->run, ev->time_ns), (double)ev->duration_ns / 1000);
	fputc(',', sink->out);
	put_text(sink->out, "name",
		 v.name.len ? v.name : (struct hog_calltext){ "?", 1 });
	put_args(sink, &v);
}

/* An arrow's head: something of the whole process, at one moment. */
static void put_moment(struct hog_sink *sink, const struct hog_event *ev)
{
	const struct hog_model *m = sink->run->model;
	const struct hog_thread_info *t = hog_model_get_thread(m, ev->thread);
	int pid = hog_model_get_process(m, t->process)->pid;
	int value = (int)ev->value[0];

	begin(sink, "i", pid, t->tid);
	fprintf(sink->out, ",\"s\":\"p\",\"cat\":\"process\",\"ts\":%.3f",
		us_of(sink->run, ev->time_ns));
	fputc(',', sink->out);
	if (ev->kind == HOG_EV_MARKER)
		put_model(sink->out, m, "name",
			  hog_detail_get(m, (uint32_t)ev->value[1]).name);
	else
		fprintf(sink->out, "\"name\":\"%s\"",
			ev->kind == HOG_EV_FORK   ? "fork"
			: ev->kind == HOG_EV_EXEC ? "exec"
						  : "exit");
	if (ev->kind == HOG_EV_EXIT)
		fprintf(sink->out, ",\"args\":{\"status\":%d}", value);
	else if (ev->kind == HOG_EV_FORK)
		fprintf(sink->out, ",\"args\":{\"child\":%d}",
			hog_model_get_process(m, (uint32_t)value)->pid);
	fputc('}', sink->out);
}

static int chrome_begin(struct hog_sink *sink, const struct hog_run *run,
			struct hog_err *err)
{
	(void)run;
	(void)err;
	fputs("[\n", sink->out);
	return 0;
}

static int chrome_event(struct hog_sink *sink, const struct hog_event *ev)
{
	const struct chrome *s = sink->state;

	if (ev->kind == HOG_EV_SYSCALL)
		put_call(sink, ev);
	else
		put_moment(sink, ev);
	if (s->text.failed)
		return -ENOMEM;
	return ferror(sink->out) ? (errno ? -errno : -EIO) : 0;
}

/* That what was written gets out is up to sink.c. */
static int chrome_flush(struct hog_sink *sink)
{
	(void)sink;
	return 0;
}

/* Names are known best at the end. */
static void put_names(struct hog_sink *sink)
{
	const struct hog_model *m = sink->run->model;
	struct hog_model_counts n = hog_model_count(m);

	for (uint32_t i = 1; i < n.processes; i++) {
		const struct hog_process_info *p = hog_model_get_process(m, i);

		begin(sink, "M", p->pid, p->pid);
		fputs(",\"name\":\"process_name\",\"args\":{", sink->out);
		put_model(sink->out, m, "name", p->name);
		fputs("}}", sink->out);
	}
	for (uint32_t i = 1; i < n.threads; i++) {
		const struct hog_thread_info *t = hog_model_get_thread(m, i);

		begin(sink, "M", hog_model_get_process(m, t->process)->pid,
		      t->tid);
		fputs(",\"name\":\"thread_name\",\"args\":{", sink->out);
		put_model(sink->out, m, "name", t->name);
		fputs("}}", sink->out);
	}
}

static int chrome_end(struct hog_sink *sink, struct hog_err *err)
{
	(void)err;
	put_names(sink);
	fputs("\n]\n", sink->out);
	return 0;
}

static void chrome_close(struct hog_sink *sink)
{
	struct chrome *s = sink->state;

	hog_stackwords_fini(&s->stacks);
	hog_buf_fini(&s->text);
}

const struct hog_sink_ops hog_sink_chrome = {
	.name = "chrome",
	.summary = "system calls as trace event JSON, for most trace viewers",
	.suffix = ".json",
	.accepts = 1u << HOG_EV_SYSCALL | 1u << HOG_EV_FORK |
		   1u << HOG_EV_EXEC | 1u << HOG_EV_EXIT | 1u << HOG_EV_MARKER,
	.state_size = sizeof(struct chrome),
	.begin = chrome_begin,
	.event = chrome_event,
	.flush = chrome_flush,
	.end = chrome_end,
	.close = chrome_close,
};
