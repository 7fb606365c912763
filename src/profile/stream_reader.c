/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/stream.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "profile/stream_block.h"
#include "profile/stream_define.h"
#include "profile/stream_format.h"

#define TEXT_MAX (1u << 20) /* of one text in the run block */
#define KINDS_MAX 32        /* event kinds that a later version may have */

struct hog_stream_reader {
	struct hog_stream_blocks blocks;
	struct hog_stream_names names;
	struct hog_stream_guess guess;
	struct hog_cursor data; /* what is left of the data block under way */
	struct hog_run run;
	char *texts[3]; /* owned: version, machine, command of run */
	uint64_t events, repeats;
	uint32_t block_events;
	bool over; /* result says how it ended */
	int result;
	struct hog_err said;
};

static int damaged(const struct hog_stream_reader *r, struct hog_err *err)
{
	return hog_err_say(err, -EBADMSG, NULL,
			   "the recording is damaged before byte %llu",
			   (unsigned long long)r->blocks.offset);
}

static double read_double(struct hog_cursor *cur)
{
	uint64_t bits = hog_cursor_u64(cur);
	double value;

	memcpy(&value, &bits, sizeof(value));
	if (!isfinite(value) || value < 0)
		cur->bad = true;
	return cur->bad ? 0 : value;
}

/* A string of its own, or NULL and cur->bad, or NULL: no memory. */
static char *read_text(struct hog_cursor *cur)
{
	uint64_t len = hog_cursor_varint(cur);
	const unsigned char *text;

	if (len > TEXT_MAX)
		cur->bad = true;
	text = hog_cursor_take(cur, len);
	return text ? strndup((const char *)text, len) : NULL;
}

static int read_run(struct hog_stream_reader *r, struct hog_cursor *cur,
		    struct hog_err *err)
{
	uint64_t mode = hog_cursor_varint(cur);
	uint64_t flags = hog_cursor_varint(cur);
	struct hog_run *run = &r->run;

	run->mode = (enum hog_mode)mode;
	run->idle = flags & HOG_RUN_IDLE;
	run->follow = flags & HOG_RUN_FOLLOW;
	run->rate_hz = read_double(cur);
	run->start_ns = hog_cursor_varint(cur);
	run->start_real_ns = hog_cursor_varint(cur);
	for (size_t i = 0; i < sizeof(r->texts) / sizeof(r->texts[0]); i++) {
		r->texts[i] = read_text(cur);
		if (cur->bad)
			return damaged(r, err);
		if (!r->texts[i])
			return hog_err_set(err, -ENOMEM, "read the recording");
	}
	if (mode > HOG_MODE_GIL)
		return damaged(r, err);
	run->version = r->texts[0];
	run->machine = r->texts[1];
	run->command = r->texts[2];
	run->stats.asked_hz = run->rate_hz;
	return 0;
}

static int read_first_block(struct hog_stream_reader *r, struct hog_err *err)
{
	struct hog_cursor cur;
	int type = hog_stream_blocks_next(&r->blocks, &cur, err);

	/* A recording that stops before its run says nothing at all. */
	if (type == -ENODATA)
		return hog_err_say(err, -EBADMSG, NULL,
				   "the recording is cut off in its head");
	if (type < 0)
		return type;
	return type == HOG_BLOCK_RUN ? read_run(r, &cur, err) : damaged(r, err);
}

int hog_stream_open(FILE *in, struct hog_stream_reader **ret,
		    struct hog_err *err)
{
	struct hog_stream_reader *r = calloc(1, sizeof(*r));
	int result;

	if (!r)
		return hog_err_set(err, -ENOMEM, "read the recording");
	r->run.model = hog_model_new();
	if (!r->run.model || hog_stream_names_init(&r->names, r->run.model) < 0)
		result = hog_err_set(err, -ENOMEM, "read the recording");
	else
		result = hog_stream_blocks_init(&r->blocks, in, err);
	if (result == 0)
		result = read_first_block(r, err);
	if (result < 0) {
		hog_stream_close(r);
		return result;
	}
	*ret = r;
	return 0;
}

void hog_stream_close(struct hog_stream_reader *r)
{
	if (!r)
		return;
	hog_stream_blocks_fini(&r->blocks);
	hog_stream_names_fini(&r->names);
	hog_stream_guess_fini(&r->guess);
	hog_model_free(r->run.model);
	for (size_t i = 0; i < sizeof(r->texts) / sizeof(r->texts[0]); i++)
		free(r->texts[i]);
	free(r);
}

const struct hog_run *hog_stream_run(const struct hog_stream_reader *r)
{
	return &r->run;
}

/* More than one has by now are of a later version, and passed over. */
static void read_loss(struct hog_cursor *cur, struct hog_loss *ret_loss)
{
	uint64_t n = hog_cursor_varint(cur);
	struct hog_loss loss = { 0 };

#define X(name, meaning)                                                       \
	if (n > 0) {                                                           \
		loss.name = hog_cursor_varint(cur);                            \
		n--;                                                           \
	}
	HOG_LOSS_FIELDS(X)
#undef X
	for (; n > 0 && !cur->bad; n--)
		hog_cursor_varint(cur);
	*ret_loss = loss;
}

static int read_stats(struct hog_stream_reader *r, struct hog_cursor *cur,
		      struct hog_err *err)
{
	struct hog_stats stats = { .asked_hz = read_double(cur) };

	stats.slots = hog_cursor_varint(cur);
	stats.samples = hog_cursor_varint(cur);
	stats.stacks = hog_cursor_varint(cur);
	read_loss(cur, &stats.loss);
	stats.estimated_wrong = read_double(cur);
	stats.cpu_seconds = read_double(cur);
	stats.max_rss_bytes = hog_cursor_varint(cur);
	stats.wall_seconds = read_double(cur);
	stats.processes = hog_cursor_varint(cur);
	stats.threads = hog_cursor_varint(cur);
	if (hog_cursor_left(cur) > 0) { /* later than the first recorders */
		stats.lowered = hog_cursor_varint(cur);
		stats.lowest_hz = read_double(cur);
		stats.mean_hz = read_double(cur);
	}
	if (hog_cursor_left(cur) > 0)
		stats.stopped_seconds = read_double(cur);
	if (cur->bad)
		return damaged(r, err);
	r->run.stats = stats;
	return 0;
}

/* 1: there is data; 0: the end. */
static int read_block(struct hog_stream_reader *r, struct hog_err *err)
{
	struct hog_cursor cur;
	int type = hog_stream_blocks_next(&r->blocks, &cur, err);

	switch (type) {
	case HOG_BLOCK_DATA:
		r->data = cur;
		r->block_events = 0;
		return 1;
	case HOG_BLOCK_STATS:
		type = read_stats(r, &cur, err);
		return type < 0 ? type : 1;
	case HOG_BLOCK_END:
		if (hog_cursor_varint(&cur) != r->events || cur.bad)
			return damaged(r, err);
		return 0;
	case HOG_BLOCK_RUN: /* a second one */
		return damaged(r, err);
	default:
		return type;
	}
}

/* Applies what differs to the guess for a thread of the file. */
static void read_differences(struct hog_cursor *cur, unsigned diff,
			     struct hog_event *ev)
{
	if (diff & HOG_DIFF_STACK)
		ev->stack += (uint32_t)hog_cursor_svarint(cur);
	if (diff & HOG_DIFF_TIME)
		ev->time_ns += (uint64_t)hog_cursor_svarint(cur);
	if (diff & HOG_DIFF_VALUE)
		ev->value[0] = hog_cursor_svarint(cur);
	if (diff & HOG_DIFF_FLAGS)
		ev->flags = (uint32_t)hog_cursor_varint(cur);
	if (diff & HOG_DIFF_REST) {
		ev->kind = (uint32_t)hog_cursor_varint(cur);
		ev->duration_ns = hog_cursor_varint(cur);
		ev->value[1] = hog_cursor_svarint(cur);
	}
}

/* From ids of the file to those of the model.  false: not defined. */
static bool take_values(const struct hog_stream_names *names,
			struct hog_event *ev)
{
	uint32_t id;

	if (HOG_EV_DETAILED >> ev->kind & 1) {
		if (ev->value[1] < 0 ||
		    !hog_stream_names_detail(names, (uint64_t)ev->value[1],
					     &id))
			return false;
		ev->value[1] = id;
	}
	if (ev->kind == HOG_EV_FORK || ev->kind == HOG_EV_EXEC) {
		if (ev->value[0] < 0 ||
		    !hog_stream_names_process(names, (uint64_t)ev->value[0],
					      &id))
			return false;
		ev->value[0] = id;
	}
	return true;
}

/* One event; diff 0 is one as foreseen. */
static int read_event(struct hog_stream_reader *r, unsigned diff,
		      struct hog_event *ret)
{
	uint64_t thread = hog_stream_guess_thread(&r->guess);
	uint32_t model_thread, model_stack;

	if (diff & HOG_DIFF_THREAD)
		thread = hog_cursor_varint(&r->data);
	if (!hog_stream_names_thread(&r->names, thread, &model_thread))
		return -EBADMSG;
	if (hog_stream_guess_room(&r->guess, (uint32_t)thread) < 0)
		return -ENOMEM;

	struct hog_event ev =
		hog_stream_guess_event(&r->guess, (uint32_t)thread);

	read_differences(&r->data, diff, &ev);
	if (r->data.bad || ev.kind >= KINDS_MAX ||
	    ++r->block_events > HOG_STREAM_EVENTS_MAX ||
	    !hog_stream_names_stack(&r->names, ev.stack, &model_stack))
		return -EBADMSG;
	hog_stream_guess_learn(&r->guess, &ev);
	r->events++;
	ev.thread = model_thread;
	ev.stack = model_stack;
	if (!take_values(&r->names, &ev))
		return -EBADMSG;
	*ret = ev;
	return 1;
}

/* 1: an event; 0: definitions, or the start of a repeat; or an error. */
static int read_record(struct hog_stream_reader *r, struct hog_event *ret)
{
	unsigned op = hog_cursor_u8(&r->data);

	if (op >= HOG_OP_STRINGS)
		return hog_stream_names_read(&r->names, op, &r->data);
	if (op < HOG_OP_REPEAT)
		return read_event(r, op, ret);
	op &= HOG_OP_REPEAT_LONG;
	r->repeats = (uint64_t)op + 1;
	if (op == HOG_OP_REPEAT_LONG)
		r->repeats += hog_cursor_varint(&r->data);
	return r->data.bad || r->repeats > HOG_STREAM_EVENTS_MAX ? -EBADMSG : 0;
}

static int next(struct hog_stream_reader *r, struct hog_event *ret,
		struct hog_err *err)
{
	int result;

	for (;;) {
		if (r->repeats > 0) {
			r->repeats--;
			result = read_event(r, 0, ret);
		} else if (hog_cursor_left(&r->data) > 0) {
			result = read_record(r, ret);
		} else {
			result = read_block(r, err);
			if (result <= 0)
				return result;
			continue;
		}
		if (result == -EBADMSG)
			return damaged(r, err);
		if (result < 0)
			return hog_err_set(err, result, "read the recording");
		if (result > 0)
			return result;
	}
}

int hog_stream_next(struct hog_stream_reader *r, struct hog_event *ret,
		    struct hog_err *err)
{
	if (!r->over) {
		r->result = next(r, ret, &r->said);
		if (r->result > 0)
			return r->result;
		r->over = true;
	}
	if (r->result < 0 && err)
		*err = r->said;
	return r->result;
}
