/* SPDX-License-Identifier: Apache-2.0 */
#include "base/realtime.h"

#include <sched.h>

bool hog_realtime_begin(void)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	return sched_getscheduler(0) == SCHED_OTHER &&
	       sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) ==
		       0;
}

void hog_realtime_end(void)
{
	const struct sched_param none = { 0 };

	sched_setscheduler(0, SCHED_OTHER, &none);
}
