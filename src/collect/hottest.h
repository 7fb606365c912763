/* SPDX-License-Identifier: Apache-2.0 */
/* The hottest function of the last moments, for the live line. */
#ifndef HOG_COLLECT_HOTTEST_H
#define HOG_COLLECT_HOTTEST_H

#include <stdint.h>

#include "collect/session.h"
#include "profile/model.h"

#define HOG_HOTTEST_SLOTS 64

struct hog_hottest {
	struct {
		uint32_t stack, count;
	} v[HOG_HOTTEST_SLOTS]; /* by hash; a tie of slots goes to the newer */
	uint32_t total;
	char text[256];
};

void hog_hottest_note(struct hog_hottest *h, uint32_t stack);
/* Fills p->hottest and p->hottest_share and starts anew. */
void hog_hottest_take(struct hog_hottest *h, const struct hog_model *model,
		      struct hog_progress *p);

#endif
