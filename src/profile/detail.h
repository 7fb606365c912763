/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What does not fit into an event: the arguments of a system call, the open
 * descriptors of a process at a moment.  A detail is a name and a row of fields,
 * each with a name, a type, a value and the text that a person reads.  The model
 * keeps it as bytes, which only this file makes and reads; HOG_EV_DETAILED says
 * whose value[1] is a detail's id.
 *
 * A system call:  name "openat"; a field for each argument.
 * Descriptors:    name "fds"; a field for each, see struct hog_fd_field.
 */
#ifndef HOG_PROFILE_DETAIL_H
#define HOG_PROFILE_DETAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"

struct hog_model;

#define HOG_DETAIL_FIELDS_MAX 65536
#define HOG_DETAIL_TEXT_MAX (1u << 20) /* of one value or text */

enum hog_value_kind {
	HOG_VALUE_NONE, /* could not be read: text says what is known */
	HOG_VALUE_INT,
	HOG_VALUE_STRING, /* bytes of a path or a buffer, as they were */
};

struct hog_detail_field {
	uint32_t name, type; /* string ids of the model */
	enum hog_value_kind kind;
	int64_t number;     /* INT */
	const char *string; /* STRING; not NUL-terminated */
	size_t string_len;
	const char *text; /* as shown: 0x7ffc.., O_RDONLY, "abc"... */
	size_t text_len;
};

/* Making one: begin, add each field, then the id.  buf is cleared and used
 * again, so that a busy caller allocates nothing. */
void hog_detail_begin(struct hog_buf *buf, uint32_t name, uint32_t n_fields);
void hog_detail_add(struct hog_buf *buf, const struct hog_detail_field *field);
/* Id (>= 1) of the detail in buf, or 0: no room, no memory. */
uint32_t hog_detail_put(struct hog_model *m, const struct hog_buf *buf);

/* Reading one, field by field.  What it points to is valid until the next
 * addition to the model. */
struct hog_detail {
	uint32_t name; /* string id; 0: there is no such detail */
	uint32_t n_fields;
	struct hog_cursor cur; /* private: at the next field */
};

struct hog_detail hog_detail_get(const struct hog_model *m, uint32_t id);
/* false: there are no more, or they are damaged (d->cur.bad). */
bool hog_detail_next(struct hog_detail *d, struct hog_detail_field *ret);
/* The same from bytes of a file, whose string ids are its own. */
struct hog_detail hog_detail_parse(const void *bytes, size_t len);

#endif
