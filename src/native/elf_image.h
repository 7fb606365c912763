/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an ELF file and an ELF image in memory have in common: program headers,
 * and bytes at link-time addresses.  Everything that PT_DYNAMIC and PT_NOTE
 * name is found through these two, in both.  Private to native/.
 */
#ifndef HOG_NATIVE_ELF_IMAGE_H
#define HOG_NATIVE_ELF_IMAGE_H

#include <elf.h>
#include <libelf.h>

#include "native/elf.h"

/* A real file has about a dozen. */
#define HOG_ELF_PHDRS_MAX 256

/* .dynsym or .symtab with its strings, copied out of the target. */
struct hog_elftab {
	Elf64_Sym *syms; /* owned, may be NULL */
	size_t n;
	char *strs; /* owned; ends with a NUL of ours */
	size_t strs_len;
	/* DT_GNU_HASH; all NULL: there is none, scan. */
	uint32_t *buckets, *chains; /* owned */
	uint32_t nbuckets, symoffset;
	size_t nchains;
};

struct hog_elf {
	int fd;              /* owned; -1: an image in memory */
	Elf *file;           /* owned; NULL: an image in memory */
	struct hog_mem *mem; /* borrowed; NULL: a file */
	uint64_t bias;       /* of the image in memory */
	unsigned machine;
	Elf64_Phdr *phdrs; /* owned */
	size_t nphdrs;
	struct hog_elftab dyn, full;
	bool dyn_tried, full_tried;
	char *soname; /* owned; NULL: not looked up yet */
};

/* Checks an ELF header: 64 bit, little endian, a version and machine we can
 * tell.  0 or -EBADMSG. */
int hog_elf_check_head(const Elf64_Ehdr *head);

void hog_elftab_fini(struct hog_elftab *tab);
/* Reads .dynsym through PT_DYNAMIC.  0, -ENOENT, -EBADMSG ... */
int hog_elftab_load_dynamic(struct hog_elf *elf, struct hog_elftab *ret);
/* Fills those of ret[0..n) with value 0 that tab defines.  How many. */
int hog_elftab_find(const struct hog_elftab *tab, const char *const *names,
		    size_t n, struct hog_elfsym *ret);
/* One DT_ value; -ENOENT. */
int hog_elf_dynamic(struct hog_elf *elf, int64_t tag, uint64_t *ret);

#endif
