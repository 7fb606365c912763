/* SPDX-License-Identifier: Apache-2.0 */
/* What hognose itself costs: its CPU time and its peak of memory. */
#ifndef HOG_COLLECT_SELF_H
#define HOG_COLLECT_SELF_H

#include "profile/run.h"

/* Fills cpu_seconds (since the process started: attaching is a cost too) and
 * max_rss_bytes (VmHWM: ru_maxrss would carry the peak of whoever started us). */
void hog_self_stats(struct hog_stats *stats);

#endif
