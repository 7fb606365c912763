/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/running.h"

#include <string.h>

#include "base/clock.h"
#include "collect/sleepers.h"
#include "python/threads.h"

#define MOVED_FRESH_NS 50000 /* who moved within this runs: no look needed */
/* Who moved within this and holds the GIL runs as well, as a rule. */
#define HOLDER_FRESH_NS (HOG_NS_PER_SEC / 500)
/* The rule must have held for so many looks; then the kernel is still asked
 * after 16 looks at a thread that moves, after 4 at one that stays in a C
 * function.  A thread that was found asleep with the GIL in its hands (a C
 * function that blocks and keeps it) is asked each time for the next DISTRUST
 * looks: less than one sample in 200 is taken wrongly, whatever its habits. */
#define TRUST 64
#define ASK_AFTER 16
#define ASK_STILL (ASK_AFTER / 4)
#define DISTRUST 4096

/* Of the only thread nobody else can have taken it: a short while ago will do,
 * as each span of a read costs as much as a tenth of it. */
static bool known_well(const struct hog_process *p, const struct hog_slot *slot)
{
	return p->gils_copied && p->n_threads == 1 &&
	       slot->now_ns - p->gil_bytes_ns < MOVED_FRESH_NS;
}

bool hog_running_plan(struct hog_process *p, const struct hog_slot *slot)
{
	if (known_well(p, slot))
		return true;
	p->gil_bytes_ns = slot->now_ns;
	p->gils_copied = slot->period_ns <= HOLDER_FRESH_NS &&
			 slot->opt->mode != HOG_MODE_GIL;
	for (unsigned i = 0; p->gils_copied && i < p->n_interps; i++) {
		uint64_t addr;
		size_t len = hog_pygil_span(&p->py, &p->interps[i], &addr);

		p->gils_copied = len > 0;
		/* What cannot be read says nothing. */
		memset(p->gil_bytes[i], 0, sizeof(p->gil_bytes[i]));
		if (len > 0 &&
		    !hog_spans_add(&p->spans, addr, p->gil_bytes[i], len))
			return false;
	}
	return true;
}

static bool holds_gil(const struct hog_process *p, const struct hog_sampled *t)
{
	return p->gils_copied &&
	       hog_pygil_span_holder(&p->interps[t->interp],
				     p->gil_bytes[t->interp]) == t->state.addr;
}

static bool trusted(struct hog_sampled *t, bool moved)
{
	if (t->trust < TRUST)
		return false;
	t->trust += moved ? 1 : ASK_AFTER / ASK_STILL;
	if (t->trust < TRUST + ASK_AFTER)
		return true;
	t->trust = TRUST;
	return false;
}

static void note(struct hog_sampled *t)
{
	if (hog_may_sleep(t))
		t->trust = -DISTRUST;
	else if (t->trust < TRUST)
		t->trust++;
}

void hog_running_judge(struct hog_process *p, struct hog_slot *slot,
		       struct hog_sampled *t)
{
	bool moved =
		t->verdict == HOG_PYSTACK_OK && t->stack.common < t->stack.n;
	uint64_t age = t->read_ns ? slot->now_ns - t->read_ns : UINT64_MAX;
	bool holds;

	t->read_ns = slot->now_ns;
	if (t->os_ns == slot->now_ns)
		return;
	holds = age < HOLDER_FRESH_NS && holds_gil(p, t);
	if ((moved && age < MOVED_FRESH_NS) || (holds && trusted(t, moved))) {
		t->os.state = HOG_OS_RUNNING;
		t->os_ns = slot->now_ns;
		return;
	}
	if (hog_may_sleep(t) && !moved)
		return; /* its turn will come: there are too many for all */
	hog_look_at_os(t, slot->now_ns);
	if (holds)
		note(t);
}
