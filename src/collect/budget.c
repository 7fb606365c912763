/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/budget.h"

#include "base/clock.h"

#define SPAN_NS (HOG_NS_PER_SEC / 2) /* what is averaged */
#define FLOOD 4  /* over the limit by this: half as long is enough */
#define AIM 0.95 /* of the limit */
#define ROOM 0.8 /* below this share of the limit the rate may rise */
#define RISE 1.5 /* at most at once: what it costs is known afterwards only */
#define FALL 0.1 /* at most at once: the span may have had a rare burden */
#define LOWEST_HZ 1.0

void hog_budget_start(struct hog_budget *b, double asked_hz, double per_cent,
		      uint64_t now_ns, uint64_t cpu_ns)
{
	*b = (struct hog_budget){
		.share = per_cent / 100,
		.asked_hz = asked_hz,
		.hz = asked_hz,
		.lowest_hz = asked_hz,
		.since_ns = now_ns,
		.cpu_ns = cpu_ns,
	};
}

bool hog_budget_due(const struct hog_budget *b, uint64_t now_ns)
{
	return b->share > 0 && now_ns - b->since_ns >= SPAN_NS / 2;
}

static double clamp(double v, double low, double high)
{
	return v < low ? low : v > high ? high : v;
}

/* Part of the cost does not fall with the rate (lists of threads, births of
 * processes): several steps find the rate that fits. */
static double rate_for(const struct hog_budget *b, double used)
{
	double lowest = b->asked_hz < LOWEST_HZ ? b->asked_hz : LOWEST_HZ;
	double fit = used > 0 ? AIM * b->share / used : RISE;

	if (used > b->share)
		return clamp(b->hz * clamp(fit, FALL, 1), lowest, b->asked_hz);
	if (used < ROOM * b->share)
		return clamp(b->hz * clamp(fit, 1, RISE), lowest, b->asked_hz);
	return b->hz;
}

bool hog_budget_look(struct hog_budget *b, uint64_t now_ns, uint64_t cpu_ns)
{
	uint64_t span = now_ns - b->since_ns;
	double used = (double)(cpu_ns - b->cpu_ns) / (double)span;
	double hz;

	if (span < SPAN_NS && used < FLOOD * b->share)
		return false;
	hz = rate_for(b, used);
	b->since_ns = now_ns;
	b->cpu_ns = cpu_ns;
	if (hz == b->hz)
		return false;
	b->hz = hz;
	if (hz < b->lowest_hz)
		b->lowest_hz = hz;
	return true;
}
