/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record --async: stacks of greenlets.  What a thread shows stands on the name
 * of the greenlet that runs in it; with --async=all each parked one has a stack,
 * too.
 */
#ifndef HOG_COLLECT_GREENS_H
#define HOG_COLLECT_GREENS_H

#include <stdbool.h>
#include <stdint.h>

struct hog_greens; /* of one process */
struct hog_process;
struct hog_sampled;
struct hog_slot;

/* Looks for the extension and for greenlets, a little in each slot. */
void hog_greens_maintain(struct hog_process *p, struct hog_slot *slot);
void hog_greens_free(struct hog_greens *greens);
/* Who runs in these threads, which stand still, or else cannot be told for
 * sure?  Others have it copied in one call with their stacks. */
void hog_greens_witness(struct hog_process *p, struct hog_sampled **threads,
			unsigned n, bool still);
/* "[greenlet NAME]" as a model stack for the thread's last sample, taken since;
 * 0: no greenlet runs in it. */
uint32_t hog_greens_root(struct hog_process *p, struct hog_slot *slot,
			 struct hog_sampled *t);
/* --async=all: sends what the parked ones stand in. */
void hog_greens_send_parked(struct hog_process *p, struct hog_slot *slot);

#endif
