/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a pipe: nobody but all processes' links knows. */
#include "target/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PROCESSES_MAX 65536
#define LINKS_MAX 4096 /* of one process */

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}
#define _cleanup_dir_ __attribute__((cleanup(cleanup_closedir)))

static DIR *open_folder(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir)
		close(fd);
	return dir;
}

/* Bits of `seen`: which of the pipes this process has, each told once. */
static void look_at(DIR *links, const uint64_t *inodes, size_t n, bool *seen)
{
	const struct dirent *entry;
	char link[64];
	size_t left = LINKS_MAX;

	memset(seen, 0, n * sizeof(*seen));
	while (left-- && (entry = readdir(links))) {
		ssize_t len = readlinkat(dirfd(links), entry->d_name, link,
					 sizeof(link) - 1);
		uint64_t inode;

		if (len <= 0)
			continue;
		link[len] = '\0';
		if (strncmp(link, "pipe:[", 6) != 0)
			continue;
		inode = hog_fd_link_inode(link);
		for (size_t i = 0; i < n; i++)
			seen[i] |= inode == inodes[i];
	}
}

void hog_fds_pipe_peers(pid_t self, const uint64_t *inodes, size_t n,
			void (*found)(void *arg, size_t i, pid_t pid),
			void *arg)
{
	_cleanup_dir_ DIR *proc = n ? open_folder(AT_FDCWD, "/proc") : NULL;
	_cleanup_free_ bool *seen = calloc(n ? n : 1, sizeof(*seen));
	const struct dirent *entry;
	size_t left = PROCESSES_MAX;

	while (proc && seen && left-- && (entry = readdir(proc))) {
		pid_t pid = (pid_t)atoi(entry->d_name);
		char path[32];
		_cleanup_dir_ DIR *links = NULL;

		if (pid <= 0 || pid == self || pid == getpid())
			continue;
		snprintf(path, sizeof(path), "%d/fd", pid);
		links = open_folder(dirfd(proc), path);
		if (!links)
			continue;
		look_at(links, inodes, n, seen);
		for (size_t i = 0; i < n; i++)
			if (seen[i])
				found(arg, i, pid);
	}
}
