/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/names.h"

#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "syscalls/calls.h"
#include "syscalls/constants.h"

enum {
#define ROW(id, ...) ROW_##id,
#include "syscalls/calls.inc"
#undef ROW
};

#define ARG(name, type, width, kind, param)                                    \
	{                                                                      \
		name, type, HOG_WIDTH_##width, HOG_KIND_##kind, param          \
	}

#define NO_ARGS                                                                \
	{                                                                      \
		0                                                              \
	}

static const struct hog_callrow rows[] = {
#define ROW(id, count, classes, result, result_param, ...)                     \
	[ROW_##id] = { count,                                                  \
		       HOG_KIND_##result,                                      \
		       result_param,                                           \
		       classes,                                                \
		       { __VA_ARGS__ } },
#include "syscalls/calls.inc"
#undef ROW
};

/* A call of one machine; a number without a call has no name. */
struct call {
	const char *name;
	uint16_t row;
};

#define CALL(number, name, row) [number] = { #name, ROW_##row },

static const struct call x86_64_calls[] = {
#include "syscalls/table_x86_64.inc"
};

static const struct call i386_calls[] = {
#include "syscalls/table_i386.inc"
};

static const struct call aarch64_calls[] = {
#include "syscalls/table_aarch64.inc"
};

static const struct call arm_calls[] = {
#include "syscalls/table_arm.inc"
};

struct table {
	const struct call *calls;
	size_t count;
	unsigned machine;
};

#define TABLE(m, t)                                                            \
	{                                                                      \
		.calls = t, .count = sizeof(t) / sizeof(*(t)), .machine = m    \
	}

static const struct table tables[] = {
	TABLE(EM_X86_64, x86_64_calls),
	TABLE(EM_AARCH64, aarch64_calls),
	TABLE(EM_386, i386_calls),
	TABLE(EM_ARM, arm_calls),
};

static const struct table *find_table(unsigned machine)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (tables[i].machine == machine)
			return &tables[i];
	return NULL;
}

static const struct call *find_call(unsigned machine, int64_t number)
{
	const struct table *t = find_table(machine);

	/* -1 is what the kernel shows for "in no call". */
	if (!t || number < 0 || (uint64_t)number >= t->count ||
	    !t->calls[number].name)
		return NULL;
	return &t->calls[number];
}

const char *hog_syscall_name(unsigned machine, int64_t number)
{
	const struct call *call = find_call(machine, number);

	return call ? call->name : NULL;
}

int64_t hog_syscall_number(unsigned machine, const char *name)
{
	const struct table *t = find_table(machine);

	for (size_t i = 0; t && i < t->count; i++)
		if (t->calls[i].name && strcmp(t->calls[i].name, name) == 0)
			return (int64_t)i;
	return -1;
}

const struct hog_callrow *hog_call_row(unsigned machine, int64_t number)
{
	const struct call *call = find_call(machine, number);

	return call ? &rows[call->row] : NULL;
}

int64_t hog_call_numbers(unsigned machine)
{
	const struct table *t = find_table(machine);

	return t ? (int64_t)t->count : 0;
}

bool hog_call_argument(const char *name, char *near, size_t cap)
{
	struct hog_suggest like;

	hog_suggest_init(&like, name, strlen(name));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned k = 0; k < rows[i].n; k++) {
			if (strcmp(rows[i].args[k].name, name) == 0)
				return true;
			hog_suggest_try(&like, rows[i].args[k].name);
		}
	/* Of calls that nobody knows: arg1 to arg6. */
	if (strncmp(name, "arg", 3) == 0 && name[3] >= '1' &&
	    name[3] < '1' + HOG_CALL_ARGS && !name[4])
		return true;
	snprintf(near, cap, "%s", like.best);
	return false;
}
