/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF files and images: symbols, sections, build ids, load bias.  Files are
 * foreign bytes (libelf checks them, and we check libelf's numbers); an image
 * in memory is read through PT_DYNAMIC when its file is out of reach.
 */
#ifndef HOG_NATIVE_ELF_H
#define HOG_NATIVE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/mem.h"

struct hog_err;
struct hog_elf;

/* Takes over fd (closed with the file, also on failure).  -EBADMSG: no ELF. */
int hog_elf_open(int fd, struct hog_elf **ret, struct hog_err *err);
/* The image that a loader mapped at base (its ELF header's address); only
 * .dynsym and what program headers name can be seen. mem is borrowed. */
int hog_elf_open_memory(struct hog_mem *mem, uint64_t base,
			struct hog_elf **ret, struct hog_err *err);
void hog_elf_close(struct hog_elf *elf);

unsigned hog_elf_machine(const struct hog_elf *elf); /* EM_X86_64 ... */
bool hog_elf_is_memory(const struct hog_elf *elf);

/* Load bias of the file whose byte `offset` is mapped at `start`: add it to a
 * symbol's value.  The caller passes the lowest mapping of the file. */
uint64_t hog_elf_bias(const struct hog_elf *elf, uint64_t start,
		      uint64_t offset);

struct hog_elfsym {
	uint64_t value; /* link-time address */
	uint64_t size;
	bool is_tls;
};

/* Looks in .dynsym first (by its hash table), then .symtab. -ENOENT: neither. */
int hog_elf_symbol(struct hog_elf *elf, const char *name,
		   struct hog_elfsym *ret);
/* Several names at once; found ones are filled, others keep value 0.  Returns
 * how many were found.  One that is missing costs a walk over all of .symtab:
 * ask hog_elf_exports, which looks in .dynsym only, where that will do. */
int hog_elf_exports(struct hog_elf *elf, const char *const *names, size_t n,
		    struct hog_elfsym *ret);
int hog_elf_symbols(struct hog_elf *elf, const char *const *names, size_t n,
		    struct hog_elfsym *ret);

struct hog_elfsect {
	uint64_t addr, size; /* link-time address */
};

/* A section by name; -ENOENT also for a stripped section table or an image. */
int hog_elf_section(struct hog_elf *elf, const char *name,
		    struct hog_elfsect *ret);
/* Bytes of the file at a link-time address (what a core leaves out).  All or
 * nothing; -EFAULT: not in any PT_LOAD's file part. */
int hog_elf_read(struct hog_elf *elf, uint64_t vaddr, void *buf, size_t len);
/* NT_GNU_BUILD_ID.  Its length (<= cap), 0 none. */
size_t hog_elf_build_id(struct hog_elf *elf, unsigned char *buf, size_t cap);
/* DT_SONAME, or "" (borrowed). */
const char *hog_elf_soname(struct hog_elf *elf);
/* [lo, hi) of all writable PT_LOADs, link-time addresses: .data and .bss. */
int hog_elf_writable(struct hog_elf *elf, uint64_t *ret_lo, uint64_t *ret_hi);

#endif
