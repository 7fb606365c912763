/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/histogram.h"

#include <criterion/criterion.h>

Test(histogram, of_nothing_is_nothing)
{
	struct hog_histogram h = { 0 };
	uint64_t from;

	cr_assert_eq(hog_histogram_at(&h, 0.5), 0);
	cr_assert_eq(hog_histogram_bucket(&h, 0, &from), 0);
	hog_histogram_fini(&h);
}

Test(histogram, gives_percentiles_within_two_per_cent)
{
	struct hog_histogram h = { 0 };

	for (uint64_t i = 1; i <= 100000; i++)
		cr_assert_eq(hog_histogram_add(&h, i * 1000), 0);
	cr_assert_eq(h.n, 100000);
	cr_assert_eq(h.total, 5000050000000);
	cr_assert_eq(h.max, 100000000);
	cr_expect_float_eq((double)hog_histogram_at(&h, 0.5), 50e6, 1e6);
	cr_expect_float_eq((double)hog_histogram_at(&h, 0.9), 90e6, 1.8e6);
	cr_expect_float_eq((double)hog_histogram_at(&h, 0.99), 99e6, 2e6);
	cr_expect_leq(hog_histogram_at(&h, 1), h.max);
	cr_assert_lt(h.len, 700);
	hog_histogram_fini(&h);
}

Test(histogram, keeps_small_values_exactly)
{
	struct hog_histogram h = { 0 };

	hog_histogram_add(&h, 0);
	hog_histogram_add(&h, 3);
	hog_histogram_add(&h, 31);
	cr_assert_eq(hog_histogram_at(&h, 0), 0);
	cr_assert_eq(hog_histogram_at(&h, 0.5), 3);
	cr_assert_eq(hog_histogram_at(&h, 1), 31);
	hog_histogram_fini(&h);
}

Test(histogram, puts_each_value_where_its_bucket_begins)
{
	for (unsigned shift = 0; shift < 64; shift++)
		for (uint64_t low = 0; low < 40; low += 13) {
			struct hog_histogram h = { 0 };
			uint64_t value = (1ULL << shift) + low, from, next;
			unsigned found = 0;

			hog_histogram_add(&h, value);
			for (unsigned i = 0; i < h.len; i++) {
				if (!hog_histogram_bucket(&h, i, &from))
					continue;
				found++;
				cr_expect_leq(from, value);
				hog_histogram_bucket(&h, i + 1, &next);
				if (next)
					cr_expect_gt(next, value);
			}
			cr_expect_eq(found, 1);
			hog_histogram_fini(&h);
		}
}

Test(histogram, does_not_overflow)
{
	struct hog_histogram h = { 0 };

	hog_histogram_add(&h, UINT64_MAX);
	hog_histogram_add(&h, UINT64_MAX);
	hog_histogram_add(&h, 0);
	cr_assert_eq(h.total, UINT64_MAX);
	cr_assert_eq(h.max, UINT64_MAX);
	cr_assert_eq(hog_histogram_at(&h, 0.1), 0);
	cr_assert_gt(hog_histogram_at(&h, 0.9), UINT64_MAX / 64 * 62);
	hog_histogram_fini(&h);
}
