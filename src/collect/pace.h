/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of a session: absolute deadlines, one per slot.  A slot that comes
 * too late is counted and never made up for.  Below 20 kHz it sleeps between
 * slots; above, sleeping is too coarse and it spins.
 */
#ifndef HOG_COLLECT_PACE_H
#define HOG_COLLECT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/event.h"

struct hog_pace {
	uint64_t period_ns, start_ns;
	double period; /* ns, with its fraction: rates need not divide a second */
	uint64_t slot;        /* number of the next one */
	uint64_t deadline_ns; /* of the next one, without its jitter */
	uint64_t slot_ns; /* the time that the slot being served stands for: its
			   * deadline, or when it came late the time now */
	uint64_t random;
};

void hog_pace_start(struct hog_pace *p, double rate_hz);
/* Sleeps until the next slot.  Counts slots, late and missed ones.  Returns
 * the time now; *ret_late says whether this slot is served late. */
uint64_t hog_pace_wait(struct hog_pace *p, uint64_t *slots,
		       struct hog_loss *loss, bool *ret_late);

#endif
