/* SPDX-License-Identifier: Apache-2.0 */
/* How system calls are chosen and shown: options of syscalls and report. */
#ifndef HOG_CLI_CALLS_VIEW_H
#define HOG_CLI_CALLS_VIEW_H

#include "profile/sink.h"

struct hog_args;
struct hog_err;
struct hog_where;

/* These have the same letters everywhere. */
enum {
	HOG_CALLS_WHERE = 1100,
	HOG_CALLS_STACK,
	HOG_CALLS_SUMMARY,
	HOG_CALLS_JSON,
	HOG_CALLS_WEIGHT,
};

#define HOG_CALLS_WHERE_HELP                                                   \
	"only calls of which this is true: 'duration > 5ms && errno == ENOENT'"
#define HOG_CALLS_STACK_HELP                                                   \
	"so many lines of Python under each call (default 3 in text, else full)"
#define HOG_CALLS_SUMMARY_HELP                                                 \
	"a table in place of the calls: count, errors, times (default: by call)"
#define HOG_CALLS_JSON_HELP "that table as JSON"
#define HOG_CALLS_WEIGHT_HELP                                                  \
	"what calls weigh in flame graphs and tables of functions (default "   \
	"time)"

/* Sets what these options say of the view.  -EINVAL. */
int hog_calls_view_parse(const struct hog_args *args, struct hog_view *view,
			 struct hog_err *err);
/* The format of -f, or which these options mean, or of the suffix of path, or
 * (path NULL or "-") plain.  -EINVAL. */
int hog_calls_view_format(const struct hog_args *args, const char *path,
			  const char *plain, const struct hog_view *view,
			  const struct hog_sink_ops **ret, struct hog_err *err);
/* --where compiled; *ret is NULL without it.  HOG_EXIT_OK, or what was wrong has
 * been said, with a mark below the place, and this is the exit status. */
int hog_calls_where(const char *command, const struct hog_args *args,
		    struct hog_where **ret);

#endif
