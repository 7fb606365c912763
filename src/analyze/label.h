/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame in one line of text, as the folded format writes it: whatever was in
 * a name, it can break neither a line nor a stack, and it is UTF-8.
 */
#ifndef HOG_ANALYZE_LABEL_H
#define HOG_ANALYZE_LABEL_H

#include <stddef.h>
#include <stdint.h>

struct hog_buf;
struct hog_model;
struct hog_view;

/* Appends text.  `;` and control characters (line and paragraph separators
 * too) become %XX, so does each byte that is no UTF-8; `%` before two hex
 * digits becomes %25. */
void hog_label_escape(struct hog_buf *buf, const char *text, size_t len);
/* `file:function` of a function, `[marker]` of a marker. */
void hog_label_function(struct hog_buf *buf, const struct hog_model *m,
			const struct hog_view *view, uint32_t function);
/* The same with `:line`, unless the view merges lines. */
void hog_label_frame(struct hog_buf *buf, const struct hog_model *m,
		     const struct hog_view *view, uint32_t frame);
/* `[process PID NAME]`, `[thread TID NAME]`. */
void hog_label_process(struct hog_buf *buf, const struct hog_model *m,
		       uint32_t process);
void hog_label_thread(struct hog_buf *buf, const struct hog_model *m,
		      uint32_t thread);

#endif
