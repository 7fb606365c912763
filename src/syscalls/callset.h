/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which system calls are meant: names, /regex/, strace's classes, negation
 * ("openat,%network,!/^epoll/").  A set is of one machine and of the 32-bit
 * calls that its programs can make as well.
 */
#ifndef HOG_SYSCALLS_CALLSET_H
#define HOG_SYSCALLS_CALLSET_H

#include <stdbool.h>
#include <stdint.h>

struct hog_err;

#define HOG_CALL_NUMBERS 1024 /* above any number there is */

struct hog_callset {
	uint64_t native[HOG_CALL_NUMBERS / 64];
	uint64_t compat[HOG_CALL_NUMBERS / 64]; /* EM_386 of EM_X86_64 ... */
};

/* Everything, also numbers that we have no name for. */
void hog_callset_all(struct hog_callset *ret);
/* What -e says; several are given one after the other with commas.  -EINVAL
 * with words that name the part that is wrong (and the nearest name). */
int hog_callset_parse(unsigned machine, const char *text,
		      struct hog_callset *ret, struct hog_err *err);
bool hog_callset_has(const struct hog_callset *set, bool compat,
		     int64_t number);
bool hog_callset_is_all(const struct hog_callset *set);
/* The machine of 32-bit calls in programs of this one; 0: it has none. */
unsigned hog_callset_compat(unsigned machine);

#endif
