/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real-time priority of the calling thread, the lowest there is: nobody of the
 * ordinary takes the CPU from it.  Not for one that never sleeps.
 */
#ifndef HOG_BASE_REALTIME_H
#define HOG_BASE_REALTIME_H

#include <stdbool.h>

/* Allowed to root, CAP_SYS_NICE and RLIMIT_RTPRIO.  What is started meanwhile
 * does not inherit it.  false: all is as it was. */
bool hog_realtime_begin(void);
void hog_realtime_end(void);

#endif
