/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/resting.h"

#include "base/clock.h"
#include "python/threads.h"

bool hog_resting_guess(const struct hog_process *p, const struct hog_slot *slot,
		       const struct hog_sampled *t)
{
	return p->gils_copied && !p->tasks &&
	       slot->opt->mode == HOG_MODE_WALL && hog_resting_holds(p, t) &&
	       slot->now_ns < t->reader->codes_due_ns;
}

void hog_resting_take(struct hog_process *p, const struct hog_slot *slot)
{
	p->switches = p->switch_holder = 0;
	/* A thread with states in several interpreters changes between them
	 * without a switch that is counted. */
	if (!p->gils_copied || p->n_threads < 2 || p->n_interps != 1 ||
	    p->has_twins)
		return;
	p->switches = hog_pygil_span_switches(
		&p->py, &p->interps[0], p->gil_bytes[0], &p->switch_holder);
	p->switches_ns = slot->now_ns;
}

bool hog_resting_holds(const struct hog_process *p, const struct hog_sampled *t)
{
	return p->switches && t->copy_switches == p->switches &&
	       t->state.addr != p->switch_holder;
}

void hog_resting_note(const struct hog_process *p, struct hog_sampled *t)
{
	bool clean =
		t->verdict == HOG_PYSTACK_OK || t->verdict == HOG_PYSTACK_SAME;

	t->copy_switches = 0;
	if (clean && !t->stack.torn && !t->stack.repaired &&
	    !t->stack.unreadable)
		t->copy_switches = p->switches;
}
