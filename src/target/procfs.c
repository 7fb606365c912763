/* SPDX-License-Identifier: Apache-2.0 */
#include "target/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"

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
