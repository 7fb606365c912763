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
/* Frames (root first) as a snapshot has them: innermost first, with their places
 * and, if asked for, locals.  0 or -ENOMEM. */
int hog_snapshot_frames_fill(struct hog_snapshot *s,
			     const struct hog_snapshot_options *opt,
			     const struct hog_pyframe *from, size_t n,
			     struct hog_snapshot_frame **ret);
void hog_snapshot_frames_free(struct hog_snapshot_frame *frames, size_t n);

#endif
