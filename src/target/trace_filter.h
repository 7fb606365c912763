/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seccomp filter that stops the wanted calls for the tracer and lets all
 * others pass.  It looks at numbers only, so that kernels since 5.11 keep its
 * answers and do not even run it for calls that pass.
 */
#ifndef HOG_TARGET_TRACE_FILTER_H
#define HOG_TARGET_TRACE_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

struct hog_filter_set {
	const uint64_t *native, *compat; /* bits by number; borrowed */
	unsigned n_numbers;
	bool all; /* all, but x32's */
};

/* *ret is the caller's.  Its length, or -ENOMEM, -E2BIG. */
int hog_filter_make(const struct hog_filter_set *set, struct sock_filter **ret);
/* For the calling thread and what comes from it, for good.  Needs no rights,
 * but without CAP_SYS_ADMIN setuid programs lose their effect (no_new_privs). */
int hog_filter_install(const struct sock_filter *prog, unsigned n);

#endif
