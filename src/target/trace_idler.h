/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a CPU from falling asleep while stops come one after the other: waking
 * one up takes 20-50 us of each stop, on a virtual machine above all.  A thread
 * of ours spins at the lowest priority there is (SCHED_IDLE): it only gets time
 * that nobody else wants, and the kernel takes its CPU for an idle one.
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
