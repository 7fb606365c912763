/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/follow.h"

#include <criterion/criterion.h>

#define MS 1000000ull

Test(follow, a_candidate_is_tried_the_less_often_the_older)
{
	struct hog_follow f = { 0 };
	unsigned young = 0, old = 0;

	cr_assert(hog_follow_try(&f, 42, 1, 0));
	for (uint64_t now = 0; now < 50 * MS; now += MS)
		young += hog_follow_due(&f, now) != NULL;
	for (uint64_t now = 2000 * MS; now < 2050 * MS; now += MS)
		old += hog_follow_due(&f, now) != NULL;
	cr_expect_eq(young, 50);
	cr_expect_leq(old, 2);
	hog_follow_fini(&f);
}

Test(follow, one_that_ended_is_not_tried)
{
	struct hog_follow f = { 0 };
	struct hog_candidate *c = hog_follow_try(&f, 42, 1, 0);

	c->ended_ns = 1;
	cr_expect_null(hog_follow_due(&f, MS));
	cr_expect_eq(hog_follow_find(&f, 42), c);
	hog_follow_drop(&f, 42);
	cr_expect_null(hog_follow_find(&f, 42));
	hog_follow_fini(&f);
}

Test(follow, an_exec_begins_anew)
{
	struct hog_follow f = { 0 };
	struct hog_candidate *c = hog_follow_try(&f, 42, 1, 0);

	c->forked = true;
	c->given_ns = 5;
	c = hog_follow_try(&f, 42, 1, 10 * MS);
	cr_expect_eq(f.n, 1);
	cr_expect_not(c->forked);
	cr_expect_eq(c->given_ns, 0);
	cr_expect_eq(c->born_ns, 10 * MS);
	hog_follow_fini(&f);
}

Test(follow, only_forks_are_worth_waking_for)
{
	struct hog_follow f = { 0 };
	struct hog_candidate *c;

	hog_follow_try(&f, 42, 1, 5);
	cr_expect_eq(hog_follow_next(&f), UINT64_MAX);
	c = hog_follow_try(&f, 43, 1, 7);
	c->forked = true;
	cr_expect_eq(hog_follow_next(&f), 7);
	hog_follow_fini(&f);
}
