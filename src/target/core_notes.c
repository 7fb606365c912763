/* SPDX-License-Identifier: Apache-2.0 */
#include "target/core_notes.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

/* Notes as Linux lays them out in 64 bits: struct elf_prstatus and
 * elf_prpsinfo, which glibc only has for the machine it was built on. */
#define PRSTATUS_PID 32
#define PRSTATUS_REGS 112
#define PRPSINFO_PID 24
#define PRPSINFO_COMM 40
#define PRPSINFO_ARGS 56
#define PRPSINFO_SIZE 136

#ifndef NT_ARM_TLS
#define NT_ARM_TLS 0x401
#endif
#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

static uint64_t reg(const unsigned char *regs, int index)
{
	struct hog_cursor cur;

	hog_cursor_init(&cur, regs + index * 8, 8);
	return hog_cursor_u64(&cur);
}

/* Registers in the kernel's user_regs order. */
static void take_x86_64(const unsigned char *regs, struct hog_core_thread *ret)
{
	/* rdi rsi rdx r10 r8 r9 */
	static const int args[6] = { 14, 13, 12, 7, 9, 8 };

	for (int i = 0; i < 6; i++)
		ret->args[i] = reg(regs, args[i]);
	/* -1 outside of a call; compat calls do not concern 64-bit Python. */
	ret->syscall = (int64_t)reg(regs, 15) < 0 ? HOG_NO_SYSCALL
						  : (int64_t)reg(regs, 15);
	ret->pc = reg(regs, 16);
	ret->sp = reg(regs, 19);
	ret->tp = reg(regs, 21);
}

/* x0-x30 sp pc pstate; the call's number and TLS are notes of their own.  Of an
 * interrupted call x0 may hold -ERESTART... rather than the argument. */
static void take_aarch64(const unsigned char *regs, struct hog_core_thread *ret)
{
	for (int i = 0; i < 6; i++)
		ret->args[i] = reg(regs, i);
	ret->syscall = HOG_NO_SYSCALL;
	ret->sp = reg(regs, 31);
	ret->pc = reg(regs, 32);
}

static int take_prstatus(struct hog_core *core, const unsigned char *desc,
			 size_t len)
{
	size_t need =
		PRSTATUS_REGS + (core->machine == EM_X86_64 ? 27 : 34) * 8;
	struct hog_core_thread thread = { .syscall = HOG_NO_SYSCALL };
	struct hog_core_thread *grown;
	struct hog_cursor cur;

	if (len < need || core->nthreads == HOG_CORE_THREADS_MAX)
		return -EBADMSG;
	hog_cursor_init(&cur, desc + PRSTATUS_PID, 4);
	thread.tid = (pid_t)hog_cursor_u32(&cur);
	if (core->machine == EM_X86_64)
		take_x86_64(desc + PRSTATUS_REGS, &thread);
	else
		take_aarch64(desc + PRSTATUS_REGS, &thread);
	/* Grown at each power of two. */
	if ((core->nthreads & (core->nthreads - 1)) == 0) {
		size_t cap = core->nthreads ? 2 * core->nthreads : 1;

		grown = realloc(core->threads, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		core->threads = grown;
	}
	core->threads[core->nthreads++] = thread;
	return 0;
}

static int take_prpsinfo(struct hog_core *core, const unsigned char *desc,
			 size_t len)
{
	struct hog_cursor cur;

	if (len < PRPSINFO_SIZE)
		return -EBADMSG;
	hog_cursor_init(&cur, desc + PRPSINFO_PID, 4);
	core->pid = (pid_t)hog_cursor_u32(&cur);
	memcpy(core->comm, desc + PRPSINFO_COMM, 16);
	memcpy(core->args, desc + PRPSINFO_ARGS, 80);
	return 0;
}

/* Count and page size, then {start, end, offset} each, then the names.  The
 * kernel counts offsets in pages and says 4096, gcore in bytes and says 1. */
static int take_files(struct hog_core *core, unsigned char *desc, size_t len)
{
	struct hog_cursor cur;
	struct hog_core_file *files;
	uint64_t count, unit;
	const char *name, *end = (const char *)desc + len;

	hog_cursor_init(&cur, desc, len);
	count = hog_cursor_u64(&cur);
	unit = hog_cursor_u64(&cur);
	if (cur.bad || count > (len - 16) / 24 || unit == 0 || core->files)
		return -EBADMSG;
	files = calloc(count + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	core->files = files;
	name = (const char *)desc + 16 + count * 24;
	for (uint64_t i = 0; i < count; i++) {
		struct hog_core_file file = { 0 };
		const char *nul;

		file.start = hog_cursor_u64(&cur);
		file.end = hog_cursor_u64(&cur);
		if (__builtin_mul_overflow(hog_cursor_u64(&cur), unit,
					   &file.offset))
			return -EBADMSG;
		nul = name < end ? memchr(name, '\0', (size_t)(end - name))
				 : NULL;
		if (!nul || file.start >= file.end)
			return -EBADMSG;
		file.path = name;
		name = nul + 1;
		files[core->nfiles++] = file;
	}
	return 0;
}

/* The notes of a thread follow its NT_PRSTATUS. */
static void take_of_thread(struct hog_core *core, unsigned type,
			   const unsigned char *desc, size_t len)
{
	struct hog_core_thread *last;
	struct hog_cursor cur;

	if (core->nthreads == 0 || core->machine != EM_AARCH64)
		return;
	last = &core->threads[core->nthreads - 1];
	hog_cursor_init(&cur, desc, len);
	if (type == NT_ARM_TLS && len >= 8) {
		last->tp = hog_cursor_u64(&cur);
	} else if (type == NT_ARM_SYSTEM_CALL && len >= 4) {
		int32_t number = (int32_t)hog_cursor_u32(&cur);

		last->syscall = number < 0 ? HOG_NO_SYSCALL : number;
	}
}

static int take_note(struct hog_core *core, unsigned type, bool is_core,
		     unsigned char *desc, size_t len)
{
	if (!is_core) {
		take_of_thread(core, type, desc, len);
		return 0;
	}
	switch (type) {
	case NT_PRSTATUS:
		return take_prstatus(core, desc, len);
	case NT_PRPSINFO:
		return take_prpsinfo(core, desc, len);
	case NT_FILE:
		return take_files(core, desc, len);
	case NT_AUXV:
		core->auxv = desc;
		core->auxv_len = len;
		return 0;
	default:
		return 0;
	}
}

int hog_core_parse_notes(struct hog_core *core, unsigned char *notes,
			 size_t len)
{
	size_t at = 0;

	while (len - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		const unsigned char *owner;
		size_t name, desc;
		int r;

		memcpy(&note, notes + at, sizeof(note));
		at += sizeof(note);
		name = ((size_t)note.n_namesz + 3) & ~(size_t)3;
		desc = ((size_t)note.n_descsz + 3) & ~(size_t)3;
		if (name > len - at || desc > len - at - name)
			return -EBADMSG;
		owner = notes + at;
		at += name;
		r = take_note(core, note.n_type,
			      note.n_namesz == 5 && !memcmp(owner, "CORE", 5),
			      notes + at, note.n_descsz);
		if (r < 0)
			return r;
		at += desc;
	}
	return 0;
}
