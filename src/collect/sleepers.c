/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/sleepers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/resting.h"

#define OS_SHARE 64     /* state files may cost 1/64 of the period */
#define OS_LOOK_NS 2200 /* one look at a sleeper */
#define OS_LOOKS_MIN 2
#define OS_PERIOD_MIN_NS 50000 /* below, a slot may read one at times */
#define GIL_FRESH_NS 200000

void hog_look_at_os(struct hog_sampled *t, uint64_t now)
{
	hog_oswatch_state(&t->watch, &t->os);
	t->os_ns = now;
	t->probe_known = false;
	if (t->os.state == HOG_OS_GONE)
		t->ended = true;
}

bool hog_may_sleep(const struct hog_sampled *t)
{
	return t->os_ns &&
	       (t->os.state == HOG_OS_SLEEPING || t->os.state == HOG_OS_DISK ||
		t->os.state == HOG_OS_STOPPED);
}

bool hog_is_idle(const struct hog_process *p, const struct hog_sampled *t)
{
	return hog_may_sleep(t) &&
	       !hog_pygil_is_wait(&p->py, &p->interps[t->interp], &t->os);
}

/* How many state files one slot may read: by the time that has really passed,
 * which flat out is a multiple of the period. */
static unsigned budget_of(struct hog_process *p, const struct hog_slot *slot)
{
	uint64_t n = slot->period_ns / OS_SHARE / OS_LOOK_NS;

	if (slot->period_ns < OS_PERIOD_MIN_NS) {
		if (slot->now_ns - p->os_looks_ns < OS_SHARE * OS_LOOK_NS)
			return 0;
		p->os_looks_ns = slot->now_ns;
		return 1;
	}
	if (n < OS_LOOKS_MIN)
		n = OS_LOOKS_MIN;
	return n > p->n_threads ? p->n_threads : (unsigned)n;
}

static void look_in_turn(struct hog_process *p, struct hog_slot *slot)
{
	unsigned budget = budget_of(p, slot);

	for (unsigned i = 0; i < p->n_threads && budget > 0; i++) {
		struct hog_sampled *t;

		p->next_os = (p->next_os + 1) % p->n_threads;
		t = p->threads[p->next_os];
		if (t->ended || (t->os_ns && !hog_may_sleep(t)))
			continue;
		hog_look_at_os(t, slot->now_ns);
		budget--;
	}
}

/* A batch of probes: threads, and what was read of each. */
struct probes {
	struct hog_sampled *threads[HOG_SPANS_MAX];
	unsigned char bytes[HOG_SPANS_MAX][HOG_PYPROBE_MAX];
	unsigned n;
};

static void judge_probe(struct hog_process *p, struct hog_slot *slot,
			struct hog_sampled *t, const unsigned char *now,
			size_t len)
{
	t->probe_switches = p->switches;
	if (!t->probe_known) {
		memcpy(t->asleep, now, len);
		t->probe_known = true;
	} else if (memcmp(t->asleep, now, len) != 0) {
		t->moved = true;
		hog_look_at_os(t, slot->now_ns);
	}
}

/* A bad element ends the kernel's work: its thread has ended, perhaps. */
static void read_probes(struct hog_process *p, struct hog_slot *slot,
			struct probes *probes)
{
	struct hog_span *spans = p->spans.v;

	for (unsigned i = 0; i < probes->n;) {
		ssize_t got =
			hog_mem_readv(p->py.mem, spans + i, probes->n - i);

		if (hog_process_is_lost(p, got))
			return;
		for (; i < probes->n && got >= (ssize_t)spans[i].len; i++) {
			got -= (ssize_t)spans[i].len;
			judge_probe(p, slot, probes->threads[i],
				    probes->bytes[i], spans[i].len);
		}
		if (i < probes->n)
			hog_look_at_os(probes->threads[i++], slot->now_ns);
	}
}

/* The GIL as the last slot has read it, when that is but a moment ago. */
static bool gil_is_fresh(const struct hog_process *p,
			 const struct hog_slot *slot)
{
	return p->switches && slot->now_ns - p->switches_ns < GIL_FRESH_NS;
}

/* It has not held the GIL since it was probed. */
static bool stands_still(const struct hog_process *p,
			 const struct hog_slot *slot,
			 const struct hog_sampled *t)
{
	return gil_is_fresh(p, slot) && t->probe_known &&
	       t->probe_switches == p->switches &&
	       t->state.addr != p->switch_holder;
}

static void probe(struct hog_process *p, struct hog_slot *slot)
{
	struct probes *probes = p->probes;

	if (!probes)
		probes = p->probes = malloc(sizeof(*probes));
	if (!probes)
		return;
	p->spans.n = 0;
	probes->n = 0;
	for (unsigned i = 0; i < p->n_threads && probes->n < HOG_SPANS_MAX;
	     i++) {
		struct hog_sampled *t = p->threads[i];
		uint64_t addr;
		size_t len;

		if (t->ended || t->os_ns == slot->now_ns ||
		    !hog_is_idle(p, t) || stands_still(p, slot, t))
			continue;
		len = t->reader->ops->probe(t->reader, &addr);
		if (!hog_spans_add(&p->spans, addr, probes->bytes[probes->n],
				   len))
			break;
		probes->threads[probes->n++] = t;
	}
	if (probes->n > 0)
		read_probes(p, slot, probes);
}

/* A frame may stay where it is while its thread runs on in it: who holds the
 * GIL runs. */
static void wake_holders(struct hog_process *p, struct hog_slot *slot)
{
	bool fresh = gil_is_fresh(p, slot);
	uint64_t holder =
		fresh ? hog_pygil_span_holder(&p->interps[0], p->gil_bytes[0])
		      : 0;

	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];

		if (!fresh)
			holder = p->gils[t->interp].holder;
		if (holder == t->state.addr && !t->ended && hog_may_sleep(t) &&
		    t->os_ns != slot->now_ns)
			hog_look_at_os(t, slot->now_ns);
	}
}

void hog_sleepers_refresh(struct hog_process *p, struct hog_slot *slot)
{
	bool left = false;

	look_in_turn(p, slot);
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];

		t->moved = t->os_ns == slot->now_ns;
		left |= !t->ended && !t->moved && hog_may_sleep(t);
	}
	if (!left || slot->opt->mode == HOG_MODE_CPU)
		return;
	if (!gil_is_fresh(p, slot) && !hog_resting_look(p, slot))
		hog_process_read_gils(p, slot);
	wake_holders(p, slot);
	probe(p, slot);
}
