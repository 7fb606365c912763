/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that stands is walked by its pointers.  One that moves is sampled,
 * again and again, until a sample is whole; only when none is, the best there
 * was is taken and marked as torn.
 */
#include "collect/snapshot_stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define WALK_TRIES 50    /* of a thread that seems to stand */
#define MOVING_WALKS 200 /* of one that runs, when sampling has failed */
#define SAMPLE_TRIES 8   /* within one sample */
#define WARM_SAMPLES 200
#define WARM_IN_A_ROW 16
#define WARM_NS (HOG_NS_PER_SEC / 200)
#define SAMPLING_NS (HOG_NS_PER_SEC / 20) /* the longest for one thread */
#define PAUSE_NS 100000
#define PAUSE_EVERY 8

/* How far a new reader has learnt the thread's program. */
struct warmth {
	uint64_t since_ns;
	unsigned samples, whole_in_a_row;
};

/* Frames, root first. */
struct frames {
	struct hog_pyframe *v; /* owned; room for HOG_PYSTACK_MAX */
	size_t n;
	bool truncated;
};

static int frames_init(struct frames *f)
{
	*f = (struct frames){ 0 };
	f->v = malloc(HOG_PYSTACK_MAX * sizeof(*f->v));
	return f->v ? 0 : -ENOMEM;
}

static int walk(struct hog_snapshot *s, uint64_t tstate, struct frames *ret)
{
	int n = hog_pystack_walk(&s->py, s->stacks.codes, tstate, ret->v,
				 HOG_PYSTACK_MAX, &ret->truncated);

	if (n < 0)
		return n;
	ret->n = (size_t)n;
	return 0;
}

/* The same calls?  The leaf may have gone on within its function. */
static bool same_calls(const struct frames *a, const struct frames *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].code != b->v[i].code ||
		    a->v[i].addr != b->v[i].addr ||
		    (i + 1 < a->n && a->v[i].at != b->v[i].at))
			return false;
	return true;
}

/* Walks until two in a row agree.  -EAGAIN: none did. */
static int walk_twice(struct hog_snapshot *s, uint64_t tstate, int tries,
		      struct frames *ret)
{
	struct frames other;
	bool have = false;
	int r = frames_init(&other);

	for (int i = 0; r == 0 && i < tries; i++) {
		struct frames swap;

		r = walk(s, tstate, &other);
		if (r == -EAGAIN) {
			have = false;
			r = 0;
			continue;
		}
		if (r < 0)
			break;
		if (have && same_calls(ret, &other)) {
			free(other.v);
			return 0;
		}
		swap = *ret;
		*ret = other;
		other = swap;
		have = true;
	}
	free(other.v);
	return r < 0 ? r : -EAGAIN;
}

static void copy_stack(const struct hog_pystack *from, struct frames *to,
		       struct hog_snapshot_thread *t)
{
	size_t n = from->n < HOG_PYSTACK_MAX ? from->n : HOG_PYSTACK_MAX;

	to->n = 0;
	for (size_t i = from->n - n; i < from->n; i++)
		if (!hog_pyframe_is_hidden(&from->frames[i]))
			to->v[to->n++] = from->frames[i];
	to->truncated = from->truncated;
	t->torn = from->torn; /* a repaired one is proven */
	t->unreadable = from->unreadable;
}

/* The reader learns from each sample, and what it cannot tell yet looks torn:
 * to take the first whole one would favour stacks that need no learning.  So
 * samples are taken and dropped until many in a row are whole, or for long
 * enough. */
static bool is_warm(const struct warmth *w, uint64_t now)
{
	return w->whole_in_a_row >= WARM_IN_A_ROW ||
	       w->samples >= WARM_SAMPLES || now - w->since_ns >= WARM_NS;
}

/* Pauses now and then: a thread that lost its CPU halfway through a call looks
 * torn until it gets it back. */
static void pause_if_stuck(const struct warmth *w)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (w->whole_in_a_row == 0 && w->samples % PAUSE_EVERY == 0)
		nanosleep(&pause, NULL);
}

/* Samples a moving thread.  0 a whole stack; -EAGAIN the best of a bad lot, in
 * ret; -ESRCH it has ended. */
static int sample(struct hog_pyreader *reader, struct frames *ret,
		  struct hog_snapshot_thread *t)
{
	struct warmth w = { .since_ns = hog_now_ns() };
	uint64_t now = w.since_ns;

	for (; now - w.since_ns < SAMPLING_NS; now = hog_now_ns()) {
		bool warm = is_warm(&w, now);
		struct hog_pystack stack;
		enum hog_pyverdict v =
			hog_pyreader_sample(reader, SAMPLE_TRIES, &stack, NULL);

		if (v == HOG_PYSTACK_GONE)
			return -ESRCH;
		if (v == HOG_PYSTACK_OK)
			copy_stack(&stack, ret, t);
		w.samples++;
		w.whole_in_a_row++;
		if (t->torn || t->unreadable)
			w.whole_in_a_row = 0;
		else if (warm)
			return 0;
		pause_if_stuck(&w);
	}
	return t->torn || t->unreadable ? -EAGAIN : 0;
}

static int read_moving(struct hog_snapshot *s, struct frames *ret,
		       struct hog_snapshot_thread *t)
{
	struct hog_pyreader *reader =
		hog_pyreader_new(&s->stacks, t->state.addr);
	struct frames best;
	int r;

	if (!reader)
		return -ENOMEM;
	r = sample(reader, ret, t);
	hog_pyreader_free(reader);
	if (r != -EAGAIN)
		return r == -ESRCH ? 0 : r;
	r = frames_init(&best);
	if (r < 0)
		return r;
	r = walk_twice(s, t->state.addr, MOVING_WALKS, &best);
	if (r == 0) {
		struct frames swap = *ret;

		*ret = best;
		best = swap;
		t->torn = t->unreadable = false;
	}
	free(best.v);
	return r == -ENOMEM ? r : 0; /* else the best sample, marked */
}

static int read_frames(struct hog_snapshot *s, struct frames *ret,
		       struct hog_snapshot_thread *t)
{
	bool live = s->py.target->live;
	int r;

	if (!live) {
		r = walk(s, t->state.addr, ret);
		t->unreadable = r < 0;
		return r == -ENOMEM ? r : 0;
	}
	if (t->os.state != HOG_OS_RUNNING) {
		r = walk_twice(s, t->state.addr, WALK_TRIES, ret);
		if (r != -EAGAIN && r != -EFAULT)
			return r == -ENOMEM ? r : 0;
	}
	return read_moving(s, ret, t);
}

static void locals_of(struct hog_snapshot *s,
		      const struct hog_snapshot_options *opt,
		      struct hog_snapshot_frame *f)
{
	int n = hog_pylocals_read(&s->py, &f->frame, opt->locals_limit,
				  &f->locals);

	f->n_locals = n > 0 ? (size_t)n : 0;
}

void hog_snapshot_frames_free(struct hog_snapshot_frame *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hog_pylocals_free(frames[i].locals, frames[i].n_locals);
	free(frames);
}

int hog_snapshot_frames_fill(struct hog_snapshot *s,
			     const struct hog_snapshot_options *opt,
			     const struct hog_pyframe *from, size_t n,
			     struct hog_snapshot_frame **ret)
{
	struct hog_snapshot_frame *frames = calloc(n + 1, sizeof(*frames));

	if (!frames)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct hog_snapshot_frame *f = &frames[i];

		f->frame = from[n - 1 - i];
		f->place.column = f->place.end_column = -1;
		if (!f->frame.code)
			continue;
		if (opt->locals) /* first: they are the ones that move */
			locals_of(s, opt, f);
		hog_pycode_place(&s->py, f->frame.code, f->frame.at, &f->place);
	}
	*ret = frames;
	return 0;
}

static int fill(struct hog_snapshot *s, const struct hog_snapshot_options *opt,
		const struct frames *from, struct hog_snapshot_thread *t)
{
	if (from->n == 0)
		return 0;
	t->n_frames = from->n;
	t->truncated = from->truncated;
	return hog_snapshot_frames_fill(s, opt, from->v, from->n, &t->frames);
}

int hog_snapshot_read_stack(struct hog_snapshot *s,
			    const struct hog_snapshot_options *opt,
			    struct hog_snapshot_thread *t)
{
	struct frames frames;
	int r = frames_init(&frames);

	if (r < 0)
		return r;
	frames.n = 0;
	r = read_frames(s, &frames, t);
	if (r == 0)
		r = fill(s, opt, &frames, t);
	free(frames.v);
	return r;
}
