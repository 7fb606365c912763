/* SPDX-License-Identifier: Apache-2.0 */
/* The asyncio tasks of a snapshot: private to snapshot.c. */
#ifndef HOG_COLLECT_SNAPSHOT_TASKS_H
#define HOG_COLLECT_SNAPSHOT_TASKS_H

#include "collect/snapshot.h"

/* Fills tasks; threads must be there.  0 or -errno. */
int hog_snapshot_read_tasks(struct hog_snapshot *s,
			    const struct hog_snapshot_options *opt,
			    const struct hog_pyinterp *interps, unsigned n);
void hog_snapshot_tasks_free(struct hog_snapshot *s);

#endif
