/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --async=all: the stacks of parked greenlets.  They are looked at ten times a
 * second, as many as a share of the time allows, in turn.  A look stands for all
 * slots since the one before, and those looked at for all there are.
 */
#include <errno.h>

#include "base/clock.h"
#include "collect/counted.h"
#include "collect/greens_priv.h"

#define PARKED_NS (HOG_NS_PER_SEC / 10)
#define PARKED_SHARE 16 /* of the time between two looks */

/* The model stack of a parked one; 0: it was resumed meanwhile. */
static uint32_t stack_of(struct hog_process *p, struct hog_slot *slot,
			 struct hog_green *green, const struct hog_greenlet *g)
{
	struct hog_greens *gs = p->greens;
	bool truncated = false;
	uint32_t stack;
	int n;

	n = hog_greenlet_walk(&gs->found, p->stacks.codes, g, gs->frames,
			      HOG_PYSTACK_MAX, &truncated);
	if (n < 0)
		return 0;
	stack = hog_green_name(p, green, g, gs->frames, (size_t)n,
			       slot->now_ns);
	if (truncated)
		stack = hog_frames_mark(&p->frames, stack, "[truncated]");
	for (int i = 0; i < n; i++)
		if (!hog_pyframe_is_hidden(&gs->frames[i]))
			stack = hog_frames_push(&p->frames, stack,
						&gs->frames[i]);
	return hog_frames_mark(&p->frames, stack, "[parked]");
}

static uint32_t thread_of(const struct hog_process *p, uint64_t main)
{
	for (unsigned i = 0; i < p->n_threads; i++)
		if (p->threads[i]->green_main == main)
			return p->threads[i]->model_thread;
	return 0;
}

/* Notes where one is parked, to be sent when all of the look is done. */
static void note_one(struct hog_process *p, struct hog_slot *slot,
		     uint64_t addr)
{
	struct hog_greens *gs = p->greens;
	struct hog_green *green;
	struct hog_greenlet g;
	uint32_t thread, stack;

	if (hog_greenlet_read(&gs->found, addr, &g) < 0 ||
	    g.state != HOG_GREENLET_PARKED)
		return;
	if (hog_greenlet_is_hub(&gs->found, addr))
		return; /* it waits for no more than its turn */
	thread = thread_of(p, g.main);
	green = thread ? hog_green_of(p, &g) : NULL;
	stack = green ? stack_of(p, slot, green, &g) : 0;
	hog_counted_add(&gs->weights, thread, stack);
}

void hog_greens_send_parked(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_greens *gs = p->greens;
	uint64_t since, until;
	size_t n, looked = 0;
	double slots;

	if (!gs || !gs->open || gs->closed || p->gone ||
	    slot->opt->async != HOG_ASYNC_ALL ||
	    slot->opt->mode != HOG_MODE_WALL)
		return;
	n = gs->found.n;
	since = gs->parked_ns ? slot->now_ns - gs->parked_ns : slot->period_ns;
	if (n == 0 || (gs->parked_ns && since < PARKED_NS))
		return;
	slots = (double)since / (double)slot->period_ns;
	gs->parked_ns = slot->now_ns;
	until = hog_now_ns() +
		(since < PARKED_NS ? PARKED_NS : since) / PARKED_SHARE;
	hog_map64_clear(&gs->weights);
	do {
		gs->next_parked %= n;
		note_one(p, slot, gs->found.v[gs->next_parked++]);
	} while (++looked < n && hog_now_ns() < until);
	/* Those that were looked at stand for all. */
	hog_counted_send(&gs->weights, slot,
			 HOG_SLOT * slots * (double)n / (double)looked);
}
