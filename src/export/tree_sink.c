/* SPDX-License-Identifier: Apache-2.0 */
#include "export/tree_sink.h"

#include <errno.h>

#include "analyze/tree.h"
#include "base/err.h"

int hog_tree_sink_begin(struct hog_sink *sink, const struct hog_run *run,
			struct hog_err *err)
{
	struct hog_tree_sink *s = sink->state;

	s->tree = hog_tree_new(run, &sink->view);
	return s->tree ? 0 : hog_err_set(err, -ENOMEM, "make a call tree");
}

int hog_tree_sink_event(struct hog_sink *sink, const struct hog_event *ev)
{
	struct hog_tree_sink *s = sink->state;

	return hog_tree_add(s->tree, ev);
}

void hog_tree_sink_close(struct hog_sink *sink)
{
	struct hog_tree_sink *s = sink->state;

	hog_tree_free(s->tree);
}
