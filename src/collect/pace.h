/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of a session: absolute deadlines, one per slot.  A slot that comes
 * too late is counted and never made up for.  Up to 20 kHz it sleeps between
 * slots; above, sleeping is too coarse and it spins.
 */
#ifndef HOG_COLLECT_PACE_H
#define HOG_COLLECT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/event.h"

#define HOG_PACE_JITTER 50 /* per cent: what is asked for when nothing is */

struct hog_pace {
	double period; /* ns, with its fraction: rates need not divide a second */
	uint64_t period_ns; /* the same, at least 1 */
	double asked_period;
	uint64_t base_ns; /* when slot number base began, of this period */
	uint64_t base;
	uint64_t slot;      /* number of the next one */
	uint64_t planned;   /* slots before this number have their due_ns */
	uint64_t due_ns[2]; /* of the next two: by slot number, odd or even */
	int timers[2];      /* owned: timerfds for them; -1 none */
	uint64_t slot_ns; /* the time that the slot being served stands for: its
			   * deadline, or when it came late the time now */
	uint64_t delay_ns; /* how long after its due time it was served */
	double jitter;     /* share of the period in which a slot moves, 0..1 */
	uint64_t random;
};

/* jitter: 0..100 per cent of the period. */
void hog_pace_start(struct hog_pace *p, double rate_hz, double jitter);
void hog_pace_end(struct hog_pace *p);
/* Another rate from the next slot on. */
void hog_pace_change(struct hog_pace *p, double rate_hz);
/* Deadline of the next slot, without its jitter. */
uint64_t hog_pace_deadline(const struct hog_pace *p);
/* When the next slot will be served; 0: not known yet. */
uint64_t hog_pace_next(const struct hog_pace *p);
/* Sleeps until the next slot, or a signal.  Counts slots, late and missed
 * ones.  Returns the time now; *ret_late: it is served late. */
uint64_t hog_pace_wait(struct hog_pace *p, uint64_t *slots,
		       struct hog_loss *loss, bool *ret_late);

#endif
