/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/snapshot_greenlets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "collect/snapshot_stack.h"

#define WALK_TRIES 20

struct reading {
	struct hog_snapshot *s;
	const struct hog_snapshot_options *opt;
	struct hog_greenlets found;  /* owned */
	struct hog_pyframe *frames;  /* owned */
	struct hog_pytstate *states; /* owned: of s->threads */
};

void hog_snapshot_greenlets_free(struct hog_snapshot *s)
{
	for (size_t i = 0; i < s->n_greenlets; i++) {
		struct hog_snapshot_greenlet *g = &s->greenlets[i];

		hog_snapshot_frames_free(g->frames, g->n_frames);
	}
	free(s->greenlets);
}

/* Reads it again as long as it does not stand. */
static int walk(struct reading *rd, struct hog_snapshot_greenlet *g)
{
	bool truncated;
	int n = -EAGAIN;

	for (int i = 0; i < WALK_TRIES && n == -EAGAIN; i++) {
		if (hog_greenlet_read(&rd->found, g->greenlet.addr,
				      &g->greenlet) < 0)
			return -ENOENT;
		if (g->greenlet.state != HOG_GREENLET_PARKED)
			return 0;
		n = hog_greenlet_walk(&rd->found, rd->s->stacks.codes,
				      &g->greenlet, rd->frames, HOG_PYSTACK_MAX,
				      &truncated);
	}
	if (n < 0) {
		g->torn = n == -EAGAIN;
		return n == -ENOMEM || n == -ENOENT ? n : 0;
	}
	g->truncated = truncated;
	g->n_frames = (size_t)n;
	return hog_snapshot_frames_fill(rd->s, rd->opt, rd->frames, g->n_frames,
					&g->frames);
}

static void name_it(struct reading *rd, struct hog_snapshot_greenlet *g,
		    const struct hog_snapshot_frame *frames, size_t n)
{
	hog_greenlet_name(&rd->found, &g->greenlet,
			  n ? frames[n - 1].frame.code : NULL, g->name,
			  sizeof(g->name));
}

static int add(struct reading *rd, uint64_t addr)
{
	struct hog_snapshot *s = rd->s;
	struct hog_snapshot_greenlet *g = &s->greenlets[s->n_greenlets];
	int thread, r;

	*g = (struct hog_snapshot_greenlet){ .thread = SIZE_MAX };
	g->greenlet.addr = addr;
	r = walk(rd, g);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	thread = hog_greenlet_thread(&rd->found, &g->greenlet, rd->states,
				     s->n_threads);
	if (thread >= 0)
		g->thread = (size_t)thread;
	s->n_greenlets++;
	name_it(rd, g, g->frames, g->n_frames);
	return 0;
}

/* A main greenlet does not say whose it is; those that it is the main one of
 * do.  And a new one is nobody's yet. */
static void give_threads(struct hog_snapshot *s)
{
	for (size_t i = 0; i < s->n_greenlets; i++) {
		const struct hog_snapshot_greenlet *g = &s->greenlets[i];

		for (size_t k = 0; g->thread != SIZE_MAX && k < s->n_greenlets;
		     k++)
			if (s->greenlets[k].greenlet.addr == g->greenlet.main)
				s->greenlets[k].thread = g->thread;
	}
	for (size_t i = 0; i < s->n_greenlets; i++)
		if (s->n_threads == 1)
			s->greenlets[i].thread = 0;
}

static uint64_t root_of(const struct hog_snapshot_frame *frames, size_t n)
{
	return n ? frames[n - 1].frame.addr : 0;
}

/* Whose stack did we read of this thread?  It may have gone on to another
 * greenlet since: then the one that it came from stands parked on the same
 * outermost frame. */
static void give_stack(struct reading *rd, size_t thread)
{
	struct hog_snapshot *s = rd->s;
	struct hog_snapshot_thread *t = &s->threads[thread];
	uint64_t root = root_of(t->frames, t->n_frames);
	size_t owner = SIZE_MAX;

	for (size_t i = 0; i < s->n_greenlets; i++) {
		const struct hog_snapshot_greenlet *g = &s->greenlets[i];
		enum hog_greenlet_state state = g->greenlet.state;

		if (g->thread != thread)
			continue;
		if (state == HOG_GREENLET_PARKED && root &&
		    root_of(g->frames, g->n_frames) == root) {
			owner = i;
			break;
		}
		if (state == HOG_GREENLET_RUNNING)
			owner = i;
	}
	t->greenlet = owner;
	if (owner == SIZE_MAX)
		return;

	struct hog_snapshot_greenlet *g = &s->greenlets[owner];

	g->greenlet.state = HOG_GREENLET_RUNNING;
	name_it(rd, g, t->frames, t->n_frames);
}

static void drop_frames(struct hog_snapshot *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n_greenlets; i++) {
		struct hog_snapshot_greenlet *g = &s->greenlets[i];

		if (g->thread == SIZE_MAX ||
		    s->threads[g->thread].greenlet != i) {
			s->n_more_greenlets +=
				g->greenlet.state == HOG_GREENLET_PARKED;
			hog_snapshot_frames_free(g->frames, g->n_frames);
			continue;
		}
		s->threads[g->thread].greenlet = kept;
		s->greenlets[kept++] = *g;
	}
	s->n_greenlets = kept;
}

static int by_thread(const void *a, const void *b)
{
	const struct hog_snapshot_greenlet *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->greenlet.is_main != y->greenlet.is_main)
		return x->greenlet.is_main ? -1 : 1;
	return (x->greenlet.addr > y->greenlet.addr) -
	       (x->greenlet.addr < y->greenlet.addr);
}

static int read_all(struct reading *rd)
{
	struct hog_snapshot *s = rd->s;
	int r = hog_greenlets_look(&rd->found, UINT64_MAX);
	size_t n = rd->found.n;

	if (r == -ENOMEM)
		return r;
	if (r == -ENOTSUP)
		snprintf(s->no_greenlets, sizeof(s->no_greenlets),
			 "this greenlet on Python %s is not known",
			 s->py.version_text);
	if (r < 0 || n == 0)
		return 0;
	s->greenlets = calloc(n, sizeof(*s->greenlets));
	rd->frames = malloc(HOG_PYSTACK_MAX * sizeof(*rd->frames));
	rd->states = calloc(s->n_threads + 1, sizeof(*rd->states));
	if (!s->greenlets || !rd->frames || !rd->states)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_threads; i++)
		rd->states[i] = s->threads[i].state;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add(rd, rd->found.v[i]);
	give_threads(s);
	qsort(s->greenlets, s->n_greenlets, sizeof(*s->greenlets), by_thread);
	for (size_t i = 0; r == 0 && i < s->n_threads; i++)
		give_stack(rd, i);
	if (rd->opt->async != HOG_ASYNC_ALL)
		drop_frames(s);
	return r;
}

int hog_snapshot_read_greenlets(struct hog_snapshot *s,
				const struct hog_snapshot_options *opt)
{
	struct reading rd = { .s = s, .opt = opt };
	struct hog_err err = { 0 };
	int r = hog_greenlets_open(&s->py, &rd.found, &err);

	if (r < 0 && r != -ENOENT)
		snprintf(s->no_greenlets, sizeof(s->no_greenlets), "%s",
			 err.text);
	if (r < 0)
		return 0;
	s->has_greenlets = true;
	r = read_all(&rd);
	hog_greenlets_fini(&rd.found);
	free(rd.frames);
	free(rd.states);
	return r;
}
