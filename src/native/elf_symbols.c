/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbol tables.  .dynsym is reached through PT_DYNAMIC, in a file as in an
 * image in memory, and looked up by its GNU hash table: what attaching needs is
 * some dozen names of several thousand.  Every number is foreign.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "native/elf_image.h"

#define DYNAMIC_MAX 512     /* entries; a real one has about 30 */
#define SYMS_MAX (4u << 20) /* of one .dynsym */
#define STRS_MAX (256u << 20)
#define CHAIN_PIECE 1024 /* entries read at once */
#define NAME_MAX_BYTES 512

void hog_elftab_fini(struct hog_elftab *tab)
{
	free(tab->syms);
	free(tab->strs);
	free(tab->buckets);
	free(tab->chains);
	*tab = (struct hog_elftab){ 0 };
}

/* What of .dynamic concerns symbols; 0: not there. */
struct dynamic {
	uint64_t symtab, strtab, strsz, gnu_hash, hash, soname;
	bool has_soname;
};

/* glibc's loader adds the bias to the addresses in a writable .dynamic, others
 * leave them: an address beyond the image's own range tells. */
static uint64_t link_address(const struct hog_elf *elf, uint64_t value)
{
	if (!elf->mem || elf->bias == 0)
		return value;
	for (size_t i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];

		if (ph->p_type == PT_LOAD &&
		    value - elf->bias - ph->p_vaddr < ph->p_memsz)
			return value - elf->bias;
	}
	return value;
}

static int read_dynamic(struct hog_elf *elf, struct dynamic *ret)
{
	_cleanup_free_ Elf64_Dyn *dyn = NULL;
	const Elf64_Phdr *ph = NULL;
	struct dynamic d = { 0 };
	size_t n;
	int r;

	for (size_t i = 0; i < elf->nphdrs && !ph; i++)
		if (elf->phdrs[i].p_type == PT_DYNAMIC)
			ph = &elf->phdrs[i];
	if (!ph)
		return -ENOENT;
	n = ph->p_filesz / sizeof(*dyn);
	if (n > DYNAMIC_MAX)
		n = DYNAMIC_MAX;
	dyn = calloc(n + 1, sizeof(*dyn));
	if (!dyn)
		return -ENOMEM;
	r = hog_elf_read(elf, ph->p_vaddr, dyn, n * sizeof(*dyn));
	if (r < 0)
		return r;
	for (size_t i = 0; i < n && dyn[i].d_tag != DT_NULL; i++) {
		uint64_t value = dyn[i].d_un.d_val;

		switch (dyn[i].d_tag) {
		case DT_SYMTAB:
			d.symtab = link_address(elf, value);
			break;
		case DT_STRTAB:
			d.strtab = link_address(elf, value);
			break;
		case DT_STRSZ:
			d.strsz = value;
			break;
		case DT_GNU_HASH:
			d.gnu_hash = link_address(elf, value);
			break;
		case DT_HASH:
			d.hash = link_address(elf, value);
			break;
		case DT_SONAME:
			d.soname = value;
			d.has_soname = true;
			break;
		default:
			break;
		}
	}
	*ret = d;
	return 0;
}

int hog_elf_dynamic(struct hog_elf *elf, int64_t tag, uint64_t *ret)
{
	struct dynamic d;
	int r = read_dynamic(elf, &d);

	if (r < 0)
		return r;
	if (tag != DT_SONAME || !d.has_soname)
		return -ENOENT;
	*ret = d.soname;
	return 0;
}

/* Reads chain entries up to the one that ends the last bucket's chain. */
static int read_chains(struct hog_elf *elf, uint64_t addr, uint32_t last,
		       struct hog_elftab *tab)
{
	size_t n = 0, cap = 0;

	for (;;) {
		size_t want = CHAIN_PIECE;
		uint32_t *grown;

		if (n + want > SYMS_MAX)
			return -EBADMSG;
		if (n + want > cap) {
			cap = 2 * (n + want);
			grown = realloc(tab->chains, cap * sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			tab->chains = grown;
		}
		/* The table may end where the mapping does. */
		while (want > 0 && hog_elf_read(elf, addr + n * 4,
						tab->chains + n, want * 4) < 0)
			want /= 2;
		if (want == 0)
			return -EBADMSG;
		for (size_t i = n; i < n + want; i++) {
			if (i >= last && (tab->chains[i] & 1)) {
				tab->nchains = i + 1;
				return 0;
			}
		}
		n += want;
	}
}

static int read_gnu_hash(struct hog_elf *elf, uint64_t addr,
			 struct hog_elftab *tab)
{
	uint32_t head[4]; /* nbuckets, symoffset, bloom words, bloom shift */
	uint32_t max = 0;
	int r = hog_elf_read(elf, addr, head, sizeof(head));

	if (r < 0)
		return r;
	if (head[0] == 0 || head[0] > SYMS_MAX || head[1] > SYMS_MAX ||
	    head[2] > SYMS_MAX)
		return -EBADMSG;
	addr += sizeof(head) + (uint64_t)head[2] * 8;
	tab->buckets = malloc(head[0] * sizeof(uint32_t));
	if (!tab->buckets)
		return -ENOMEM;
	r = hog_elf_read(elf, addr, tab->buckets, head[0] * sizeof(uint32_t));
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < head[0]; i++)
		if (tab->buckets[i] > max)
			max = tab->buckets[i];
	tab->nbuckets = head[0];
	tab->symoffset = head[1];
	tab->n = head[1];
	if (max < head[1])
		return max == 0 ? 0 : -EBADMSG; /* it exports nothing */
	if (max > SYMS_MAX)
		return -EBADMSG;
	r = read_chains(elf, addr + (uint64_t)head[0] * 4, max - head[1], tab);
	tab->n = head[1] + tab->nchains;
	return r;
}

/* How many symbols there are: only the hash tables know. */
static int count_symbols(struct hog_elf *elf, const struct dynamic *d,
			 struct hog_elftab *tab)
{
	uint32_t head[2]; /* of DT_HASH: buckets, chains */
	int r;

	if (d->gnu_hash)
		return read_gnu_hash(elf, d->gnu_hash, tab);
	if (!d->hash)
		return -ENOENT;
	r = hog_elf_read(elf, d->hash, head, sizeof(head));
	if (r < 0)
		return r;
	if (head[1] > SYMS_MAX)
		return -EBADMSG;
	tab->n = head[1];
	return 0;
}

static int load_table(struct hog_elf *elf, struct hog_elftab *tab)
{
	struct dynamic d;
	int r = read_dynamic(elf, &d);

	if (r < 0)
		return r;
	if (!d.symtab || !d.strtab || d.strsz == 0 || d.strsz > STRS_MAX)
		return -ENOENT;
	r = count_symbols(elf, &d, tab);
	if (r < 0)
		return r;
	tab->syms = malloc(tab->n * sizeof(*tab->syms) + 1);
	tab->strs = malloc(d.strsz + 1);
	if (!tab->syms || !tab->strs)
		return -ENOMEM;
	tab->strs_len = d.strsz;
	tab->strs[d.strsz] = '\0';
	r = hog_elf_read(elf, d.symtab, tab->syms, tab->n * sizeof(*tab->syms));
	return r < 0 ? r : hog_elf_read(elf, d.strtab, tab->strs, d.strsz);
}

int hog_elftab_load_dynamic(struct hog_elf *elf, struct hog_elftab *ret)
{
	struct hog_elftab tab = { 0 };
	int r = load_table(elf, &tab);

	if (r < 0)
		hog_elftab_fini(&tab);
	else
		*ret = tab;
	return r;
}

/* Of the first NAME_MAX_BYTES only: strings may overlap, and a file of such
 * would keep us busy for hours.  No name that we look for is that long. */
static uint32_t gnu_hash(const char *name)
{
	const char *end = name + NAME_MAX_BYTES;
	uint32_t h = 5381;

	while (*name && name < end)
		h = h * 33 + (unsigned char)*name++;
	return h;
}

static bool is_named(const struct hog_elftab *tab, const Elf64_Sym *sym,
		     const char *name)
{
	return sym->st_name < tab->strs_len &&
	       strcmp(tab->strs + sym->st_name, name) == 0;
}

static bool take(const Elf64_Sym *sym, struct hog_elfsym *ret)
{
	unsigned type = ELF64_ST_TYPE(sym->st_info);

	/* Undefined, or a file's or section's own name. */
	if (sym->st_shndx == SHN_UNDEF || type == STT_SECTION ||
	    type == STT_FILE || (sym->st_value == 0 && type != STT_TLS))
		return false;
	ret->value = sym->st_value;
	ret->size = sym->st_size;
	ret->is_tls = type == STT_TLS;
	return true;
}

static bool find_hashed(const struct hog_elftab *tab, const char *name,
			uint32_t hash, struct hog_elfsym *ret)
{
	uint32_t at = tab->buckets[hash % tab->nbuckets];

	if (at < tab->symoffset)
		return false;
	for (at -= tab->symoffset; at < tab->nchains; at++) {
		const Elf64_Sym *sym = &tab->syms[tab->symoffset + at];

		if ((tab->chains[at] | 1) == (hash | 1) &&
		    is_named(tab, sym, name) && take(sym, ret))
			return true;
		if (tab->chains[at] & 1)
			return false;
	}
	return false;
}

#define FILTER 1024

/* One pass over the table for all names at once. */
static int find_by_scan(const struct hog_elftab *tab, const char *const *names,
			const uint32_t *hashes, size_t n,
			struct hog_elfsym *ret)
{
	bool wanted[FILTER] = { false };
	int found = 0;

	for (size_t k = 0; k < n; k++)
		wanted[hashes[k] % FILTER] = true;
	for (size_t i = 0; i < tab->n; i++) {
		const Elf64_Sym *sym = &tab->syms[i];
		uint32_t hash;

		if (sym->st_name >= tab->strs_len || sym->st_shndx == SHN_UNDEF)
			continue;
		hash = gnu_hash(tab->strs + sym->st_name);
		if (!wanted[hash % FILTER])
			continue;
		for (size_t k = 0; k < n; k++)
			if (hashes[k] == hash && ret[k].value == 0 &&
			    !ret[k].is_tls && is_named(tab, sym, names[k]))
				found += take(sym, &ret[k]);
	}
	return found;
}

int hog_elftab_find(const struct hog_elftab *tab, const char *const *names,
		    size_t n, struct hog_elfsym *ret)
{
	_cleanup_free_ uint32_t *hashes = NULL;
	int found = 0;

	if (tab->n == 0)
		return 0;
	hashes = malloc(n * sizeof(*hashes) + 1);
	if (!hashes)
		return 0;
	for (size_t k = 0; k < n; k++)
		hashes[k] = gnu_hash(names[k]);
	if (!tab->buckets)
		return find_by_scan(tab, names, hashes, n, ret);
	for (size_t k = 0; k < n; k++)
		if (ret[k].value == 0 && !ret[k].is_tls)
			found += find_hashed(tab, names[k], hashes[k], &ret[k]);
	return found;
}
