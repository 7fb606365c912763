/* SPDX-License-Identifier: Apache-2.0 */
/* A check as one object of JSON: interface.md, syscalls. */
#include "export/check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "export/calls.h"
#include "export/check_priv.h"
#include "export/json_text.h"
#include "profile/model.h"
#include "profile/run.h"

#define SECOND (uint64_t) HOG_NS_PER_SEC

static void put_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, "\"%s\":", key);
	if (text)
		hog_json_line(out, text, strlen(text));
	else
		fputs("null", out);
}

static void put_string(struct hog_sink *sink, const char *key, uint32_t id)
{
	put_text(sink->out, key, hog_model_text(sink->run->model, id, NULL));
}

static void put_time(struct hog_sink *sink, const char *key, uint64_t time_ns)
{
	uint64_t real = hog_check_real(sink, time_ns);

	fprintf(sink->out, "\"%s\":%" PRIu64 ".%06" PRIu64, key, real / SECOND,
		real % SECOND / 1000);
}

static void put_seconds(FILE *out, const char *key, uint64_t ns)
{
	fprintf(out, "\"%s\":%" PRIu64 ".%09" PRIu64, key, ns / SECOND,
		ns % SECOND);
}

static void put_stack(struct hog_sink *sink, uint32_t stack)
{
	fputs("\"stack\":", sink->out);
	hog_calls_json_stack(sink->out, sink->run->model, stack,
			     HOG_STACK_FULL);
}

/* {"time","pid","call","stack"} of an opening. */
static void put_opening(struct hog_sink *sink, uint64_t time_ns,
			uint32_t thread, uint32_t call, uint32_t stack)
{
	fputc('{', sink->out);
	put_time(sink, "time", time_ns);
	fprintf(sink->out, ",\"pid\":%d,\"tid\":%d,",
		(int)hog_check_pid(sink, thread),
		(int)hog_model_get_thread(sink->run->model, thread)->tid);
	put_string(sink, "call", call);
	fputc(',', sink->out);
	put_stack(sink, stack);
	fputc('}', sink->out);
}

static void put_fd(struct hog_sink *sink, const struct hog_ledger_fd *fd)
{
	FILE *out = sink->out;

	fprintf(out, "{\"fd\":%d,", fd->fd);
	put_text(out, "kind", fd->kind);
	fputc(',', out);
	put_text(out, "what", fd->what ? fd->what : "");
	fprintf(out, ",\"cloexec\":%s,", fd->cloexec ? "true" : "false");
	if (fd->copy_of >= 0)
		fprintf(out, "\"copy_of\":%d,", fd->copy_of);
	fputs("\"opened\":", out);
	if (fd->why == HOG_WHY_SEEN) {
		put_opening(sink, fd->time_ns, fd->thread, fd->call, fd->stack);
	} else {
		fputs("null,", out);
		put_text(out, "why", hog_fd_why_text(fd->why));
	}
	if (fd->why == HOG_WHY_RECEIVED && fd->call) {
		fputs(",\"received\":", out);
		put_opening(sink, fd->time_ns, fd->thread, fd->call, fd->stack);
	}
	fputc('}', out);
}

static int json_moment(struct hog_sink *sink,
		       const struct hog_ledger_moment *moment)
{
	const struct hog_check *c = sink->state;
	const struct hog_process_info *p =
		hog_model_get_process(sink->run->model, moment->process);
	FILE *out = sink->out;

	fputs(c->moments ? ",\n{" : "\n{", out);
	put_text(out, "when", hog_check_when(moment->when));
	fprintf(out, ",\"pid\":%d,\"parent\":", (int)p->pid);
	if (p->parent)
		fprintf(out, "%d,", (int)p->parent);
	else
		fputs("null,", out);
	put_time(sink, "time", moment->time_ns);
	fputc(',', out);
	put_stack(sink, moment->stack);
	fputs(",\"fds\":[", out);
	for (size_t i = 0; i < moment->n; i++) {
		fputs(i ? ",\n " : "\n ", out);
		put_fd(sink, &moment->fds[i]);
	}
	fputs("]}", out);
	return ferror(out) ? (errno ? -errno : -EIO) : 0;
}

static int json_begin(struct hog_sink *sink, const struct hog_run *run,
		      struct hog_err *err)
{
	struct hog_check *c = sink->state;

	(void)err;
	c->moment = json_moment;
	fputs("{\"open_at\":[", sink->out);
	return hog_check_begin(sink, run);
}

static void put_place(struct hog_sink *sink, struct hog_place place)
{
	FILE *out = sink->out;
	size_t len;
	const char *source = hog_check_source(sink, place, &len);

	put_text(out, "name", place.name);
	fputc(',', out);
	put_text(out, "file", place.file);
	if (place.line > 0)
		fprintf(out, ",\"line\":%d,\"source\":", place.line);
	else
		fputs(",\"line\":null,\"source\":", out);
	if (source)
		hog_json_line(out, source, len);
	else
		fputs("null", out);
}

static void put_leaks(struct hog_sink *sink)
{
	const struct hog_check *c = sink->state;
	FILE *out = sink->out;
	size_t n;
	const struct hog_leak *v = hog_leaks_get(c->leaks, &n);

	fputs("],\n\"leaks\":[", out);
	for (size_t i = 0; i < n; i++) {
		const struct hog_leak *l = &v[i];

		fputs(i ? ",\n{" : "\n{", out);
		put_place(sink, hog_place_of(sink->run->model, l->stack));
		fputc(',', out);
		put_text(out, "when", hog_check_when(l->when));
		fputs(",\"fds\":[", out);
		for (unsigned k = 0; k < l->n_fds; k++)
			fprintf(out, "%s%d", k ? "," : "", l->fds[k]);
		fputs("],", out);
		put_text(out, "kind", l->kind);
		fputc(',', out);
		put_text(out, "what", l->what ? l->what : "");
		fprintf(out, ",\"cloexec\":%s,\"count\":%" PRIu64 ",\"why\":",
			l->cloexec ? "true" : "false", l->count);
		if (l->why == HOG_WHY_SEEN)
			fputs("null}", out);
		else
			fprintf(out, "\"%s\"}", hog_fd_why_text(l->why));
	}
}

static void put_blocked(struct hog_sink *sink, const struct hog_blocked *one)
{
	const struct hog_model *m = sink->run->model;
	const struct hog_thread_info *t = hog_model_get_thread(m, one->thread);
	const struct hog_check *c = sink->state;
	FILE *out = sink->out;

	fputc('{', out);
	if (one->call)
		put_string(sink, "call", one->call);
	else
		fputs("\"cpu\":true", out);
	fputc(',', out);
	put_seconds(out, "duration", one->duration_ns);
	fputc(',', out);
	put_time(sink, "time", one->time_ns);
	fprintf(out, ",\"pid\":%d,\"tid\":%d,",
		(int)hog_check_pid(sink, one->thread), (int)t->tid);
	put_string(sink, "thread", t->name);
	fputc(',', out);
	put_text(out, "task", one->task);
	fputc(',', out);
	put_text(out, "what", one->what);
	fprintf(out, ",\"gil\":%s,\"loop\":%s,", one->gil ? "true" : "false",
		one->in_loop ? "true" : "false");
	if (c->opt.fail_ns)
		fprintf(out, "\"failed\":%s,",
			one->duration_ns >= c->opt.fail_ns &&
					hog_blocking_minds(c->blocking, one)
				? "true"
				: "false");
	put_stack(sink, one->stack);
	fputc('}', out);
}

static void put_histogram(FILE *out, const struct hog_histogram *h)
{
	bool first = true;

	fputs(",\"histogram\":[", out);
	for (unsigned i = 0; i < h->len; i++) {
		uint64_t from;
		uint32_t n = hog_histogram_bucket(h, i, &from);

		if (!n)
			continue;
		fprintf(out, "%s[%.9f,%u]", first ? "" : ",",
			(double)from / 1e9, n);
		first = false;
	}
	fputc(']', out);
}

static void put_line(struct hog_sink *sink, const struct hog_blocked_line *l)
{
	const struct hog_histogram *h = &l->times;
	FILE *out = sink->out;

	fputc('{', out);
	put_place(sink, hog_place_of_frame(sink->run->model, l->frame));
	fputc(',', out);
	if (l->call)
		put_string(sink, "call", l->call);
	else
		fputs("\"cpu\":true", out);
	fprintf(out, ",\"count\":%" PRIu64 ",\"with_gil\":%" PRIu64 ",", h->n,
		l->with_gil);
	put_seconds(out, "total", h->total);
	fputc(',', out);
	put_seconds(out, "p50", hog_histogram_at(h, 0.5));
	fputc(',', out);
	put_seconds(out, "p90", hog_histogram_at(h, 0.9));
	fputc(',', out);
	put_seconds(out, "p99", hog_histogram_at(h, 0.99));
	fputc(',', out);
	put_seconds(out, "max", h->max);
	fputc(',', out);
	put_text(out, "task", l->longest.task);
	fputc(',', out);
	put_text(out, "what", l->longest.what);
	put_histogram(out, h);
	fputc('}', out);
}

static void put_blocking(struct hog_sink *sink)
{
	const struct hog_check *c = sink->state;
	FILE *out = sink->out;
	size_t n;
	const struct hog_blocked *v = hog_blocking_get(c->blocking, &n);
	const struct hog_blocked_line *lines;

	fputs("],\n\"blocking\":[", out);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_blocked(sink, &v[i]);
	}
	fputs("],\n\"blocking_lines\":[", out);
	lines = hog_blocking_lines(c->blocking, &n);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_line(sink, &lines[i]);
	}
}

static void put_growth(struct hog_sink *sink)
{
	const struct hog_check *c = sink->state;
	const struct hog_model *m = sink->run->model;
	const struct hog_growing *g;
	FILE *out = sink->out;

	fputs("],\n\"growth\":[", out);
	for (size_t i = 0; (g = hog_growth_get(c->growth, i)); i++) {
		fputs(i ? ",\n{" : "\n{", out);
		put_place(sink, hog_place_of_frame(m, g->frame));
		fprintf(out, ",\"pid\":%d,\"counts\":[",
			(int)hog_model_get_process(m, g->process)->pid);
		for (unsigned k = 0; k < g->n; k++)
			fprintf(out, "%s%u", k ? "," : "", g->counts[k]);
		fputs("]}", out);
	}
}

static int json_end(struct hog_sink *sink, struct hog_err *err)
{
	const struct hog_check *c = sink->state;
	int r = hog_check_finish(sink, err);

	if (r < 0)
		return r;
	put_leaks(sink);
	put_blocking(sink);
	put_growth(sink);
	fprintf(sink->out, "],\n\"not_kept\":%" PRIu64 ",\"failed\":%s}\n",
		hog_ledger_refused(c->ledger) + hog_leaks_dropped(c->leaks) +
			hog_blocking_dropped(c->blocking),
		c->failed ? "true" : "false");
	return ferror(sink->out) ? (errno ? -errno : -EIO) : 0;
}

const struct hog_sink_ops hog_sink_check_json = {
	.name = "json",
	.summary = "open descriptors, leaks and blocking calls as JSON",
	.accepts = HOG_CHECK_ACCEPTS,
	.state_size = sizeof(struct hog_check),
	.begin = json_begin,
	.event = hog_check_event,
	.flush = hog_check_flush,
	.end = json_end,
	.close = hog_check_close,
};
