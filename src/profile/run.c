/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/run.h"

static const char *const mode_names[] = {
	[HOG_MODE_WALL] = "wall",
	[HOG_MODE_CPU] = "cpu",
	[HOG_MODE_GIL] = "gil",
};

const char *hog_mode_name(enum hog_mode mode)
{
	return mode_names[mode];
}

double hog_run_slot_seconds(const struct hog_run *run)
{
	const struct hog_stats *st = &run->stats;
	double seconds = run->rate_hz > 0 ? 1 / run->rate_hz : 0;

	if (run->mode == HOG_MODE_CPU || st->loss.missed >= st->slots)
		return seconds;
	return seconds * (double)st->slots /
	       (double)(st->slots - st->loss.missed);
}

const char *hog_run_why_empty(const struct hog_run *run)
{
	if (run->stats.slots == 0)
		return "it ended before the first one was due";
	switch (run->mode) {
	case HOG_MODE_GIL:
		return "no thread held the GIL";
	case HOG_MODE_CPU:
		return "no thread used CPU time";
	default:
		return run->idle ? "no thread had a Python frame"
				 : "every thread was idle; --idle keeps them";
	}
}
