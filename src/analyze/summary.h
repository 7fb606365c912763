/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls summed up by what they are, by the line of Python that made them or by
 * the thread: count, errors, and how long they took.
 */
#ifndef HOG_ANALYZE_SUMMARY_H
#define HOG_ANALYZE_SUMMARY_H

#include <stdint.h>

#include "analyze/histogram.h"
#include "profile/sink.h"

/* Past so many groups, further ones are summed up in one. */
#define HOG_SUMMARY_GROUPS_MAX 65536

struct hog_callview;
struct hog_summary;

struct hog_summary_row {
	uint64_t key;
	uint32_t name;  /* CALL: string of the model; 0: the others */
	uint32_t frame; /* LINE: one at that line; 0: no Python */
	uint32_t thread;
	uint64_t count, errors;
	struct hog_histogram times; /* ns; of calls seen from end to end */
};

struct hog_summary *hog_summary_new(enum hog_group group);
void hog_summary_free(struct hog_summary *s);
/* 0 or -ENOMEM. */
int hog_summary_add(struct hog_summary *s, const struct hog_callview *v);
/* Sorted by total time, then count, then in order of appearance. */
const struct hog_summary_row *hog_summary_rows(struct hog_summary *s,
					       uint32_t *ret_n);
/* All calls together; times are of all. */
const struct hog_summary_row *hog_summary_all(const struct hog_summary *s);

#endif
