/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/pace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

Test(pace, slots_missed_are_counted_and_not_made_up_for)
{
	struct hog_pace p;
	struct hog_loss loss = { 0 };
	struct timespec nap = { .tv_nsec = 50000000 };
	uint64_t slots = 0, served = 0;
	bool late;

	hog_pace_start(&p, 100, HOG_PACE_JITTER);
	hog_pace_wait(&p, &slots, &loss, &late);
	served++;
	nanosleep(&nap, NULL);
	for (int i = 0; i < 3; i++, served++)
		hog_pace_wait(&p, &slots, &loss, &late);
	hog_pace_end(&p);
	cr_assert_geq(loss.missed, 3);
	cr_assert_eq(slots, served + loss.missed);
}

Test(pace, a_rate_that_does_not_divide_a_second_does_not_drift)
{
	struct hog_pace p;
	struct hog_loss loss = { 0 };
	uint64_t slots = 0;
	bool late;

	hog_pace_start(&p, 3000, HOG_PACE_JITTER);
	while (slots < 900)
		hog_pace_wait(&p, &slots, &loss, &late);
	hog_pace_end(&p);
	cr_assert_leq(llabs((long long)(hog_pace_deadline(&p) - p.base_ns) -
			    (long long)(slots * 1000000000 / 3000)),
		      1);
}

/* How far from its deadline a slot is due, in shares of the period. */
static double place(const struct hog_pace *p)
{
	return (double)(p->due_ns[p->slot & 1] - hog_pace_deadline(p)) /
	       p->period;
}

Test(pace, without_jitter_slots_are_due_at_their_deadlines)
{
	struct hog_pace p;
	struct hog_loss loss = { 0 };
	uint64_t slots = 0;
	bool late;

	hog_pace_start(&p, 1000, 0);
	for (int i = 0; i < 20; i++) {
		hog_pace_wait(&p, &slots, &loss, &late);
		if (p.planned > p.slot)
			cr_assert_float_eq(place(&p), 0, 1e-6);
	}
	hog_pace_end(&p);
}

Test(pace, with_full_jitter_slots_are_due_anywhere_in_their_period)
{
	struct hog_pace p;
	struct hog_loss loss = { 0 };
	uint64_t slots = 0;
	double least = 1, most = 0;
	bool late;

	hog_pace_start(&p, 2000, 100);
	for (int i = 0; i < 200; i++) {
		double at;

		hog_pace_wait(&p, &slots, &loss, &late);
		if (p.planned <= p.slot)
			continue;
		at = place(&p);
		least = at < least ? at : least;
		most = at > most ? at : most;
	}
	hog_pace_end(&p);
	cr_assert(least >= 0 && least < 0.2, "%g", least);
	cr_assert(most > 0.8 && most < 1, "%g", most);
}

Test(pace, another_rate_holds_from_the_next_slot_on)
{
	struct hog_pace p;
	struct hog_loss loss = { 0 };
	uint64_t slots = 0, before;
	bool late;

	hog_pace_start(&p, 1000, 0);
	hog_pace_wait(&p, &slots, &loss, &late);
	before = hog_pace_deadline(&p);
	hog_pace_change(&p, 100);
	cr_assert_eq(hog_pace_deadline(&p), before);
	hog_pace_wait(&p, &slots, &loss, &late);
	cr_assert_eq((hog_pace_deadline(&p) - before) % 10000000, 0);
	cr_assert_geq(hog_now_ns(), before);
	hog_pace_end(&p);
}

Test(pace, without_timers_it_sleeps_all_the_same)
{
	struct hog_pace p;
	struct hog_loss loss = { 0 };
	uint64_t slots = 0, start = hog_now_ns();
	bool late;

	hog_pace_start(&p, 1000, 0);
	hog_pace_end(&p);
	while (slots < 31)
		hog_pace_wait(&p, &slots, &loss, &late);
	cr_assert_geq(hog_now_ns() - start, 30000000);
}
