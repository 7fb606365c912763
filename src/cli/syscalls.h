/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `hognose syscalls` share. */
#ifndef HOG_CLI_SYSCALLS_H
#define HOG_CLI_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/choose.h"
#include "cli/command.h"
#include "cli/syscalls_check.h"
#include "profile/sink.h"
#include "target/trace.h"

struct hog_args;
struct hog_err;

/* The options that have no letter. */
enum {
	HOG_SYSCALLS_VIA = 256,
	HOG_SYSCALLS_STRING_LIMIT,
	HOG_SYSCALLS_FUNCTION,
	HOG_SYSCALLS_FULL_PATHS,
	HOG_SYSCALLS_FOLLOW,
	HOG_SYSCALLS_STATS,
	HOG_SYSCALLS_FDS,
	HOG_SYSCALLS_FAIL_OPEN,
	HOG_SYSCALLS_ALLOW,
	HOG_SYSCALLS_ALLOW_FILE,
	HOG_SYSCALLS_BLOCKING,
	HOG_SYSCALLS_FAIL_BLOCKING,
	HOG_SYSCALLS_LOOP,
};

extern const struct hog_opt hog_syscalls_options[]; /* ends with { 0 } */

/* What the command line asks for. */
struct hog_syscalls {
	struct hog_choice choice;
	char *const *program; /* NULL: attached */
	char *set;            /* owned: all of -e, by commas; NULL: all calls */
	enum hog_trace_via via;
	bool follow;
	size_t string_limit;
	double duration_s; /* 0: until the end */
	struct hog_checking check;
	const struct hog_sink_ops *format; /* of the trace; NULL: only a check */
	struct hog_view view;
	const char *path;       /* NULL: standard output or error */
	const char *stats_path; /* NULL: not asked for */
	bool quiet, verbose;
};

/* -EINVAL: bad usage.  What was set is to be released in any case. */
int hog_syscalls_parse(const struct hog_args *args, struct hog_syscalls *ret,
		       struct hog_err *err);
void hog_syscalls_fini(struct hog_syscalls *opt);

#endif
