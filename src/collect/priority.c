/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/priority.h"

#include "base/clock.h"

#define SPAN_NS (HOG_NS_PER_SEC / 4)
#define SLOTS_MIN 20     /* fewer tell nothing: the span goes on */
#define DELAY_NS 100000  /* a wake-up takes 10 to 60 us where a CPU is free */
#define DELAYED_MAX 0.04 /* share of the slots */
#define CPU_MAX 0.25     /* of a core: who needs more must not have priority */
#define HOLD_NS (2 * HOG_NS_PER_SEC)
#define HOLD_MAX_NS (30 * HOG_NS_PER_SEC)
#define RATE_MAX 10000.0

void hog_priority_start(struct hog_priority *p, double rate_hz, uint64_t now_ns,
			uint64_t cpu_ns)
{
	*p = (struct hog_priority){
		.off = rate_hz > RATE_MAX,
		.since_ns = now_ns,
		.cpu_ns = cpu_ns,
		.hold_ns = HOLD_NS,
	};
}

void hog_priority_note(struct hog_priority *p, uint64_t delay_ns)
{
	p->slots++;
	p->delayed += delay_ns > DELAY_NS;
}

bool hog_priority_due(const struct hog_priority *p, uint64_t now_ns)
{
	return !p->off && p->slots >= SLOTS_MIN &&
	       now_ns - p->since_ns >= SPAN_NS;
}

static enum hog_priority_advice lower(struct hog_priority *p)
{
	p->raised = false;
	return HOG_PRIORITY_LOWER;
}

static enum hog_priority_advice raise(struct hog_priority *p, uint64_t now_ns)
{
	p->raised = true;
	p->raises++;
	p->until_ns = now_ns + p->hold_ns;
	p->hold_ns *= 2;
	if (p->hold_ns > HOLD_MAX_NS)
		p->hold_ns = HOLD_MAX_NS;
	return HOG_PRIORITY_RAISE;
}

static enum hog_priority_advice advise(struct hog_priority *p, uint64_t now_ns,
				       double used)
{
	bool starved = p->delayed > DELAYED_MAX * p->slots;

	if (p->raised && used > CPU_MAX) {
		p->off = true;
		return lower(p);
	}
	if (p->raised)
		return now_ns >= p->until_ns ? lower(p) : HOG_PRIORITY_KEEP;
	if (starved && used <= CPU_MAX)
		return raise(p, now_ns);
	if (!starved)
		p->hold_ns = HOLD_NS;
	return HOG_PRIORITY_KEEP;
}

enum hog_priority_advice hog_priority_look(struct hog_priority *p,
					   uint64_t now_ns, uint64_t cpu_ns)
{
	double used =
		(double)(cpu_ns - p->cpu_ns) / (double)(now_ns - p->since_ns);
	enum hog_priority_advice advice = advise(p, now_ns, used);

	p->since_ns = now_ns;
	p->cpu_ns = cpu_ns;
	p->slots = p->delayed = 0;
	return advice;
}

void hog_priority_refused(struct hog_priority *p)
{
	p->off = true;
	p->raised = false;
}
