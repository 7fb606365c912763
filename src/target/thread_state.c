/* SPDX-License-Identifier: Apache-2.0 */
/* A thread as the kernel tells of it in /proc: state, system call, CPU time. */
#include "target/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One line of each of these files; stat is the longest, some 350 bytes. */
#define LINE_MAX_BYTES 1024

bool hog_parse_syscall(const char *text, struct hog_osthread *ret)
{
	uint64_t v[8];
	char *end;
	int64_t number;
	int n = 0;

	if (strncmp(text, "running", 7) == 0) {
		ret->state = HOG_OS_RUNNING;
		return true;
	}
	number = strtoll(text, &end, 10);
	if (end == text)
		return false;
	while (n < 8 && *end == ' ') {
		const char *field = end + 1;

		v[n] = strtoull(field, &end, 16);
		if (end == field)
			return false;
		n++;
	}
	if (n != (number < 0 ? 2 : 8))
		return false;
	ret->state = HOG_OS_SLEEPING;
	ret->syscall = number < 0 ? HOG_NO_SYSCALL : number;
	if (number >= 0)
		memcpy(ret->args, v, sizeof(ret->args));
	ret->sp = v[n - 2];
	ret->pc = v[n - 1];
	return true;
}

enum hog_osstate hog_parse_stat(const char *text)
{
	/* The name stands in brackets and may hold brackets itself. */
	const char *p = strrchr(text, ')');

	if (!p || p[1] != ' ')
		return HOG_OS_UNKNOWN;
	switch (p[2]) {
	case 'R':
		return HOG_OS_RUNNING;
	case 'S':
	case 'I':
		return HOG_OS_SLEEPING;
	case 'D':
		return HOG_OS_DISK;
	case 'T':
	case 't':
		return HOG_OS_STOPPED;
	case 'Z':
	case 'X':
		return HOG_OS_GONE;
	default:
		return HOG_OS_UNKNOWN;
	}
}

static int read_line(int fd, char *buf, size_t cap)
{
	ssize_t got = fd < 0 ? -1 : pread(fd, buf, cap - 1, 0);

	if (got < 0)
		return fd < 0 ? -EBADF : -errno;
	buf[got] = '\0';
	return got == 0 ? -ESRCH : 0;
}

static int open_in(pid_t pid, pid_t tid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int hog_oswatch_open(struct hog_oswatch *watch, pid_t pid, pid_t tid)
{
	struct hog_oswatch w = { .tid = tid };

	w.stat_fd = open_in(pid, tid, "stat");
	if (w.stat_fd == -ENOENT || w.stat_fd == -ESRCH)
		return -ESRCH;
	w.syscall_fd = open_in(pid, tid, "syscall");
	w.schedstat_fd = open_in(pid, tid, "schedstat");
	if (w.stat_fd < 0)
		w.stat_fd = -1;
	if (w.syscall_fd < 0)
		w.syscall_fd = -1;
	if (w.schedstat_fd < 0)
		w.schedstat_fd = -1;
	*watch = w;
	return 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void hog_oswatch_close(struct hog_oswatch *watch)
{
	close_one(&watch->syscall_fd);
	close_one(&watch->stat_fd);
	close_one(&watch->schedstat_fd);
}

static enum hog_osstate state_by_stat(struct hog_oswatch *watch)
{
	char text[LINE_MAX_BYTES];
	int r = read_line(watch->stat_fd, text, sizeof(text));

	if (r == -ESRCH)
		return HOG_OS_GONE;
	return r < 0 ? HOG_OS_UNKNOWN : hog_parse_stat(text);
}

void hog_oswatch_state(struct hog_oswatch *watch, struct hog_osthread *ret)
{
	struct hog_osthread now = { .syscall = HOG_NO_SYSCALL };
	char text[LINE_MAX_BYTES];
	int r = read_line(watch->syscall_fd, text, sizeof(text));

	/* "-1 sp pc" is a thread that sleeps outside a call: stopped, or
	 * waiting for a page.  stat knows which; this is rare. */
	if (r == 0 && hog_parse_syscall(text, &now)) {
		if (now.state == HOG_OS_SLEEPING &&
		    now.syscall == HOG_NO_SYSCALL)
			now.state = state_by_stat(watch);
	} else if (r == -ESRCH) {
		now.state = HOG_OS_GONE;
	} else {
		if (r == -EPERM)
			close_one(&watch->syscall_fd); /* it stays so */
		now.state = state_by_stat(watch);
	}
	*ret = now;
}

/* utime and stime, the 14th and 15th field, in clock ticks. */
static int cpu_by_stat(struct hog_oswatch *watch, uint64_t *ret)
{
	char text[LINE_MAX_BYTES];
	uint64_t user, sys;
	const char *p;
	long hz = sysconf(_SC_CLK_TCK);
	int r = read_line(watch->stat_fd, text, sizeof(text));

	if (r < 0)
		return r == -ESRCH ? r : -ENODATA;
	p = strrchr(text, ')');
	if (!p || hz <= 0 ||
	    sscanf(p + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
		   "%" SCNu64 " %" SCNu64,
		   &user, &sys) != 2)
		return -ENODATA;
	*ret = (user + sys) * (1000000000ULL / (uint64_t)hz);
	return 0;
}

int hog_oswatch_cpu_ns(struct hog_oswatch *watch, uint64_t *ret)
{
	char text[LINE_MAX_BYTES], *end;
	int r = read_line(watch->schedstat_fd, text, sizeof(text));
	uint64_t ns;

	if (r == -ESRCH)
		return r;
	if (r < 0)
		return cpu_by_stat(watch, ret);
	ns = strtoull(text, &end, 10);
	if (end == text)
		return cpu_by_stat(watch, ret);
	*ret = ns;
	return 0;
}
