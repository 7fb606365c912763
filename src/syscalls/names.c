/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/names.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>

static const char *const x86_64_names[] = {
#include "syscalls/table_x86_64.inc"
};

static const char *const aarch64_names[] = {
#include "syscalls/table_aarch64.inc"
};

/* Indexed by number; a number without a call is NULL. */
struct table {
	const char *const *names;
	size_t count;
	unsigned machine;
};

#define TABLE(m, t)                                                            \
	{                                                                      \
		.names = t, .count = sizeof(t) / sizeof(*(t)), .machine = m    \
	}

static const struct table tables[] = {
	TABLE(EM_X86_64, x86_64_names),
	TABLE(EM_AARCH64, aarch64_names),
};

static const struct table *find_table(unsigned machine)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (tables[i].machine == machine)
			return &tables[i];
	return NULL;
}

const char *hog_syscall_name(unsigned machine, int64_t number)
{
	const struct table *t = find_table(machine);

	/* -1 is what the kernel shows for "in no call". */
	if (!t || number < 0 || (uint64_t)number >= t->count)
		return NULL;
	return t->names[number];
}

int64_t hog_syscall_number(unsigned machine, const char *name)
{
	const struct table *t = find_table(machine);

	for (size_t i = 0; t && i < t->count; i++)
		if (t->names[i] && strcmp(t->names[i], name) == 0)
			return (int64_t)i;
	return -1;
}
