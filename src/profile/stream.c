/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/stream.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "profile/stream_format.h"
#include "profile/stream_pack.h"

#define BLOCK_FULL (128u << 10)
/* When no thread runs, statistics are written at every so many flushes only. */
#define QUIET_MAX 10
/* Definitions in one record: 64 of the longest strings fit a block. */
#define DEFINE_MAX 64
#define DETAILS_EACH 4 /* of these, which may be long */

struct stream {
	struct hog_stream_pack pack;
	struct hog_buf block; /* of the data block under way */
	struct hog_buf names; /* uint32_t per thread: the name as written */
	struct hog_stream_guess guess;
	struct hog_model_counts written;
	uint64_t repeats; /* events as foreseen that have no record yet */
	uint64_t events;  /* in all */
	uint64_t events_flushed; /* of these, when stats were last written */
	uint32_t block_events;
	uint32_t quiet; /* flushes since that had nothing to write */
};

static void write_repeats(struct stream *s)
{
	if (s->repeats == 0)
		return;

	uint64_t more = s->repeats - 1;

	if (more < HOG_OP_REPEAT_LONG) {
		hog_buf_add_u8(&s->block, (uint8_t)(HOG_OP_REPEAT | more));
	} else {
		hog_buf_add_u8(&s->block, HOG_OP_REPEAT | HOG_OP_REPEAT_LONG);
		hog_buf_add_varint(&s->block, more - HOG_OP_REPEAT_LONG);
	}
	s->repeats = 0;
}

static int write_block(struct hog_sink *sink, enum hog_stream_block type,
		       const struct hog_buf *content)
{
	struct stream *s = sink->state;

	return hog_stream_pack_block(&s->pack, type, content);
}

static int write_data(struct hog_sink *sink)
{
	struct stream *s = sink->state;
	int r = 0;

	write_repeats(s);
	if (s->block.len || s->block.failed)
		r = write_block(sink, HOG_BLOCK_DATA, &s->block);
	hog_buf_clear(&s->block);
	s->block_events = 0;
	return r;
}

static void add_cstr(struct hog_buf *buf, const char *text)
{
	hog_stream_add_text(buf, text ? text : "", text ? strlen(text) : 0);
}

static int write_stats(struct hog_sink *sink)
{
	const struct hog_stats *stats = &sink->run->stats;
	struct hog_buf buf = { 0 };
	uint64_t n_loss = 0;
	int r;

	hog_stream_add_double(&buf, stats->asked_hz);
	hog_buf_add_varint(&buf, stats->slots);
	hog_buf_add_varint(&buf, stats->samples);
	hog_buf_add_varint(&buf, stats->stacks);
#define X(name, meaning) n_loss++;
	HOG_LOSS_FIELDS(X)
#undef X
	hog_buf_add_varint(&buf, n_loss);
#define X(name, meaning) hog_buf_add_varint(&buf, stats->loss.name);
	HOG_LOSS_FIELDS(X)
#undef X
	hog_stream_add_double(&buf, stats->estimated_wrong);
	hog_stream_add_double(&buf, stats->cpu_seconds);
	hog_buf_add_varint(&buf, stats->max_rss_bytes);
	hog_stream_add_double(&buf, stats->wall_seconds);
	hog_buf_add_varint(&buf, stats->processes);
	hog_buf_add_varint(&buf, stats->threads);
	hog_buf_add_varint(&buf, stats->lowered);
	hog_stream_add_double(&buf, stats->lowest_hz);
	hog_stream_add_double(&buf, stats->mean_hz);
	hog_stream_add_double(&buf, stats->stopped_seconds);
	r = write_block(sink, HOG_BLOCK_STATS, &buf);
	hog_buf_fini(&buf);
	return r;
}

static int write_run(struct hog_sink *sink)
{
	const struct hog_run *run = sink->run;
	struct hog_buf buf = { 0 };
	int r;

	hog_buf_add_varint(&buf, run->mode);
	hog_buf_add_varint(&buf, (run->idle ? HOG_RUN_IDLE : 0) |
					 (run->follow ? HOG_RUN_FOLLOW : 0));
	hog_stream_add_double(&buf, run->rate_hz);
	hog_buf_add_varint(&buf, run->start_ns);
	hog_buf_add_varint(&buf, run->start_real_ns);
	add_cstr(&buf, run->version);
	add_cstr(&buf, run->machine);
	add_cstr(&buf, run->command);
	r = write_block(sink, HOG_BLOCK_RUN, &buf);
	hog_buf_fini(&buf);
	return r;
}

static int stream_begin(struct hog_sink *sink, const struct hog_run *run,
			struct hog_err *err)
{
	struct stream *s = sink->state;
	int r = hog_stream_pack_init(&s->pack, sink->out);

	(void)run; /* is sink->run */
	s->written = (struct hog_model_counts){ 1, 1, 1, 1, 1, 1, 0, 1, 1 };
	if (r == 0)
		r = write_run(sink);
	if (r == 0 && fflush(sink->out) != 0)
		r = -errno;
	return r < 0 ? hog_err_set(err, r, "write the recording") : 0;
}

typedef void (*define_fn)(struct stream *s, const struct hog_model *m,
			  uint32_t id);

static void define_string(struct stream *s, const struct hog_model *m,
			  uint32_t id)
{
	size_t len;
	const char *text = hog_model_text(m, id, &len);

	hog_stream_add_text(&s->block, text, len);
}

static void define_function(struct stream *s, const struct hog_model *m,
			    uint32_t id)
{
	const struct hog_function *f = hog_model_get_function(m, id);

	hog_buf_add_varint(&s->block, f->kind);
	hog_buf_add_varint(&s->block, f->name);
	hog_buf_add_varint(&s->block, f->qualname);
	hog_buf_add_varint(&s->block, f->file);
	hog_buf_add_varint(&s->block, f->short_file);
	hog_buf_add_svarint(&s->block, f->firstline);
}

static void define_frame(struct stream *s, const struct hog_model *m,
			 uint32_t id)
{
	const struct hog_frame *f = hog_model_get_frame(m, id);

	hog_buf_add_varint(&s->block, f->function);
	hog_buf_add_svarint(&s->block, f->line);
	hog_buf_add_svarint(&s->block, (int64_t)f->end_line - f->line);
	hog_buf_add_svarint(&s->block, f->column);
	hog_buf_add_svarint(&s->block, f->end_column);
}

static void define_stack(struct stream *s, const struct hog_model *m,
			 uint32_t id)
{
	struct hog_stack_node node = hog_model_get_stack(m, id);

	hog_buf_add_varint(&s->block, id - node.parent);
	hog_buf_add_varint(&s->block, node.frame);
}

static void define_process(struct stream *s, const struct hog_model *m,
			   uint32_t id)
{
	const struct hog_process_info *p = hog_model_get_process(m, id);

	hog_buf_add_varint(&s->block, (uint32_t)p->pid);
	hog_buf_add_varint(&s->block, (uint32_t)p->parent);
	hog_buf_add_varint(&s->block, p->name);
	hog_buf_add_varint(&s->block, p->cmdline);
	hog_buf_add_varint(&s->block, p->python);
	hog_buf_add_varint(&s->block, p->start_ns);
}

static void define_thread(struct stream *s, const struct hog_model *m,
			  uint32_t id)
{
	const struct hog_thread_info *t = hog_model_get_thread(m, id);

	hog_buf_add_varint(&s->block, t->process);
	hog_buf_add_varint(&s->block, (uint32_t)t->tid);
	hog_buf_add_varint(&s->block, t->name);
	hog_buf_add_varint(&s->block, t->interp);
	hog_buf_add(&s->names, &t->name, sizeof(t->name));
}

static void define_detail(struct stream *s, const struct hog_model *m,
			  uint32_t id)
{
	size_t len;
	const char *bytes = hog_model_get_detail(m, id, &len);

	hog_stream_add_text(&s->block, bytes, len);
}

/* Writes the definitions from *written up to count, and moves *written. */
static int define(struct hog_sink *sink, enum hog_stream_define op,
		  define_fn fn, uint32_t *written, uint32_t count)
{
	struct stream *s = sink->state;
	uint32_t max = op == HOG_OP_DETAILS ? DETAILS_EACH : DEFINE_MAX;

	while (*written < count) {
		uint32_t n = count - *written;

		if (n > max)
			n = max;
		write_repeats(s);
		hog_buf_add_u8(&s->block, (uint8_t)op);
		hog_buf_add_varint(&s->block, n);
		for (; n > 0; n--)
			fn(s, sink->run->model, (*written)++);
		if (s->block.len >= BLOCK_FULL) {
			int r = write_data(sink);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Rare: threads are named once.  So all are looked at. */
static void write_renames(struct hog_sink *sink)
{
	struct stream *s = sink->state;
	size_t n = s->names.len / sizeof(uint32_t);
	uint32_t id = 1; /* names has no entry for thread 0 */

	for (size_t i = 0; i < n; i++, id++) {
		unsigned char *at = s->names.data + i * sizeof(uint32_t);
		uint32_t now = hog_model_get_thread(sink->run->model, id)->name;

		if (memcmp(at, &now, sizeof(now)) == 0)
			continue;
		memcpy(at, &now, sizeof(now));
		write_repeats(s);
		hog_buf_add_u8(&s->block, HOG_OP_RENAMES);
		hog_buf_add_varint(&s->block, 1);
		hog_buf_add_varint(&s->block, id);
		hog_buf_add_varint(&s->block, now);
	}
}

/* Events speak of details that the model still has. */
static void write_forget(struct hog_sink *sink,
			 const struct hog_model_counts *now)
{
	struct stream *s = sink->state;

	if (s->written.details_from == now->details_from)
		return;
	write_repeats(s);
	hog_buf_add_u8(&s->block, HOG_OP_FORGET);
	hog_buf_add_varint(&s->block, now->details_from);
	s->written.details_from = s->written.details = now->details_from;
}

/* Writes all that the model has and the recording has not. */
static int write_definitions(struct hog_sink *sink)
{
	struct stream *s = sink->state;
	struct hog_model_counts now = hog_model_count(sink->run->model);
	struct hog_model_counts *w = &s->written;
	const struct {
		enum hog_stream_define op;
		define_fn fn;
		uint32_t *written, count;
	} all[] = {
		{ HOG_OP_STRINGS, define_string, &w->strings, now.strings },
		{ HOG_OP_FUNCTIONS, define_function, &w->functions,
		  now.functions },
		{ HOG_OP_FRAMES, define_frame, &w->frames, now.frames },
		{ HOG_OP_STACKS, define_stack, &w->stacks, now.stacks },
		{ HOG_OP_PROCESSES, define_process, &w->processes,
		  now.processes },
		{ HOG_OP_THREADS, define_thread, &w->threads, now.threads },
		{ HOG_OP_DETAILS, define_detail, &w->details, now.details },
	};

	if (memcmp(w, &now, sizeof(now)) == 0)
		return 0;
	write_forget(sink, &now);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int r = define(sink, all[i].op, all[i].fn, all[i].written,
			       all[i].count);

		if (r < 0)
			return r;
	}
	if (w->renames != now.renames)
		write_renames(sink);
	w->renames = now.renames;
	return s->names.failed ? -ENOMEM : 0;
}

static unsigned what_differs(const struct hog_event *ev,
			     const struct hog_event *guess)
{
	unsigned diff = 0;

	if (ev->stack != guess->stack)
		diff |= HOG_DIFF_STACK;
	if (ev->time_ns != guess->time_ns)
		diff |= HOG_DIFF_TIME;
	if (ev->value[0] != guess->value[0])
		diff |= HOG_DIFF_VALUE;
	if (ev->flags != guess->flags)
		diff |= HOG_DIFF_FLAGS;
	if (ev->kind != guess->kind || ev->duration_ns != guess->duration_ns ||
	    ev->value[1] != guess->value[1])
		diff |= HOG_DIFF_REST;
	return diff;
}

static void write_event(struct stream *s, const struct hog_event *ev)
{
	struct hog_event guess = hog_stream_guess_event(&s->guess, ev->thread);
	unsigned diff = what_differs(ev, &guess);

	if (ev->thread != hog_stream_guess_thread(&s->guess))
		diff |= HOG_DIFF_THREAD;
	hog_stream_guess_learn(&s->guess, ev);
	if (diff == 0) {
		s->repeats++;
		return;
	}
	write_repeats(s);
	hog_buf_add_u8(&s->block, (uint8_t)diff);
	if (diff & HOG_DIFF_THREAD)
		hog_buf_add_varint(&s->block, ev->thread);
	if (diff & HOG_DIFF_STACK)
		hog_buf_add_svarint(&s->block,
				    (int64_t)ev->stack - guess.stack);
	if (diff & HOG_DIFF_TIME)
		hog_buf_add_svarint(&s->block,
				    (int64_t)(ev->time_ns - guess.time_ns));
	if (diff & HOG_DIFF_VALUE)
		hog_buf_add_svarint(&s->block, ev->value[0]);
	if (diff & HOG_DIFF_FLAGS)
		hog_buf_add_varint(&s->block, ev->flags);
	if (diff & HOG_DIFF_REST) {
		hog_buf_add_varint(&s->block, ev->kind);
		hog_buf_add_varint(&s->block, ev->duration_ns);
		hog_buf_add_svarint(&s->block, ev->value[1]);
	}
}

static int stream_event(struct hog_sink *sink, const struct hog_event *ev)
{
	struct stream *s = sink->state;
	int r = write_definitions(sink);

	if (r < 0)
		return r;
	/* No recording may name what it does not define. */
	if (ev->thread >= s->written.threads || ev->stack >= s->written.stacks)
		return -EINVAL;
	r = hog_stream_guess_room(&s->guess, ev->thread);
	if (r < 0)
		return r;
	write_event(s, ev);
	s->events++;
	s->block_events++;
	if (s->block.len >= BLOCK_FULL ||
	    s->block_events == HOG_STREAM_EVENTS_MAX)
		return write_data(sink);
	return 0;
}

static int stream_flush(struct hog_sink *sink)
{
	struct stream *s = sink->state;
	int r = write_definitions(sink);

	if (r < 0)
		return r;
	r = write_data(sink);
	if (r < 0)
		return r;
	if (s->events == s->events_flushed && ++s->quiet < QUIET_MAX)
		return 0;
	s->quiet = 0;
	s->events_flushed = s->events;
	return write_stats(sink);
}

static int stream_end(struct hog_sink *sink, struct hog_err *err)
{
	struct stream *s = sink->state;
	struct hog_buf buf = { 0 };
	int r = write_definitions(sink);

	(void)err; /* hog_sink_end finds the words */
	if (r == 0)
		r = write_data(sink);
	if (r == 0)
		r = write_stats(sink);
	if (r < 0)
		return r;
	hog_buf_add_varint(&buf, s->events);
	r = write_block(sink, HOG_BLOCK_END, &buf);
	hog_buf_fini(&buf);
	return r;
}

static void stream_close(struct hog_sink *sink)
{
	struct stream *s = sink->state;

	hog_stream_pack_fini(&s->pack);
	hog_buf_fini(&s->block);
	hog_buf_fini(&s->names);
	hog_stream_guess_fini(&s->guess);
}

const struct hog_sink_ops hog_sink_hog = {
	.name = "hog",
	.summary = "the recording, from which report makes every other format",
	.suffix = ".hog",
	.accepts = (1u << HOG_EV_KINDS) - 1,
	.binary = true,
	.state_size = sizeof(struct stream),
	.begin = stream_begin,
	.event = stream_event,
	.flush = stream_flush,
	.end = stream_end,
	.close = stream_close,
};
