/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/constants.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/errno_name.h"
#include "syscalls/decode.h"
#include "syscalls/text.h"

#ifndef CLONE_DETACHED
#define CLONE_DETACHED 0x00400000
#endif

struct constant {
	const char *name;
	uint64_t value;
};

#define TABLE(id, mask, unknown) static const struct constant id##_rows[] = {
#define C(name) { #name, (uint64_t)(name) },
#define N(name, value) { #name, (uint64_t)(value) },
#define END                                                                    \
	}                                                                      \
	;
#include "syscalls/constants_file.inc"
#include "syscalls/constants_net.inc"
#include "syscalls/constants_process.inc"
#undef TABLE
#undef C
#undef N
#undef END

struct table {
	const struct constant *rows;
	size_t n;
	uint64_t mask;
	const char *unknown;
};

static const struct table tables[] = {
#define TABLE(id, mask, unknown)                                               \
	[HOG_T_##id] = { id##_rows, sizeof(id##_rows) / sizeof(*id##_rows),    \
			 mask, unknown },
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
};

const char *hog_constant_name(unsigned table, uint64_t value)
{
	const struct table *t = &tables[table];

	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].value == value)
			return t->rows[i].name;
	return NULL;
}

static void add_unknown(struct hog_buf *out, const struct table *t,
			uint64_t value)
{
	hog_text_hex(out, value);
	if (t->unknown[0] == '\0')
		return;
	hog_buf_add(out, " /* ", 4);
	hog_buf_add_str(out, t->unknown);
	hog_buf_add(out, " */", 3);
}

void hog_constant_add(struct hog_buf *out, unsigned table, uint64_t value)
{
	const char *name = hog_constant_name(table, value);

	if (name)
		hog_buf_add_str(out, name);
	else
		add_unknown(out, &tables[table], value);
}

uint64_t hog_constant_add_known(struct hog_buf *out, unsigned table,
				uint64_t value)
{
	const struct table *t = &tables[table];
	size_t start = out->len;

	/* The number among the flags: 0 has a name too (O_RDONLY). */
	for (size_t i = 0; t->mask && i < t->n; i++) {
		if (t->rows[i].value != (value & t->mask))
			continue;
		hog_buf_add_str(out, t->rows[i].name);
		value &= ~t->mask;
		break;
	}
	for (size_t i = 0; value && i < t->n; i++) {
		uint64_t bits = t->rows[i].value;

		if (bits == 0 || (value & bits) != bits || !(bits & ~t->mask))
			continue;
		if (out->len > start)
			hog_buf_add_u8(out, '|');
		hog_buf_add_str(out, t->rows[i].name);
		value &= ~bits;
	}
	return value;
}

void hog_constant_add_flags(struct hog_buf *out, unsigned table, uint64_t value)
{
	const struct table *t = &tables[table];
	size_t start = out->len;
	const char *whole = value == 0 ? hog_constant_name(table, 0) : NULL;

	if (whole) {
		hog_buf_add_str(out, whole);
		return;
	}

	uint64_t rest = hog_constant_add_known(out, table, value);

	if (out->len == start && value != 0) {
		add_unknown(out, t, value);
	} else if (out->len == start) {
		hog_buf_add_u8(out, '0');
	} else if (rest != 0) {
		hog_buf_add_u8(out, '|');
		hog_text_hex(out, rest);
	}
}

/* Words that stand for no argument of their own, or for one of many. */
static const struct constant more[] = {
	{ "AT_FDCWD", (uint64_t)AT_FDCWD },
	{ "S_IFMT", S_IFMT },
	{ "O_ACCMODE", O_ACCMODE },
	{ "NULL", 0 },
	{ "SIG_DFL", 0 },
	{ "SIG_IGN", 1 },
	{ "INADDR_ANY", 0 },
	{ "SOCK_TYPE_MASK", 0xf },
	{ "MAP_FAILED", UINT64_MAX },
	{ "EWOULDBLOCK", EAGAIN },
	{ "EOPNOTSUPP", ENOTSUP },
	{ "EDEADLK", EDEADLOCK },
};

bool hog_call_constant(const char *name, int64_t *ret)
{
	int number = hog_errno_number(name);

	if (number > 0) {
		*ret = number;
		return true;
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		if (strcmp(more[i].name, name) != 0)
			continue;
		*ret = (int64_t)more[i].value;
		return true;
	}
	for (size_t t = 0; t < HOG_T_count; t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			if (strcmp(tables[t].rows[i].name, name) != 0)
				continue;
			*ret = (int64_t)tables[t].rows[i].value;
			return true;
		}
	}
	return false;
}
