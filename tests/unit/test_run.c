/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/run.h"

#include <criterion/criterion.h>

static struct hog_run run_of(enum hog_mode mode, uint64_t slots,
			     uint64_t missed)
{
	return (struct hog_run){
		.mode = mode,
		.rate_hz = 100,
		.stats = { .slots = slots, .loss.missed = missed },
	};
}

Test(run, served_slots_stand_for_missed_ones)
{
	struct hog_run run = run_of(HOG_MODE_WALL, 100, 0);

	cr_assert_float_eq(hog_run_slot_seconds(&run), 0.01, 1e-12);
	run = run_of(HOG_MODE_WALL, 100, 20);
	cr_assert_float_eq(80 * hog_run_slot_seconds(&run), 1, 1e-12);
}

Test(run, cpu_time_is_measured)
{
	struct hog_run run = run_of(HOG_MODE_CPU, 100, 20);

	cr_assert_float_eq(hog_run_slot_seconds(&run), 0.01, 1e-12);
}

Test(run, of_no_slots_nothing_is_made_up)
{
	struct hog_run run = run_of(HOG_MODE_WALL, 0, 0);

	cr_assert_float_eq(hog_run_slot_seconds(&run), 0.01, 1e-12);
	run = run_of(HOG_MODE_GIL, 5, 5);
	cr_assert_float_eq(hog_run_slot_seconds(&run), 0.01, 1e-12);
	run.rate_hz = 0;
	cr_assert_eq(hog_run_slot_seconds(&run), 0);
}
