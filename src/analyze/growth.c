/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/growth.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/place.h"
#include "base/map.h"
#include "profile/run.h"

#define SEEN_MIN 3 /* fewer looks show no trend */

struct line {
	struct hog_growing g;
	unsigned per_count; /* looks that one count stands for: its least */
	unsigned looks;     /* in the last count so far */
	uint32_t now;       /* being counted */
};

struct hog_growth {
	const struct hog_run *run; /* borrowed */
	struct line *v;            /* owned */
	size_t n, cap;
	struct hog_map64 index; /* process << 32 | frame -> place in v */
};

struct hog_growth *hog_growth_new(const struct hog_run *run)
{
	struct hog_growth *g = calloc(1, sizeof(*g));

	if (g)
		g->run = run;
	return g;
}

void hog_growth_free(struct hog_growth *g)
{
	if (!g)
		return;
	hog_map64_fini(&g->index);
	free(g->v);
	free(g);
}

static int find(struct hog_growth *g, uint32_t process, uint32_t frame,
		struct line **ret)
{
	uint64_t key = (uint64_t)process << 32 | frame;
	uint64_t *at = hog_map64_get(&g->index, key);

	*ret = at ? &g->v[*at] : NULL;
	if (at || g->n >= HOG_GROWTH_LINES)
		return 0;
	if (g->n == g->cap) {
		size_t more = g->cap ? 2 * g->cap : 16;
		struct line *grown = realloc(g->v, more * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		g->v = grown;
		g->cap = more;
	}
	if (hog_map64_put(&g->index, key, g->n) < 0)
		return -ENOMEM;
	*ret = &g->v[g->n++];
	**ret = (struct line){ .g = { .process = process, .frame = frame },
			       .per_count = 1 };
	return 0;
}

/* Half as many counts, each the lesser of two. */
static void halve(struct line *line)
{
	struct hog_growing *g = &line->g;

	for (unsigned i = 0; i + 1 < g->n; i += 2)
		g->counts[i / 2] = g->counts[i] < g->counts[i + 1]
					   ? g->counts[i]
					   : g->counts[i + 1];
	g->n /= 2;
	line->per_count *= 2;
}

static void note(struct line *line)
{
	struct hog_growing *g = &line->g;

	if (line->looks == 0) {
		if (g->n == HOG_GROWTH_COUNTS)
			halve(line);
		g->counts[g->n++] = line->now;
	} else if (line->now < g->counts[g->n - 1]) {
		g->counts[g->n - 1] = line->now;
	}
	line->looks = (line->looks + 1) % line->per_count;
	line->now = 0;
}

int hog_growth_add(struct hog_growth *g, const struct hog_ledger_moment *moment)
{
	struct line *line;

	if (moment->when != HOG_FDS_INTERVAL)
		return 0;
	for (size_t i = 0; i < moment->n; i++) {
		const struct hog_ledger_fd *fd = &moment->fds[i];
		uint32_t frame = hog_place_of(g->run->model, fd->stack).frame;

		if (!frame)
			continue;
		if (find(g, moment->process, frame, &line) < 0)
			return -ENOMEM;
		if (line)
			line->now++;
	}
	/* Also those of which nothing is open any more. */
	for (size_t i = 0; g->v && i < g->n; i++)
		if (g->v[i].g.process == moment->process)
			note(&g->v[i]);
	return 0;
}

static uint32_t least(const uint32_t *v, unsigned from, unsigned to)
{
	uint32_t low = UINT32_MAX;

	for (unsigned i = from; i < to; i++)
		if (v[i] < low)
			low = v[i];
	return low;
}

static bool keeps_rising(const struct hog_growing *g)
{
	unsigned a = g->n / 3, b = 2 * g->n / 3;
	uint32_t early, middle, late;

	if (g->n < SEEN_MIN)
		return false;
	early = least(g->counts, 0, a);
	middle = least(g->counts, a, b);
	late = least(g->counts, b, g->n);
	return early < middle && middle < late;
}

const struct hog_growing *hog_growth_get(const struct hog_growth *g, size_t i)
{
	for (size_t at = 0; at < g->n; at++)
		if (keeps_rising(&g->v[at].g) && i-- == 0)
			return &g->v[at].g;
	return NULL;
}
