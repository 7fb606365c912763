/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/priority.h"

#include <criterion/criterion.h>

#include "base/clock.h"

#define MS (HOG_NS_PER_SEC / 1000)

/* A quarter of a second of slots at 1 kHz, each so late, in which hognose had
 * the CPU for cpu_ms. */
static enum hog_priority_advice span(struct hog_priority *p, uint64_t *now,
				     uint64_t delay_ns, uint64_t *cpu_ms,
				     uint64_t used_ms)
{
	for (int i = 0; i < 250; i++) {
		hog_priority_note(p, delay_ns);
		*now += MS;
	}
	*cpu_ms += used_ms;
	cr_assert(hog_priority_due(p, *now));
	return hog_priority_look(p, *now, *cpu_ms * MS);
}

Test(priority, nothing_is_asked_for_where_slots_come_in_time)
{
	struct hog_priority p;
	uint64_t now = 1, cpu = 0;

	hog_priority_start(&p, 1000, now, 0);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(span(&p, &now, 30000, &cpu, 10),
			     HOG_PRIORITY_KEEP);
	cr_assert_eq(p.raises, 0);
}

Test(priority, it_is_raised_where_slots_are_late_and_tried_without_again)
{
	struct hog_priority p;
	uint64_t now = 1, cpu = 0;
	unsigned spans[2];

	hog_priority_start(&p, 1000, now, 0);
	for (int round = 0; round < 2; round++) {
		cr_assert_eq(span(&p, &now, 2 * MS, &cpu, 10),
			     HOG_PRIORITY_RAISE);
		spans[round] = 1;
		while (span(&p, &now, 20000, &cpu, 10) == HOG_PRIORITY_KEEP)
			spans[round]++;
		cr_assert_not(p.raised);
	}
	cr_assert_gt(spans[1], spans[0],
		     "a machine that stays busy is tried "
		     "less often");
}

Test(priority, some_late_slots_are_no_reason)
{
	struct hog_priority p;

	hog_priority_start(&p, 1000, 1, 0);
	for (int i = 0; i < 250; i++)
		hog_priority_note(&p, i % 50 ? 20000 : MS);
	cr_assert_eq(hog_priority_look(&p, 250 * MS, 0), HOG_PRIORITY_KEEP);
}

Test(priority, who_uses_much_cpu_must_do_without)
{
	struct hog_priority p;
	uint64_t now = 1, cpu = 0;

	hog_priority_start(&p, 1000, now, 0);
	cr_assert_eq(span(&p, &now, MS, &cpu, 100), HOG_PRIORITY_KEEP);
	cr_assert_eq(span(&p, &now, MS, &cpu, 10), HOG_PRIORITY_RAISE);
	cr_assert_eq(span(&p, &now, 0, &cpu, 100), HOG_PRIORITY_LOWER);
	hog_priority_note(&p, MS);
	cr_assert_not(hog_priority_due(&p, now + HOG_NS_PER_SEC));
}

Test(priority, fast_rates_and_refusals_end_it)
{
	struct hog_priority p;

	hog_priority_start(&p, 20000, 1, 0);
	cr_assert(p.off);
	hog_priority_start(&p, 1000, 1, 0);
	hog_priority_refused(&p);
	cr_assert(p.off);
}
