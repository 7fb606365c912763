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

/* Nobody shall find half a result under its name, whatever ends hognose. */
enum hog_output_way {
	HOG_OUT_STREAM,   /* standard output, a device, a pipe */
	HOG_OUT_NAMELESS, /* a new file, named when it is closed */
	HOG_OUT_CREATED,  /* a new file, named from the start */
	HOG_OUT_OVER,     /* a file that was there: keeps its old contents until
		       * they are written over */
};

struct hog_output {
	FILE *file;       /* owned */
	const char *path; /* borrowed; "-": standard output */
	enum hog_output_way way;
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
/* Standard error, for a trace of a program whose standard output is its own. */
int hog_output_open_error(const struct hog_sink_ops *ops,
			  struct hog_output *ret, struct hog_err *err);
/* Any other file to write, such as that of --stats.  grows: it is of use at
 * each moment, so it has its name from the start. */
int hog_output_open_file(const char *path, bool grows, struct hog_output *ret,
			 struct hog_err *err);
/* Sets color and columns by what the output is. */
void hog_output_fit_view(const struct hog_output *out, struct hog_view *view);
/* Closes; what could not be written is an error.  Takes a zeroed one. */
int hog_output_close(struct hog_output *out, struct hog_err *err);
/* Closes, and leaves no file that this run has created, nor half a result in
 * one that was there. */
void hog_output_discard(struct hog_output *out);
/* The last of that, for a signal handler; fd stays open. */
void hog_output_wipe(enum hog_output_way way, int fd, const char *path);

#endif
