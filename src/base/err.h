/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong, in words for a user: "attach to 42: read memory: Operation
 * not permitted", and a hint that names the remedy.  Functions that set up
 * something take one as their last argument; NULL means nobody will read it.
 * They return a negative errno; the text is for people, the code for callers.
 */
#ifndef HOG_BASE_ERR_H
#define HOG_BASE_ERR_H

struct hog_err {
	int code;         /* negative errno, 0 when nothing was said */
	const char *hint; /* static text: what to do about it; NULL: none */
	char text[480];   /* no line break, no final stop */
};

/* Says "fmt: strerror(code)" and forgets what was said before.  Returns code. */
int hog_err_set(struct hog_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Says just fmt, with a hint (may be NULL).  Returns code. */
int hog_err_say(struct hog_err *err, int code, const char *hint,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Puts "fmt: " before what was said.  Returns code. */
int hog_err_wrap(struct hog_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
