/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system call in words: its arguments by name and type, with what they point
 * to in the memory of the thread that makes it, which stands still meanwhile.
 * What the call reads is decoded at its entry, what it writes at its exit.
 * Nothing here fails: what cannot be read or is not known is shown raw.
 */
#ifndef HOG_SYSCALLS_DECODE_H
#define HOG_SYSCALLS_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "target/mem.h"

#define HOG_CALL_ARGS 6

struct hog_syscall {      /* as the kernel got it */
	unsigned machine; /* ELF e_machine of the call: EM_386 for a 32-bit one */
	int64_t number;
	uint64_t args[HOG_CALL_ARGS];
	int64_t result; /* -errno; at the exit only */
};

enum hog_callarg_kind {
	HOG_CALLARG_NONE, /* a pointer that could not be read: text is it */
	HOG_CALLARG_INT, /* number, also a pointer to what we decode into text */
	HOG_CALLARG_STRING, /* bytes: a path, a buffer (cut at string_limit) */
};

struct hog_callarg {
	const char *name,
		*type; /* constant: "flags", "int" (as the kernel has it) */
	enum hog_callarg_kind kind;
	int64_t number;
	/* Offsets into hog_call.bytes. */
	uint32_t string, string_len;
	uint32_t text, text_len; /* as strace would show it */
};

/* A call and its decoded arguments; zeroed at first, used again and again. */
struct hog_call {
	struct hog_syscall raw;
	const char *name; /* NULL: unknown, show "syscall_0x1f3" */
	char unknown[24]; /* which is here then */
	unsigned n;
	struct hog_callarg args[HOG_CALL_ARGS];
	bool exited; /* result is there: text of the result below */
	struct hog_callarg result; /* "3</etc/hosts>", "0x7f..", "0"; not errno */
	struct hog_buf bytes;      /* owned: strings and texts */
};

struct hog_calldecoder {
	struct hog_mem *mem; /* of the process; NULL: pointers stay raw */
	size_t string_limit; /* bytes shown of a string or buffer; 0: 32 */
	/* What stands behind a descriptor, "/etc/hosts" or "TCP a:1->b:2", into
	 * buf (cut to size), length returned, 0: not known.  NULL: never asked. */
	size_t (*fd)(void *arg, int fd, char *buf, size_t size);
	void *arg;
	/* As they are in struct hog_syscall, no memory read: for filters. */
	bool raw;
};

void hog_call_fini(struct hog_call *call);
/* At the entry: forgets what call held, takes raw and decodes. */
void hog_call_enter(struct hog_call *call, const struct hog_calldecoder *d,
		    const struct hog_syscall *raw);
/* At the exit of the same call, raw.result set: decodes what was written. */
void hog_call_exit(struct hog_call *call, const struct hog_calldecoder *d,
		   int64_t result);

/* Value of a constant as it stands in conditions: "O_WRONLY", "AF_INET",
 * "ENOENT".  false: not known. */
bool hog_call_constant(const char *name, int64_t *ret);
/* Is it what an argument of some call is named?  If not, the nearest such name
 * is copied into near, or "". */
bool hog_call_argument(const char *name, char *near, size_t cap);

#endif
