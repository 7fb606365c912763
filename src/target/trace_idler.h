/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a CPU from falling asleep while stops come one after the other: waking
 * one up takes 20-50 us of each stop, on a virtual machine above all.  A thread
 * of ours spins at nice 19, that is, 1.5 % of a CPU that others want and all of
 * one that nobody wants.  Not SCHED_IDLE: the kernel takes its CPU for a free
 * one and wakes the tracee there, away from the tracer; two stops cost 17 us
 * then at some times and 70 at others, with nice 19 always 17 to 20.
 */
#ifndef HOG_TARGET_TRACE_IDLER_H
#define HOG_TARGET_TRACE_IDLER_H

#include <stdbool.h>

struct hog_idler;

/* NULL: it cannot be had; all others take NULL. */
struct hog_idler *hog_idler_new(void);
void hog_idler_free(struct hog_idler *idler);
void hog_idler_turn(struct hog_idler *idler, bool on);

#endif
