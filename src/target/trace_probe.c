/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "target/trace_filter.h"

/* Before 4.8 the filter came before the stop at the entry, not behind. */
#define SECCOMP_MAJOR 4
#define SECCOMP_MINOR 8

static int wait_for(pid_t pid, int *ret_status)
{
	pid_t r;

	do
		r = waitpid(pid, ret_status, __WALL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

static int try_ptrace(void)
{
	pid_t pid = fork();
	int r = 0, status;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		for (;;)
			pause();
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0)
		r = -errno;
	kill(pid, SIGKILL);
	wait_for(pid, &status);
	return r;
}

static int try_filter(void)
{
	static const uint64_t none[1];
	const struct hog_filter_set set = { none, none, 64, false };
	_cleanup_free_ struct sock_filter *prog = NULL;
	int status, r, n = hog_filter_make(&set, &prog);
	pid_t pid;

	if (n < 0)
		return n;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(-hog_filter_install(prog, (unsigned)n) & 0xff);
	r = wait_for(pid, &status);
	if (r < 0)
		return r;
	if (!WIFEXITED(status))
		return -EPERM; /* who sends us a signal for that means it */
	return -WEXITSTATUS(status);
}

static bool kernel_is_old(void)
{
	struct utsname u;
	int major = 0, minor = 0;

	return uname(&u) < 0 ||
	       sscanf(u.release, "%d.%d", &major, &minor) != 2 ||
	       major < SECCOMP_MAJOR ||
	       (major == SECCOMP_MAJOR && minor < SECCOMP_MINOR);
}

static int say_ptrace(int code, struct hog_err *err)
{
	if (code != -EPERM && code != -EACCES && code != -ENOSYS)
		return hog_err_set(err, code, "trace a child of hognose");
	return hog_err_say(
		err, code,
		"allow ptrace: docker run --cap-add SYS_PTRACE, or a "
		"seccomp profile with ptrace",
		"this container, a sandbox or a security module "
		"forbids ptrace");
}

int hog_trace_probe(enum hog_trace_via via, struct hog_err *err)
{
	int r = try_ptrace();

	if (r < 0)
		return say_ptrace(r, err);
	if (via != HOG_TRACE_SECCOMP)
		return 0;
	if (kernel_is_old())
		return hog_err_say(err, -ENOSYS, "use --via=ptrace",
				   "seccomp filters can be followed since "
				   "Linux %d.%d only",
				   SECCOMP_MAJOR, SECCOMP_MINOR);
	r = try_filter();
	if (r < 0)
		return hog_err_set(err, r, "install a seccomp filter");
	return 0;
}
