/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/cputime.h"

#include <criterion/criterion.h>

#include "target/target.h"

static struct hog_cpushare shares[HOG_CPUTIME_STACKS];

static unsigned look(struct hog_cputime *c, uint64_t ns, uint32_t stack,
		     bool running)
{
	const struct hog_oscpu now = { .ns = ns };

	return hog_cputime_look(c, &now, stack, running, shares);
}

Test(cputime, the_first_look_only_starts_the_count)
{
	struct hog_cputime c = { 0 };

	cr_assert_eq(look(&c, 5000, 1, true), 0);
	cr_assert_eq(look(&c, 5000, 1, true), 0);
	cr_assert_eq(c.last_ns, 5000);
}

Test(cputime, time_goes_to_the_samples_since_it_last_moved)
{
	struct hog_cputime c = { 0 };

	look(&c, 1000, 7, true);
	look(&c, 1000, 7, true);
	look(&c, 1000, 8, true);
	look(&c, 1000, 7, true);
	cr_assert_eq(look(&c, 5000, 8, true), 2);
	cr_assert_eq(shares[0].stack, 7);
	cr_assert_eq(shares[0].ns, 2000);
	cr_assert_eq(shares[1].stack, 8);
	cr_assert_eq(shares[1].ns, 2000);
}

Test(cputime, time_used_between_two_looks_waits_for_one_that_sees_it_run)
{
	struct hog_cputime c = { 0 };

	look(&c, 0, 3, false);
	cr_assert_eq(look(&c, 300, 4, false), 0);
	cr_assert_eq(look(&c, 300, 5, true), 0);
	cr_assert_eq(look(&c, 350, 4, false), 1);
	cr_assert_eq(shares[0].stack, 5);
	cr_assert_eq(shares[0].ns, 350);
}

Test(cputime, what_was_never_seen_to_run_goes_to_where_it_stands_at_the_end)
{
	struct hog_cputime c = { 0 };

	look(&c, 100, 3, false);
	look(&c, 400, 4, false);
	cr_assert_eq(hog_cputime_end(&c, shares), 1);
	cr_assert_eq(shares[0].stack, 4);
	cr_assert_eq(shares[0].ns, 300);
	cr_assert_eq(hog_cputime_end(&c, shares), 0);
}

Test(cputime, the_end_gives_nothing_to_a_thread_that_used_nothing)
{
	struct hog_cputime c = { 0 };

	cr_assert_eq(hog_cputime_end(&c, shares), 0);
	look(&c, 100, 3, true);
	cr_assert_eq(hog_cputime_end(&c, shares), 0);
}

Test(cputime, shares_always_add_up_to_the_time_used)
{
	struct hog_cputime c = { 0 };
	uint64_t sum = 0;
	unsigned n;

	look(&c, 0, 0, true);
	for (uint32_t i = 1; i < 3 * HOG_CPUTIME_STACKS; i++)
		look(&c, 0, i, true);
	n = look(&c, 1000003, 1, true);
	cr_assert_eq(n, HOG_CPUTIME_STACKS);
	for (unsigned i = 0; i < n; i++)
		sum += shares[i].ns;
	cr_assert_eq(sum, 1000003);
}

Test(cputime, one_that_was_woken_and_waits_for_a_cpu_does_not_run)
{
	struct hog_oscpu now = { .ns = 1000, .turns = 7 };
	struct hog_cputime c = { 0 };

	hog_cputime_look(&c, &now, 3, false, shares);
	cr_assert(hog_cputime_sleeps_on(&c, &now));
	cr_assert_eq(hog_cputime_look(&c, &now, 3, true, shares), 0);
	now.turns++;
	cr_assert_eq(hog_cputime_look(&c, &now, 4, true, shares), 0);
	now.ns += 500;
	cr_assert_not(hog_cputime_sleeps_on(&c, &now));
	cr_assert_eq(hog_cputime_look(&c, &now, 3, false, shares), 1);
	cr_assert_eq(shares[0].stack, 4);
	cr_assert_eq(shares[0].ns, 500);
}
