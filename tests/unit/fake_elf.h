/* SPDX-License-Identifier: Apache-2.0 */
/* The image of a shared object as a loader maps it, made up: one segment that
 * may be read and written, and a .dynsym. */
#ifndef HOG_TESTS_FAKE_ELF_H
#define HOG_TESTS_FAKE_ELF_H

#include <elf.h>
#include <string.h>

#define FAKE_ELF_SIZE 0x8000
#define FAKE_ELF_DYNAMIC 0x200
#define FAKE_ELF_HASH 0x300
#define FAKE_ELF_SYMTAB 0x400
#define FAKE_ELF_STRTAB 0xa00
#define FAKE_ELF_FREE 0x1000 /* from here on it is the test's */

struct fake_elf {
	unsigned char bytes[FAKE_ELF_SIZE];
	unsigned n_syms, n_strs;
};

static inline void fake_elf_init(struct fake_elf *elf, unsigned machine)
{
	const Elf64_Ehdr head = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = (Elf64_Half)machine,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(head),
		.e_ehsize = sizeof(head),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	};
	const Elf64_Dyn dynamic[] = {
		{ DT_SYMTAB, { FAKE_ELF_SYMTAB } },
		{ DT_STRTAB, { FAKE_ELF_STRTAB } },
		{ DT_STRSZ, { FAKE_ELF_FREE - FAKE_ELF_STRTAB } },
		{ DT_HASH, { FAKE_ELF_HASH } },
		{ DT_NULL, { 0 } },
	};
	const Elf64_Phdr phdrs[] = {
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_W | PF_X,
		  .p_filesz = FAKE_ELF_SIZE,
		  .p_memsz = FAKE_ELF_SIZE,
		  .p_align = 4096 },
		{ .p_type = PT_DYNAMIC,
		  .p_flags = PF_R | PF_W,
		  .p_offset = FAKE_ELF_DYNAMIC,
		  .p_vaddr = FAKE_ELF_DYNAMIC,
		  .p_filesz = sizeof(dynamic),
		  .p_memsz = sizeof(dynamic) },
	};

	memset(elf, 0, sizeof(*elf));
	memcpy(elf->bytes, &head, sizeof(head));
	memcpy(elf->bytes + sizeof(head), phdrs, sizeof(phdrs));
	memcpy(elf->bytes + FAKE_ELF_DYNAMIC, dynamic, sizeof(dynamic));
	elf->n_syms = 1;
	elf->n_strs = 1;
}

/* A symbol at an offset of the image. */
static inline void fake_elf_symbol(struct fake_elf *elf, const char *name,
				   uint64_t value)
{
	const Elf64_Sym sym = { .st_name = elf->n_strs,
				.st_info =
					ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
				.st_shndx = 1,
				.st_value = value,
				.st_size = 8 };
	uint32_t hash[2] = { 1, elf->n_syms + 1 };

	memcpy(elf->bytes + FAKE_ELF_SYMTAB + elf->n_syms * sizeof(sym), &sym,
	       sizeof(sym));
	strcpy((char *)elf->bytes + FAKE_ELF_STRTAB + elf->n_strs, name);
	memcpy(elf->bytes + FAKE_ELF_HASH, hash, sizeof(hash));
	elf->n_syms++;
	elf->n_strs += (unsigned)strlen(name) + 1;
}

#endif
