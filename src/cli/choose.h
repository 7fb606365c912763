/* SPDX-License-Identifier: Apache-2.0 */
/* Which processes: -p, --all, --name and --cgroup, of several commands. */
#ifndef HOG_CLI_CHOOSE_H
#define HOG_CLI_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "target/match.h"

struct hog_args;
struct hog_err;

/* Options of these have the same letters everywhere. */
enum { HOG_CHOOSE_ALL = 1024, HOG_CHOOSE_NAME, HOG_CHOOSE_CGROUP };

#define HOG_CHOOSE_ALL_HELP "every Python on this machine, new ones included"
#define HOG_CHOOSE_NAME_HELP                                                   \
	"Pythons whose command line has this extended regular expression"      \
	" (repeatable)"
#define HOG_CHOOSE_CGROUP_HELP                                                 \
	"Pythons in this control group or below: a path, a unit, or the id of" \
	" a container (repeatable)"

struct hog_choice {
	pid_t *pids; /* owned: -p, and plain operands where they may be pids */
	size_t n_pids;
	bool chosen; /* --all, --name or --cgroup: by the criteria */
	struct hog_criteria criteria; /* its lists are owned */
	const char *option;           /* the one that chose, "--all" */
};

/* operands: those are pids too.  Says nothing when nothing is named; -EINVAL:
 * they do not go together. */
int hog_choose(const struct hog_args *args, bool operands,
	       struct hog_choice *ret, struct hog_err *err);
/* The same, or a program after "--": one of the two, and no operands.  *choice
 * is to be released in any case. */
int hog_choose_target(const struct hog_args *args, struct hog_choice *choice,
		      char *const **ret_program, struct hog_err *err);
void hog_choice_fini(struct hog_choice *choice);
/* "1 Python process of another user may not be read ..." on stderr. */
void hog_say_refused(const char *command, size_t n);

#endif
