/* SPDX-License-Identifier: Apache-2.0 */
/* What all sinks share that collect samples into a tree and draw it once. */
#ifndef HOG_EXPORT_TREE_SINK_H
#define HOG_EXPORT_TREE_SINK_H

#include "profile/sink.h"

/* First member of such a sink's state. */
struct hog_tree_sink {
	struct hog_tree *tree; /* owned, from begin to close */
};

int hog_tree_sink_begin(struct hog_sink *sink, const struct hog_run *run,
			struct hog_err *err);
int hog_tree_sink_event(struct hog_sink *sink, const struct hog_event *ev);
void hog_tree_sink_close(struct hog_sink *sink);

#endif
