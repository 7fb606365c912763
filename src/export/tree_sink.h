/* SPDX-License-Identifier: Apache-2.0 */
/* What all sinks share that collect samples, or system calls with a weight, into
 * a tree and draw it once.  A call is the leaf "[openat]" of its stack. */
#ifndef HOG_EXPORT_TREE_SINK_H
#define HOG_EXPORT_TREE_SINK_H

#include "profile/sink.h"

#define HOG_TREE_SINK_ACCEPTS (1u << HOG_EV_SAMPLE | 1u << HOG_EV_SYSCALL)

/* First member of such a sink's state. */
struct hog_tree_sink {
	struct hog_tree *tree;  /* owned, from begin to close */
	enum hog_weight weight; /* AUTO: samples */
	uint64_t calls;         /* that were taken */
};

int hog_tree_sink_begin(struct hog_sink *sink, const struct hog_run *run,
			struct hog_err *err);
int hog_tree_sink_event(struct hog_sink *sink, const struct hog_event *ev);
void hog_tree_sink_close(struct hog_sink *sink);
/* What HOG_SLOT of the tree stands for: so many seconds, calls or bytes. */
double hog_tree_sink_slot(const struct hog_sink *sink);
/* "s", "calls", "bytes". */
const char *hog_tree_sink_unit(const struct hog_sink *sink);
/* Why the tree is empty. */
const char *hog_tree_sink_why_empty(const struct hog_sink *sink);

#endif
