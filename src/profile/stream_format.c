/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/stream_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRACKS_FIRST 16
#define FNV_START 0x811c9dc5u
#define FNV_FACTOR 0x01000193u

uint32_t hog_stream_check(const unsigned char *head)
{
	uint32_t check = FNV_START;

	for (size_t i = 0; i < HOG_STREAM_CHECKED; i++)
		check = (check ^ head[i]) * FNV_FACTOR;
	return check;
}

void hog_stream_guess_fini(struct hog_stream_guess *g)
{
	free(g->tracks);
	*g = (struct hog_stream_guess){ 0 };
}

int hog_stream_guess_room(struct hog_stream_guess *g, uint32_t thread)
{
	uint32_t n = g->n ? g->n : TRACKS_FIRST;
	struct hog_stream_track *grown;

	if (thread < g->n)
		return 0;
	while (n <= thread)
		n *= 2;
	grown = realloc(g->tracks, n * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + g->n, 0, (n - g->n) * sizeof(*grown));
	g->tracks = grown;
	g->n = n;
	return 0;
}

uint32_t hog_stream_guess_thread(const struct hog_stream_guess *g)
{
	return g->thread < g->n ? g->tracks[g->thread].next : 0;
}

struct hog_event hog_stream_guess_event(const struct hog_stream_guess *g,
					uint32_t thread)
{
	struct hog_event ev = g->tracks[thread].last;

	ev.time_ns += g->time_ns;
	ev.thread = thread;
	return ev;
}

void hog_stream_guess_learn(struct hog_stream_guess *g,
			    const struct hog_event *ev)
{
	struct hog_stream_track *track = &g->tracks[ev->thread];

	if (g->thread < g->n)
		g->tracks[g->thread].next = ev->thread;
	track->last = *ev;
	track->last.time_ns = ev->time_ns - g->time_ns;
	g->thread = ev->thread;
	g->time_ns = ev->time_ns;
}
