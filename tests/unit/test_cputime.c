/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/cputime.h"

#include <criterion/criterion.h>

#include "target/target.h"

static struct hog_cpushare shares[HOG_CPUTIME_STACKS];

static unsigned look(struct hog_cputime *c, uint64_t ns, uint32_t stack,
		     bool running)
{
	const struct hog_oscpu now = { .ns = ns };

	return hog_cputime_look(c, &now, 0, stack, running, shares);
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
	look(&c, 1000, 8, true);
	cr_assert_eq(look(&c, 5000, 9, true), 2);
	cr_assert_eq(shares[0].stack, 7);
	cr_assert_eq(shares[0].ns, 2000);
	cr_assert_eq(shares[1].stack, 8);
	cr_assert_eq(shares[1].ns, 2000);
	cr_assert_eq(look(&c, 6000, 7, true), 1);
	cr_assert_eq(shares[0].stack, 9);
	cr_assert_eq(shares[0].ns, 1000);
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

	hog_cputime_look(&c, &now, 0, 3, false, shares);
	cr_assert(hog_cputime_sleeps_on(&c, &now));
	cr_assert_eq(hog_cputime_look(&c, &now, 0, 3, true, shares), 0);
	now.turns++;
	cr_assert_eq(hog_cputime_look(&c, &now, 0, 4, true, shares), 0);
	now.ns += 500;
	cr_assert_not(hog_cputime_sleeps_on(&c, &now));
	cr_assert_eq(hog_cputime_look(&c, &now, 0, 3, false, shares), 1);
	cr_assert_eq(shares[0].stack, 4);
	cr_assert_eq(shares[0].ns, 500);
}

/* A look at a time, in units that the CPU time has too. */
static unsigned look_at(struct hog_cputime *c, uint64_t time_ns,
			struct hog_oscpu now, uint32_t stack)
{
	return hog_cputime_look(c, &now, time_ns, stack, true, shares);
}

Test(cputime, one_that_lost_its_cpu_used_nothing_while_it_waited)
{
	struct hog_cputime c = { 0 };

	look_at(&c, 100, (struct hog_oscpu){ 1000, 50, 7 }, 1);
	look_at(&c, 200, (struct hog_oscpu){ 1000, 50, 7 }, 2);
	/* It left its CPU at 230, and stands at 3 since. */
	cr_assert_eq(look_at(&c, 300, (struct hog_oscpu){ 1130, 50, 7 }, 3), 2);
	look_at(&c, 400, (struct hog_oscpu){ 1130, 50, 7 }, 3);
	/* At 450 it has one again: 3 was waiting, all that comes is for 4. */
	cr_assert_eq(look_at(&c, 500, (struct hog_oscpu){ 1130, 270, 8 }, 4),
		     0);
	cr_assert_eq(look_at(&c, 600, (struct hog_oscpu){ 1280, 270, 8 }, 5),
		     1);
	cr_assert_eq(shares[0].stack, 4);
	cr_assert_eq(shares[0].ns, 150);
}

Test(cputime, a_wait_is_known_also_when_time_was_used_after_it)
{
	struct hog_cputime c = { 0 };

	look_at(&c, 100, (struct hog_oscpu){ 1000, 50, 7 }, 1);
	cr_assert_eq(look_at(&c, 200, (struct hog_oscpu){ 1080, 50, 7 }, 3), 1);
	/* It waited from 180 to 250 and ran since: for at least 200 to 250. */
	cr_assert_eq(look_at(&c, 260, (struct hog_oscpu){ 1090, 120, 8 }, 4),
		     0);
	cr_assert_eq(look_at(&c, 300, (struct hog_oscpu){ 1130, 120, 8 }, 4),
		     1);
	cr_assert_eq(shares[0].stack, 4);
	cr_assert_eq(shares[0].ns, 50);
}

Test(cputime, one_that_ran_before_it_waited_gets_its_time)
{
	struct hog_cputime c = { 0 };

	look_at(&c, 100, (struct hog_oscpu){ 1000, 50, 7 }, 1);
	cr_assert_eq(look_at(&c, 200, (struct hog_oscpu){ 1080, 60, 8 }, 3), 1);
	cr_assert_eq(shares[0].stack, 1);
	cr_assert_eq(shares[0].ns, 80);
}

Test(cputime, only_the_samples_of_the_wait_are_forgotten)
{
	struct hog_cputime c = { 0 };

	look_at(&c, 100, (struct hog_oscpu){ 1000, 50, 7 }, 1);
	look_at(&c, 200, (struct hog_oscpu){ 1000, 50, 7 }, 1);
	look_at(&c, 300, (struct hog_oscpu){ 1000, 50, 7 }, 2);
	look_at(&c, 400, (struct hog_oscpu){ 1000, 50, 7 }, 2);
	/* It ran to 220 and waited from then to 480. */
	cr_assert_eq(look_at(&c, 500, (struct hog_oscpu){ 1140, 310, 8 }, 3),
		     1);
	cr_assert_eq(shares[0].stack, 1);
	cr_assert_eq(shares[0].ns, 140);
}
