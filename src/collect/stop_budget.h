/* SPDX-License-Identifier: Apache-2.0 */
/* --stop-budget: how much of its time a process may be held, at most. */
#ifndef HOG_COLLECT_STOP_BUDGET_H
#define HOG_COLLECT_STOP_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed at first.  Time is earned as it passes and spent by stops. */
struct hog_stopbudget {
	double earned_ns;  /* not spent yet; below 0 after a long stop */
	uint64_t since_ns; /* until when it was counted; 0: not begun */
	double usual_ns;   /* of late stops */
};

/* May one more thread be stopped now? */
bool hog_stopbudget_may(struct hog_stopbudget *b, double percent,
			uint64_t now_ns);
/* One was, for so long. */
void hog_stopbudget_spend(struct hog_stopbudget *b, uint64_t held_ns);

#endif
