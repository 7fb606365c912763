/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/stop_budget.h"

#include <criterion/criterion.h>

#define MS 1000000ull

/* Stops of so long whenever it may, each ms for a second; the share held. */
static double share(double percent, uint64_t held_ns)
{
	struct hog_stopbudget b = { 0 };
	double held = 0;

	for (uint64_t now = MS; now < 1001 * MS; now += MS / 10) {
		if (!hog_stopbudget_may(&b, percent, now))
			continue;
		hog_stopbudget_spend(&b, held_ns);
		held += (double)held_ns;
	}
	return held / 1e9 * 100;
}

Test(stop_budget, is_spent_and_not_passed)
{
	cr_assert_leq(share(1, 20000), 1);
	cr_assert_geq(share(1, 20000), 0.9);
	cr_assert_leq(share(0.1, 50000), 0.1);
	cr_assert_geq(share(0.1, 50000), 0.08);
	cr_assert_leq(share(100, 90000), 100);
	cr_assert_geq(share(100, 90000), 80);
}

Test(stop_budget, of_nothing_buys_nothing)
{
	cr_assert_eq(share(0, 1), 0);
}

Test(stop_budget, starts_empty)
{
	struct hog_stopbudget b = { 0 };

	cr_assert_not(hog_stopbudget_may(&b, 50, 1000 * MS));
	cr_assert(hog_stopbudget_may(&b, 50, 1001 * MS));
}

Test(stop_budget, saves_up_for_a_tenth_of_a_second_only)
{
	struct hog_stopbudget b = { 0 };
	unsigned n = 0;

	hog_stopbudget_may(&b, 1, MS);
	while (hog_stopbudget_may(&b, 1, 100000 * MS) && n < 1000) {
		hog_stopbudget_spend(&b, 100000);
		n++;
	}
	cr_assert_leq(n, 11);
	cr_assert_geq(n, 9);
}

Test(stop_budget, makes_up_for_a_stop_that_took_long)
{
	struct hog_stopbudget b = { 0 };

	hog_stopbudget_may(&b, 1, MS);
	cr_assert(hog_stopbudget_may(&b, 1, 50 * MS));
	hog_stopbudget_spend(&b, 5 * MS);
	cr_assert_not(hog_stopbudget_may(&b, 1, 100 * MS));
	cr_assert_not(hog_stopbudget_may(&b, 1, 400 * MS));
	cr_assert(hog_stopbudget_may(&b, 1, 700 * MS));
}
