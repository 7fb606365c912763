/* SPDX-License-Identifier: Apache-2.0 */
#include "target/core_file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "target/core_notes.h"

static int read_at(const struct hog_core *core, uint64_t offset, void *buf,
		   size_t len)
{
	char *to = buf;

	if (offset > core->size || len > core->size - offset)
		return -EBADMSG;
	while (len > 0) {
		ssize_t got = pread(core->fd, to, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		to += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return 0;
}

static int read_head(struct hog_core *core, Elf64_Ehdr *ret)
{
	struct stat st;

	if (fstat(core->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	core->size = (uint64_t)st.st_size;
	if (read_at(core, 0, ret, sizeof(*ret)) < 0 ||
	    memcmp(ret->e_ident, ELFMAG, SELFMAG) != 0 ||
	    ret->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ret->e_ident[EI_DATA] != ELFDATA2LSB || ret->e_type != ET_CORE ||
	    ret->e_phentsize != sizeof(Elf64_Phdr) ||
	    (ret->e_machine != EM_X86_64 && ret->e_machine != EM_AARCH64))
		return -EBADMSG;
	core->machine = ret->e_machine;
	return 0;
}

/* Above 65534 headers their number stands in section 0. */
static int count_phdrs(struct hog_core *core, const Elf64_Ehdr *head,
		       size_t *ret)
{
	Elf64_Shdr shdr;

	*ret = head->e_phnum;
	if (head->e_phnum != PN_XNUM)
		return 0;
	if (read_at(core, head->e_shoff, &shdr, sizeof(shdr)) < 0 ||
	    shdr.sh_info > HOG_CORE_SEGMENTS_MAX)
		return -EBADMSG;
	*ret = shdr.sh_info;
	return 0;
}

static int by_segment(const void *a, const void *b)
{
	const struct hog_core_segment *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int by_file(const void *a, const void *b)
{
	const struct hog_core_file *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Takes a PT_LOAD.  One that says nonsense is left out: its memory is then
 * unreadable, the rest is not. */
static void take_load(struct hog_core *core, const Elf64_Phdr *ph)
{
	struct hog_core_segment seg = { .start = ph->p_vaddr,
					.offset = ph->p_offset,
					.filled = ph->p_filesz };

	if (ph->p_memsz == 0 || ph->p_memsz > UINT64_MAX - ph->p_vaddr)
		return;
	seg.end = ph->p_vaddr + ph->p_memsz;
	if (seg.filled > ph->p_memsz)
		seg.filled = ph->p_memsz;
	/* A core cut short still has what is before the cut. */
	seg.cut =
		seg.offset > core->size || seg.filled > core->size - seg.offset;
	if (seg.cut)
		seg.filled =
			seg.offset < core->size ? core->size - seg.offset : 0;
	seg.prot = (ph->p_flags & PF_R ? HOG_MAP_READ : 0u) |
		   (ph->p_flags & PF_W ? HOG_MAP_WRITE : 0u) |
		   (ph->p_flags & PF_X ? HOG_MAP_EXEC : 0u);
	core->segments[core->nsegments++] = seg;
}

/* All notes go into one piece of memory, each with a NUL behind it. */
static int take_notes(struct hog_core *core, const Elf64_Phdr *phdrs, size_t n)
{
	uint64_t total = 0;
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (phdrs[i].p_type != PT_NOTE)
			continue;
		if (total > HOG_CORE_NOTES_MAX ||
		    phdrs[i].p_filesz > HOG_CORE_NOTES_MAX - total)
			return -EBADMSG;
		total += phdrs[i].p_filesz + 1;
		/* Before memory is asked for: is it there at all? */
		if (phdrs[i].p_offset > core->size ||
		    phdrs[i].p_filesz > core->size - phdrs[i].p_offset)
			return -EBADMSG;
	}
	core->notes = calloc(1, total + 1);
	if (!core->notes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		size_t len = (size_t)phdrs[i].p_filesz;
		int r;

		if (phdrs[i].p_type != PT_NOTE)
			continue;
		r = read_at(core, phdrs[i].p_offset, core->notes + at, len);
		if (r == 0)
			r = hog_core_parse_notes(core, core->notes + at, len);
		if (r < 0)
			return r;
		at += len + 1;
	}
	return 0;
}

/* Sorted and free of overlaps, as finding by halving needs it. */
static void sort_all(struct hog_core *core)
{
	size_t kept = 0;

	qsort(core->segments, core->nsegments, sizeof(*core->segments),
	      by_segment);
	for (size_t i = 0; i < core->nsegments; i++)
		if (kept == 0 ||
		    core->segments[i].start >= core->segments[kept - 1].end)
			core->segments[kept++] = core->segments[i];
	core->nsegments = kept;
	if (!core->files)
		return;
	kept = 0;
	qsort(core->files, core->nfiles, sizeof(*core->files), by_file);
	for (size_t i = 0; i < core->nfiles; i++)
		if (kept == 0 ||
		    core->files[i].start >= core->files[kept - 1].end)
			core->files[kept++] = core->files[i];
	core->nfiles = kept;
}

static int load(struct hog_core *core)
{
	_cleanup_free_ Elf64_Phdr *phdrs = NULL;
	Elf64_Ehdr head;
	size_t n = 0;
	int r = read_head(core, &head);

	if (r == 0)
		r = count_phdrs(core, &head, &n);
	if (r < 0)
		return r;
	if (n == 0 || n > core->size / sizeof(*phdrs))
		return -EBADMSG;
	phdrs = malloc(n * sizeof(*phdrs));
	core->segments = calloc(n, sizeof(*core->segments));
	if (!phdrs || !core->segments)
		return -ENOMEM;
	r = read_at(core, head.e_phoff, phdrs, n * sizeof(*phdrs));
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (phdrs[i].p_type == PT_LOAD)
			take_load(core, &phdrs[i]);
	r = take_notes(core, phdrs, n);
	if (r < 0)
		return r;
	if (core->nthreads == 0)
		return -EBADMSG;
	if (core->pid == 0)
		core->pid = core->threads[0].tid;
	sort_all(core);
	return 0;
}

int hog_core_load(int fd, struct hog_core *ret, struct hog_err *err)
{
	struct hog_core core = { .fd = fd };
	int r = load(&core);

	if (r < 0) {
		hog_core_fini(&core);
		if (r == -EBADMSG)
			return hog_err_say(err, r, NULL,
					   "not a core file of a "
					   "64-bit Linux program, or damaged");
		return hog_err_set(err, r, "read the core file");
	}
	*ret = core;
	return 0;
}

void hog_core_fini(struct hog_core *core)
{
	free(core->segments);
	free(core->threads);
	free(core->files);
	free(core->notes);
	core->segments = NULL;
	core->threads = NULL;
	core->files = NULL;
	core->notes = NULL;
	core->nsegments = core->nthreads = core->nfiles = 0;
}

const struct hog_core_segment *hog_core_segment(const struct hog_core *core,
						uint64_t addr)
{
	size_t lo = 0, hi = core->nsegments;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (addr < core->segments[mid].start)
			hi = mid;
		else if (addr >= core->segments[mid].end)
			lo = mid + 1;
		else
			return &core->segments[mid];
	}
	return NULL;
}

const struct hog_core_file *hog_core_file(const struct hog_core *core,
					  uint64_t addr)
{
	size_t lo = 0, hi = core->nfiles;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (addr < core->files[mid].start)
			hi = mid;
		else if (addr >= core->files[mid].end)
			lo = mid + 1;
		else
			return &core->files[mid];
	}
	return NULL;
}

size_t hog_core_copy(const struct hog_core *core, uint64_t addr, void *buf,
		     size_t len)
{
	const struct hog_core_segment *seg = hog_core_segment(core, addr);
	uint64_t at = seg ? addr - seg->start : 0;

	if (!seg || at >= seg->filled)
		return 0;
	if (len > seg->filled - at)
		len = (size_t)(seg->filled - at);
	return read_at(core, seg->offset + at, buf, len) < 0 ? 0 : len;
}
