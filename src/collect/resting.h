/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that cannot have moved: whoever has not held the GIL since its stack
 * was copied stands where it stood.  The GIL counts how often it went over to
 * another thread; it is read before the stacks, in one call with them.
 */
#ifndef HOG_COLLECT_RESTING_H
#define HOG_COLLECT_RESTING_H

#include <stdbool.h>

#include "collect/process.h"

/* By what the last slot saw, t stands still: it need not be read, if
 * hog_resting_holds says so in the end. */
bool hog_resting_guess(const struct hog_process *p, const struct hog_slot *slot,
		       const struct hog_sampled *t);
/* The GIL of this slot has been read. */
void hog_resting_take(struct hog_process *p, const struct hog_slot *slot);
/* Reads the GIL on its own; false: it does not count here. */
bool hog_resting_look(struct hog_process *p, const struct hog_slot *slot);
bool hog_resting_holds(const struct hog_process *p,
		       const struct hog_sampled *t);
/* t has been read in this slot, after the GIL. */
void hog_resting_note(const struct hog_process *p, struct hog_sampled *t);

#endif
