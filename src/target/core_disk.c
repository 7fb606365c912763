/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that were mapped in a core.  Kernel and gcore leave out what can be
 * read from them; so it is, when they are the same build still.
 */
#include "target/target_core.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/build_id.h"

#define PHDRS_MAX 64
#define NOTES_MAX 4096

/* An ELF file's first bytes: of the disk's, or of the core's memory. */
struct head_source {
	int fd; /* -1: the core's */
	const struct hog_core *core;
	uint64_t base;
};

static bool read_head(const struct head_source *src, uint64_t offset, void *buf,
		      size_t len)
{
	if (src->fd >= 0)
		return offset < INT64_MAX &&
		       pread(src->fd, buf, len, (off_t)offset) == (ssize_t)len;
	return hog_core_copy(src->core, src->base + offset, buf, len) == len;
}

/* Build id, through the program headers; 0: none, or out of reach. */
static size_t build_id(const struct head_source *src, unsigned char *id)
{
	Elf64_Ehdr head;
	Elf64_Phdr phdrs[PHDRS_MAX];
	unsigned char notes[NOTES_MAX];

	if (!read_head(src, 0, &head, sizeof(head)) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_phnum > PHDRS_MAX ||
	    !read_head(src, head.e_phoff, phdrs, head.e_phnum * sizeof(*phdrs)))
		return 0;
	for (size_t i = 0; i < head.e_phnum; i++) {
		size_t n;

		if (phdrs[i].p_type != PT_NOTE ||
		    phdrs[i].p_filesz > sizeof(notes) ||
		    !read_head(src, phdrs[i].p_offset, notes,
			       phdrs[i].p_filesz))
			continue;
		n = hog_notes_build_id(notes, phdrs[i].p_filesz, id,
				       HOG_BUILD_ID_MAX);
		if (n > 0)
			return n;
	}
	return 0;
}

/* Whether the file on disk is the one that was mapped.  Where the core has no
 * build id (gcore leaves the first page out) the name has to do. */
static bool is_same_build(struct target_core *tc, const char *path, int fd)
{
	struct head_source disk = { .fd = fd };
	unsigned char there[HOG_BUILD_ID_MAX], here[HOG_BUILD_ID_MAX];

	for (size_t i = 0; i < tc->core.nfiles; i++) {
		const struct hog_core_file *file = &tc->core.files[i];
		struct head_source mem = { -1, &tc->core, file->start };
		size_t n;

		if (file->offset != 0 || strcmp(file->path, path) != 0)
			continue;
		n = build_id(&mem, there);
		if (n > 0)
			return build_id(&disk, here) == n &&
			       memcmp(here, there, n) == 0;
	}
	return true;
}

static int open_checked(struct target_core *tc, const char *path)
{
	bool is_main = tc->main_path && strcmp(path, tc->main_path) == 0;
	const char *name = is_main && tc->exe_path ? tc->exe_path : path;
	_cleanup_close_ int fd =
		open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	return is_same_build(tc, path, fd) ? hog_move_fd(&fd) : -ESTALE;
}

int hog_core_disk(struct target_core *tc, const struct hog_core_file *file)
{
	struct core_disk *disk;

	if (file->path[0] != '/')
		return -ENOENT;
	for (size_t i = 0; i < tc->ndisks; i++)
		if (strcmp(tc->disks[i].path, file->path) == 0)
			return tc->disks[i].fd;
	disk = realloc(tc->disks, (tc->ndisks + 1) * sizeof(*disk));
	if (!disk)
		return -ENOMEM;
	tc->disks = disk;
	disk = &tc->disks[tc->ndisks++];
	disk->path = file->path;
	disk->fd = open_checked(tc, file->path);
	return disk->fd;
}
