/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/budget.h"

#include <criterion/criterion.h>

#include "base/clock.h"

#define STEP_NS (HOG_NS_PER_SEC / 100)

/* A recorder whose cost is so much a second and so much a sample. */
struct recorder {
	double fixed, each; /* CPU seconds */
	uint64_t now_ns;
	double cpu_ns;
	struct hog_budget budget;
};

/* Runs it for so long; its share of a core in the last second. */
static double run(struct recorder *r, unsigned seconds)
{
	double before = 0;

	for (unsigned i = 0; i < seconds * 100; i++) {
		if (i + 100 == seconds * 100)
			before = r->cpu_ns;
		r->now_ns += STEP_NS;
		r->cpu_ns += (r->fixed + r->each * r->budget.hz) * STEP_NS;
		if (hog_budget_due(&r->budget, r->now_ns))
			hog_budget_look(&r->budget, r->now_ns,
					(uint64_t)r->cpu_ns);
	}
	return (r->cpu_ns - before) / HOG_NS_PER_SEC;
}

static struct recorder recorder(double hz, double per_cent, double fixed,
				double each)
{
	struct recorder r = { .fixed = fixed, .each = each, .now_ns = 1 };

	hog_budget_start(&r.budget, hz, per_cent, r.now_ns, 0);
	return r;
}

Test(budget, without_a_limit_the_rate_stays)
{
	struct recorder r = recorder(1000, 0, 0, 1e-3);

	run(&r, 5);
	cr_assert_eq(r.budget.hz, 1000);
	cr_assert_eq(r.budget.lowest_hz, 1000);
}

Test(budget, below_the_limit_the_rate_stays)
{
	struct recorder r = recorder(1000, 10, 0.01, 50e-6);

	run(&r, 5);
	cr_assert_eq(r.budget.hz, 1000);
}

Test(budget, above_the_limit_the_rate_falls_until_it_fits)
{
	struct recorder r = recorder(10000, 5, 0.01, 50e-6);
	double used = run(&r, 10);

	cr_assert_leq(used, 0.05);
	cr_assert_geq(used, 0.035);
	cr_assert_leq(r.budget.hz, 800 + 1);
}

Test(budget, with_room_it_comes_back_to_what_was_asked)
{
	struct recorder r = recorder(1000, 5, 0, 200e-6);

	run(&r, 5);
	cr_assert_lt(r.budget.hz, 260);
	r.each = 10e-6;
	run(&r, 10);
	cr_assert_eq(r.budget.hz, 1000);
	cr_assert_lt(r.budget.lowest_hz, 260);
}

Test(budget, what_does_not_fall_with_the_rate_leaves_one_a_second)
{
	struct recorder r = recorder(1000, 5, 0.2, 0);

	run(&r, 30);
	cr_assert_eq(r.budget.hz, 1);
}

Test(budget, a_rate_below_one_a_second_is_not_raised)
{
	struct recorder r = recorder(0.5, 1, 0.2, 0);

	run(&r, 5);
	cr_assert_eq(r.budget.hz, 0.5);
}
