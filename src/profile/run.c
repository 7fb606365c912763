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
