/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls of a stopped thread as its registers tell: what differs between
 * machines stands in trace_arch.c only.
 */
#ifndef HOG_TARGET_TRACE_ARCH_H
#define HOG_TARGET_TRACE_ARCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_tcall {
	unsigned machine; /* ELF e_machine of the call */
	int64_t number;
	uint64_t args[6];
};

enum hog_twhere { /* at which kind of stop */
		  HOG_TWHERE_OTHER,
		  HOG_TWHERE_ENTRY,
		  HOG_TWHERE_EXIT,
};

/* e_machine of our own and of its 32-bit calls; what audit calls them. */
extern const unsigned hog_tarch_native, hog_tarch_compat;
extern const uint32_t hog_tarch_audit_native, hog_tarch_audit_compat;
/* Numbers from here on are of another kind (x32) and never watched; 0: none. */
extern const uint32_t hog_tarch_foreign_from;

/* A thread in a syscall stop.  At the entry: *ret_call; at the exit:
 * *ret_result.  in_call: what a kernel before 5.3 does not say, whether this
 * one is an exit.  -ESRCH: killed. */
int hog_tarch_stop(pid_t tid, bool in_call, struct hog_tcall *ret_call,
		   int64_t *ret_result, enum hog_twhere *ret);
/* A thread in any other stop: the call that it is in or has just ended, and the
 * result (ERESTART... when it is to go on).  number -1: none. */
int hog_tarch_call(pid_t pid, pid_t tid, struct hog_tcall *ret_call,
		   int64_t *ret_result);
/* Number of restart_syscall. */
int64_t hog_tarch_restart(unsigned machine);
/* Flags of the fork, vfork, clone or clone3 that a thread is in. */
int hog_tarch_clone_flags(pid_t tid, uint64_t *ret);

#endif
