/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ended processes used after the kernel's last word about them.  Taking a
 * process's memory apart is charged to it (half a millisecond for a forked
 * Python) and told of by nothing but the sum that its parent gets when it waits
 * for it.  What that sum has more than was told is given to those that ended,
 * in equal parts.
 */
#ifndef HOG_COLLECT_REAPED_H
#define HOG_COLLECT_REAPED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_parent {
	pid_t pid;
	uint64_t base_ns;  /* its sum when first seen */
	uint64_t told_ns;  /* of its children, and of theirs that ended */
	uint64_t extra_ns; /* what was found missing so far */
	uint64_t sum_ns;   /* its sum at the last look */
	uint32_t *ended;   /* owned: model threads; 0: no Python */
	unsigned n, cap;
};

struct hog_reaped {
	struct hog_parent *v; /* owned */
	unsigned n, cap;
	uint64_t looked_ns;
};

void hog_reaped_fini(struct hog_reaped *r);
/* A process has a child: its sum counts from now on. */
void hog_reaped_begin(struct hog_reaped *r, pid_t parent);
/* A thread of a child of this one ended, and had used so much. */
void hog_reaped_told(struct hog_reaped *r, pid_t parent, uint64_t cpu_ns);
/* pid has ended: a child of parent, shown as that thread of the model; 0: it is
 * not shown. */
void hog_reaped_ended(struct hog_reaped *r, pid_t pid, pid_t parent,
		      uint32_t thread);
/* Looks at the sums of those whose children ended; not more often than makes
 * sense, but for all.  false: it was too soon. */
bool hog_reaped_look(struct hog_reaped *r, uint64_t now, bool all);
/* Calls give with what each of the ended gets.  Whatever was told before the
 * look must be known by now: a sum has all of who is in it. */
void hog_reaped_settle(struct hog_reaped *r,
		       void (*give)(void *arg, uint32_t thread, uint64_t ns),
		       void *arg);

#endif
