/* SPDX-License-Identifier: Apache-2.0 */
/* Time in nanoseconds. */
#ifndef HOG_BASE_CLOCK_H
#define HOG_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define HOG_NS_PER_SEC 1000000000ULL

/* Any clock of clock_gettime(2). */
static inline uint64_t hog_clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * HOG_NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* CLOCK_MONOTONIC: the clock of events and deadlines. */
static inline uint64_t hog_now_ns(void)
{
	return hog_clock_ns(CLOCK_MONOTONIC);
}

#endif
