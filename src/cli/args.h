/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing what command.h lets commands ask. */
#ifndef HOG_CLI_ARGS_H
#define HOG_CLI_ARGS_H

struct hog_args;
struct hog_command;
struct hog_err;

/* Parses argv[first] up to argv[argc] by the command's option table, to which
 * -h/--help is always added.  argv is borrowed and must outlive *ret.
 * -EINVAL: bad usage, err says what and what to do; -ENOMEM. */
int hog_args_parse(const struct hog_command *cmd, int argc, char *const *argv,
		   int first, struct hog_args **ret, struct hog_err *err);
void hog_args_free(struct hog_args *args);

/* The one added to every table. */
extern const struct hog_opt hog_opt_help;

#endif
