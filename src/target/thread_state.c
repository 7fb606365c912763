/* SPDX-License-Identifier: Apache-2.0 */
/* A thread as the kernel tells of it in /proc: state, system call, CPU time. */
#include "target/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/* What stands in the place of a descriptor. */
enum { NOT_OPEN = -1, REFUSED = -2 };

/* So many descriptors are left to others: new processes, files to write. */
#define FDS_SPARED 128

static int read_fd(int fd, char *buf, size_t cap)
{
	ssize_t got = pread(fd, buf, cap - 1, 0);

	if (got < 0)
		return -errno;
	buf[got] = '\0';
	return got == 0 ? -ESRCH : 0;
}

static int open_in(const struct hog_oswatch *watch, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", watch->pid,
		 watch->tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

static bool may_keep(int fd)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	       (rlim_t)fd + FDS_SPARED < limit.rlim_cur;
}

/* The line of one of the thread's files; *fd is that file's place. */
static int read_line(const struct hog_oswatch *watch, int *fd, const char *name,
		     char *buf, size_t cap)
{
	int r, now = *fd;

	if (now == REFUSED)
		return -EPERM;
	if (now == NOT_OPEN)
		now = open_in(watch, name);
	if (now < 0) {
		if (now == -EACCES || now == -EPERM)
			*fd = REFUSED;
		return now;
	}
	r = read_fd(now, buf, cap);
	if (*fd == now)
		return r;
	if (r == 0 && may_keep(now))
		*fd = now;
	else
		close(now);
	return r;
}

int hog_oswatch_open(struct hog_oswatch *watch, pid_t pid, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	if (access(path, F_OK) < 0 && (errno == ENOENT || errno == ESRCH))
		return -ESRCH;
	*watch = (struct hog_oswatch){ pid, tid, NOT_OPEN, NOT_OPEN, NOT_OPEN };
	return 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = NOT_OPEN;
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
	int r = read_line(watch, &watch->stat_fd, "stat", text, sizeof(text));

	if (r == -ESRCH)
		return HOG_OS_GONE;
	return r < 0 ? HOG_OS_UNKNOWN : hog_parse_stat(text);
}

void hog_oswatch_state(struct hog_oswatch *watch, struct hog_osthread *ret)
{
	struct hog_osthread now = { .syscall = HOG_NO_SYSCALL };
	char text[LINE_MAX_BYTES];
	int r = read_line(watch, &watch->syscall_fd, "syscall", text,
			  sizeof(text));

	/* "-1 sp pc" is a thread that sleeps outside a call: stopped, or
	 * waiting for a page.  stat knows which; this is rare. */
	if (r == 0 && hog_parse_syscall(text, &now)) {
		if (now.state == HOG_OS_SLEEPING &&
		    now.syscall == HOG_NO_SYSCALL)
			now.state = state_by_stat(watch);
	} else if (r == -ESRCH) {
		now.state = HOG_OS_GONE;
	} else {
		if (r == -EPERM && watch->syscall_fd != REFUSED) {
			close_one(&watch->syscall_fd);
			watch->syscall_fd = REFUSED; /* it stays so */
		}
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
	int r = read_line(watch, &watch->stat_fd, "stat", text, sizeof(text));

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

int hog_oswatch_cpu(struct hog_oswatch *watch, struct hog_oscpu *ret)
{
	struct hog_oscpu now = { 0 };
	char text[LINE_MAX_BYTES];
	int r = read_line(watch, &watch->schedstat_fd, "schedstat", text,
			  sizeof(text));

	if (r == -ESRCH)
		return r;
	if (r < 0 || sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64, &now.ns,
			    &now.waited_ns, &now.turns) != 3) {
		now.waited_ns = now.turns = 0;
		r = cpu_by_stat(watch, &now.ns);
		if (r < 0)
			return r;
	}
	*ret = now;
	return 0;
}
