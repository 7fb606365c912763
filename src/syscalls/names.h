/* SPDX-License-Identifier: Apache-2.0 */
/* System call numbers and names, by machine (ELF e_machine). */
#ifndef HOG_SYSCALLS_NAMES_H
#define HOG_SYSCALLS_NAMES_H

#include <stdint.h>

/* Name of a call, e.g. "futex"; NULL for a number or machine we do not know. */
const char *hog_syscall_name(unsigned machine, int64_t number);
/* Its number, or -1. */
int64_t hog_syscall_number(unsigned machine, const char *name);

#endif
