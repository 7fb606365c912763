/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --async=all: the stacks of parked greenlets.  They are looked at ten times a
 * second, less often when there are so many that this would cost too much, and
 * each look stands for all slots since the one before.
 */
#include <errno.h>

#include "base/clock.h"
#include "collect/greens_priv.h"

#define PARKED_NS (HOG_NS_PER_SEC / 10)
#define PARKED_SHARE 16 /* of a core */

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

static void send_one(struct hog_process *p, struct hog_slot *slot,
		     uint64_t addr, int64_t weight)
{
	struct hog_green *green;
	struct hog_greenlet g;
	uint32_t thread, stack;

	if (hog_greenlet_read(&p->greens->found, addr, &g) < 0 ||
	    g.state != HOG_GREENLET_PARKED)
		return;
	if (hog_greenlet_is_hub(&p->greens->found, addr))
		return; /* it waits for no more than its turn */
	thread = thread_of(p, g.main);
	green = thread ? hog_green_of(p, &g) : NULL;
	if (!green)
		return;
	stack = stack_of(p, slot, green, &g);
	if (stack)
		hog_slot_send(slot, thread, stack, weight, HOG_EVF_IDLE);
}

void hog_greens_send_parked(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_greens *gs = p->greens;
	uint64_t start, since, slots;

	if (!gs || !gs->open || gs->closed || p->gone ||
	    slot->opt->async != HOG_ASYNC_ALL ||
	    slot->opt->mode != HOG_MODE_WALL)
		return;
	since = gs->parked_ns ? slot->now_ns - gs->parked_ns : slot->period_ns;
	if (gs->parked_ns && since < gs->parked_gap_ns)
		return;
	if (gs->found.n == 0)
		return;
	slots = (since + slot->period_ns / 2) / slot->period_ns;
	gs->parked_ns = slot->now_ns;
	start = hog_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; slots && i < gs->found.n; i++)
		send_one(p, slot, gs->found.v[i], (int64_t)slots * HOG_SLOT);
	gs->parked_gap_ns =
		PARKED_SHARE * (hog_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start);
	if (gs->parked_gap_ns < PARKED_NS)
		gs->parked_gap_ns = PARKED_NS;
}
