/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of descriptors: for each process of a run what is open, who opened
 * it and when, and whether it outlives an exec; from system calls, forks, execs
 * and ends.  An HOG_EV_FDS event is the truth (/proc/PID/fd): the ledger takes
 * it over, and tells the owner, who reports.
 *
 * A close may be told after the open that got the same number, when two threads
 * make them at the same time: it only closes what was there when it began.
 */
#ifndef HOG_ANALYZE_LEDGER_H
#define HOG_ANALYZE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/event.h"

struct hog_buf;
struct hog_ledger;
struct hog_run;

/* Past these, what is new is not kept, and counted (hog_ledger_refused). */
#define HOG_LEDGER_FDS_MAX (1u << 17) /* of one process */
#define HOG_LEDGER_ALL_MAX (1u << 20)
#define HOG_LEDGER_PROCESSES_MAX (1u << 16)

/* Why an opening is not known. */
enum hog_fd_why {
	HOG_WHY_SEEN, /* it is */
	HOG_WHY_BEFORE,
	HOG_WHY_INHERITED, /* by a program that hognose launched */
	HOG_WHY_IO_URING,
	HOG_WHY_RECEIVED,
	HOG_WHY_UNSEEN,
};
const char *hog_fd_why_text(enum hog_fd_why why);

struct hog_ledger_fd {
	int fd;
	int copy_of; /* the descriptor that it was copied from, or -1 */
	bool cloexec;
	enum hog_fd_why why;
	const char *kind; /* "socket"; "" when no look has told yet */
	char *what;       /* "/etc/hosts"; owned by the ledger, may be NULL */
	/* Who opened it (or received it: SEEN and RECEIVED only). */
	uint64_t time_ns, end_ns;     /* entry and end of the call */
	uint32_t thread, stack, call; /* of the model; call: a string id */
};

/* The table of a process at a moment (HOG_EV_FDS), for the owner of a ledger;
 * valid during the call. */
struct hog_ledger_moment {
	enum hog_fds_when when;
	uint32_t process; /* of the model */
	uint64_t time_ns;
	uint32_t thread, stack;          /* who forks; 0 where nobody does */
	const struct hog_ledger_fd *fds; /* ascending */
	size_t n;
};

typedef int (*hog_ledger_report)(void *arg,
				 const struct hog_ledger_moment *moment);

struct hog_ledger *hog_ledger_new(const struct hog_run *run,
				  hog_ledger_report report, void *arg);
void hog_ledger_free(struct hog_ledger *l);
/* What is open at the beginning was given to a program that hognose launched. */
void hog_ledger_set_launched(struct hog_ledger *l);
/* Any event; those that mean nothing to it are left alone.  -ENOMEM, or what
 * report said. */
int hog_ledger_event(struct hog_ledger *l, const struct hog_event *ev);
/* The table of a process as the ledger has it; NULL, 0: none. */
const struct hog_ledger_fd *hog_ledger_fds(const struct hog_ledger *l,
					   uint32_t process, size_t *ret_n);
uint64_t hog_ledger_refused(const struct hog_ledger *l);

#endif
