/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls on a line of time, in one page that needs nothing else.  Calls are
 * written as they come; what they refer to by number follows at the end.
 */
#include "export/sinks.h"

#include <errno.h>
#include <inttypes.h>

#include "analyze/call.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "export/calls.h"
#include "export/facts.h"
#include "export/json_text.h"
#include "export/page.h"
#include "profile/model.h"

/* A browser holds that much well: about 40 MB of page. */
#define CALLS_MAX 200000
#define TEXT_MAX 400 /* of a call, as shown */
#define STACK_LINES 64

enum { CALL_FAILED = 1, CALL_OPEN = 2 }; /* the same in timeline.js */

struct timeline {
	struct hog_buf text;
	struct hog_map64 stacks, names; /* ids of the model that were used */
	uint64_t calls;
};

static int timeline_begin(struct hog_sink *sink, const struct hog_run *run,
			  struct hog_err *err)
{
	(void)run;
	(void)err;
	fwrite(hog_timeline_head, 1, hog_timeline_head_len, sink->out);
	fputs("{\"format\":1,\n\"calls\":[", sink->out);
	return 0;
}

/* The call and its result in words, cut where it gets long. */
static void put_words(struct hog_sink *sink, const struct hog_callview *v)
{
	struct timeline *s = sink->state;
	const char *state = hog_calls_state(v->ev);
	size_t len;

	hog_buf_clear(&s->text);
	hog_call_format(&s->text, v);
	len = s->text.len;
	if (len > TEXT_MAX) {
		s->text.len = TEXT_MAX;
		hog_buf_add_str(&s->text, "...");
	}
	hog_buf_add_str(&s->text, " = ");
	hog_call_format_result(&s->text, v);
	if (state)
		hog_buf_printf(&s->text, " <%s>", state);
	hog_json_text(sink->out, hog_buf_str(&s->text), s->text.len);
}

static int timeline_event(struct hog_sink *sink, const struct hog_event *ev)
{
	struct timeline *s = sink->state;
	const struct hog_run *run = sink->run;
	bool none = sink->view.stack == HOG_STACK_NONE;
	struct hog_callview v;
	uint32_t name;
	int flags;

	if (s->calls++ >= CALLS_MAX)
		return 0;
	hog_callview_get(run, ev, &v);
	name = hog_detail_get(run->model, (uint32_t)ev->value[1]).name;
	flags = v.error && v.error < HOG_KERNEL_ERRNO ? CALL_FAILED : 0;
	flags |= v.timed ? 0 : CALL_OPEN;
	fprintf(sink->out, "%s[%.1f,%.1f,%u,%u,%d,",
		s->calls > 1 ? ",\n" : "\n",
		ev->time_ns > run->start_ns
			? (double)(ev->time_ns - run->start_ns) / 1000
			: 0,
		(double)ev->duration_ns / 1000, ev->thread, name, flags);
	put_words(sink, &v);
	fprintf(sink->out, ",%u]", none ? 0 : ev->stack);
	if (hog_map64_put(&s->names, name, 1) < 0 ||
	    (!none && hog_map64_put(&s->stacks, ev->stack, 1) < 0) ||
	    s->text.failed)
		return -ENOMEM;
	return ferror(sink->out) ? (errno ? -errno : -EIO) : 0;
}

static void put_string(struct hog_sink *sink, const char *key, const char *text,
		       size_t len)
{
	fprintf(sink->out, "\"%s\":", key);
	hog_json_text(sink->out, text, len);
}

static void put_stack(struct hog_sink *sink, uint32_t stack)
{
	const struct hog_model *m = sink->run->model;
	struct timeline *s = sink->state;
	unsigned left = sink->view.stack ? sink->view.stack : STACK_LINES;

	hog_buf_clear(&s->text);
	for (; stack && left > 0; left--) {
		struct hog_stack_node node = hog_model_get_stack(m, stack);

		if (s->text.len)
			hog_buf_add_u8(&s->text, '\n');
		hog_calls_frame(&s->text, m, &sink->view, node.frame);
		stack = node.parent;
	}
	hog_json_text(sink->out, hog_buf_str(&s->text), s->text.len);
}

/* "stacks":{"12":"f (a.py:3)\n...", ...}, in the order of their ids. */
static void put_stacks(struct hog_sink *sink)
{
	const struct timeline *s = sink->state;
	uint32_t n = hog_model_count(sink->run->model).stacks;
	bool any = false;

	fputs("\"stacks\":{", sink->out);
	for (uint32_t i = 1; i < n; i++) {
		if (!hog_map64_get(&s->stacks, i))
			continue;
		fprintf(sink->out, "%s\"%u\":", any ? ",\n" : "", i);
		put_stack(sink, i);
		any = true;
	}
	fputs("},\n", sink->out);
}

static void put_names(struct hog_sink *sink)
{
	const struct hog_model *m = sink->run->model;
	const struct timeline *s = sink->state;
	struct hog_model_counts n = hog_model_count(m);
	bool any = false;
	const char *text;
	size_t len;

	fputs("\"names\":{", sink->out);
	for (uint32_t i = 1; i < n.strings; i++) {
		if (!hog_map64_get(&s->names, i))
			continue;
		fprintf(sink->out, "%s\"%u\":", any ? "," : "", i);
		text = hog_model_text(m, i, &len);
		hog_json_text(sink->out, text, len);
		any = true;
	}
	fputs("},\n\"threads\":{", sink->out);
	for (uint32_t i = 1; i < n.threads; i++) {
		const struct hog_thread_info *t = hog_model_get_thread(m, i);

		fprintf(sink->out, "%s\"%u\":{\"pid\":%d,\"tid\":%d,",
			i > 1 ? ",\n" : "", i,
			hog_model_get_process(m, t->process)->pid, t->tid);
		text = hog_model_text(m, t->name, &len);
		put_string(sink, "name", text, len);
		fputc('}', sink->out);
	}
	fputs("},\n", sink->out);
}

static void put_facts(struct hog_sink *sink)
{
	const struct hog_run *run = sink->run;
	struct timeline *s = sink->state;
	struct hog_buf cmd = { 0 };

	hog_buf_clear(&s->text);
	hog_facts_title(&s->text, run, &sink->view);
	put_string(sink, "title", hog_buf_str(&s->text), s->text.len);
	fprintf(sink->out, ",\n\"more\":%" PRIu64 ",\n",
		s->calls > CALLS_MAX ? s->calls - CALLS_MAX : 0);
	hog_buf_add_str(&cmd, run->version ? run->version : "");
	put_string(sink, "version", hog_buf_str(&cmd), cmd.len);
	hog_buf_clear(&cmd);
	hog_buf_add_str(&cmd, run->machine ? run->machine : "");
	fputs(",\n", sink->out);
	put_string(sink, "machine", hog_buf_str(&cmd), cmd.len);
	hog_buf_clear(&cmd);
	hog_buf_add_str(&cmd, run->command ? run->command : "");
	fputs(",\n", sink->out);
	put_string(sink, "command", hog_buf_str(&cmd), cmd.len);
	s->text.failed |= cmd.failed;
	hog_buf_fini(&cmd);
}

static int timeline_end(struct hog_sink *sink, struct hog_err *err)
{
	const struct timeline *s = sink->state;

	(void)err;
	fputs("],\n", sink->out);
	put_stacks(sink);
	put_names(sink);
	put_facts(sink);
	fputs("}\n", sink->out);
	fwrite(hog_timeline_tail, 1, hog_timeline_tail_len, sink->out);
	return s->text.failed ? -ENOMEM : 0;
}

static void timeline_close(struct hog_sink *sink)
{
	struct timeline *s = sink->state;

	hog_map64_fini(&s->stacks);
	hog_map64_fini(&s->names);
	hog_buf_fini(&s->text);
}

const struct hog_sink_ops hog_sink_timeline = {
	.name = "timeline",
	.summary = "one offline page: system calls on a line of time",
	.suffix = ".timeline.html",
	.accepts = 1u << HOG_EV_SYSCALL,
	.state_size = sizeof(struct timeline),
	.begin = timeline_begin,
	.event = timeline_event,
	.end = timeline_end,
	.close = timeline_close,
};
