/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes chosen by what they are: all Pythons of the machine, those of a
 * name, those of a control group, and whoever of that kind comes later.  Most
 * processes are no Python and some that are cannot be read; both may cost next
 * to nothing, so each process is looked at in steps, cheap ones first, and the
 * less often the older it is.
 */
#ifndef HOG_COLLECT_SELECT_H
#define HOG_COLLECT_SELECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_criteria;
struct hog_err;
struct hog_processes;
struct hog_select;

/* follow: take what those chosen start too, whether it fits or not. */
int hog_select_new(const struct hog_criteria *criteria, bool follow,
		   struct hog_select **ret, struct hog_err *err);
void hog_select_free(struct hog_select *sel);
/* Opens all that are there and fit. */
void hog_select_sweep(struct hog_select *sel, struct hog_processes *list);
/* Why the list is still empty, with what there is instead.  -ENOENT, or -EPERM:
 * there are some that may not be read. */
int hog_select_why_none(const struct hog_select *sel, struct hog_err *err);
/* Opens those that have come up since.  Often; returns at once when nothing is
 * due, and may cost a 25th of a core at most, successes aside. */
void hog_select_step(struct hog_select *sel, struct hog_processes *list,
		     uint64_t now);
/* The same when it cannot wait for a slot: sleeps until `until`, or news come, or
 * one is due to be looked at.  false: it is `until`. */
bool hog_select_wait(struct hog_select *sel, struct hog_processes *list,
		     uint64_t until);
/* Pythons that fit and could not be read for lack of rights, so far. */
unsigned hog_select_refused(const struct hog_select *sel);
/* Pythons that found no room, so far. */
unsigned hog_select_crowded(const struct hog_select *sel);
/* How new processes are heard of: "connector" or "scan". */
const char *hog_select_way(const struct hog_select *sel);

#endif
