/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of a process's life, in cpu mode: the CPU time of its first thread
 * before its first Python frame is [starting], that after its last [ending].
 * A program that runs C for long between Python code is not meant: only what
 * reaches to an end counts.
 */
#ifndef HOG_COLLECT_ENDS_H
#define HOG_COLLECT_ENDS_H

#include "collect/process.h"

struct hog_cpushare;

#define HOG_STARTING "[starting]"
#define HOG_ENDING "[ending]"
#define HOG_UNSEEN "[unseen]" /* it ended before it could be read */

/* A share of the first thread, before it is sent. */
void hog_ends_note(struct hog_process *p, struct hog_slot *slot,
		   const struct hog_cpushare *share);
/* Its first thread in the model, which gets to know it now if it did not. */
uint32_t hog_ends_thread(struct hog_process *p, struct hog_slot *slot);
/* The process has ended and its threads are settled. */
void hog_ends_settle(struct hog_process *p, struct hog_slot *slot);

#endif
