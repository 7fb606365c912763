/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines whose number of open descriptors keeps rising: at each interval the
 * descriptors of a process are counted by the line that opened them, and a line
 * whose lowest count went up from each third of the time to the next is told.
 * What opens and closes all the time has a floor that stays.
 */
#ifndef HOG_ANALYZE_GROWTH_H
#define HOG_ANALYZE_GROWTH_H

#include <stdint.h>

#include "analyze/ledger.h"

#define HOG_GROWTH_COUNTS 48   /* then each stands for twice the time */
#define HOG_GROWTH_LINES 16384 /* more are not watched */

struct hog_growth;
struct hog_run;

struct hog_growing {
	uint32_t process, frame; /* of the model */
	uint32_t counts[HOG_GROWTH_COUNTS];
	unsigned n;
};

struct hog_growth *hog_growth_new(const struct hog_run *run);
void hog_growth_free(struct hog_growth *g);
/* A moment of HOG_FDS_INTERVAL; others are left alone.  -ENOMEM. */
int hog_growth_add(struct hog_growth *g,
		   const struct hog_ledger_moment *moment);
/* The i-th line that grows, in the order they were seen; NULL: no more. */
const struct hog_growing *hog_growth_get(const struct hog_growth *g, size_t i);

#endif
