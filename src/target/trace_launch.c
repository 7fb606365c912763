/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "target/launch.h"
#include "target/trace_filter.h"

struct filter {
	struct sock_filter *v; /* owned */
	int n;
};

static int install_in_child(void *arg)
{
	const struct filter *filter = arg;

	return hog_filter_install(filter->v, (unsigned)filter->n);
}

/* Up to its exec the child is us, and of no interest.  0: it stands there;
 * 1: it has ended. */
static int run_to_exec(pid_t pid)
{
	for (;;) {
		int status, event, request = PTRACE_CONT, sig = 0;
		pid_t r = waitpid(pid, &status, __WALL);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 || !WIFSTOPPED(status))
			return 1;
		event = status >> 16;
		if (event == PTRACE_EVENT_EXEC)
			return 0;
		if (event == 0)
			sig = WSTOPSIG(status);
		else if (event == PTRACE_EVENT_STOP &&
			 WSTOPSIG(status) != SIGTRAP)
			request = PTRACE_LISTEN;
		ptrace(request, pid, NULL, (void *)(intptr_t)sig);
	}
}

/* The exec itself has failed, or the filter. */
static int say_failed(struct hog_launch *launch, struct hog_err *err)
{
	ssize_t got;
	int code = 0;

	do
		got = read(launch->fail_fd, &code, sizeof(code));
	while (got < 0 && errno == EINTR);
	if (got != sizeof(code))
		return hog_err_set(err, -ECHILD, "start %s", launch->prog);
	if (code < 0)
		return hog_err_set(err, code, "give %s a seccomp filter",
				   launch->prog);
	return hog_launch_say(launch, -code, err);
}

static int follow_to_exec(struct hog_trace *t, struct hog_launch *launch,
			  bool filtered, struct hog_err *err)
{
	pid_t pid = launch->pid;
	struct hog_tthread *thr;

	if (ptrace(PTRACE_SEIZE, pid, NULL,
		   (void *)hog_trace_ptrace_options(t, filtered)) < 0) {
		int r = -errno;

		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
		return hog_err_set(err, r, "trace %s", launch->prog);
	}
	send(launch->go_fd, "g", 1, MSG_NOSIGNAL);
	if (run_to_exec(pid) != 0)
		return say_failed(launch, err);
	thr = hog_tthread_add(t, pid, pid);
	if (!thr) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
		return hog_err_set(err, -ENOMEM, "trace %s", launch->prog);
	}
	thr->proc->filtered = filtered;
	thr->state = HOG_TSTATE_STOPS;
	/* The first event: the kernel's own words for this stop. */
	return hog_twait_keep(t, pid,
			      PTRACE_EVENT_EXEC << 16 | SIGTRAP << 8 | 0x7f);
}

static int launch(struct hog_trace *t, char *const argv[],
		  const struct hog_sigstate *before, struct filter *filter,
		  pid_t *ret_pid, struct hog_err *err)
{
	const struct hog_launch_hook hook = { install_in_child, filter };
	struct hog_launch l;
	int r;

	r = hog_launch_prepare_hooked(argv, before, filter ? &hook : NULL, &l,
				      err);
	if (r < 0)
		return r;
	r = follow_to_exec(t, &l, filter != NULL, err);
	hog_launch_fini(&l);
	if (r == 0)
		*ret_pid = l.pid;
	return r;
}

int hog_trace_launch(struct hog_trace *t, char *const argv[],
		     const struct hog_sigstate *before, pid_t *ret_pid,
		     struct hog_err *err)
{
	const struct hog_filter_set set = { t->native, t->compat, t->n_numbers,
					    t->all };
	struct hog_sigstate now;
	struct filter filter = { 0 };
	int r;

	if (!before) {
		hog_sigstate_save(&now);
		if (t->unblock)
			sigdelset(&now.blocked, SIGCHLD); /* we did that */
		before = &now;
	}
	if (!t->seccomp)
		return launch(t, argv, before, NULL, ret_pid, err);
	filter.n = hog_filter_make(&set, &filter.v);
	if (filter.n < 0)
		return hog_err_set(err, filter.n, "make a seccomp filter");
	r = launch(t, argv, before, &filter, ret_pid, err);
	free(filter.v);
	return r;
}
