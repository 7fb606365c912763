/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_data.h"

#include <stdlib.h>
#include <string.h>

/*
 * A thread that switches between greenlets has a data stack for each of them;
 * its thread state names the chunks of the one that runs.  The lists of those
 * that ran lately are kept aside and copied along, so that a switch costs no
 * second read: after one the list is found here, with its copy.
 */
#define SIDE_SPANS 16   /* copied along, at most */
#define SIDE_RECENT 256 /* samples */
#define WORTH_MAX 32    /* as after so many finds without a miss */
#define CHUNK_HEAD 24

struct ds_sides {
	struct ds_side v[DS_SIDES_MAX];
	unsigned n;
	int worth; /* > 0: what runs next is mostly here */
};

void ds_sides_free(struct ds_reader *r)
{
	if (!r->sides)
		return;
	for (unsigned i = 0; i < DS_SIDES_MAX; i++)
		for (unsigned k = 0; k < DS_SIDE_CHUNKS; k++)
			ds_chunk_free(&r->sides->v[i].chunks[k]);
	free(r->sides);
	r->sides = NULL;
}

static void swap_chunk(struct ds_chunk *a, struct ds_chunk *b)
{
	struct ds_chunk swap = *a;

	*a = *b;
	*b = swap;
}

static struct ds_side *free_seat(struct ds_sides *s)
{
	struct ds_side *oldest = &s->v[0];

	if (s->n < DS_SIDES_MAX)
		return &s->v[s->n++];
	for (unsigned i = 1; i < s->n; i++)
		if (s->v[i].used < oldest->used)
			oldest = &s->v[i];
	return oldest;
}

static void drop(struct ds_sides *s, struct ds_side *side)
{
	struct ds_side *last = &s->v[--s->n];
	struct ds_side swap = *side;

	*side = *last;
	*last = swap; /* its buffers stay for whoever sits there next */
}

/* A very deep stack has no place here: it is loaded again. */
static bool fits(const struct ds_reader *r)
{
	return r->n_chunks > 0 && r->n_chunks <= DS_SIDE_CHUNKS && !r->cut;
}

/* Buffers change places, nothing is copied. */
static void exchange(struct ds_reader *r, struct ds_side *side)
{
	unsigned n_side = side->n, n = n_side;
	bool keep = fits(r);

	ds_keep(r, 0);
	if (keep && r->n_chunks > n)
		n = r->n_chunks;
	for (unsigned k = 0; k < n; k++)
		swap_chunk(&r->chunks[k], &side->chunks[k]);
	side->n = keep ? r->n_chunks : 0;
	side->used = r->sample;
	r->n_chunks = n_side;
	r->cut = false;
	if (!keep)
		drop(r->sides, side);
}

void ds_sides_put(struct ds_reader *r)
{
	struct ds_side *side;

	if (!fits(r))
		return;
	if (!r->sides)
		r->sides = calloc(1, sizeof(*r->sides));
	if (!r->sides)
		return;
	if (r->sides->worth > 0)
		r->sides->worth--;
	side = free_seat(r->sides);
	side->n = 0;
	exchange(r, side);
}

static bool planned(const struct ds_reader *r, const struct ds_side *side)
{
	return r->sides->worth > 0 && r->sample - side->used < SIDE_RECENT;
}

int ds_sides_plan(struct ds_reader *r, struct hog_spans *spans)
{
	unsigned left = SIDE_SPANS;

	for (unsigned i = 0; r->sides && i < r->sides->n; i++) {
		struct ds_side *side = &r->sides->v[i];
		bool plan = planned(r, side) && side->n <= left;

		for (unsigned k = 0; k < side->n; k++) {
			struct ds_chunk *c = &side->chunks[k];

			c->planned = c->got = 0;
			if (!plan)
				continue;
			if (ds_chunk_plan(c, spans) < 0)
				return -1;
			left--;
		}
	}
	return 0;
}

void ds_sides_place(struct ds_reader *r, size_t got)
{
	struct ds_side *ended = NULL;

	for (unsigned i = 0; r->sides && i < r->sides->n; i++) {
		struct ds_side *side = &r->sides->v[i];

		for (unsigned k = 0; k < side->n; k++) {
			struct ds_chunk *c = &side->chunks[k];

			c->got = got < c->planned ? (uint32_t)got : c->planned;
			got -= c->got;
			if (c->got < c->planned && !ended)
				ended = side; /* its chunk was freed */
		}
	}
	if (ended)
		drop(r->sides, ended);
}

/* The memory may be another greenlet's by now. */
static bool still_is(const struct ds_reader *r, const struct ds_side *side)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	uint64_t below = 0;

	for (unsigned k = 0; k < side->n; k++) {
		const struct ds_chunk *c = &side->chunks[k];

		if (c->got < CHUNK_HEAD ||
		    ds_word(c->buf + lay->chunk_previous) != below ||
		    ds_word(c->buf + lay->chunk_size) != c->size)
			return false;
		below = c->addr;
	}
	return true;
}

bool ds_sides_take(struct ds_reader *r, uint64_t newest, bool *ret_copied)
{
	for (unsigned i = 0; r->sides && i < r->sides->n; i++) {
		struct ds_side *side = &r->sides->v[i];

		if (side->n == 0 || side->chunks[side->n - 1].addr != newest)
			continue;
		r->sides->worth += 2;
		if (r->sides->worth > WORTH_MAX)
			r->sides->worth = WORTH_MAX;
		*ret_copied = still_is(r, side);
		if (!*ret_copied && side->chunks[0].got > 0) {
			drop(r->sides, side);
			return false;
		}
		exchange(r, side);
		return true;
	}
	return false;
}
