/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every command there is.  To add one: a file beside this one, a line in each
 * of the two lists here, a line in meson.build, a page in docs/man.
 */
#include "cli/command.h"

extern const struct hog_command hog_cmd_doctor;
extern const struct hog_command hog_cmd_dump;
extern const struct hog_command hog_cmd_fds;
extern const struct hog_command hog_cmd_formats;
extern const struct hog_command hog_cmd_record;
extern const struct hog_command hog_cmd_report;
extern const struct hog_command hog_cmd_syscalls;

const struct hog_command *const hog_commands[] = {
	&hog_cmd_dump,   &hog_cmd_record, &hog_cmd_syscalls, &hog_cmd_fds,
	&hog_cmd_report, &hog_cmd_doctor, &hog_cmd_formats,  NULL,
};
