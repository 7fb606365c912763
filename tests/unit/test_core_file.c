/* SPDX-License-Identifier: Apache-2.0 */
#include "target/core_file.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "target/target.h"

#define STACK 0x7ffd00000000ULL

/* A core in the making: notes and one segment each grow on their own. */
struct making {
	struct hog_buf notes, stack;
	unsigned machine;
};

static void add_u64(struct hog_buf *buf, uint64_t value)
{
	hog_buf_add(buf, &value, 8);
}

static void add_note(struct making *m, unsigned type, const char *owner,
		     const void *desc, size_t len)
{
	Elf64_Nhdr head = { (Elf64_Word)strlen(owner) + 1, (Elf64_Word)len,
			    type };

	hog_buf_add(&m->notes, &head, sizeof(head));
	hog_buf_add(&m->notes, owner, head.n_namesz);
	while (m->notes.len % 4)
		hog_buf_add_u8(&m->notes, 0);
	hog_buf_add(&m->notes, desc, len);
	while (m->notes.len % 4)
		hog_buf_add_u8(&m->notes, 0);
}

/* regs: pairs of register index and value, ended by -1. */
static void add_thread(struct making *m, int tid, const int64_t *regs)
{
	unsigned char desc[392] = { 0 };

	memcpy(desc + 32, &tid, 4);
	for (; *regs >= 0; regs += 2)
		memcpy(desc + 112 + regs[0] * 8, &regs[1], 8);
	add_note(m, NT_PRSTATUS, "CORE", desc,
		 m->machine == EM_X86_64 ? 336 : 392);
}

static void add_files(struct making *m, uint64_t unit, uint64_t offset)
{
	struct hog_buf desc = { 0 };

	add_u64(&desc, 1);
	add_u64(&desc, unit);
	add_u64(&desc, 0x400000);
	add_u64(&desc, 0x402000);
	add_u64(&desc, offset);
	hog_buf_add(&desc, "/bin/x", 7);
	add_note(m, NT_FILE, "CORE", desc.data, desc.len);
	hog_buf_fini(&desc);
}

/* Writes the core and loads it.  cut: bytes left out at the end. */
static int load(struct making *m, size_t cut, struct hog_core *ret)
{
	Elf64_Phdr ph[2] = {
		{ .p_type = PT_NOTE, .p_filesz = m->notes.len },
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_W,
		  .p_vaddr = STACK,
		  .p_filesz = m->stack.len,
		  .p_memsz = m->stack.len },
	};
	Elf64_Ehdr head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
					 ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_CORE,
			    .e_phoff = sizeof(head),
			    .e_phentsize = sizeof(*ph),
			    .e_phnum = 2 };
	struct hog_buf all = { 0 };
	int fd = memfd_create("core", 0);

	head.e_machine = (Elf64_Half)m->machine;
	ph[0].p_offset = sizeof(head) + sizeof(ph);
	ph[1].p_offset = ph[0].p_offset + m->notes.len;
	hog_buf_add(&all, &head, sizeof(head));
	hog_buf_add(&all, ph, sizeof(ph));
	hog_buf_add(&all, m->notes.data, m->notes.len);
	if (m->stack.len)
		hog_buf_add(&all, m->stack.data, m->stack.len);
	cr_assert_eq(write(fd, all.data, all.len - cut),
		     (ssize_t)(all.len - cut));
	hog_buf_fini(&all);
	hog_buf_fini(&m->notes);
	hog_buf_fini(&m->stack);
	return hog_core_load(fd, ret, NULL);
}

Test(core_file, reads_a_call_and_its_thread_pointer)
{
	struct making m = { .machine = EM_X86_64 };
	struct hog_core core;

	add_thread(&m, 42,
		   (int64_t[]){ 15, 202, 14, 0x1234, 13, 137, 16, 0x4005, 19,
				0x7ffd, 21, 0x7f00, -1 });
	add_thread(&m, 43, (int64_t[]){ 15, -1, 14, 9, -1 });
	cr_assert_eq(load(&m, 0, &core), 0);
	cr_assert_eq(core.nthreads, 2);
	cr_assert_eq(core.threads[0].tid, 42);
	cr_assert_eq(core.threads[0].syscall, 202);
	cr_assert_eq(core.threads[0].args[0], 0x1234);
	cr_assert_eq(core.threads[0].args[1], 137);
	cr_assert_eq(core.threads[0].pc, 0x4005);
	cr_assert_eq(core.threads[0].sp, 0x7ffd);
	cr_assert_eq(core.threads[0].tp, 0x7f00);
	cr_assert_eq(core.threads[1].syscall, HOG_NO_SYSCALL);
	cr_assert_eq(core.pid, 42, "without NT_PRPSINFO: the first thread's");
	hog_core_fini(&core);
}

Test(core_file, reads_aarch64_notes_of_their_own)
{
	struct making m = { .machine = EM_AARCH64 };
	struct hog_core core;
	uint64_t tls = 0x7f12;
	int32_t number = 98;

	add_thread(&m, 42,
		   (int64_t[]){ 0, 0x1234, 31, 0x7ffd, 32, 0x4005, -1 });
	add_note(&m, 0x401, "LINUX", &tls, 8);
	add_note(&m, 0x404, "LINUX", &number, 4);
	cr_assert_eq(load(&m, 0, &core), 0);
	cr_assert_eq(core.threads[0].syscall, 98);
	cr_assert_eq(core.threads[0].args[0], 0x1234);
	cr_assert_eq(core.threads[0].tp, 0x7f12);
	cr_assert_eq(core.threads[0].sp, 0x7ffd);
	hog_core_fini(&core);
}

Test(core_file, counts_offsets_in_pages_or_bytes)
{
	struct making kernel = { .machine = EM_X86_64 };
	struct making gcore = { .machine = EM_X86_64 };
	struct hog_core core;

	add_thread(&kernel, 1, (int64_t[]){ -1 });
	add_files(&kernel, 4096, 2);
	cr_assert_eq(load(&kernel, 0, &core), 0);
	cr_assert_eq(hog_core_file(&core, 0x401fff)->offset, 8192);
	cr_assert_null(hog_core_file(&core, 0x402000));
	hog_core_fini(&core);

	add_thread(&gcore, 1, (int64_t[]){ -1 });
	add_files(&gcore, 1, 8192);
	cr_assert_eq(load(&gcore, 0, &core), 0);
	cr_assert_eq(hog_core_file(&core, 0x400000)->offset, 8192);
	cr_assert_str_eq(hog_core_file(&core, 0x400000)->path, "/bin/x");
	hog_core_fini(&core);
}

static void add_command(struct making *m)
{
	static const char words[] = "python3\0a b.py\0HOME=/\0/bin/python3";
	uint64_t text = STACK + 9 * 8;
	uint64_t auxv[4] = { AT_EXECFN, text + 22, AT_PHDR, 0x400040 };

	add_u64(&m->stack, 2);
	add_u64(&m->stack, text);
	add_u64(&m->stack, text + 8);
	add_u64(&m->stack, 0);
	add_u64(&m->stack, 0); /* an empty environment */
	hog_buf_add(&m->stack, auxv, sizeof(auxv));
	hog_buf_add(&m->stack, words, sizeof(words));
	add_thread(m, 7, (int64_t[]){ -1 });
	add_note(m, NT_AUXV, "CORE", auxv, sizeof(auxv));
}

Test(core_file, takes_the_command_line_from_the_stack)
{
	struct making m = { .machine = EM_X86_64 };
	unsigned char info[136] = { 0 };
	struct hog_core core;
	char **line;

	add_command(&m);
	memcpy(info + 24, &(int){ 99 }, 4);
	memcpy(info + 40, "python3", 8);
	memcpy(info + 56, "python3 a b.py ", 16);
	add_note(&m, NT_PRPSINFO, "CORE", info, sizeof(info));
	cr_assert_eq(load(&m, 0, &core), 0);
	cr_assert_eq(core.pid, 99);
	cr_assert_str_eq(core.comm, "python3");
	line = hog_core_cmdline(&core);
	cr_assert_str_eq(line[0], "python3");
	cr_assert_str_eq(line[1], "a b.py");
	cr_assert_null(line[2]);
	free(line);
	/* The stack overwritten: the note's guess is left. */
	core.nsegments = 0;
	line = hog_core_cmdline(&core);
	cr_assert_str_eq(line[1], "a");
	cr_assert_str_eq(line[2], "b.py");
	cr_assert_null(line[3]);
	free(line);
	hog_core_fini(&core);
}

Test(core_file, keeps_what_is_before_a_cut)
{
	struct making m = { .machine = EM_X86_64 };
	struct hog_core core;
	char buf[16];

	add_thread(&m, 1, (int64_t[]){ -1 });
	hog_buf_add(&m.stack, "0123456789abcdef", 16);
	cr_assert_eq(load(&m, 6, &core), 0);
	cr_assert_eq(hog_core_copy(&core, STACK + 8, buf, 8), 2);
	cr_assert_eq(memcmp(buf, "89", 2), 0);
	cr_assert_eq(hog_core_copy(&core, STACK + 10, buf, 8), 0);
	cr_assert(hog_core_segment(&core, STACK)->cut);
	cr_assert_eq(hog_core_copy(&core, STACK + 16, buf, 8), 0);
	hog_core_fini(&core);
}

Test(core_file, refuses_damage)
{
	struct making none = { .machine = EM_X86_64 };
	struct making alien = { .machine = EM_386 };
	struct making gone = { .machine = EM_X86_64 };
	struct making lying = { .machine = EM_X86_64 };
	uint64_t many[2] = { 1ULL << 60, 4096 };
	struct hog_core core;

	add_u64(&none.stack, 1);
	cr_assert_eq(load(&none, 0, &core), -EBADMSG, "no thread");
	add_thread(&alien, 1, (int64_t[]){ -1 });
	cr_assert_eq(load(&alien, 0, &core), -EBADMSG);
	add_thread(&gone, 1, (int64_t[]){ -1 });
	cr_assert_eq(load(&gone, 100, &core), -EBADMSG, "notes cut");
	add_thread(&lying, 1, (int64_t[]){ -1 });
	add_note(&lying, NT_FILE, "CORE", many, sizeof(many));
	cr_assert_eq(load(&lying, 0, &core), -EBADMSG);
}
