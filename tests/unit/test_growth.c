/* SPDX-License-Identifier: Apache-2.0 */
/* Which lines keep opening more than they close. */
#include "analyze/growth.h"

#include "fake_calls.h"

static struct fake_calls f;
static struct hog_growth *growth;
static uint32_t process, lines[2];

static void begin(void)
{
	fake_init(&f, NULL, NULL);
	growth = hog_growth_new(&f.run);
	process = fake_process(&f, 100);
	lines[0] = fake_stack(&f, "/srv/app.py:leak:7");
	lines[1] = fake_stack(&f, "/srv/app.py:serve:9");
}

static void end(void)
{
	hog_growth_free(growth);
	fake_fini(&f);
}

TestSuite(growth, .init = begin, .fini = end);

/* So many descriptors of each line are open. */
static void look(unsigned first, unsigned second)
{
	struct hog_ledger_fd fds[256] = { 0 };
	struct hog_ledger_moment moment = { .when = HOG_FDS_INTERVAL,
					    .process = process,
					    .fds = fds,
					    .n = first + second };

	for (unsigned i = 0; i < moment.n; i++)
		fds[i] = (struct hog_ledger_fd){ .fd = (int)i,
						 .stack = lines[i >= first] };
	cr_assert_eq(hog_growth_add(growth, &moment), 0);
}

Test(growth, is_told_of_a_line_that_only_opens)
{
	const struct hog_growing *g;

	for (unsigned i = 1; i < 10; i++)
		look(i, 3);
	g = hog_growth_get(growth, 0);
	cr_assert_not_null(g);
	cr_expect_eq(g->frame, hog_model_get_stack(f.model, lines[0]).frame);
	cr_expect_eq(g->counts[8], 9);
	cr_expect_null(hog_growth_get(growth, 1));
}

Test(growth, is_not_told_of_what_comes_and_goes)
{
	for (unsigned i = 0; i < 30; i++)
		look(i % 7, (i * 3) % 5);
	cr_expect_null(hog_growth_get(growth, 0));
}

Test(growth, is_seen_below_what_comes_and_goes)
{
	for (unsigned i = 0; i < 30; i++)
		look(i / 3 + (i * 5) % 4, 0);
	cr_expect_not_null(hog_growth_get(growth, 0));
}

Test(growth, is_not_told_of_a_pool_that_fills_and_stays)
{
	for (unsigned i = 1; i < 40; i++)
		look(i < 8 ? i : 8, 0);
	cr_expect_null(hog_growth_get(growth, 0));
}

Test(growth, needs_three_looks)
{
	look(1, 0);
	look(2, 0);
	cr_expect_null(hog_growth_get(growth, 0));
	look(3, 0);
	cr_expect_not_null(hog_growth_get(growth, 0));
}

Test(growth, keeps_a_long_time_in_few_counts)
{
	const struct hog_growing *g;

	for (unsigned i = 0; i < 250; i++)
		look(i, 0);
	g = hog_growth_get(growth, 0);
	cr_assert_not_null(g);
	cr_expect_leq(g->n, HOG_GROWTH_COUNTS);
	cr_expect_lt(g->counts[0], 10);
	cr_expect_gt(g->counts[g->n - 1], 230);
}
