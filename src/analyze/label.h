/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame in one line of text, as the folded format writes it: whatever was in
 * a name, it can break neither a line nor a stack, and it is UTF-8.
 */
#ifndef HOG_ANALYZE_LABEL_H
#define HOG_ANALYZE_LABEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_buf;
struct hog_model;
struct hog_view;

/* Bytes of the well-formed UTF-8 character at text (len > 0) and its code
 * point; 0 for anything else: cut, overlong, a surrogate, past U+10FFFF. */
size_t hog_utf8_at(const char *text, size_t len, uint32_t *ret_char);
/* Does this character steer a terminal or end a line rather than print? */
bool hog_utf8_is_control(uint32_t c);
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
