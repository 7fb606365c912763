/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One output per process: a sink that gives each process a sink of its own, in
 * any format, over a model that holds nothing of the others.
 */
#ifndef HOG_EXPORT_SPLIT_H
#define HOG_EXPORT_SPLIT_H

#include <stddef.h>
#include <stdio.h>

#include "profile/model.h"
#include "profile/sink.h"

struct hog_err;

/* Where the parts go.  A format that can be flushed gets its file when its
 * process shows first, the others when all is over. */
struct hog_split_files {
	/* name: what the process is called. */
	int (*open)(void *arg, const struct hog_process_info *p,
		    const char *name, FILE **ret, struct hog_err *err);
	/* Closes what open gave; bad: what is in it is worth nothing. */
	int (*close)(void *arg, FILE *file, bool bad, struct hog_err *err);
	void *arg;
};

/* Sets up a zeroed sink that splits into sinks of that kind; files is copied,
 * out must take no harm from being flushed.  -ENOMEM. */
int hog_split_init(struct hog_sink *sink, const struct hog_sink_ops *ops,
		   const struct hog_view *view,
		   const struct hog_split_files *files, FILE *out);
/* What went wrong with a part before the end, in words; NULL: nothing. */
const struct hog_err *hog_split_error(const struct hog_sink *sink);

#endif
