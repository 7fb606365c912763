/* SPDX-License-Identifier: Apache-2.0 */
/* What this program is and what was built into it. */
#ifndef HOG_CLI_VERSION_H
#define HOG_CLI_VERSION_H

#include <stdbool.h>

extern const char hog_version[]; /* "0.1.0" */
extern const char hog_machine[]; /* "x86_64" */

/* Prints it on stdout.  An exit status. */
int hog_print_version(bool json);

#endif
