/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions on system calls, as --where takes them:
 *
 *   name == openat && (flags & O_CREAT || errno == ENOENT) && duration > 5ms
 *
 * Compiled once, asked for every call.  A call that does not have what is asked
 * for, or of which it could not be read, does not fulfil the condition; that is
 * never an error.
 */
#ifndef HOG_ANALYZE_WHERE_H
#define HOG_ANALYZE_WHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_callview;
struct hog_err;
struct hog_where;

/* Value of a constant by its name ("O_CREAT"); false: there is none. */
typedef bool hog_constant_fn(const char *name, int64_t *ret);

/* Does any call have an argument of this name?  If not, the name that is nearest
 * is copied into near, or "". */
typedef bool hog_argument_fn(const char *name, char *near, size_t cap);

struct hog_where_words {
	hog_constant_fn *constant; /* NULL: there are none but errors */
	hog_argument_fn *argument; /* NULL: any word may be one */
};

/* -EINVAL: err says what is wrong and *ret_at (may be NULL) is the byte of text at which
 * that is; -ENOMEM. */
int hog_where_new(const char *text, const struct hog_where_words *words,
		  struct hog_where **ret, size_t *ret_at, struct hog_err *err);
void hog_where_free(struct hog_where *w);
/* Without a look at the stack, which costs more than all else: the answer, or
 * that the innermost line decides. */
enum hog_where_answer { HOG_WHERE_NO, HOG_WHERE_YES, HOG_WHERE_BY_STACK };
enum hog_where_answer hog_where_without_stack(const struct hog_where *w,
					      const struct hog_callview *v);
bool hog_where_matches(const struct hog_where *w, const struct hog_callview *v);

#endif
