/* SPDX-License-Identifier: Apache-2.0 */
/* One thread's stack for a snapshot: read until it is whole.  Private. */
#ifndef HOG_COLLECT_SNAPSHOT_STACK_H
#define HOG_COLLECT_SNAPSHOT_STACK_H

#include "collect/snapshot.h"

/* Fills the frames of a thread whose state and os are set.  0 or -ENOMEM: what
 * cannot be read is marked in the thread. */
int hog_snapshot_read_stack(struct hog_snapshot *s,
			    const struct hog_snapshot_options *opt,
			    struct hog_snapshot_thread *t);

#endif
