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

/* A thread with states in several interpreters changes between them without a
 * switch that is counted. */
static bool counts(const struct hog_process *p)
{
	return p->n_threads >= 2 && p->n_interps == 1 && !p->has_twins;
}

/* Went the GIL over once, from one thread to another, all others stand where
 * they stood. */
static void carry_over(struct hog_process *p, uint64_t before, uint64_t from)
{
	bool once = p->switches == before + 1;
	bool torn = p->switches == before && p->switch_holder != from;

	if (!before || !(once || torn))
		return;
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];
		bool still = once && t->state.addr != from &&
			     t->state.addr != p->switch_holder;

		if (t->probe_switches == before)
			t->probe_switches = still ? p->switches : 0;
		if (t->copy_switches == before)
			t->copy_switches = still ? p->switches : 0;
	}
}

static void take(struct hog_process *p, const struct hog_slot *slot)
{
	uint64_t before = p->switches, from = p->switch_holder;

	p->switches = hog_pygil_span_switches(
		&p->py, &p->interps[0], p->gil_bytes[0], &p->switch_holder);
	p->switches_ns = slot->now_ns;
	carry_over(p, before, from);
}

void hog_resting_take(struct hog_process *p, const struct hog_slot *slot)
{
	if (p->gils_copied && counts(p))
		take(p, slot);
	else
		p->switches = p->switch_holder = 0;
}

bool hog_resting_look(struct hog_process *p, const struct hog_slot *slot)
{
	uint64_t addr;
	size_t len;

	if (!counts(p))
		return false;
	len = hog_pygil_span(&p->py, &p->interps[0], &addr);
	if (!len || hog_mem_read(p->py.mem, addr, p->gil_bytes[0], len) < 0)
		return false;
	take(p, slot);
	return p->switches != 0;
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
