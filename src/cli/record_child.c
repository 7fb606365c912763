/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/record.h"
#include "cli/signals.h"

int hog_record_child_prepare(struct hog_record_child *child, char *const *argv,
			     struct hog_err *err)
{
	int r = hog_launch_prepare(argv, &child->launch, err);

	if (r == 0)
		child->pid = child->launch.pid;
	return r;
}

int hog_record_child_go(struct hog_record_child *child, struct hog_err *err)
{
	int r = hog_launch_go(&child->launch, err);

	hog_launch_fini(&child->launch);
	return r;
}

bool hog_record_child_ended(const struct hog_record_child *child)
{
	siginfo_t info = { 0 };

	if (child->pid == 0)
		return false;
	return waitid(P_PID, (id_t)child->pid, &info,
		      WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == child->pid;
}

int hog_record_child_wait(struct hog_record_child *child)
{
	siginfo_t info = { 0 };
	int status, r;

	hog_signals_wait_for(child->pid);
	/* Looked at first and reaped after: no signal may be passed on to a
	 * pid that is free again. */
	do
		r = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT);
	while (r < 0 && errno == EINTR);
	hog_signals_no_child();
	if (r < 0 || waitpid(child->pid, &status, 0) < 0)
		return HOG_EXIT_FAIL;
	child->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

void hog_record_child_cancel(struct hog_record_child *child)
{
	if (child->pid == 0)
		return;
	hog_launch_fini(&child->launch);
	waitpid(child->pid, NULL, 0);
	child->pid = 0;
}
