/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaks: descriptors that are open when a check says that none may be, and that
 * no --allow names.  0 to 2 never are.  At a fork those with close-on-exec
 * count too, as a fork keeps them, unless the child then execs; at an exec only
 * those that stay.
 */
#ifndef HOG_ANALYZE_LEAKS_H
#define HOG_ANALYZE_LEAKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/ledger.h"

struct hog_leaks;
struct hog_run;

/* Different (line, what kind) that are kept; more are counted. */
#define HOG_LEAKS_MAX 4096

/* One opening line's descriptors at one kind of moment. */
struct hog_leak {
	enum hog_fds_when when;
	int fd;          /* the first one */
	uint64_t count;  /* of descriptors, over all moments */
	uint32_t stack;  /* that opened it; 0: not seen */
	uint32_t thread; /* whose that was */
	uint32_t call;   /* string id; 0: not seen */
	uint32_t process;    /* in which it was open, the first one */
	uint32_t at_stack;   /* who forked, the first one */
	uint64_t time_ns;    /* of that moment */
	enum hog_fd_why why; /* the opening is not known */
	bool cloexec;
	const char *kind;
	char *what; /* of the first one; owned; may be NULL */
};

struct hog_leaks *hog_leaks_new(const struct hog_run *run);
void hog_leaks_free(struct hog_leaks *l);
/* A pattern of --allow: with * ? [] on the path, the socket's address (with or
 * without "TCP " in front) or the function that opened it (its name, qualified
 * name, or file:function).  -ENOMEM. */
int hog_leaks_allow(struct hog_leaks *l, const char *pattern, size_t len);
/* The lines of an --allow-file: one pattern each, # begins a comment. */
int hog_leaks_allow_lines(struct hog_leaks *l, const char *text, size_t len);
/* What is open at a moment that is checked.  -ENOMEM. */
int hog_leaks_add(struct hog_leaks *l, const struct hog_ledger_moment *moment);
/* Is that one a leak then? */
bool hog_leaks_is(const struct hog_leaks *l,
		  const struct hog_ledger_moment *moment,
		  const struct hog_ledger_fd *fd);
/* A child was born of that thread: of the fork whose descriptors were told just
 * before, or are told next. */
void hog_leaks_forked(struct hog_leaks *l, uint32_t thread, uint32_t child);
/* It runs another program now: close-on-exec ones were none of its. */
void hog_leaks_execed(struct hog_leaks *l, uint32_t child);
/* All so far, in the order in which they were first seen. */
const struct hog_leak *hog_leaks_get(const struct hog_leaks *l, size_t *ret_n);
uint64_t hog_leaks_dropped(const struct hog_leaks *l);

#endif
