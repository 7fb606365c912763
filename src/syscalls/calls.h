/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each call: names and types of its arguments, what they mean,
 * the classes it is in.  The rows are generated (tools/gen_syscalls.py).
 */
#ifndef HOG_SYSCALLS_CALLS_H
#define HOG_SYSCALLS_CALLS_H

#include <stdint.h>

#include "syscalls/decode.h"

/* strace's classes of calls. */
enum {
	HOG_CLASS_FILE = 1 << 0,
	HOG_CLASS_DESC = 1 << 1,
	HOG_CLASS_NETWORK = 1 << 2,
	HOG_CLASS_PROCESS = 1 << 3,
	HOG_CLASS_MEMORY = 1 << 4,
	HOG_CLASS_SIGNAL = 1 << 5,
	HOG_CLASS_IPC = 1 << 6,
	HOG_CLASS_CREDS = 1 << 7,
	HOG_CLASS_CLOCK = 1 << 8,
	HOG_CLASS_STAT = 1 << 9,
	HOG_CLASS_LSTAT = 1 << 10,
	HOG_CLASS_FSTAT = 1 << 11,
	HOG_CLASS_STATFS = 1 << 12,
	HOG_CLASS_FSTATFS = 1 << 13,
	HOG_CLASS_PURE = 1 << 14,
};

/* How much of a register an argument is.  LONG, ULONG and POINTER have the
 * machine's size, LONGER always has 64 bits. */
enum hog_width {
	HOG_WIDTH_INT,
	HOG_WIDTH_UINT,
	HOG_WIDTH_SHORT,
	HOG_WIDTH_LONG,
	HOG_WIDTH_ULONG,
	HOG_WIDTH_LONGER,
	HOG_WIDTH_POINTER,
};

/* What an argument means; the list is kinds.inc. */
enum hog_kind {
#define KIND(name, when, function) HOG_KIND_##name,
#include "syscalls/kinds.inc"
#undef KIND
};

/* A parameter: the length is the result of the call. */
#define HOG_PARAM_RESULT 255

struct hog_argrow {
	const char *name, *type;
	uint8_t width, kind;
	uint8_t param; /* another argument, or a table of constants */
};

struct hog_callrow {
	uint8_t n;
	uint8_t result, result_param; /* kind of the result */
	uint16_t classes;
	struct hog_argrow args[HOG_CALL_ARGS];
};

/* NULL: not known. */
const struct hog_callrow *hog_call_row(unsigned machine, int64_t number);
/* One past the highest number of a machine's table. */
int64_t hog_call_numbers(unsigned machine);

#endif
