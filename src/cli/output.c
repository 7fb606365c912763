/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/suggest.h"
#include "export/sinks.h"

static const struct hog_sink_ops *by_name(const char *name)
{
	for (size_t i = 0; hog_sinks[i]; i++)
		if (!strcmp(hog_sinks[i]->name, name))
			return hog_sinks[i];
	return NULL;
}

static const struct hog_sink_ops *by_suffix(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; hog_sinks[i]; i++) {
		const char *suffix = hog_sinks[i]->suffix;
		size_t n = suffix ? strlen(suffix) : 0;

		if (n > 0 && len > n && !strcmp(path + len - n, suffix))
			return hog_sinks[i];
	}
	return NULL;
}

static void list_formats(char *buf, size_t cap)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; hog_sinks[i] && n < cap; i++)
		n += (size_t)snprintf(buf + n, cap - n, "%s%s",
				      i > 0 ? ", " : "", hog_sinks[i]->name);
}

static int unknown_format(const char *format, struct hog_err *err)
{
	struct hog_suggest near;
	char list[256];

	hog_suggest_init(&near, format, strlen(format));
	for (size_t i = 0; hog_sinks[i]; i++)
		hog_suggest_try(&near, hog_sinks[i]->name);
	list_formats(list, sizeof(list));
	if (near.best[0])
		return hog_err_say(err, -EINVAL, NULL,
				   "unknown format '%.40s'; did you mean '%s'? "
				   "There are: %s",
				   format, near.best, list);
	return hog_err_say(err, -EINVAL, NULL,
			   "unknown format '%.40s'; use one of: %s", format,
			   list);
}

static int cannot_open(const char *path, int code, struct hog_err *err)
{
	hog_err_set(err, code, "write to '%.200s'", path);
	if (!err)
		return code;
	if (code == -EISDIR)
		err->hint = "name a file in that directory";
	else if (code == -ENOENT)
		err->hint = "make its directory first, or name another file";
	else if (code == -EACCES || code == -EROFS || code == -EPERM)
		err->hint = "name a file in a directory you may write to";
	else
		err->hint = "name another file";
	return code;
}

int hog_output_choose(const char *format, const char *path,
		      const struct hog_sink_ops **ret, struct hog_err *err)
{
	const struct hog_sink_ops *ops;
	struct stat st;
	char list[256];

	if (!format && !path)
		format = "html";
	if (!format && !strcmp(path, "-"))
		format = "table";
	ops = format ? by_name(format) : by_suffix(path);
	if (!ops && format)
		return unknown_format(format, err);
	if (!ops && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return cannot_open(path, -EISDIR, err);
	if (!ops) {
		list_formats(list, sizeof(list));
		return hog_err_say(err, -EINVAL, NULL,
				   "'%.200s' does not say the format; add -f "
				   "with one of: %s",
				   path, list);
	}
	*ret = ops;
	return 0;
}

static int open_standard(int from, const char *name, struct hog_output *ret,
			 struct hog_err *err)
{
	_cleanup_close_ int fd = fcntl(from, F_DUPFD_CLOEXEC, 3);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!file)
		/* main() puts a file that takes nothing where it is closed. */
		return hog_err_set(err, errno == EINVAL ? -EBADF : -errno, "%s",
				   name);
	hog_move_fd(&fd);
	*ret = (struct hog_output){ .file = file, .path = "-" };
	return 0;
}

/* A file without a name, in the directory where it is to get one.  Negative
 * where the file system has no such thing, or for want of that directory: to
 * open it by its name then says what is wrong. */
static int open_nameless(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = NULL;
	struct stat st;

	if (!path[0] || lstat(path, &st) == 0 || errno != ENOENT)
		return -1;
	dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	return dir ? open(dir, O_WRONLY | O_CLOEXEC | O_TMPFILE, 0666) : -1;
}

static int open_named(const char *path, bool grows, enum hog_output_way *ret)
{
	const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
	int fd = open(path, flags | O_CREAT | O_EXCL, 0666);

	*ret = HOG_OUT_CREATED;
	if (fd >= 0 || errno != EEXIST)
		return fd;
	*ret = HOG_OUT_OVER;
	return open(path, flags | O_CREAT | (grows ? O_TRUNC : 0), 0666);
}

int hog_output_open_file(const char *path, bool grows, struct hog_output *ret,
			 struct hog_err *err)
{
	enum hog_output_way way = HOG_OUT_NAMELESS;
	struct stat st;

	if (!strcmp(path, "-"))
		return open_standard(STDOUT_FILENO, "standard output", ret,
				     err);

	_cleanup_close_ int fd = grows ? -1 : open_nameless(path);

	if (fd < 0)
		fd = open_named(path, grows, &way);
	if (fd < 0 || fstat(fd, &st) < 0)
		return cannot_open(path, -errno, err);

	FILE *file = fdopen(fd, "w");

	if (!file)
		return cannot_open(path, -errno, err);
	hog_move_fd(&fd);
	*ret = (struct hog_output){
		.file = file,
		.path = path,
		.way = S_ISREG(st.st_mode) ? way : HOG_OUT_STREAM,
	};
	return 0;
}

/* Hands out over, unless the format must not go there. */
static int check_terminal(const struct hog_sink_ops *ops,
			  struct hog_output *out, struct hog_output *ret,
			  struct hog_err *err)
{
	if (ops->binary && isatty(fileno(out->file))) {
		hog_output_discard(out);
		return hog_err_say(err, -EINVAL,
				   "name a file with -o, or "
				   "redirect the output",
				   "format '%s' is binary: it would garble the "
				   "terminal",
				   ops->name);
	}
	*ret = *out;
	return 0;
}

int hog_output_open(const struct hog_sink_ops *ops, const char *path,
		    struct hog_output *ret, struct hog_err *err)
{
	struct hog_output out;
	int r = hog_output_open_file(path, ops->flush != NULL, &out, err);

	return r < 0 ? r : check_terminal(ops, &out, ret, err);
}

int hog_output_open_error(const struct hog_sink_ops *ops,
			  struct hog_output *ret, struct hog_err *err)
{
	struct hog_output out;
	int r = open_standard(STDERR_FILENO, "standard error", &out, err);

	return r < 0 ? r : check_terminal(ops, &out, ret, err);
}

void hog_output_fit_view(const struct hog_output *out, struct hog_view *view)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	struct winsize size;
	int fd = fileno(out->file);

	view->color = false;
	view->columns = 0;
	if (!isatty(fd))
		return;
	view->color = (!no_color || !no_color[0]) && term &&
		      strcmp(term, "dumb") != 0;
	view->columns = 80;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		view->columns = size.ws_col;
}

/* Gives the file its name, in place of whoever took that meanwhile. */
static int name_it(FILE *file, const char *path)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(file));
	if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != EEXIST || unlink(path) < 0)
		return -errno;
	if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return 0;
}

/* All that was written is in the file, and nothing else. */
static int settle(FILE *file, enum hog_output_way way, const char *path)
{
	if (fflush(file) != 0 || ferror(file))
		return errno ? -errno : -EIO;
	if (way == HOG_OUT_NAMELESS)
		return name_it(file, path);
	if (way == HOG_OUT_OVER &&
	    ftruncate(fileno(file), lseek(fileno(file), 0, SEEK_CUR)) < 0)
		return -errno;
	return 0;
}

int hog_output_close(struct hog_output *out, struct hog_err *err)
{
	FILE *file = hog_move(out->file);
	int r;

	if (!file)
		return 0;
	errno = 0;
	r = settle(file, out->way, out->path);
	if (fclose(file) != 0 && r == 0)
		r = errno ? -errno : -EIO;
	return r < 0 ? hog_err_set(err, r, "write to '%.200s'", out->path) : 0;
}

void hog_output_discard(struct hog_output *out)
{
	FILE *file = hog_move(out->file);

	if (!file)
		return;
	fflush(file);
	hog_output_wipe(out->way, fileno(file), out->path);
	fclose(file);
}

void hog_output_wipe(enum hog_output_way way, int fd, const char *path)
{
	if (way == HOG_OUT_CREATED)
		unlink(path);
	/* Unless the old contents still stand. */
	if (way == HOG_OUT_OVER && lseek(fd, 0, SEEK_CUR) > 0 &&
	    ftruncate(fd, 0) < 0)
		return; /* nothing more can be done about it */
}
