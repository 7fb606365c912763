/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls on a line of time, as ui.perfetto.dev reads them best: a row of
 * protobuf messages, each whole by itself.  They are written as they come, by
 * hand: a dozen fields, of which only numbers and texts occur, and nothing is
 * ever read.
 *
 *   Trace { packet = 1 }
 *   TracePacket { timestamp = 8, sequence = 10, event = 11, track = 60 }
 *   TrackDescriptor { uuid = 1, name = 2, process = 3, thread = 4, parent = 5 }
 *   ProcessDescriptor { pid = 1, name = 6 }
 *   ThreadDescriptor { pid = 1, tid = 2, name = 5 }
 *   TrackEvent { annotation = 4, type = 9, track = 11, category = 22, name = 23 }
 *   DebugAnnotation { text = 6, name = 10 }
 */
#include "export/sinks.h"

#include <errno.h>
#include <string.h>

#include "analyze/call.h"
#include "base/buf.h"
#include "base/map.h"
#include "export/calls.h"
#include "profile/model.h"

#define STACK_LINES 32
#define SEQUENCE 1 /* of one writer: its packets are in order */

enum { SLICE_BEGIN = 1, SLICE_END = 2, INSTANT = 3 };
enum { OF_PROCESS = 1, OF_THREAD = 2 }; /* upper half of a track's id */

struct perfetto {
	struct hog_buf packet, event, part, text;
	struct hog_stackwords stacks;
	struct hog_map64 known; /* threads that have a track */
};

static void put_number(struct hog_buf *buf, unsigned field, uint64_t value)
{
	hog_buf_add_varint(buf, (uint64_t)field << 3);
	hog_buf_add_varint(buf, value);
}

static void put_bytes(struct hog_buf *buf, unsigned field, const void *bytes,
		      size_t len)
{
	hog_buf_add_varint(buf, (uint64_t)field << 3 | 2);
	hog_buf_add_varint(buf, len);
	hog_buf_add(buf, bytes, len);
}

static void put_part(struct hog_buf *buf, unsigned field, struct hog_buf *part)
{
	put_bytes(buf, field, hog_buf_str(part), part->len);
	buf->failed |= part->failed;
	hog_buf_clear(part);
}

/* Text that may hold any bytes: as it is shown elsewhere. */
static void put_text(struct perfetto *s, struct hog_buf *buf, unsigned field,
		     struct hog_calltext t)
{
	hog_buf_clear(&s->text);
	hog_call_plain(&s->text, t);
	put_part(buf, field, &s->text);
}

static void put_string(struct hog_sink *sink, struct hog_buf *buf,
		       unsigned field, uint32_t string)
{
	struct hog_calltext t;

	t.text = hog_model_text(sink->run->model, string, &t.len);
	put_text(sink->state, buf, field, t);
}

static uint64_t track_of(unsigned kind, uint32_t id)
{
	return (uint64_t)kind << 32 | id;
}

/* What is in s->packet, as one of the trace. */
static int write_packet(struct hog_sink *sink)
{
	struct perfetto *s = sink->state;
	size_t len;

	put_number(&s->packet, 10, SEQUENCE);
	hog_buf_clear(&s->text);
	put_part(&s->text, 1, &s->packet);
	len = s->text.len;
	if (s->text.failed)
		return -ENOMEM;
	if (fwrite(s->text.data, 1, len, sink->out) != len)
		return errno ? -errno : -EIO;
	return 0;
}

static int put_process(struct hog_sink *sink, uint32_t id)
{
	const struct hog_process_info *p =
		hog_model_get_process(sink->run->model, id);
	struct perfetto *s = sink->state;

	put_number(&s->part, 1, (uint64_t)p->pid);
	put_string(sink, &s->part, 6, p->name);
	put_number(&s->event, 1, track_of(OF_PROCESS, id));
	put_part(&s->event, 3, &s->part);
	put_part(&s->packet, 60, &s->event);
	return write_packet(sink);
}

static int put_thread(struct hog_sink *sink, uint32_t id)
{
	const struct hog_model *m = sink->run->model;
	const struct hog_thread_info *t = hog_model_get_thread(m, id);
	struct perfetto *s = sink->state;

	put_number(&s->part, 1,
		   (uint64_t)hog_model_get_process(m, t->process)->pid);
	put_number(&s->part, 2, (uint64_t)t->tid);
	put_string(sink, &s->part, 5, t->name);
	put_number(&s->event, 1, track_of(OF_THREAD, id));
	put_number(&s->event, 5, track_of(OF_PROCESS, t->process));
	put_part(&s->event, 4, &s->part);
	put_part(&s->packet, 60, &s->event);
	return write_packet(sink);
}

/* A track must be known before anything is on it. */
static int know_thread(struct hog_sink *sink, uint32_t id)
{
	const struct hog_thread_info *t =
		hog_model_get_thread(sink->run->model, id);
	struct perfetto *s = sink->state;
	int r;

	if (hog_map64_get(&s->known, id))
		return 0;
	r = hog_map64_put(&s->known, id, 1);
	if (r == 0)
		r = put_process(sink, t->process);
	return r < 0 ? r : put_thread(sink, id);
}

static void annotate(struct perfetto *s, const char *name,
		     struct hog_calltext text)
{
	put_bytes(&s->part, 10, name, strlen(name));
	put_text(s, &s->part, 6, text);
	put_part(&s->event, 4, &s->part);
}

static void annotate_args(struct hog_sink *sink, const struct hog_callview *v)
{
	struct perfetto *s = sink->state;

	for (unsigned i = 0; i < v->n_args; i++) {
		const struct hog_detail_field *a = &v->args[i];

		put_text(s, &s->part, 10, hog_callview_text(v, a->name));
		put_text(s, &s->part, 6,
			 (struct hog_calltext){ a->text, a->text_len });
		put_part(&s->event, 4, &s->part);
	}
}

/* What came of it, and the lines of Python. */
static void annotate_rest(struct hog_sink *sink, const struct hog_callview *v)
{
	const struct hog_model *m = sink->run->model;
	const char *state = hog_calls_state(v->ev);
	struct perfetto *s = sink->state;
	unsigned limit = sink->view.stack ? sink->view.stack : STACK_LINES;

	put_bytes(&s->part, 10, "= result", 8);
	hog_call_format_result(&s->text, v);
	put_part(&s->part, 6, &s->text);
	put_part(&s->event, 4, &s->part);
	if (state)
		annotate(s, "= state",
			 (struct hog_calltext){ state, strlen(state) });
	if (!v->ev->stack || limit == HOG_STACK_NONE)
		return;
	hog_calls_stack(&s->text, &s->stacks, m, &sink->view, v->ev->stack,
			limit);
	put_bytes(&s->part, 10, "= stack", 7);
	put_part(&s->part, 6, &s->text);
	put_part(&s->event, 4, &s->part);
}

static int put_event(struct hog_sink *sink, uint64_t time_ns, int type,
		     uint64_t track)
{
	struct perfetto *s = sink->state;

	put_number(&s->event, 9, (uint64_t)type);
	put_number(&s->event, 11, track);
	put_number(&s->packet, 8, time_ns);
	put_part(&s->packet, 11, &s->event);
	return write_packet(sink);
}

static int put_call(struct hog_sink *sink, const struct hog_event *ev)
{
	uint64_t track = track_of(OF_THREAD, ev->thread);
	struct perfetto *s = sink->state;
	struct hog_callview v;
	int r;

	hog_callview_get(sink->run, ev, &v);
	put_text(s, &s->event, 23, v.name);
	put_bytes(&s->event, 22, "syscall", 7);
	if (v.error && v.error < HOG_KERNEL_ERRNO)
		put_bytes(&s->event, 22, "failed", 6);
	annotate_args(sink, &v);
	annotate_rest(sink, &v);
	r = put_event(sink, ev->time_ns, SLICE_BEGIN, track);
	return r < 0 ? r
		     : put_event(sink, ev->time_ns + ev->duration_ns, SLICE_END,
				 track);
}

/* Something of the whole process, at one moment. */
static int put_moment(struct hog_sink *sink, const struct hog_event *ev)
{
	const struct hog_model *m = sink->run->model;
	const struct hog_thread_info *t = hog_model_get_thread(m, ev->thread);
	struct perfetto *s = sink->state;

	if (ev->kind == HOG_EV_MARKER)
		put_string(sink, &s->event, 23,
			   hog_detail_get(m, (uint32_t)ev->value[1]).name);
	else
		put_bytes(&s->event, 23,
			  ev->kind == HOG_EV_FORK   ? "fork"
			  : ev->kind == HOG_EV_EXEC ? "exec"
						    : "exit",
			  4);
	put_bytes(&s->event, 22, "process", 7);
	return put_event(sink, ev->time_ns, INSTANT,
			 track_of(OF_PROCESS, t->process));
}

static int perfetto_event(struct hog_sink *sink, const struct hog_event *ev)
{
	int r = know_thread(sink, ev->thread);

	if (r < 0)
		return r;
	return ev->kind == HOG_EV_SYSCALL ? put_call(sink, ev)
					  : put_moment(sink, ev);
}

/* That what was written gets out is up to sink.c. */
static int perfetto_flush(struct hog_sink *sink)
{
	(void)sink;
	return 0;
}

/* Names are known best at the end. */
static int perfetto_end(struct hog_sink *sink, struct hog_err *err)
{
	struct hog_model_counts n = hog_model_count(sink->run->model);
	const struct perfetto *s = sink->state;
	int r = 0;

	(void)err;
	for (uint32_t i = 1; i < n.processes && r == 0; i++)
		r = put_process(sink, i);
	for (uint32_t i = 1; i < n.threads && r == 0; i++)
		if (hog_map64_get(&s->known, i))
			r = put_thread(sink, i);
	return r;
}

static void perfetto_close(struct hog_sink *sink)
{
	struct perfetto *s = sink->state;

	hog_buf_fini(&s->packet);
	hog_buf_fini(&s->event);
	hog_buf_fini(&s->part);
	hog_buf_fini(&s->text);
	hog_stackwords_fini(&s->stacks);
	hog_map64_fini(&s->known);
}

const struct hog_sink_ops hog_sink_perfetto = {
	.name = "perfetto",
	.summary = "system calls on a line of time, for ui.perfetto.dev",
	.suffix = ".pftrace",
	.accepts = 1u << HOG_EV_SYSCALL | 1u << HOG_EV_FORK |
		   1u << HOG_EV_EXEC | 1u << HOG_EV_EXIT | 1u << HOG_EV_MARKER,
	.binary = true,
	.state_size = sizeof(struct perfetto),
	.event = perfetto_event,
	.flush = perfetto_flush,
	.end = perfetto_end,
	.close = perfetto_close,
};
