/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A limit to hognose's own CPU use (--max-cpu): lowers the rate while it is
 * above, raises it again towards the asked one when there is room.
 */
#ifndef HOG_COLLECT_BUDGET_H
#define HOG_COLLECT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct hog_budget {
	double share; /* of a core; 0: no limit */
	double asked_hz, hz, lowest_hz;
	uint64_t since_ns, cpu_ns; /* when the span under way began */
};

/* per_cent: of one core; 0: no limit.  cpu_ns: CPU time used so far. */
void hog_budget_start(struct hog_budget *b, double asked_hz, double per_cent,
		      uint64_t now_ns, uint64_t cpu_ns);
/* Is it time for a look? */
bool hog_budget_due(const struct hog_budget *b, uint64_t now_ns);
/* true: b->hz is another rate now. */
bool hog_budget_look(struct hog_budget *b, uint64_t now_ns, uint64_t cpu_ns);

#endif
