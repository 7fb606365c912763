/* SPDX-License-Identifier: Apache-2.0 */
/* Calls as JSON, an object on a line of its own for each. */
#include "export/sinks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/call.h"
#include "base/clock.h"
#include "base/errno_name.h"
#include "export/calls.h"
#include "export/json_text.h"
#include "profile/model.h"

static void put_text(FILE *out, struct hog_calltext t)
{
	hog_json_line(out, t.text, t.len);
}

static void put_key(FILE *out, const char *key, struct hog_calltext t)
{
	fprintf(out, "\"%s\":", key);
	put_text(out, t);
}

static void put_arg(FILE *out, const struct hog_callview *v,
		    const struct hog_detail_field *a)
{
	put_key(out, "name", hog_callview_text(v, a->name));
	fputc(',', out);
	put_key(out, "type", hog_callview_text(v, a->type));
	fputs(",\"value\":", out);
	if (a->kind == HOG_VALUE_INT)
		fprintf(out, "%" PRId64, a->number);
	else if (a->kind == HOG_VALUE_STRING)
		hog_json_line(out, a->string, a->string_len);
	else
		fputs("null", out);
	fputs(",\"text\":", out);
	hog_json_line(out, a->text, a->text_len);
}

static void put_result(FILE *out, const struct hog_callview *v)
{
	const char *name = v->error ? hog_errno_name(v->error) : NULL;
	const char *state = hog_calls_state(v->ev);

	if (v->ended && v->error < HOG_KERNEL_ERRNO)
		fprintf(out, ",\"result\":%" PRId64, v->result);
	else
		fputs(",\"result\":null", out);
	if (name)
		fprintf(out, ",\"errno\":\"%s\"", name);
	else if (v->error)
		fprintf(out, ",\"errno\":\"%d\"", v->error);
	else
		fputs(",\"errno\":null", out);
	if (state)
		fprintf(out, ",\"state\":\"%s\"", state);
	else
		fputs(",\"state\":null", out);
}

static void put_times(FILE *out, const struct hog_callview *v)
{
	const struct hog_run *run = v->run;
	uint64_t ns = run->start_real_ns + (v->ev->time_ns - run->start_ns);
	uint64_t took = v->ev->duration_ns;
	const uint64_t second = HOG_NS_PER_SEC;

	fprintf(out, "{\"time\":%" PRIu64 ".%06" PRIu64, ns / second,
		ns % second / 1000);
	if (v->timed)
		fprintf(out, ",\"duration\":%" PRIu64 ".%09" PRIu64,
			took / second, took % second);
	else
		fputs(",\"duration\":null", out);
	fprintf(out, ",\"pid\":%d,\"tid\":%d,", v->pid, v->tid);
}

/* The same again is a matter of one write. */
static void put_stack(struct hog_sink *sink, uint32_t stack, unsigned limit)
{
	struct hog_stackwords *words = sink->state;
	size_t len;
	const char *text = hog_stackwords_get(words, stack, &len);
	char *made = NULL;
	FILE *out;

	if (text) {
		fwrite(text, 1, len, sink->out);
		return;
	}
	hog_calls_json_stack(sink->out, sink->run->model, stack, limit);
	out = stack ? open_memstream(&made, &len) : NULL;
	if (!out)
		return;
	hog_calls_json_stack(out, sink->run->model, stack, limit);
	if (fclose(out) == 0)
		hog_stackwords_put(words, stack, made, len);
	free(made);
}

static int jsonl_event(struct hog_sink *sink, const struct hog_event *ev)
{
	unsigned limit = sink->view.stack ? sink->view.stack : HOG_STACK_FULL;
	FILE *out = sink->out;
	struct hog_callview v;

	hog_callview_get(sink->run, ev, &v);
	put_times(out, &v);
	put_key(out, "thread", hog_callview_thread(&v));
	fputc(',', out);
	put_key(out, "name", v.name);
	fputs(",\"args\":[", out);
	for (unsigned i = 0; i < v.n_args; i++) {
		fputs(i ? ",{" : "{", out);
		put_arg(out, &v, &v.args[i]);
		fputc('}', out);
	}
	fputc(']', out);
	put_result(out, &v);
	fputs(",\"stack\":", out);
	put_stack(sink, ev->stack, limit == HOG_STACK_NONE ? 0 : limit);
	fputs("}\n", out);
	return ferror(out) ? (errno ? -errno : -EIO) : 0;
}

/* Each line is written when it comes; that it gets out is up to sink.c. */
static int jsonl_flush(struct hog_sink *sink)
{
	(void)sink;
	return 0;
}

static int jsonl_end(struct hog_sink *sink, struct hog_err *err)
{
	(void)err;
	return jsonl_flush(sink);
}

static void jsonl_close(struct hog_sink *sink)
{
	hog_stackwords_fini(sink->state);
}

const struct hog_sink_ops hog_sink_jsonl = {
	.name = "jsonl",
	.summary = "system calls, an object of JSON on a line for each",
	.suffix = ".jsonl",
	.accepts = 1u << HOG_EV_SYSCALL,
	.state_size = sizeof(struct hog_stackwords),
	.event = jsonl_event,
	.flush = jsonl_flush,
	.end = jsonl_end,
	.close = jsonl_close,
};
