/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files behind a live process's mappings.  A name proves nothing: the
 * process may see other mounts, and an upgrade may have put another file
 * there.  What is opened by name must be the very inode that is mapped.
 */
#include "target/target_live.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Whether fd is the mapped file.  Overlays and btrfs show another device in
 * maps than in stat; the inode alone then has to do (*ret_unsure). */
static bool is_mapped_file(int fd, const struct hog_map *map, bool *ret_unsure)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_ino != map->inode)
		return false;
	*ret_unsure = major(st.st_dev) != map->dev_major ||
		      minor(st.st_dev) != map->dev_minor;
	return true;
}

/* Without O_NONBLOCK a FIFO put at the name would hang us. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static int open_by_name(struct target_live *live, const struct hog_map *map,
			bool *ret_unsure)
{
	_cleanup_close_ int fd = -1;
	char path[4096 + 16];

	if (snprintf(path, sizeof(path), "root%s", map->path) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = openat(live->proc_fd, path, OPEN_FLAGS);
	/* A chrooted process's maps show the path from outside. */
	if (fd < 0 || !is_mapped_file(fd, map, ret_unsure)) {
		if (fd >= 0)
			close(fd);
		fd = open(map->path, OPEN_FLAGS);
	}
	if (fd < 0)
		return -errno;
	if (!is_mapped_file(fd, map, ret_unsure))
		return -ESTALE;
	return hog_move_fd(&fd);
}

static int open_proc_link(struct target_live *live, const char *name,
			  const struct hog_map *map)
{
	_cleanup_close_ int fd = openat(live->proc_fd, name, OPEN_FLAGS);
	bool unsure;

	if (fd < 0)
		return -errno;
	return is_mapped_file(fd, map, &unsure) ? hog_move_fd(&fd) : -ESTALE;
}

int hog_live_open_map(struct hog_target *target, const struct hog_map *map)
{
	struct target_live *live = (struct target_live *)target;
	_cleanup_close_ int by_name = -ENOENT;
	bool unsure = false;
	char name[64];
	int fd;

	if (map->path[0] != '/' || map->inode == 0)
		return -ENOENT;
	if (!map->deleted)
		by_name = open_by_name(live, map, &unsure);
	if (by_name >= 0 && !unsure)
		return hog_move_fd(&by_name);
	/* The links are never wrong, but map_files needs CAP_SYS_ADMIN or
	 * CAP_CHECKPOINT_RESTORE.  Its names are not padded as maps is. */
	snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64,
		 map->start, map->end);
	fd = open_proc_link(live, name, map);
	if (fd < 0)
		fd = open_proc_link(live, "exe", map);
	if (fd >= 0)
		return fd;
	if (by_name >= 0)
		return hog_move_fd(&by_name);
	return map->deleted ? -ESTALE : by_name;
}
