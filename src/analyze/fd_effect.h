/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a system call did to the table of descriptors of its process, read off
 * its arguments and its result.  A table from the call's name to the effect:
 * fd_effect.c; a new call is a row there.
 */
#ifndef HOG_ANALYZE_FD_EFFECT_H
#define HOG_ANALYZE_FD_EFFECT_H

#include <stdbool.h>
#include <stddef.h>

#include "analyze/call.h"

#define HOG_FD_OPENED_MAX 64 /* by one call: SCM_MAX_FD is 253, seldom seen */

enum hog_fd_change {
	HOG_FD_NOTHING,
	HOG_FD_OPEN,        /* opened[] are new */
	HOG_FD_COPY,        /* opened[0] is a copy of from */
	HOG_FD_RECEIVE,     /* opened[] came over a socket */
	HOG_FD_CLOSE,       /* first..last */
	HOG_FD_SET_CLOEXEC, /* of first..last, to cloexec */
};

struct hog_fd_effect {
	enum hog_fd_change change;
	bool unshare;  /* the table becomes the process's own before */
	bool io_uring; /* the process can open things that nobody sees */
	bool cloexec;
	const char *kind; /* "socket", "pipe"; "" when only a look can tell */
	int from;
	unsigned first, last;
	struct {
		int fd;
		struct hog_calltext what; /* "/etc/hosts", or "" */
	} opened[HOG_FD_OPENED_MAX];
	unsigned n_opened;
};

/* A call that failed, or that never came back, did nothing. */
void hog_fd_effect_get(const struct hog_callview *v, struct hog_fd_effect *ret);
/* All calls that have one, as -e takes them on any machine: "?open,?openat". */
struct hog_buf;
void hog_fd_effect_calls(struct hog_buf *buf);
bool hog_fd_effect_has(struct hog_calltext name);

#endif
