/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --async=all: what is suspended or parked, counted by thread and stack, so that
 * those looked at in one slot are sent as one sample for each pair.
 */
#ifndef HOG_COLLECT_COUNTED_H
#define HOG_COLLECT_COUNTED_H

#include <stdint.h>

#include "base/map.h"

struct hog_slot;

/* One more of this thread and stack of the model; 0 is none of either. */
void hog_counted_add(struct hog_map64 *counts, uint32_t thread, uint32_t stack);
/* Each stands for so much weight. */
void hog_counted_send(const struct hog_map64 *counts, struct hog_slot *slot,
		      double each);

#endif
