/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/output.h"
#include "cli/record.h"

/* Files that grow and are open at a time: a program may have thousands of
 * children, and a limit on descriptors. */
#define OPEN_MAX_FILES 128
#define PATH_BYTES 4096

struct hog_part_file {
	struct hog_part_file *next;
	struct hog_parts *parts; /* borrowed */
	FILE *file;              /* what the sink writes to */
	struct hog_output out;   /* one that is written at once */
	char *path;              /* owned */
	int fd;                  /* of one that grows; -1: closed meanwhile */
	bool grows, created;
	uint64_t used;
};

/* ---- names ---- */

static bool has_pid(const char *pattern)
{
	for (const char *p = strchr(pattern, '%'); p; p = strchr(p, '%')) {
		if (p[1] == 'p')
			return true;
		p += p[1] ? 2 : 1;
	}
	return false;
}

/* Where the suffix of the last part of a path begins, or its end. */
static size_t suffix_at(const char *path, const char *suffix)
{
	size_t len = strlen(path), n = suffix ? strlen(suffix) : 0;
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	if (n > 0 && n < len && !strcmp(path + len - n, suffix))
		return len - n;
	return dot && dot > base ? (size_t)(dot - path) : len;
}

static char *complete(const char *pattern, const struct hog_sink_ops *ops)
{
	size_t at;
	char *made;

	if (has_pid(pattern))
		return strdup(pattern);
	at = suffix_at(pattern, ops->suffix);
	if (asprintf(&made, "%.*s-%%p%s", (int)at, pattern, pattern + at) < 0)
		return NULL;
	return made;
}

int hog_parts_expand(const char *pattern, pid_t pid, const char *name,
		     char *buf, size_t cap)
{
	size_t n = 0;

	for (const char *p = pattern; *p; p++) {
		char piece[HOG_RECORD_NAME_MAX] = { *p };
		size_t len;

		if (*p == '%' && p[1] == 'p')
			snprintf(piece, sizeof(piece), "%d", (int)pid);
		else if (*p == '%' && p[1] == 'n')
			hog_record_plain_name(name, piece, sizeof(piece));
		p += *p == '%' && p[1] && strchr("pn%", p[1]);
		len = strlen(piece);
		if (n + len >= cap)
			return -ENAMETOOLONG;
		memcpy(buf + n, piece, len);
		n += len;
	}
	buf[n] = '\0';
	return 0;
}

/* The second of a name (an exec, a pid used again) gets a number. */
static int unique_path(struct hog_parts *parts, const char *path, char **ret)
{
	uint64_t key = hog_hash_bytes(path, strlen(path)), times;
	const uint64_t *taken = hog_map64_get(&parts->names, key);
	size_t at = suffix_at(path, parts->ops->suffix);
	int r;

	times = taken ? *taken + 1 : 1;
	r = hog_map64_put(&parts->names, key, times);
	if (r < 0)
		return r;
	if (times == 1)
		*ret = strdup(path);
	else if (asprintf(ret, "%.*s.%" PRIu64 "%s", (int)at, path, times,
			  path + at) < 0)
		*ret = NULL;
	return *ret ? 0 : -ENOMEM;
}

/* ---- files that grow ---- */

static void close_least_used(struct hog_parts *parts)
{
	struct hog_part_file *least = NULL;

	for (struct hog_part_file *f = parts->all; f; f = f->next)
		if (f->fd >= 0 && (!least || f->used < least->used))
			least = f;
	if (least) {
		close(least->fd);
		least->fd = -1;
		parts->n_open--;
	}
}

static ssize_t grow(void *cookie, const char *data, size_t len)
{
	struct hog_part_file *f = cookie;
	size_t done = 0;

	f->used = ++f->parts->clock;
	if (f->fd < 0) {
		if (f->parts->n_open >= OPEN_MAX_FILES)
			close_least_used(f->parts);
		f->fd = open(f->path,
			     O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
		if (f->fd < 0)
			return 0; /* an error, to stdio */
		f->parts->n_open++;
	}
	while (done < len) {
		ssize_t n = write(f->fd, data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		done += (size_t)n;
	}
	return (ssize_t)len;
}

static int open_growing(struct hog_part_file *f, struct hog_err *err)
{
	const cookie_io_functions_t io = { .write = grow };
	struct hog_output out;
	int r = hog_output_open(f->parts->ops, f->path, &out, err);

	if (r < 0)
		return r;
	f->created = out.way == HOG_OUT_CREATED;
	fclose(out.file);
	f->grows = true;
	f->file = fopencookie(f, "w", io);
	return f->file ? 0 : -ENOMEM;
}

static int close_growing(struct hog_part_file *f, bool bad)
{
	int r = 0;

	errno = 0;
	if (fclose(f->file) != 0)
		r = errno ? -errno : -EIO;
	if (f->fd >= 0) {
		if (close(f->fd) != 0 && r == 0)
			r = -errno;
		f->parts->n_open--;
	}
	if (bad && f->created)
		unlink(f->path);
	return r;
}

/* ---- as the splitting sink wants it ---- */

static void part_free(struct hog_part_file *f)
{
	free(f->path);
	free(f);
}

static bool is_input(const struct hog_parts *parts, const char *path)
{
	struct stat st;

	return parts->input_ino && path && stat(path, &st) == 0 &&
	       st.st_dev == parts->input_dev && st.st_ino == parts->input_ino;
}

static int open_it(struct hog_part_file *f, struct hog_err *err)
{
	int r;

	if (is_input(f->parts, f->path))
		return hog_err_say(err, -EINVAL, "name other files with -o",
				   "'%.200s' is the recording itself", f->path);
	if (f->parts->ops->flush)
		return open_growing(f, err);
	r = hog_output_open(f->parts->ops, f->path, &f->out, err);
	f->file = f->out.file;
	return r;
}

static int open_part(void *arg, const struct hog_process_info *p,
		     const char *name, FILE **ret, struct hog_err *err)
{
	struct hog_parts *parts = arg;
	struct hog_part_file *f = calloc(1, sizeof(*f));
	char path[PATH_BYTES];
	int r = f ? hog_parts_expand(parts->pattern, p->pid, name, path,
				     sizeof(path))
		  : -ENOMEM;

	if (r == 0)
		r = unique_path(parts, path, &f->path);
	if (r < 0) {
		free(f);
		return hog_err_set(err, r, "name the file of process %d",
				   (int)p->pid);
	}
	f->parts = parts;
	f->fd = -1;
	r = open_it(f, err);
	if (r < 0) {
		part_free(f);
		return r;
	}
	f->next = parts->all;
	parts->all = f;
	*ret = f->file;
	return 0;
}

static int close_part(void *arg, FILE *file, bool bad, struct hog_err *err)
{
	struct hog_parts *parts = arg;
	struct hog_part_file **at = &parts->all, *f;
	int r = 0;

	while (*at && (*at)->file != file)
		at = &(*at)->next;
	f = *at;
	if (!f)
		return 0;
	*at = f->next;
	if (f->grows)
		r = close_growing(f, bad);
	else if (bad)
		hog_output_discard(&f->out);
	else
		r = hog_output_close(&f->out, NULL);
	if (r < 0)
		hog_err_set(err, r, "write to '%.200s'", f->path);
	parts->written += r == 0 && !bad;
	part_free(f);
	return r;
}

int hog_parts_sink(struct hog_parts *parts, const struct hog_view *view,
		   struct hog_sink *ret)
{
	const struct hog_split_files files = { .open = open_part,
					       .close = close_part,
					       .arg = parts };

	return hog_split_init(ret, parts->ops, view, &files, parts->sink);
}

/* ---- */

/* A mistake in the path shall cost nobody a recording. */
static int check_place(const char *pattern, struct hog_err *err)
{
	const char *slash = strrchr(pattern, '/');
	_cleanup_free_ char *dir = NULL;
	struct stat st;
	int r = 0;

	if (!slash || memchr(pattern, '%', (size_t)(slash - pattern)))
		return 0;
	dir = strndup(pattern, (size_t)(slash - pattern) + 1);
	if (!dir)
		return hog_err_set(err, -ENOMEM, "name the files");
	if (stat(dir, &st) < 0)
		r = -errno;
	else if (!S_ISDIR(st.st_mode))
		r = -ENOTDIR;
	else if (access(dir, W_OK) < 0)
		r = -errno;
	if (r == 0)
		return 0;
	hog_err_set(err, r, "write to '%.200s'", pattern);
	if (err)
		err->hint = "make its directory first, or name another";
	return r;
}

int hog_parts_check(const char *pattern, struct hog_err *err)
{
	if (pattern && !strcmp(pattern, "-"))
		return hog_err_say(err, -EINVAL,
				   "name a file with -o; %p in it is the "
				   "process",
				   "--per-process writes files, not to "
				   "standard output");
	return 0;
}

int hog_parts_init(struct hog_parts *parts, const struct hog_sink_ops *ops,
		   const char *pattern, struct hog_err *err)
{
	_cleanup_free_ char *made = NULL;
	int r;

	*parts = (struct hog_parts){ .ops = ops };
	if (!pattern && asprintf(&made, "hognose-%%n-%%p%s",
				 ops->suffix ? ops->suffix : ".txt") < 0)
		return hog_err_set(err, -ENOMEM, "name the files");
	parts->pattern = complete(pattern ? pattern : made, ops);
	if (!parts->pattern)
		return hog_err_set(err, -ENOMEM, "name the files");
	r = check_place(parts->pattern, err);
	if (r < 0)
		return r;
	parts->sink = fopen("/dev/null", "we");
	return parts->sink ? 0 : hog_err_set(err, -errno, "open /dev/null");
}

void hog_parts_fini(struct hog_parts *parts)
{
	while (parts->all)
		close_part(parts, parts->all->file, true, NULL);
	if (parts->sink)
		fclose(parts->sink);
	free(parts->pattern);
	hog_map64_fini(&parts->names);
	*parts = (struct hog_parts){ 0 };
}
