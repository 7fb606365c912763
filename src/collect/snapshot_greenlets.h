/* SPDX-License-Identifier: Apache-2.0 */
/* The greenlets of a snapshot: private to snapshot.c. */
#ifndef HOG_COLLECT_SNAPSHOT_GREENLETS_H
#define HOG_COLLECT_SNAPSHOT_GREENLETS_H

#include "collect/snapshot.h"

/* Fills greenlets; threads must be there, in their last order.  0 or -ENOMEM:
 * why there are none is told in s->no_greenlets. */
int hog_snapshot_read_greenlets(struct hog_snapshot *s,
				const struct hog_snapshot_options *opt);
void hog_snapshot_greenlets_free(struct hog_snapshot *s);

#endif
