/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Python processes of a session: who is looked at, since when, until when;
 * and those that the user named, with whom the session ends.
 */
#ifndef HOG_COLLECT_PROCESSES_H
#define HOG_COLLECT_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "collect/process.h"

struct hog_err;
struct hog_family;
struct hog_model;

struct hog_root { /* named by the user: the session lives while one does */
	pid_t pid;
	int pidfd;
	bool ended;
};

struct hog_processes {
	struct hog_model *model; /* borrowed */
	struct hog_process **v;  /* owned, each owned */
	unsigned n, cap;
	struct hog_root *roots; /* owned */
	unsigned n_roots;
	uint64_t ever;                    /* opened so far */
	char guessed[HOG_PYVERSION_TEXT]; /* a version we do not know; "" */
	/* A version whose tasks we cannot read, and why not; "". */
	char taskless[HOG_PYVERSION_TEXT];
	const char *no_tasks;
	struct hog_map64 shorts; /* see struct hog_frames */
};

void hog_processes_init(struct hog_processes *l, struct hog_model *model);
void hog_processes_fini(struct hog_processes *l);
struct hog_process *hog_processes_find(const struct hog_processes *l,
				       pid_t pid);
/* Also one that is gone and not dropped yet: the last that had this id. */
struct hog_process *hog_processes_find_last(const struct hog_processes *l,
					    pid_t pid);
/* Opens pid when it is Python; 0 too when it is open already.  Errors as
 * hog_process_new; -EMFILE: there are too many. */
int hog_processes_open(struct hog_processes *l, pid_t pid,
		       const struct hog_origin *origin, struct hog_err *err);
int hog_processes_add_root(struct hog_processes *l, pid_t pid);
/* All that the user named have ended. */
bool hog_processes_roots_ended(struct hog_processes *l);
/* Settles and frees those that ended, or run another program now; the family
 * hears of each. */
void hog_processes_drop_gone(struct hog_processes *l, struct hog_family *family,
			     uint64_t now);
void hog_processes_settle(struct hog_processes *l, struct hog_slot *slot);
unsigned hog_processes_threads(const struct hog_processes *l);

#endif
