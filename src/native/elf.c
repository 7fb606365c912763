/* SPDX-License-Identifier: Apache-2.0 */
#include "native/elf.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "native/elf_image.h"
#include "target/build_id.h"

#define SECTIONS_MAX 65536
#define SYMTAB_BYTES_MAX (512u << 20)
#define NOTES_MAX 65536

int hog_elf_check_head(const Elf64_Ehdr *head)
{
	if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
	    head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_ident[EI_DATA] != ELFDATA2LSB ||
	    head->e_ident[EI_VERSION] != EV_CURRENT ||
	    (head->e_phnum && head->e_phentsize != sizeof(Elf64_Phdr)))
		return -EBADMSG;
	return 0;
}

static int load_phdrs(struct hog_elf *elf)
{
	size_t n;

	if (elf_getphdrnum(elf->file, &n) != 0 || n > HOG_ELF_PHDRS_MAX)
		return -EBADMSG;
	elf->phdrs = calloc(n + 1, sizeof(*elf->phdrs));
	if (!elf->phdrs)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;

		if (!gelf_getphdr(elf->file, (int)i, &phdr))
			return -EBADMSG;
		elf->phdrs[elf->nphdrs++] = phdr;
	}
	return 0;
}

static int load(struct hog_elf *elf)
{
	Elf64_Ehdr head;
	struct stat st;

	/* A mapped file would kill us with SIGBUS when somebody cuts it short
	 * meanwhile: libelf is told to read, and it reads only what we ask. */
	elf_version(EV_CURRENT);
	if (fstat(elf->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) ||
	    pread(elf->fd, &head, sizeof(head), 0) != sizeof(head) ||
	    hog_elf_check_head(&head) < 0)
		return -EBADMSG;
	elf->file = elf_begin(elf->fd, ELF_C_READ, NULL);
	if (!elf->file || elf_kind(elf->file) != ELF_K_ELF)
		return -EBADMSG;
	elf->machine = head.e_machine;
	return load_phdrs(elf);
}

int hog_elf_open(int fd, struct hog_elf **ret, struct hog_err *err)
{
	struct hog_elf *elf = calloc(1, sizeof(*elf));
	int r;

	if (!elf) {
		close(fd);
		return hog_err_set(err, -ENOMEM, "open an ELF file");
	}
	elf->fd = fd;
	r = load(elf);
	if (r < 0) {
		hog_elf_close(elf);
		return hog_err_say(err, r, NULL,
				   r == -EBADMSG ? "not a 64-bit ELF file"
						 : "cannot read the ELF file");
	}
	*ret = elf;
	return 0;
}

void hog_elf_close(struct hog_elf *elf)
{
	if (!elf)
		return;
	hog_elftab_fini(&elf->dyn);
	hog_elftab_fini(&elf->full);
	free(elf->soname);
	free(elf->phdrs);
	elf_end(elf->file);
	if (elf->fd >= 0)
		close(elf->fd);
	free(elf);
}

unsigned hog_elf_machine(const struct hog_elf *elf)
{
	return elf->machine;
}

bool hog_elf_is_memory(const struct hog_elf *elf)
{
	return elf->mem != NULL;
}

uint64_t hog_elf_bias(const struct hog_elf *elf, uint64_t start,
		      uint64_t offset)
{
	const Elf64_Phdr *first = NULL;

	if (elf->mem)
		return elf->bias;
	for (size_t i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];

		if (ph->p_type != PT_LOAD)
			continue;
		if (!first)
			first = ph;
		/* A mapping begins at a page, so before its segment. */
		if (offset >= (ph->p_offset & ~0xfffULL) &&
		    offset - (ph->p_offset & ~0xfffULL) < ph->p_filesz) {
			first = ph;
			break;
		}
	}
	return first ? start - (offset - first->p_offset + first->p_vaddr) : 0;
}

static int read_file(struct hog_elf *elf, uint64_t vaddr, void *buf, size_t len)
{
	for (size_t i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];
		uint64_t at = vaddr - ph->p_vaddr;

		if (ph->p_type != PT_LOAD || vaddr < ph->p_vaddr ||
		    at >= ph->p_filesz || len > ph->p_filesz - at)
			continue;
		if (ph->p_offset > INT64_MAX - at)
			return -EFAULT;
		return pread(elf->fd, buf, len, (off_t)(ph->p_offset + at)) ==
				       (ssize_t)len
			       ? 0
			       : -EFAULT;
	}
	return -EFAULT;
}

int hog_elf_read(struct hog_elf *elf, uint64_t vaddr, void *buf, size_t len)
{
	if (len == 0)
		return 0;
	if (elf->mem)
		return hog_mem_read(elf->mem, vaddr + elf->bias, buf, len);
	return read_file(elf, vaddr, buf, len);
}

/* Copies a symbol table section, so that both kinds of table look alike. */
static int load_symtab(struct hog_elf *elf, Elf_Scn *scn, const GElf_Shdr *shdr,
		       struct hog_elftab *ret)
{
	Elf_Scn *str_scn = elf_getscn(elf->file, shdr->sh_link);
	Elf_Data *syms = elf_rawdata(scn, NULL);
	Elf_Data *strs = str_scn ? elf_rawdata(str_scn, NULL) : NULL;

	if (!syms || !syms->d_buf || !strs || !strs->d_buf ||
	    syms->d_size > SYMTAB_BYTES_MAX || strs->d_size > SYMTAB_BYTES_MAX)
		return -EBADMSG;
	ret->n = syms->d_size / sizeof(*ret->syms);
	ret->strs_len = strs->d_size;
	ret->syms = malloc(ret->n * sizeof(*ret->syms) + 1);
	ret->strs = malloc(strs->d_size + 1);
	if (!ret->syms || !ret->strs) {
		hog_elftab_fini(ret);
		return -ENOMEM;
	}
	memcpy(ret->syms, syms->d_buf, ret->n * sizeof(*ret->syms));
	memcpy(ret->strs, strs->d_buf, strs->d_size);
	ret->strs[strs->d_size] = '\0';
	return 0;
}

/* The first section that has a type (name NULL) or a name. */
static Elf_Scn *find_section(struct hog_elf *elf, unsigned type,
			     const char *name, GElf_Shdr *ret)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (!elf->file || elf_getshdrstrndx(elf->file, &names) != 0)
		return NULL;
	for (int i = 0; i < SECTIONS_MAX; i++) {
		const char *own;

		scn = elf_nextscn(elf->file, scn);
		if (!scn || !gelf_getshdr(scn, ret))
			return NULL;
		if (!name && ret->sh_type == type)
			return scn;
		own = name ? elf_strptr(elf->file, names, ret->sh_name) : NULL;
		if (own && strcmp(own, name) == 0)
			return scn;
	}
	return NULL;
}

/* Either of the tables, at its first use.  A table that cannot be read is an
 * empty one: the caller then knows no such symbol. */
static const struct hog_elftab *dyn_table(struct hog_elf *elf)
{
	if (!elf->dyn_tried) {
		elf->dyn_tried = true;
		if (hog_elftab_load_dynamic(elf, &elf->dyn) < 0) {
			GElf_Shdr shdr;
			Elf_Scn *scn =
				find_section(elf, SHT_DYNSYM, NULL, &shdr);

			if (scn)
				load_symtab(elf, scn, &shdr, &elf->dyn);
		}
	}
	return &elf->dyn;
}

static const struct hog_elftab *full_table(struct hog_elf *elf)
{
	if (!elf->full_tried) {
		GElf_Shdr shdr;
		Elf_Scn *scn = find_section(elf, SHT_SYMTAB, NULL, &shdr);

		elf->full_tried = true;
		if (scn)
			load_symtab(elf, scn, &shdr, &elf->full);
	}
	return &elf->full;
}

int hog_elf_exports(struct hog_elf *elf, const char *const *names, size_t n,
		    struct hog_elfsym *ret)
{
	memset(ret, 0, n * sizeof(*ret));
	return hog_elftab_find(dyn_table(elf), names, n, ret);
}

int hog_elf_symbols(struct hog_elf *elf, const char *const *names, size_t n,
		    struct hog_elfsym *ret)
{
	int found = hog_elf_exports(elf, names, n, ret);

	if ((size_t)found < n)
		found += hog_elftab_find(full_table(elf), names, n, ret);
	return found;
}

int hog_elf_symbol(struct hog_elf *elf, const char *name,
		   struct hog_elfsym *ret)
{
	struct hog_elfsym sym;

	if (hog_elf_symbols(elf, &name, 1, &sym) < 1)
		return -ENOENT;
	*ret = sym;
	return 0;
}

int hog_elf_section(struct hog_elf *elf, const char *name,
		    struct hog_elfsect *ret)
{
	GElf_Shdr shdr;

	if (!find_section(elf, 0, name, &shdr))
		return -ENOENT;
	ret->addr = shdr.sh_addr;
	ret->size = shdr.sh_size;
	return 0;
}

size_t hog_elf_build_id(struct hog_elf *elf, unsigned char *buf, size_t cap)
{
	for (size_t i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];
		_cleanup_free_ unsigned char *notes = NULL;
		size_t n;

		if (ph->p_type != PT_NOTE || ph->p_filesz > NOTES_MAX)
			continue;
		notes = malloc(ph->p_filesz + 1);
		if (!notes ||
		    hog_elf_read(elf, ph->p_vaddr, notes, ph->p_filesz) < 0)
			continue;
		n = hog_notes_build_id(notes, ph->p_filesz, buf, cap);
		if (n > 0)
			return n;
	}
	return 0;
}

const char *hog_elf_soname(struct hog_elf *elf)
{
	uint64_t at;

	if (elf->soname)
		return elf->soname;
	if (hog_elf_dynamic(elf, DT_SONAME, &at) == 0) {
		const struct hog_elftab *tab = dyn_table(elf);

		if (at < tab->strs_len)
			elf->soname = strdup(tab->strs + at);
	}
	if (!elf->soname)
		elf->soname = strdup("");
	return elf->soname ? elf->soname : "";
}

int hog_elf_writable(struct hog_elf *elf, uint64_t *ret_lo, uint64_t *ret_hi)
{
	uint64_t lo = UINT64_MAX, hi = 0;

	for (size_t i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_W) ||
		    ph->p_memsz > UINT64_MAX - ph->p_vaddr)
			continue;
		if (ph->p_vaddr < lo)
			lo = ph->p_vaddr;
		if (ph->p_vaddr + ph->p_memsz > hi)
			hi = ph->p_vaddr + ph->p_memsz;
	}
	if (lo >= hi)
		return -ENOENT;
	*ret_lo = lo;
	*ret_hi = hi;
	return 0;
}
