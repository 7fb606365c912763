/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/stop_budget.h"

#include "base/clock.h"

/* What was not spent within so long is lost: the share holds for any stretch
 * of time that one would notice, not only for the whole run. */
#define SAVED_NS ((double)HOG_NS_PER_SEC / 10)
#define FIRST_NS 30000.0 /* a stop takes 15-60 us */
#define OF_LATE 0.1

bool hog_stopbudget_may(struct hog_stopbudget *b, double percent,
			uint64_t now_ns)
{
	double share = percent / 100, most = share * SAVED_NS;

	if (b->since_ns == 0) {
		b->since_ns = now_ns;
		b->usual_ns = FIRST_NS;
	}
	if (now_ns > b->since_ns)
		b->earned_ns += share * (double)(now_ns - b->since_ns);
	b->since_ns = now_ns;
	/* A share so small that it buys no stop in that time saves up for one. */
	if (most < b->usual_ns)
		most = b->usual_ns;
	if (b->earned_ns > most)
		b->earned_ns = most;
	return b->earned_ns >= b->usual_ns;
}

void hog_stopbudget_spend(struct hog_stopbudget *b, uint64_t held_ns)
{
	b->earned_ns -= (double)held_ns;
	b->usual_ns += OF_LATE * ((double)held_ns - b->usual_ns);
}
