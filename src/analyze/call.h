/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system call as everybody needs it who shows, chooses or counts calls: the
 * event and its detail taken apart.  All pointers lead into the model and hold
 * until something is added to it.
 */
#ifndef HOG_ANALYZE_CALL_H
#define HOG_ANALYZE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "profile/detail.h"
#include "profile/event.h"

struct hog_buf;
struct hog_run;

#define HOG_CALLVIEW_ARGS 8  /* no call has more than six */
#define HOG_KERNEL_ERRNO 512 /* from here on they are the kernel's own */

struct hog_calltext {
	const char *text; /* "" when there is none; not always NUL-terminated */
	size_t len;
};

struct hog_callview {
	const struct hog_run *run;
	const struct hog_event *ev;
	struct hog_calltext name; /* "openat" */
	struct hog_detail_field args[HOG_CALLVIEW_ARGS];
	unsigned n_args;
	struct hog_calltext ret; /* the result as shown: "3</etc/hosts>" */
	bool ended;              /* there is a result */
	bool timed;              /* its duration is that of the whole call */
	int64_t result;          /* as the program got it: -1 when it failed */
	int error; /* errno > 0; those of the kernel's own too (512..); 0 */
	pid_t pid, tid;
};

/* The innermost line of Python of a call. */
struct hog_callplace {
	uint32_t frame;           /* of the model; 0: there is none */
	struct hog_calltext name; /* qualified where that is known */
	struct hog_calltext file, short_file;
	int line; /* 0: not known */
};

/* false: the event is no call, or its detail is forgotten or damaged (then all
 * that the event itself says is there, and no argument). */
bool hog_callview_get(const struct hog_run *run, const struct hog_event *ev,
		      struct hog_callview *ret);
struct hog_calltext hog_callview_text(const struct hog_callview *v,
				      uint32_t string);
/* The argument of that name, or NULL. */
const struct hog_detail_field *hog_callview_arg(const struct hog_callview *v,
						const char *name, size_t len);
/* The path that the call is about: of an argument, else what the first
 * descriptor among them is ("/etc/hosts" of "3</etc/hosts>"); "" if none. */
struct hog_calltext hog_callview_path(const struct hog_callview *v);
struct hog_calltext hog_callview_thread(const struct hog_callview *v);
struct hog_callplace hog_callview_place(const struct hog_callview *v);
/* Bytes that it read or wrote; 0 for calls that move none. */
uint64_t hog_callview_bytes(const struct hog_callview *v);

/* What stands in the angle brackets of "3</etc/hosts>"; "" when nothing does. */
struct hog_calltext hog_call_fd_text(const char *text, size_t len);
bool hog_calltext_is(struct hog_calltext t, const char *text);
/* "openat(AT_FDCWD, "/x", O_RDONLY)": the name and what is in brackets, control
 * characters and bytes that are no UTF-8 as \xNN. */
void hog_call_format(struct hog_buf *buf, const struct hog_callview *v);
/* "3</x>", "-1 ENOENT (No such file or directory)", "? ERESTARTSYS (...)", "?". */
void hog_call_format_result(struct hog_buf *buf, const struct hog_callview *v);
/* Text that can break neither a line nor a terminal. */
void hog_call_plain(struct hog_buf *buf, struct hog_calltext t);

#endif
