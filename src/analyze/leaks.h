/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaks: descriptors that are open when a check says that none may be, and that
 * no --allow names.  0 to 2 never are, nor
 * those that a launched program was given.  At a fork those with close-on-exec
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

#define HOG_LEAKS_MAX 4096 /* different ones; more are only counted */

#define HOG_LEAK_FDS 8

/* The descriptors that one line left open, at one kind of moment. */
struct hog_leak {
	enum hog_fds_when when;
	uint64_t count;        /* of descriptors, over all moments */
	int fds[HOG_LEAK_FDS]; /* the first numbers of them */
	unsigned n_fds;
	/* Of the first one: */
	bool cloexec;
	enum hog_fd_why why; /* its opening is not known */
	const char *kind;
	char *what;         /* owned; may be NULL */
	uint32_t stack;     /* that opened it; 0: not known */
	uint32_t thread;    /* whose that was */
	uint32_t call;      /* string id; 0: not known */
	uint32_t process;   /* in which it was open */
	uint32_t at_stack;  /* of who forked; 0: nobody */
	uint64_t time_ns;   /* of that moment */
	uint64_t opened_ns; /* of the opening */
};

/* when: a bit for each enum hog_fds_when that is checked. */
struct hog_leaks *hog_leaks_new(const struct hog_run *run, unsigned when);
void hog_leaks_free(struct hog_leaks *l);
/* A pattern of --allow: with * ? [] on the path, the socket's address (with or
 * without "TCP " in front) or the function that opened it (its name, qualified
 * name, or file:function).  -ENOMEM. */
int hog_leaks_allow(struct hog_leaks *l, const char *pattern, size_t len);
/* The lines of an --allow-file: one pattern each, # begins a comment. */
int hog_leaks_allow_lines(struct hog_leaks *l, const char *text, size_t len);
/* Checks what is open at a moment.  -ENOMEM. */
int hog_leaks_add(struct hog_leaks *l, const struct hog_ledger_moment *moment);
/* An exec: close-on-exec ones that this process had from its fork were none of
 * its.  An end, or 0 for all: they were. */
void hog_leaks_execed(struct hog_leaks *l, uint32_t process);
int hog_leaks_ended(struct hog_leaks *l, uint32_t process);
/* All so far, in the order in which they were first seen. */
const struct hog_leak *hog_leaks_get(const struct hog_leaks *l, size_t *ret_n);
uint64_t hog_leaks_dropped(const struct hog_leaks *l);

#endif
