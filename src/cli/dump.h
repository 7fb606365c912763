/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of hognose dump: what was asked, and the two ways of printing. */
#ifndef HOG_CLI_DUMP_H
#define HOG_CLI_DUMP_H

#include <stdbool.h>
#include <stdio.h>

struct hog_snapshot;
struct hog_sources;
struct hog_target;

struct hog_dump_view {
	const struct hog_target *target; /* borrowed, as all here */
	const struct hog_snapshot *snapshot;
	struct hog_sources *sources;
	bool locals, tasks;
};

/* 0 or -ENOMEM; what could not be written is left to the file's error flag. */
int hog_dump_text(const struct hog_dump_view *view, FILE *out);
int hog_dump_json(const struct hog_dump_view *view, FILE *out);

struct hog_snapshot_frame;

/* For those who print: text with nothing in it that a terminal would obey, and
 * a frame with its source line, so many columns to the right. */
int hog_dump_put_plain(const char *text, FILE *out);
int hog_dump_put_frame(const struct hog_dump_view *view,
		       const struct hog_snapshot_frame *f, int indent,
		       FILE *out);
/* The asyncio tasks of one thread, as a tree. */
int hog_dump_tasks(const struct hog_dump_view *view, size_t thread, FILE *out);
/* The greenlets of one thread that do not run. */
int hog_dump_greenlets(const struct hog_dump_view *view, size_t thread,
		       FILE *out);

/* Markers that a thread's frames carry besides: "[torn]" and so on, at index i;
 * NULL ends. at_root: those that stand for what is missing below. */
struct hog_snapshot_thread;
const char *hog_dump_leaf_marker(const struct hog_snapshot_thread *t);
const char *hog_dump_root_marker(const struct hog_snapshot_thread *t);

/* Below the outermost frame: which greenlet it is that runs in the thread. */
void hog_dump_greenlet_root(const struct hog_dump_view *view,
			    const struct hog_snapshot_thread *t, FILE *out);
/* "[greenlet NAME]" for the greenlet of that index, made of what a terminal and
 * JSON bear.  Into buf; returns buf. */
#define HOG_DUMP_GREENLET_MAX 640
const char *hog_dump_greenlet_marker(const struct hog_snapshot *s, size_t i,
				     char *buf, size_t cap);

#endif
