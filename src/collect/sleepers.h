/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that sleep: most of a server's.  Asking the kernel about each in
 * each slot would cost more than all the rest, so a sleeper is asked about in
 * turn, and in between one small read of all of them tells who has moved.
 */
#ifndef HOG_COLLECT_SLEEPERS_H
#define HOG_COLLECT_SLEEPERS_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/process.h"

/* Asks the kernel for the state of one thread. */
void hog_look_at_os(struct hog_sampled *t, uint64_t now);
/* Not running when last asked. */
bool hog_may_sleep(const struct hog_sampled *t);
/* Not running for a reason other than waiting for the GIL. */
bool hog_is_idle(const struct hog_process *p, const struct hog_sampled *t);
/* Brings what is known of the sleepers up to date: those whose turn it is, and
 * those that have moved (t->moved). */
void hog_sleepers_refresh(struct hog_process *p, struct hog_slot *slot);

#endif
