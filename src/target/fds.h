/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open descriptors of a live process: which there are, and what stands
 * behind each, "/etc/hosts", "TCP 127.0.0.1:80->127.0.0.1:4000", "pipe:[12]".
 * One readlink in a folder that is kept open; a socket's addresses are asked of
 * the socket itself, by a copy that is held for that moment (pidfd_getfd), so
 * they are exact in any network namespace.  Control characters in names are
 * written \xNN.
 */
#ifndef HOG_TARGET_FDS_H
#define HOG_TARGET_FDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_buf;
struct hog_err;
struct hog_fds;

enum hog_fd_kind {
	HOG_FD_OTHER,
	HOG_FD_FILE,
	HOG_FD_DIR,
	HOG_FD_CHAR,
	HOG_FD_BLOCK,
	HOG_FD_SOCKET,
	HOG_FD_PIPE,
	HOG_FD_EVENTFD,
	HOG_FD_EPOLL,
	HOG_FD_MEMFD,
	HOG_FD_TIMERFD,
	HOG_FD_INOTIFY,
	HOG_FD_PIDFD,
	HOG_FD_SIGNALFD,
	HOG_FD_IO_URING,
	HOG_FD_KINDS
};
const char *hog_fd_kind_name(enum hog_fd_kind kind); /* "file" ... */

/* Enough for any path with its escapes cut to something one can read. */
#define HOG_FD_TEXT_MAX 1024

/* -ESRCH, -EACCES ... */
int hog_fds_open(pid_t pid, struct hog_fds **ret, struct hog_err *err);
void hog_fds_close(struct hog_fds *f); /* takes NULL */

/* All numbers, ascending; *ret is the caller's.  How many, or -ESRCH ... */
int hog_fds_numbers(struct hog_fds *f, int **ret);

/* What stands behind fd into buf (cut to size - 1, NUL behind it); its length,
 * 0: not open or not to be known.  ret_kind may be NULL, which is cheaper. */
size_t hog_fds_describe(struct hog_fds *f, int fd, char *buf, size_t size,
			enum hog_fd_kind *ret_kind);

/* From fdinfo. */
struct hog_fd_info {
	int64_t position;
	uint32_t flags; /* O_* as the kernel has them, O_CLOEXEC too */
	bool cloexec;
};
/* details (may be NULL): what fdinfo says of an epoll, eventfd, timerfd ... is
 * appended in words.  0, -ENOENT: not open; -EBADMSG. */
int hog_fds_info(struct hog_fds *f, int fd, struct hog_fd_info *ret,
		 struct hog_buf *details);

/* The inode of a socket or a pipe, which tells it from another one at the same
 * number later; 0: it is neither, or not open. */
uint64_t hog_fds_inode(struct hog_fds *f, int fd);

/* Who else has that pipe open, by process.  Looks at all
 * processes once, for all pipes given, and skips those that
 * may not be read. */
void hog_fds_pipe_peers(pid_t self, const uint64_t *inodes, size_t n,
			void (*found)(void *arg, size_t i, pid_t pid),
			void *arg);

/* The inode of "socket:[N]" or "pipe:[N]"; 0: none. */
uint64_t hog_fd_link_inode(const char *link);

#endif
