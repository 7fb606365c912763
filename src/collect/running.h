/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a thread runs, when its stack has been read: from what was read as
 * far as that can tell, else from the kernel.
 */
#ifndef HOG_COLLECT_RUNNING_H
#define HOG_COLLECT_RUNNING_H

#include <stdbool.h>

#include "collect/process.h"

/* Who holds the GILs is read with the stacks: adds the spans.  false: no
 * memory. */
bool hog_running_plan(struct hog_process *p, const struct hog_slot *slot);
/* Brings t->os up to date, or leaves it to another slot. */
void hog_running_judge(struct hog_process *p, struct hog_slot *slot,
		       struct hog_sampled *t);

#endif
