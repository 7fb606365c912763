/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"

#define FILE_BYTES_MAX (8 << 20) /* of one source file */
#define FILES_KEPT 64

struct source_file {
	char *name; /* owned, as the code object has it */
	char *text; /* owned; NULL: cannot be read */
	size_t len;
};

struct hog_sources {
	int root_fd, cwd_fd; /* -1: none */
	struct source_file files[FILES_KEPT];
	unsigned n, next; /* next: the one to replace when all are used */
};

static int open_dir_of(pid_t pid, const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

struct hog_sources *hog_sources_new(pid_t pid)
{
	struct hog_sources *src = calloc(1, sizeof(*src));

	if (!src)
		return NULL;
	src->root_fd = pid ? open_dir_of(pid, "root")
			   : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	src->cwd_fd = pid ? open_dir_of(pid, "cwd") : -1;
	return src;
}

void hog_sources_free(struct hog_sources *src)
{
	if (!src)
		return;
	for (unsigned i = 0; i < src->n; i++) {
		free(src->files[i].name);
		free(src->files[i].text);
	}
	hog_cleanup_close(&src->root_fd);
	hog_cleanup_close(&src->cwd_fd);
	free(src);
}

/* A handle on the path, with nothing opened yet.  Links of the target's are
 * followed inside its own root. */
static int find_path(const struct hog_sources *src, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	if (path[0] != '/')
		return src->cwd_fd < 0
			       ? -1
			       : openat(src->cwd_fd, path, O_PATH | O_CLOEXEC);
	if (src->root_fd < 0)
		return -1;
	fd = syscall(SYS_openat2, src->root_fd, path, &how, sizeof(how));
	if (fd < 0 && errno == ENOSYS)
		fd = openat(src->root_fd, path + 1, O_PATH | O_CLOEXEC);
	return (int)fd;
}

/* Opens a regular file that is not too long; -1: it is none. */
static int open_regular(const struct hog_sources *src, const char *path,
			size_t *ret_len)
{
	_cleanup_close_ int handle = find_path(src, path);
	char again[64];
	struct stat st;

	if (handle < 0 || fstat(handle, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > FILE_BYTES_MAX)
		return -1;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", handle);
	*ret_len = (size_t)st.st_size;
	return open(again, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void load(const struct hog_sources *src, struct source_file *f)
{
	size_t len, got = 0;
	_cleanup_close_ int fd = open_regular(src, f->name, &len);

	if (fd < 0)
		return;
	f->text = malloc(len + 1);
	while (f->text && got < len) {
		ssize_t n = read(fd, f->text + got, len - got);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	f->len = got;
}

/* "<string>", "<frozen os>": no file, whatever may lie there. */
static bool is_no_file(const char *name)
{
	size_t len = strlen(name);

	return len == 0 || (name[0] == '<' && name[len - 1] == '>');
}

static struct source_file *find_file(struct hog_sources *src, const char *name)
{
	struct source_file *f;
	char *copy;

	for (unsigned i = 0; i < src->n; i++)
		if (strcmp(src->files[i].name, name) == 0)
			return &src->files[i];
	copy = strdup(name);
	if (!copy)
		return NULL;
	if (src->n < FILES_KEPT) {
		f = &src->files[src->n++];
	} else {
		f = &src->files[src->next++ % FILES_KEPT];
		free(f->name);
		free(f->text);
	}
	*f = (struct source_file){ .name = copy };
	load(src, f);
	return f;
}

/* End of the line that starts at p: "\n", "\r\n" and "\r" end one. */
static const char *line_end(const char *p, const char *end)
{
	while (p < end && *p != '\n' && *p != '\r')
		p++;
	return p;
}

static const char *next_line(const char *p, const char *end)
{
	p = line_end(p, end);
	if (p + 1 < end && p[0] == '\r' && p[1] == '\n')
		p++;
	return p < end ? p + 1 : end;
}

const char *hog_sources_line(struct hog_sources *src, const char *file,
			     int32_t line, size_t *ret_len)
{
	const struct source_file *f;
	const char *p, *end;

	if (line <= 0 || is_no_file(file))
		return NULL;
	f = find_file(src, file);
	if (!f || !f->text)
		return NULL;
	p = f->text;
	end = p + f->len;
	if (f->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3; /* CPython does not count a byte order mark */
	while (--line > 0 && p < end)
		p = next_line(p, end);
	if (p >= end)
		return NULL;
	*ret_len = (size_t)(line_end(p, end) - p);
	return p;
}

int32_t hog_source_column(const char *line, size_t len, int32_t byte)
{
	int32_t chars = 0, seen = 0;
	size_t i = 0;

	if (!line)
		return byte + 1;
	/* A byte that is no UTF-8 is one character of an 8-bit encoding, which
	 * CPython has turned into two bytes. */
	while (i < len && seen < byte) {
		uint32_t c;
		size_t n = hog_utf8_at(line + i, len - i, &c);

		i += n ? n : 1;
		seen += n ? (int32_t)n : 2;
		chars++;
	}
	return seen == byte ? chars + 1 : byte + 1;
}
