/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's constants by name.  A table in constants_*.inc is
 *
 *	TABLE(name, mask, "what is shown of an unknown value")
 *	C(CONSTANT of the libc) N(CONSTANT, value) ...
 *	END
 *
 * The bits of mask are a number of their own among the flags (O_ACCMODE).
 * Flags that hold others (O_SYNC) stand before them; of two names of one value
 * the first is shown, and both are known in conditions.
 */
#ifndef HOG_SYSCALLS_CONSTANTS_H
#define HOG_SYSCALLS_CONSTANTS_H

#include <stdint.h>

struct hog_buf;

enum hog_constants {
#define TABLE(id, mask, unknown) HOG_T_##id,
#define C(name)
#define N(name, value)
#define END
#include "syscalls/constants_file.inc"
#include "syscalls/constants_net.inc"
#include "syscalls/constants_process.inc"
#undef TABLE
#undef C
#undef N
#undef END
	HOG_T_count
};

/* Name of a value; NULL: none. */
const char *hog_constant_name(unsigned table, uint64_t value);
/* "AF_INET", or "0x2a" with what it could have been. */
void hog_constant_add(struct hog_buf *out, unsigned table, uint64_t value);
/* "O_WRONLY|O_CREAT|0x40000000", "0". */
void hog_constant_add_flags(struct hog_buf *out, unsigned table,
			    uint64_t value);
/* Only the names in value; returns the bits that have none. */
uint64_t hog_constant_add_known(struct hog_buf *out, unsigned table,
				uint64_t value);

#endif
