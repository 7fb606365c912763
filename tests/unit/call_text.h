/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system call as one line of text, made from a fake memory: what the tests of
 * src/syscalls/decode_*.c compare.  Include it once in a test.
 */
#ifndef HOG_TESTS_CALL_TEXT_H
#define HOG_TESTS_CALL_TEXT_H

#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "fake_mem.h"
#include "syscalls/decode.h"
#include "syscalls/names.h"

#define AT 0x10000u /* where tests put what arguments point to */

struct call_text {
	struct fake_mem fake;
	struct hog_call call;
	struct hog_calldecoder d;
	unsigned machine;
	char text[4096];
};

static inline size_t call_text_fd(void *arg, int fd, char *buf, size_t size)
{
	(void)arg;
	if (fd != 3)
		return 0;
	return (size_t)snprintf(buf, size, "/etc/hosts");
}

static inline void call_text_init(struct call_text *t)
{
	memset(t, 0, sizeof(*t));
	fake_mem_init(&t->fake);
	fake_mem_add(&t->fake, AT, NULL, 0x2000);
	t->d.mem = &t->fake.mem;
	t->machine = EM_X86_64;
}

static inline void call_text_fini(struct call_text *t)
{
	hog_call_fini(&t->call);
	fake_mem_fini(&t->fake);
}

/* What does not fit is not compared: tests of long texts look at their length. */
static inline void call_text_append(struct call_text *t, const char *text,
				    size_t len)
{
	size_t n = strlen(t->text);

	if (len > sizeof(t->text) - n - 1)
		len = sizeof(t->text) - n - 1;
	if (len > 0) /* else there may be no text */
		memcpy(t->text + n, text, len);
	t->text[n + len] = '\0';
}

static inline void call_text_add(struct call_text *t,
				 const struct hog_callarg *arg)
{
	call_text_append(t, (const char *)t->call.bytes.data + arg->text,
			 arg->text_len);
}

/* "name(a, b" */
static inline void call_text_arguments(struct call_text *t)
{
	t->text[0] = '\0';
	call_text_append(t, t->call.name, strlen(t->call.name));
	call_text_append(t, "(", 1);
	for (unsigned i = 0; i < t->call.n; i++) {
		if (i)
			call_text_append(t, ", ", 2);
		call_text_add(t, &t->call.args[i]);
	}
}

/* Of a call at its entry. */
static inline const char *call_text_entry(struct call_text *t, const char *name,
					  const uint64_t args[6])
{
	struct hog_syscall raw = { .machine = t->machine,
				   .number = hog_syscall_number(t->machine,
								name) };

	cr_assert_geq(raw.number, 0, "%s", name);
	memcpy(raw.args, args, sizeof(raw.args));
	hog_call_enter(&t->call, &t->d, &raw);
	call_text_arguments(t);
	return t->text;
}

/* "name(a, b) = result"; what the call wrote is in memory already. */
static inline const char *call_text_exit(struct call_text *t, int64_t result)
{
	hog_call_exit(&t->call, &t->d, result);
	call_text_arguments(t);
	call_text_append(t, ") = ", 4);
	call_text_add(t, &t->call.result);
	return t->text;
}

#define ARGS(...) ((const uint64_t[6]){ __VA_ARGS__ })

/* One whole call. */
#define SHOWS(t, result, expected, name, ...)                                  \
	do {                                                                   \
		call_text_entry(t, name, ARGS(__VA_ARGS__));                   \
		cr_expect_str_eq(call_text_exit(t, result), expected);         \
	} while (0)

#define POKE(t, offset, ...)                                                   \
	do {                                                                   \
		__extension__ __auto_type poked_ = (__VA_ARGS__);              \
		fake_mem_poke(&(t)->fake, AT + (offset), &poked_,              \
			      sizeof(poked_));                                 \
	} while (0)

static inline void call_text_poke_str(struct call_text *t, unsigned offset,
				      const char *text)
{
	fake_mem_poke(&t->fake, AT + offset, text, strlen(text) + 1);
}

#endif
