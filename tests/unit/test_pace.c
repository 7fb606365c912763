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
