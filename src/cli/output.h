/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a result goes and in which format: -o and -f, for record and report.
 * Opened before the work begins, so that a mistake costs nobody a recording.
 */
#ifndef HOG_CLI_OUTPUT_H
#define HOG_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "profile/sink.h"

struct hog_err;

struct hog_output {
	FILE *file;       /* owned */
	const char *path; /* borrowed; "-": standard output */
	bool created;     /* no such file was there before */
	bool regular;     /* a file that can be cut or removed */
};

/* The sink for -f format (NULL: not given) and -o path (NULL: not given): the
 * format's name, else the path's suffix, else "table" for "-" and "html"
 * without a path.  -EINVAL: unknown; the words list the formats. */
int hog_output_choose(const char *format, const char *path,
		      const struct hog_sink_ops **ret, struct hog_err *err);
/* Opens path ("-": stdout).  -EISDIR and so on with words; refuses a binary
 * format on a terminal.  path must outlive the output. */
int hog_output_open(const struct hog_sink_ops *ops, const char *path,
		    struct hog_output *ret, struct hog_err *err);
/* Any other file to write, such as that of --stats. */
int hog_output_open_file(const char *path, struct hog_output *ret,
			 struct hog_err *err);
/* Sets color and columns by what the output is. */
void hog_output_fit_view(const struct hog_output *out, struct hog_view *view);
/* Closes; what could not be written is an error.  Takes a zeroed one. */
int hog_output_close(struct hog_output *out, struct hog_err *err);
/* Closes, and leaves no file that this run has created. */
void hog_output_discard(struct hog_output *out);

#endif
