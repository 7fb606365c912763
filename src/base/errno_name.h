/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of system calls by name ("ENOENT"), those of the kernel's own included
 * (ERESTARTSYS ...).  The same on x86-64 and aarch64. */
#ifndef HOG_BASE_ERRNO_NAME_H
#define HOG_BASE_ERRNO_NAME_H

/* NULL: no error has this number. */
const char *hog_errno_name(int number);
/* The number, or 0. */
int hog_errno_number(const char *name);

#endif
