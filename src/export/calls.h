/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats that show system calls share. */
#ifndef HOG_EXPORT_CALLS_H
#define HOG_EXPORT_CALLS_H

#include <stddef.h>
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

/* Stacks in words, as they were made last: calls come in loops.  Stacks never
 * change, so what is here stays right.  Zeroed: empty. */
#define HOG_STACKWORDS 256

struct hog_stackwords {
	struct {
		uint32_t stack;
		char *text; /* owned */
		size_t len;
	} v[HOG_STACKWORDS];
};

void hog_stackwords_fini(struct hog_stackwords *w);
/* NULL: it is not here. */
const char *hog_stackwords_get(const struct hog_stackwords *w, uint32_t stack,
			       size_t *ret_len);
/* Copies the text; without memory it is just not kept. */
void hog_stackwords_put(struct hog_stackwords *w, uint32_t stack,
			const char *text, size_t len);
/* Appends the innermost frames, a line each, at most so many. */
void hog_calls_stack(struct hog_buf *buf, struct hog_stackwords *w,
		     const struct hog_model *m, const struct hog_view *view,
		     uint32_t stack, unsigned limit);

/* [{"name","file","line"}], innermost first, at most so many; the file in full,
 * the line null where it is not known. */
void hog_calls_json_stack(FILE *out, const struct hog_model *m, uint32_t stack,
			  unsigned limit);
/* "unfinished", "in progress", "restarted"; NULL: it ran from beginning to
 * end. */
const char *hog_calls_state(const struct hog_event *ev);

#endif
