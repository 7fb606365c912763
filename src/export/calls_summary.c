/* SPDX-License-Identifier: Apache-2.0 */
/* Calls summed up, as a table or (view.json) as one object of JSON. */
#include "export/sinks.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "analyze/call.h"
#include "analyze/summary.h"
#include "base/buf.h"
#include "base/err.h"
#include "export/calls.h"
#include "export/json_text.h"
#include "profile/model.h"

#define ROWS_DEFAULT 50

struct calls_summary {
	struct hog_summary *sum; /* owned */
	struct hog_buf text;
};

static int summary_begin(struct hog_sink *sink, const struct hog_run *run,
			 struct hog_err *err)
{
	struct calls_summary *s = sink->state;

	(void)run;
	s->sum = hog_summary_new(sink->view.group);
	return s->sum ? 0 : hog_err_set(err, -ENOMEM, "sum up calls");
}

static int summary_event(struct hog_sink *sink, const struct hog_event *ev)
{
	struct calls_summary *s = sink->state;
	struct hog_callview v;

	hog_callview_get(sink->run, ev, &v);
	return hog_summary_add(s->sum, &v);
}

static void add_model_text(struct hog_buf *buf, const struct hog_model *m,
			   uint32_t string)
{
	struct hog_calltext t;

	t.text = hog_model_text(m, string, &t.len);
	hog_call_plain(buf, t);
}

/* Whom a row is about, into s->text. */
static void name_row(struct hog_sink *sink, const struct hog_summary_row *row)
{
	struct calls_summary *s = sink->state;
	const struct hog_model *m = sink->run->model;
	const struct hog_thread_info *t = hog_model_get_thread(m, row->thread);

	hog_buf_clear(&s->text);
	if (row->key == UINT64_MAX)
		hog_buf_add_str(&s->text, "[others]");
	else if (row->name)
		add_model_text(&s->text, m, row->name);
	else if (row->frame)
		hog_calls_frame(&s->text, m, &sink->view, row->frame);
	else if (sink->view.group == HOG_GROUP_LINE)
		hog_buf_add_str(&s->text, "[no python]");
	else if (row->thread) {
		hog_buf_printf(&s->text, "%d/%d ",
			       hog_model_get_process(m, t->process)->pid,
			       t->tid);
		add_model_text(&s->text, m, t->name);
	} else {
		hog_buf_add_str(&s->text, "?");
	}
}

/* Six columns: 12.3us. */
static void print_time(FILE *out, uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s " };
	double value = (double)ns;
	unsigned unit = 0;

	while (value >= 999.5 && unit < 3) {
		value /= 1000;
		unit++;
	}
	fprintf(out, " %5.*f %s",
		unit == 0 || value >= 99.95 ? 0
		: value >= 9.995            ? 1
					    : 2,
		value, units[unit]);
}

static double share_of(uint64_t part, uint64_t all)
{
	return all ? 100 * (double)part / (double)all : 0;
}

static void print_row(struct hog_sink *sink, const struct hog_summary_row *row,
		      const char *name)
{
	const struct hog_histogram *h = &row->times;
	struct calls_summary *s = sink->state;
	FILE *out = sink->out;

	fprintf(out, "%6.1f",
		share_of(h->total, hog_summary_all(s->sum)->times.total));
	print_time(out, h->total);
	fprintf(out, " %9" PRIu64 " %8" PRIu64, row->count, row->errors);
	print_time(out, h->n ? h->total / h->n : 0);
	print_time(out, hog_histogram_at(h, 0.5));
	print_time(out, hog_histogram_at(h, 0.99));
	print_time(out, h->max);
	fprintf(out, "  %s\n", name);
}

static void print_table(struct hog_sink *sink)
{
	static const char *const what[] = { "call", "line", "thread" };
	struct calls_summary *s = sink->state;
	uint32_t limit = sink->view.limit ? sink->view.limit : ROWS_DEFAULT, n;
	const struct hog_summary_row *rows = hog_summary_rows(s->sum, &n);
	const char *on = sink->view.color ? "\033[1m" : "";
	const char *off = sink->view.color ? "\033[0m" : "";

	fprintf(sink->out, "%s%6s %8s %9s %8s %8s %8s %8s %8s  %s%s\n", on,
		"time %", "total", "calls", "errors", "mean", "p50", "p99",
		"max", what[sink->view.group], off);
	for (uint32_t i = 0; i < n && i < limit; i++) {
		name_row(sink, &rows[i]);
		print_row(sink, &rows[i], hog_buf_str(&s->text));
	}
	if (n > limit)
		fprintf(sink->out, "%u more are not shown\n", n - limit);
	fputs(on, sink->out);
	print_row(sink, hog_summary_all(s->sum), "all");
	fputs(off, sink->out);
}

static void put_numbers(FILE *out, const struct hog_summary_row *row)
{
	const struct hog_histogram *h = &row->times;

	fprintf(out,
		"\"count\":%" PRIu64 ",\"errors\":%" PRIu64
		",\"total\":%.9f,\"mean\":%.9f,\"p50\":%.9f,\"p99\":%.9f,"
		"\"max\":%.9f",
		row->count, row->errors, (double)h->total / 1e9,
		h->n ? (double)h->total / (double)h->n / 1e9 : 0,
		(double)hog_histogram_at(h, 0.5) / 1e9,
		(double)hog_histogram_at(h, 0.99) / 1e9, (double)h->max / 1e9);
}

static void put_string(FILE *out, const struct hog_model *m, const char *key,
		       uint32_t string)
{
	size_t len;
	const char *text = hog_model_text(m, string, &len);

	fprintf(out, ",\"%s\":", key);
	hog_json_line(out, text, len);
}

/* The same as in the table, taken apart. */
static void put_parts(struct hog_sink *sink, const struct hog_summary_row *row)
{
	const struct hog_model *m = sink->run->model;
	const struct hog_thread_info *t = hog_model_get_thread(m, row->thread);
	const struct hog_frame *fr = hog_model_get_frame(m, row->frame);
	const struct hog_function *f = hog_model_get_function(m, fr->function);

	if (row->frame) {
		put_string(sink->out, m, "function",
			   f->qualname ? f->qualname : f->name);
		put_string(sink->out, m, "file", f->file);
		if (fr->line > 0)
			fprintf(sink->out, ",\"line\":%d", fr->line);
		else
			fputs(",\"line\":null", sink->out);
	}
	if (row->thread) {
		fprintf(sink->out, ",\"pid\":%d,\"tid\":%d",
			hog_model_get_process(m, t->process)->pid, t->tid);
		put_string(sink->out, m, "thread", t->name);
	}
}

static void print_json(struct hog_sink *sink)
{
	static const char *const what[] = { "call", "line", "thread" };
	struct calls_summary *s = sink->state;
	uint32_t n;
	const struct hog_summary_row *rows = hog_summary_rows(s->sum, &n);

	fprintf(sink->out, "{\"by\":\"%s\",\"rows\":[", what[sink->view.group]);
	for (uint32_t i = 0; i < n; i++) {
		name_row(sink, &rows[i]);
		fputs(i ? ",\n{\"name\":" : "\n{\"name\":", sink->out);
		hog_json_line(sink->out, hog_buf_str(&s->text), s->text.len);
		put_parts(sink, &rows[i]);
		fputc(',', sink->out);
		put_numbers(sink->out, &rows[i]);
		fputc('}', sink->out);
	}
	fputs("\n],\"all\":{", sink->out);
	put_numbers(sink->out, hog_summary_all(s->sum));
	fputs("}}\n", sink->out);
}

static int summary_end(struct hog_sink *sink, struct hog_err *err)
{
	const struct calls_summary *s = sink->state;

	(void)err;
	if (sink->view.json)
		print_json(sink);
	else
		print_table(sink);
	return s->text.failed ? -ENOMEM : 0;
}

static void summary_close(struct hog_sink *sink)
{
	struct calls_summary *s = sink->state;

	hog_summary_free(s->sum);
	hog_buf_fini(&s->text);
}

const struct hog_sink_ops hog_sink_summary = {
	.name = "summary",
	.summary = "system calls summed up by call, line or thread",
	.accepts = 1u << HOG_EV_SYSCALL,
	.state_size = sizeof(struct calls_summary),
	.begin = summary_begin,
	.event = summary_event,
	.end = summary_end,
	.close = summary_close,
};
