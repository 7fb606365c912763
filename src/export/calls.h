/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats that show system calls share. */
#ifndef HOG_EXPORT_CALLS_H
#define HOG_EXPORT_CALLS_H

#include <stdint.h>
#include <stdio.h>

struct hog_buf;
struct hog_event;
struct hog_model;
struct hog_view;

/* "function (file:line)" as the view wants it, or a marker's text; what does
 * not print as \xNN. */
void hog_calls_frame(struct hog_buf *buf, const struct hog_model *m,
		     const struct hog_view *view, uint32_t frame);

/* [{"name","file","line"}], innermost first, at most so many; the file in full,
 * the line null where it is not known. */
void hog_calls_json_stack(FILE *out, const struct hog_model *m, uint32_t stack,
			  unsigned limit);
/* "unfinished", "in progress", "restarted"; NULL: it ran from beginning to
 * end. */
const char *hog_calls_state(const struct hog_event *ev);

#endif
