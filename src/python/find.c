/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the files mapped by a process is the Python, and which Python.  No
 * name is trusted: embedded, renamed and linked in all show by their symbols.
 * Names only say where to look first, since attaching must be quick.
 */
#include "python/find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

/* Files looked at; a process that maps more has its Python among the first. */
#define IMAGES_MAX 1024

enum rank { RANK_EXE, RANK_LIBPYTHON, RANK_OTHER, N_RANKS };

struct image {
	const struct hog_map *map; /* the lowest of its file */
	enum rank rank;
	bool is_code, is_libc;
	bool tried;
	struct hog_elf *elf; /* owned; NULL: not (or cannot be) opened */
	uint64_t bias;
};

struct finder {
	struct hog_target *target;
	struct image *images; /* owned, in the order of the maps */
	size_t n;
	bool is_scan;            /* the last resort: no names, only cookies */
	struct hog_pysite *site; /* owned */
};

static void finder_fini(struct finder *f)
{
	for (size_t i = 0; i < f->n; i++)
		hog_elf_close(f->images[i].elf);
	free(f->images);
	free(f->site);
}

static bool same_file(const struct hog_map *a, const struct hog_map *b)
{
	return a->inode == b->inode && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && !strcmp(a->path, b->path);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool starts_with(const char *text, const char *head)
{
	return !strncmp(text, head, strlen(head));
}

static bool is_libc_name(const char *base)
{
	return starts_with(base, "libc.so") || starts_with(base, "libc-2.") ||
	       starts_with(base, "libpthread") ||
	       starts_with(base, "ld-musl-") || starts_with(base, "libc.musl");
}

static void add_image(struct finder *f, const struct hog_map *map)
{
	struct image *im = &f->images[f->n++];
	const char *base = base_name(map->path);

	*im = (struct image){ .map = map, .rank = RANK_OTHER };
	im->is_libc = is_libc_name(base);
	if (!strcmp(map->path, f->target->exe))
		im->rank = RANK_EXE;
	else if (starts_with(base, "libpython"))
		im->rank = RANK_LIBPYTHON;
}

/* Mappings of one file follow each other, but for anonymous ones between. */
static int list_images(struct finder *f)
{
	const struct hog_maps *maps = &f->target->maps;

	f->images = calloc(IMAGES_MAX, sizeof(*f->images));
	f->site = malloc(sizeof(*f->site));
	if (!f->images || !f->site)
		return -ENOMEM;
	for (size_t i = 0; i < maps->n; i++) {
		const struct hog_map *map = &maps->v[i];

		if (map->path[0] != '/')
			continue;
		if (!f->n || !same_file(f->images[f->n - 1].map, map)) {
			if (f->n == IMAGES_MAX)
				break;
			add_image(f, map);
		}
		/* Of data files nothing can be run. */
		if (map->prot & HOG_MAP_EXEC)
			f->images[f->n - 1].is_code = true;
	}
	return 0;
}

static struct hog_elf *open_image(struct finder *f, struct image *im)
{
	int fd;

	if (im->tried)
		return im->elf;
	im->tried = true;
	fd = hog_target_open_map(f->target, im->map);
	if (fd >= 0)
		(void)hog_elf_open(fd, &im->elf, NULL);
	if (!im->elf && im->map->offset == 0)
		(void)hog_elf_open_memory(f->target->mem, im->map->start,
					  &im->elf, NULL);
	if (im->elf)
		im->bias =
			hog_elf_bias(im->elf, im->map->start, im->map->offset);
	return im->elf;
}

static struct image *exe_image(struct finder *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->images[i].rank == RANK_EXE && f->images[i].elf)
			return &f->images[i];
	return NULL;
}

/* 0; -ENOENT: no Python in this image. */
static int try_image(struct finder *f, struct image *im, struct hog_python *ret,
		     struct hog_err *err)
{
	struct hog_mem *mem = f->target->mem;
	struct hog_elf *elf = open_image(f, im);
	struct hog_python py = { .target = f->target, .mem = mem };
	const struct image *exe;
	int r;

	if (!elf)
		return -ENOENT;
	r = f->is_scan ? hog_pysite_scan(mem, elf, im->bias, f->site)
		       : hog_pysite_open(mem, elf, im->bias, f->site);
	if (r)
		return r;
	exe = exe_image(f);
	r = hog_pysite_read(f->site, exe ? exe->elf : NULL, exe ? exe->bias : 0,
			    &py, err);
	if (!r)
		*ret = py;
	return r;
}

/* All images of a rank.  0; -ENOENT: there is no Python in them; else what is
 * wrong with the last one that has one. */
static int try_rank(struct finder *f, enum rank rank, struct hog_python *ret,
		    struct hog_err *err)
{
	int result = -ENOENT;

	for (size_t i = 0; i < f->n; i++) {
		struct image *im = &f->images[i];
		int r;

		if (im->rank != rank || !im->is_code)
			continue;
		r = try_image(f, im, ret, err);
		if (!r || r == -EPERM || r == -ESRCH)
			return r;
		if (r != -ENOENT)
			result = r;
	}
	return result;
}

static int try_all(struct finder *f, struct hog_python *ret,
		   struct hog_err *err)
{
	int result = -ENOENT;

	/* Where a program and a library both have one, one of them sleeps. */
	for (enum rank rank = 0; rank < N_RANKS; rank++) {
		int r;

		if (rank == RANK_OTHER && result != -ENOENT)
			break;
		r = try_rank(f, rank, ret, err);
		if (!r || r == -EPERM || r == -ESRCH)
			return r;
		if (r != -ENOENT)
			result = r;
	}
	if (result != -ENOENT)
		return result;
	f->is_scan = true;
	result = try_rank(f, RANK_EXE, ret, err);
	if (result == -ENOENT)
		result = try_rank(f, RANK_LIBPYTHON, ret, err);
	return result;
}

/* <= 3.10 keeps no native ids; libc's thread struct does. */
static uint32_t tid_offset(struct finder *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct image *im = &f->images[i];
		uint32_t offset;

		if (!im->is_libc && im->rank != RANK_EXE)
			continue;
		if (strstr(im->map->path, "musl"))
			return 48; /* x86_64, musl 1.2 */
		if (!open_image(f, im))
			continue;
		offset = hog_pysite_tid_offset(f->target->mem, im->elf,
					       im->bias);
		if (offset)
			return offset;
	}
	return 0;
}

static bool has_glibc(const struct finder *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const char *base = base_name(f->images[i].map->path);

		if (starts_with(base, "libc.so.6") ||
		    starts_with(base, "libc-2."))
			return true;
	}
	return false;
}

static void find_libc(struct finder *f, struct hog_python *py)
{
	if (py->lay.tstate_native_thread_id == HOG_NO_FIELD)
		py->pthread_tid_offset = tid_offset(f);
	py->glibc = has_glibc(f);
}

/* A program that is just starting may have had its libpython mapped and its
 * libc not yet when the maps were read; now Python is up. */
static void find_late_libc(struct hog_target *target, struct hog_python *py)
{
	__attribute__((
		cleanup(finder_fini))) struct finder f = { .target = target };

	if (py->pthread_tid_offset ||
	    (py->glibc && py->lay.tstate_native_thread_id != HOG_NO_FIELD))
		return;
	if (hog_target_refresh_maps(target, NULL) == 0 && list_images(&f) == 0)
		find_libc(&f, py);
}

int hog_python_find(struct hog_target *target, struct hog_python *ret,
		    struct hog_err *err)
{
	__attribute__((
		cleanup(finder_fini))) struct finder f = { .target = target };
	struct hog_python py;
	int r = 0;

	if (!target->maps.n)
		r = hog_target_refresh_maps(target, err);
	if (r)
		return r;
	if (list_images(&f))
		return hog_err_set(err, -ENOMEM, "look for Python");
	r = try_all(&f, &py, err);
	if (r == -ENOENT)
		return hog_err_say(err, r,
				   "only programs that run CPython can be read",
				   "no Python in process %d (%s)", target->pid,
				   target->comm ? target->comm : "?");
	if (r)
		return r;
	find_libc(&f, &py);
	find_late_libc(target, &py);
	*ret = py;
	return 0;
}

int hog_python_of_fork(struct hog_target *target,
		       const struct hog_python *parent, struct hog_python *ret)
{
	struct hog_python py = *parent;
	int r;

	py.target = target;
	py.mem = target->mem;
	r = hog_python_prove(&py);
	if (r == 0)
		*ret = py;
	return r;
}
