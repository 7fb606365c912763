/* SPDX-License-Identifier: Apache-2.0 */
/* --help, from the tables. */
#ifndef HOG_CLI_HELP_H
#define HOG_CLI_HELP_H

#include <stdio.h>

struct hog_command;

void hog_help_command(const struct hog_command *cmd, FILE *out);
void hog_help_overview(FILE *out);

#endif
