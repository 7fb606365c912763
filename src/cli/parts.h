/* SPDX-License-Identifier: Apache-2.0 */
/* The files of --per-process: their names, and that there may be thousands. */
#ifndef HOG_CLI_PARTS_H
#define HOG_CLI_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/map.h"
#include "export/split.h"

struct hog_err;
struct hog_part_file;

struct hog_parts {
	const struct hog_sink_ops *ops;
	char *pattern; /* owned: with a %p in it */
	FILE *sink;    /* owned: /dev/null, which the splitting sink flushes */
	struct hog_map64 names; /* hashes of paths: how often they were taken */
	struct hog_part_file *all; /* owned list */
	unsigned n_open;           /* descriptors of growing files */
	uint64_t clock;
	unsigned written;
	dev_t input_dev; /* of a file that must not be written over */
	ino_t input_ino;
};

/* -EINVAL: files cannot be named like that ("-"); NULL is fine. */
int hog_parts_check(const char *pattern, struct hog_err *err);
/* pattern: of -o; NULL: one is made.  %p is the process, %n its name, %% a
 * per cent sign; without %p it gets one before its suffix. */
int hog_parts_init(struct hog_parts *parts, const struct hog_sink_ops *ops,
		   const char *pattern, struct hog_err *err);
void hog_parts_fini(struct hog_parts *parts);
/* The sink that writes them. */
int hog_parts_sink(struct hog_parts *parts, const struct hog_view *view,
		   struct hog_sink *ret);
/* A pattern with its %p, %n and %% filled in; -ENAMETOOLONG. */
int hog_parts_expand(const char *pattern, pid_t pid, const char *name,
		     char *buf, size_t cap);

#endif
