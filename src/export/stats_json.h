/* SPDX-License-Identifier: Apache-2.0 */
/* A run's statistics, for programs (JSON) and for people (one line). */
#ifndef HOG_EXPORT_STATS_JSON_H
#define HOG_EXPORT_STATS_JSON_H

#include <stddef.h>
#include <stdio.h>

struct hog_stats;
struct json_object;

/* One object with the fields of docs (Statistics), and a line break.  -ENOMEM,
 * or the error of the write. */
int hog_stats_json_write(FILE *out, const struct hog_stats *stats);
/* The same object, owned by the caller; NULL: no memory. */
struct json_object *hog_stats_json(const struct hog_stats *stats);
/* "1000 samples in 10.0 s at 100 Hz, 0 late, ...": what was asked for, what
 * came, and every loss that is not zero.  Returns as snprintf does. */
int hog_stats_line(char *buf, size_t cap, const struct hog_stats *stats);

#endif
