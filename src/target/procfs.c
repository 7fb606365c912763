/* SPDX-License-Identifier: Apache-2.0 */
#include "target/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

ssize_t hog_proc_read(int dirfd, const char *name, char *buf, size_t cap)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	if (fd < 0)
		return -errno;
	while (len < cap - 1) {
		ssize_t got = read(fd, buf + len, cap - 1 - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

int hog_proc_read_all(int dirfd, const char *name, struct hog_buf *buf,
		      size_t max)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	char piece[16384];

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t got = read(fd, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return buf->failed ? -ENOMEM : 0;
		if (buf->len + (size_t)got > max)
			return -E2BIG;
		hog_buf_add(buf, piece, (size_t)got);
	}
}

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static int push(int **list, size_t n, size_t *cap, int number)
{
	if (n == *cap) {
		size_t more = *cap ? 2 * *cap : 16;
		int *grown = realloc(*list, more * sizeof(**list));

		if (!grown)
			return -ENOMEM;
		*list = grown;
		*cap = more;
	}
	(*list)[n] = number;
	return 0;
}

int hog_proc_numbers(int dirfd, const char *name, int **ret)
{
	DIR *dir __attribute__((cleanup(cleanup_closedir))) = NULL;
	_cleanup_free_ int *list = NULL;
	size_t n = 0, cap = 0;
	const struct dirent *entry;
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir)) && n < INT_MAX) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		if (push(&list, n, &cap, atoi(entry->d_name)) < 0)
			return -ENOMEM;
		n++;
	}
	if (n > 0)
		qsort(list, n, sizeof(*list), by_number);
	*ret = hog_move(list);
	return (int)n;
}

int hog_task_list(int dirfd, const char *name, pid_t **ret)
{
	_cleanup_free_ int *list = NULL;
	int n = hog_proc_numbers(dirfd, name, &list);

	if (n == 0)
		return -ESRCH;
	if (n > 0)
		*ret = hog_move(list);
	return n;
}

bool hog_status_read(pid_t pid, pid_t tid, char *buf, size_t cap)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", (int)pid,
		 (int)tid);
	return hog_proc_read(AT_FDCWD, path, buf, cap) > 0;
}

bool hog_status_is_dead(const char *status)
{
	const char *state = hog_status_field(status, "State");

	return state && (*state == 'Z' || *state == 'X');
}

const char *hog_status_field(const char *status, const char *key)
{
	size_t len = strlen(key);
	const char *line = status;

	while (line) {
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " \t");
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

int hog_status_number(const char *status, const char *key, int64_t *ret)
{
	const char *text = hog_status_field(status, key);
	char *end;
	int64_t value;

	if (!text)
		return -ENOENT;
	value = strtoll(text, &end, 10);
	if (end == text)
		return -ENOENT;
	*ret = value;
	return 0;
}

pid_t hog_status_nspid(const char *status, unsigned *ret_levels)
{
	const char *text = hog_status_field(status, "NSpid");
	pid_t last = 0;

	*ret_levels = 0;
	while (text && *text >= '0' && *text <= '9') {
		char *end;

		last = (pid_t)strtol(text, &end, 10);
		(*ret_levels)++;
		text = end + strspn(end, " \t");
	}
	return last;
}

int hog_proc_check(struct hog_err *err)
{
	static const char mount[] = "mount it: mount -t proc proc /proc";
	char text[32];
	ssize_t n = readlink("/proc/self", text, sizeof(text) - 1);

	if (n < 0)
		return hog_err_say(err, -EOPNOTSUPP, mount,
				   "/proc is not there");
	text[n] = '\0';
	if (strtol(text, NULL, 10) != getpid())
		return hog_err_say(err, -EOPNOTSUPP, mount,
				   "/proc is that of another PID namespace");
	return 0;
}
