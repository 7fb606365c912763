/* SPDX-License-Identifier: Apache-2.0 */
#include "target/fds.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "target/fds_parse.h"
#include "target/procfs.h"

#define KEPT_SOCKETS 64
#define FDINFO_MAX 65536

/* A connected stream keeps its two addresses: they are asked once. */
struct kept {
	int fd;
	uint64_t inode; /* 0: none */
	char *text;     /* owned */
};

struct hog_fds {
	pid_t pid;
	int links, infos; /* folders fd and fdinfo */
	int pidfd;        /* -1: none (yet) */
	bool no_pidfd;    /* refused: sockets are shown by their inode */
	struct hog_buf text;
	struct kept kept[KEPT_SOCKETS];
};

static const char *const kind_names[HOG_FD_KINDS] = {
	[HOG_FD_OTHER] = "other",       [HOG_FD_FILE] = "file",
	[HOG_FD_DIR] = "dir",           [HOG_FD_CHAR] = "char",
	[HOG_FD_BLOCK] = "block",       [HOG_FD_SOCKET] = "socket",
	[HOG_FD_PIPE] = "pipe",         [HOG_FD_EVENTFD] = "eventfd",
	[HOG_FD_EPOLL] = "epoll",       [HOG_FD_MEMFD] = "memfd",
	[HOG_FD_TIMERFD] = "timerfd",   [HOG_FD_INOTIFY] = "inotify",
	[HOG_FD_PIDFD] = "pidfd",       [HOG_FD_SIGNALFD] = "signalfd",
	[HOG_FD_IO_URING] = "io_uring",
};

const char *hog_fd_kind_name(enum hog_fd_kind kind)
{
	return kind < HOG_FD_KINDS ? kind_names[kind] : "other";
}

static int open_folder(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ESRCH : -errno;
}

int hog_fds_open(pid_t pid, struct hog_fds **ret, struct hog_err *err)
{
	struct hog_fds *f = calloc(1, sizeof(*f));

	if (!f)
		return hog_err_set(err, -ENOMEM, "descriptors of %d", pid);
	f->pid = pid;
	f->pidfd = -1;
	f->links = open_folder(pid, "fd");
	f->infos = f->links < 0 ? -1 : open_folder(pid, "fdinfo");
	if (f->links < 0 || f->infos < 0) {
		int r = f->links < 0 ? f->links : f->infos;

		hog_fds_close(f);
		hog_err_set(err, r, "descriptors of %d", pid);
		if (err && (r == -EACCES || r == -EPERM))
			err->hint = "run as the target's user or as root";
		return r;
	}
	*ret = f;
	return 0;
}

void hog_fds_close(struct hog_fds *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < KEPT_SOCKETS; i++)
		free(f->kept[i].text);
	if (f->links >= 0)
		close(f->links);
	if (f->infos >= 0)
		close(f->infos);
	if (f->pidfd >= 0)
		close(f->pidfd);
	hog_buf_fini(&f->text);
	free(f);
}

int hog_fds_numbers(struct hog_fds *f, int **ret)
{
	return hog_proc_numbers(f->links, ".", ret);
}

/* A copy of the target's descriptor, ours; -1. */
static int borrow(struct hog_fds *f, int fd)
{
	int copy;

	if (f->no_pidfd)
		return -1;
	if (f->pidfd < 0)
		f->pidfd = (int)syscall(SYS_pidfd_open, f->pid, 0);
	if (f->pidfd < 0) {
		f->no_pidfd = true;
		return -1;
	}
	copy = (int)syscall(SYS_pidfd_getfd, f->pidfd, fd, 0);
	if (copy < 0 && (errno == EPERM || errno == ENOSYS || errno == EINVAL))
		f->no_pidfd = true;
	return copy;
}

static int option(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? 0 : value;
}

/* Says what socket it is, into buf; true: that will not change any more. */
static bool say_socket(struct hog_buf *buf, int fd, const char *link)
{
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} local = { 0 }, peer = { 0 };
	socklen_t local_len = sizeof(local), peer_len = sizeof(peer);
	int type = option(fd, SO_TYPE), family = option(fd, SO_DOMAIN);
	const char *name =
		hog_fd_protocol(family, type, option(fd, SO_PROTOCOL));
	size_t at;

	if (name)
		hog_buf_printf(buf, "%s ", name);
	else
		hog_buf_printf(buf, "family %d ", family);
	if (getsockname(fd, &local.any, &local_len) < 0 ||
	    !hog_fd_address(buf, &local.any, local_len))
		hog_buf_add_str(buf, link);
	if (getpeername(fd, &peer.any, &peer_len) < 0)
		return false;
	at = buf->len;
	hog_buf_add_str(buf, "->");
	if (!hog_fd_address(buf, &peer.any, peer_len))
		buf->len = at;
	return type == SOCK_STREAM;
}

static const char *recall(struct hog_fds *f, int fd, uint64_t inode)
{
	const struct kept *k = &f->kept[(unsigned)fd % KEPT_SOCKETS];

	return k->inode == inode && k->fd == fd ? k->text : NULL;
}

static void keep(struct hog_fds *f, int fd, uint64_t inode)
{
	struct kept *k = &f->kept[(unsigned)fd % KEPT_SOCKETS];
	char *text = strdup(hog_buf_str(&f->text));

	if (!text || !inode) {
		free(text);
		return;
	}
	free(k->text);
	*k = (struct kept){ .fd = fd, .inode = inode, .text = text };
}

static void describe_socket(struct hog_fds *f, int fd, const char *link)
{
	uint64_t inode = hog_fd_link_inode(link);
	const char *known = recall(f, fd, inode);
	_cleanup_close_ int copy = -1;

	if (known) {
		hog_buf_add_str(&f->text, known);
		return;
	}
	copy = borrow(f, fd);
	if (copy < 0)
		hog_buf_add_str(&f->text, link);
	else if (say_socket(&f->text, copy, link))
		keep(f, fd, inode);
}

/* What a path is.  Nobody is asked for it over a network. */
static enum hog_fd_kind kind_of_path(struct hog_fds *f, const char *name)
{
	struct statx st;

	if (statx(f->links, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_TYPE, &st) < 0)
		return HOG_FD_FILE;
	switch (st.stx_mode & S_IFMT) {
	case S_IFDIR:
		return HOG_FD_DIR;
	case S_IFCHR:
		return HOG_FD_CHAR;
	case S_IFBLK:
		return HOG_FD_BLOCK;
	case S_IFIFO:
		return HOG_FD_PIPE;
	case S_IFSOCK:
		return HOG_FD_SOCKET;
	default:
		return HOG_FD_FILE;
	}
}

size_t hog_fds_describe(struct hog_fds *f, int fd, char *buf, size_t size,
			enum hog_fd_kind *ret_kind)
{
	char name[16], link[PATH_MAX];
	enum hog_fd_kind kind;
	ssize_t len;
	size_t n;

	snprintf(name, sizeof(name), "%d", fd);
	len = readlinkat(f->links, name, link, sizeof(link) - 1);
	if (len <= 0 || size == 0)
		return 0;
	link[len] = '\0';
	kind = hog_fd_link_kind(link);
	hog_buf_clear(&f->text);
	if (kind == HOG_FD_SOCKET)
		describe_socket(f, fd, link);
	else
		hog_fd_escape(&f->text, link, (size_t)len);
	if (ret_kind)
		*ret_kind = kind == HOG_FD_FILE ? kind_of_path(f, name) : kind;
	n = f->text.len < size ? f->text.len : size - 1;
	memcpy(buf, hog_buf_str(&f->text), n);
	buf[n] = '\0';
	return n;
}

int hog_fds_info(struct hog_fds *f, int fd, struct hog_fd_info *ret,
		 struct hog_buf *details)
{
	char name[16], text[4096];
	_cleanup_free_ char *more = NULL;
	ssize_t len;

	snprintf(name, sizeof(name), "%d", fd);
	len = hog_proc_read(f->infos, name, text, sizeof(text));
	if (len < 0)
		return (int)len;
	/* Only an epoll or inotify of many has more, and only its details do. */
	if (details && len == sizeof(text) - 1) {
		more = malloc(FDINFO_MAX);
		if (!more)
			return -ENOMEM;
		len = hog_proc_read(f->infos, name, more, FDINFO_MAX);
		if (len < 0)
			return (int)len;
	}
	return hog_fdinfo_parse(more ? more : text, ret, details);
}

uint64_t hog_fds_inode(struct hog_fds *f, int fd)
{
	char name[16], link[64];
	ssize_t len;

	snprintf(name, sizeof(name), "%d", fd);
	len = readlinkat(f->links, name, link, sizeof(link) - 1);
	if (len <= 0)
		return 0;
	link[len] = '\0';
	return hog_fd_link_inode(link);
}
