/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SUB_BITS 5 /* 2 to it is HOG_HISTOGRAM_SUB */
#define SPARE 16   /* buckets made beside the one needed */

/* Values below 32 have a bucket each; above, the five bits behind the highest
 * one tell. */
static unsigned bucket_of(uint64_t value)
{
	unsigned high;

	if (value < HOG_HISTOGRAM_SUB)
		return (unsigned)value;
	high = 63u - (unsigned)__builtin_clzll(value);
	return (high - SUB_BITS + 1) * HOG_HISTOGRAM_SUB +
	       (unsigned)(value >> (high - SUB_BITS)) % HOG_HISTOGRAM_SUB;
}

static uint64_t start_of(unsigned bucket)
{
	unsigned shift = bucket / HOG_HISTOGRAM_SUB;
	uint64_t sub = bucket % HOG_HISTOGRAM_SUB;

	if (shift == 0)
		return sub;
	return (HOG_HISTOGRAM_SUB + sub) << (shift - 1);
}

static uint64_t middle_of(unsigned bucket)
{
	unsigned shift = bucket / HOG_HISTOGRAM_SUB;

	return start_of(bucket) + (shift > 1 ? 1ULL << (shift - 2) : 0);
}

void hog_histogram_fini(struct hog_histogram *h)
{
	free(h->counts);
	*h = (struct hog_histogram){ 0 };
}

/* Makes room so that bucket b is among those that are kept. */
static int reach(struct hog_histogram *h, unsigned b)
{
	unsigned first, end;
	uint32_t *counts;

	if (h->len > 0 && b >= h->first && b < h->first + h->len)
		return 0;
	first = b > SPARE ? b - SPARE : 0;
	end = b + SPARE;
	if (h->len > 0 && h->first < b)
		first = h->first;
	if (h->len > 0 && h->first + h->len > end)
		end = h->first + h->len;
	counts = calloc(end - first, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	if (h->len > 0)
		memcpy(counts + (h->first - first), h->counts,
		       h->len * sizeof(*counts));
	free(h->counts);
	h->counts = counts;
	h->first = first;
	h->len = end - first;
	return 0;
}

int hog_histogram_add(struct hog_histogram *h, uint64_t value)
{
	unsigned b = bucket_of(value);
	int r = reach(h, b);

	h->n++;
	if (__builtin_add_overflow(h->total, value, &h->total))
		h->total = UINT64_MAX;
	if (value > h->max)
		h->max = value;
	if (r == 0 && h->counts[b - h->first] < UINT32_MAX)
		h->counts[b - h->first]++;
	return r;
}

uint64_t hog_histogram_at(const struct hog_histogram *h, double share)
{
	uint64_t all = 0, seen = 0, rank, value;

	for (unsigned i = 0; i < h->len; i++)
		all += h->counts[i];
	if (all == 0)
		return 0;
	rank = (uint64_t)(share * (double)all + 0.999999);
	rank = rank < 1 ? 1 : rank > all ? all : rank;
	for (unsigned i = 0; i < h->len; i++) {
		seen += h->counts[i];
		if (seen < rank)
			continue;
		value = middle_of(h->first + i);
		return value < h->max ? value : h->max;
	}
	return h->max;
}

uint32_t hog_histogram_bucket(const struct hog_histogram *h, unsigned i,
			      uint64_t *ret_from)
{
	if (i >= h->len) {
		*ret_from = 0;
		return 0;
	}
	*ret_from = start_of(h->first + i);
	return h->counts[i];
}
