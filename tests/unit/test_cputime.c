/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/cputime.h"

#include <criterion/criterion.h>

static struct hog_cpushare shares[HOG_CPUTIME_STACKS];

Test(cputime, the_first_look_only_starts_the_count)
{
	struct hog_cputime c = { 0 };

	cr_assert_eq(hog_cputime_look(&c, 5000, 1, true, shares), 0);
	cr_assert_eq(hog_cputime_look(&c, 5000, 1, true, shares), 0);
	cr_assert_eq(c.last_ns, 5000);
}

Test(cputime, time_goes_to_the_samples_since_it_last_moved)
{
	struct hog_cputime c = { 0 };

	hog_cputime_look(&c, 1000, 7, true, shares);
	hog_cputime_look(&c, 1000, 7, true, shares);
	hog_cputime_look(&c, 1000, 8, true, shares);
	hog_cputime_look(&c, 1000, 7, true, shares);
	cr_assert_eq(hog_cputime_look(&c, 5000, 8, true, shares), 2);
	cr_assert_eq(shares[0].stack, 7);
	cr_assert_eq(shares[0].ns, 2000);
	cr_assert_eq(shares[1].stack, 8);
	cr_assert_eq(shares[1].ns, 2000);
}

Test(cputime, time_used_between_two_looks_goes_to_the_stack_seen)
{
	struct hog_cputime c = { 0 };

	hog_cputime_look(&c, 0, 3, false, shares);
	cr_assert_eq(hog_cputime_look(&c, 300, 4, false, shares), 1);
	cr_assert_eq(shares[0].stack, 4);
	cr_assert_eq(shares[0].ns, 300);
}

Test(cputime, shares_always_add_up_to_the_time_used)
{
	struct hog_cputime c = { 0 };
	uint64_t sum = 0;
	unsigned n;

	hog_cputime_look(&c, 0, 0, true, shares);
	for (uint32_t i = 1; i < 3 * HOG_CPUTIME_STACKS; i++)
		hog_cputime_look(&c, 0, i, true, shares);
	n = hog_cputime_look(&c, 1000003, 1, true, shares);
	cr_assert_eq(n, HOG_CPUTIME_STACKS);
	for (unsigned i = 0; i < n; i++)
		sum += shares[i].ns;
	cr_assert_eq(sum, 1000003);
}
