/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a number is distributed, in bounded memory: 32 buckets for each power of
 * two, so that a percentile is right to 1.6 %.  Buckets are kept only from the
 * smallest to the largest value seen: about 1 KiB for times of one kind.
 */
#ifndef HOG_ANALYZE_HISTOGRAM_H
#define HOG_ANALYZE_HISTOGRAM_H

#include <stdint.h>

#define HOG_HISTOGRAM_SUB 32

struct hog_histogram { /* zeroed: empty */
	uint64_t n, total, max;
	uint32_t *counts; /* owned */
	unsigned first, len;
};

void hog_histogram_fini(struct hog_histogram *h);
/* -ENOMEM: it is in n, total and max only. */
int hog_histogram_add(struct hog_histogram *h, uint64_t value);
/* The value that a share of all (0..1) does not exceed; 0 of none. */
uint64_t hog_histogram_at(const struct hog_histogram *h, double share);
/* The i-th bucket, from 0: its smallest value and how many are in it.  0 past
 * the last one; buckets may be empty. */
uint32_t hog_histogram_bucket(const struct hog_histogram *h, unsigned i,
			      uint64_t *ret_from);

#endif
