/* SPDX-License-Identifier: Apache-2.0 */
#include "target/launch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "real_kernel.h"

static int status_of(pid_t pid)
{
	int status;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return status;
}

Test(launch, holds_the_program_until_told)
{
	char *argv[] = { "sh", "-c", "exit 7", NULL };
	struct hog_launch launch;
	char exe[256] = "", own[256] = "", path[64];

	needs_real_kernel();
	cr_assert_eq(hog_launch_prepare(argv, &launch, NULL), 0);
	snprintf(path, sizeof(path), "/proc/%d/exe", launch.pid);
	cr_assert_gt(readlink(path, exe, sizeof(exe) - 1), 0);
	cr_assert_gt(readlink("/proc/self/exe", own, sizeof(own) - 1), 0);
	cr_assert_str_eq(exe, own, "still us");
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);

	int status = status_of(launch.pid);

	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 7);
}

Test(launch, reports_what_exec_says)
{
	char *none[] = { "no-such-program-anywhere", NULL };
	char *folder[] = { "/tmp", NULL };
	struct hog_launch launch;
	struct hog_err err = { 0 };

	cr_assert_eq(hog_launch_prepare(none, &launch, &err), 0);
	cr_assert_eq(hog_launch_go(&launch, &err), -ENOENT);
	cr_assert(strstr(err.text, "no-such-program-anywhere"));
	cr_assert_not_null(err.hint);
	cr_assert_eq(waitpid(launch.pid, NULL, 0), -1, "reaped");
	cr_assert_eq(hog_launch_prepare(folder, &launch, &err), 0);
	cr_assert_eq(hog_launch_go(&launch, &err), -EACCES);
}

Test(launch, ends_a_child_that_is_never_let_go)
{
	char *argv[] = { "sh", "-c", "exit 7", NULL };
	struct hog_launch launch;

	cr_assert_eq(hog_launch_prepare(argv, &launch, NULL), 0);
	hog_launch_fini(&launch);
	cr_assert_eq(WEXITSTATUS(status_of(launch.pid)), 127);
}

Test(launch, survives_a_child_killed_while_held)
{
	char *argv[] = { "sh", "-c", "exit 7", NULL };
	struct hog_launch launch;

	cr_assert_eq(hog_launch_prepare(argv, &launch, NULL), 0);
	kill(launch.pid, SIGKILL);
	usleep(20000);
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	cr_assert_eq(WTERMSIG(status_of(launch.pid)), SIGKILL);
}

Test(launch, gives_signals_on_as_they_were)
{
	/* SIGPIPE kills only who does not ignore it; a pending USR1 only who
	 * does not block it. */
	char *argv[] = { "sh", "-c", "kill -USR1 $$; kill -PIPE $$; exit 7",
			 NULL };
	struct hog_sigstate before;
	struct hog_launch launch;
	sigset_t usr1;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&usr1);
	sigprocmask(SIG_SETMASK, &usr1, NULL);
	hog_sigstate_save(&before);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	signal(SIGPIPE, SIG_IGN);

	cr_assert_eq(hog_launch_prepare(argv, &launch, NULL), 0);
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	cr_assert_eq(WEXITSTATUS(status_of(launch.pid)), 7, "as they are");

	cr_assert_eq(hog_launch_prepare_as(argv, &before, &launch, NULL), 0);
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	cr_assert_eq(WTERMSIG(status_of(launch.pid)), SIGUSR1, "as they were");
}

Test(launch, leaves_no_descriptor_open_in_the_program)
{
	char *argv[] = { "sh", "-c",
			 "for f in 3 4 5 6 7 8 9; do "
			 "[ -e /proc/$$/fd/$f ] && readlink /proc/$$/fd/$f | "
			 "grep -q 'socket:\\|pipe:' && exit 1; done; exit 0",
			 NULL };
	struct hog_launch launch;
	int status;

	/* Criterion's own descriptors are no matter of ours. */
	for (int fd = 3; fd < 10; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	cr_assert_eq(hog_launch_prepare(argv, &launch, NULL), 0);
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	status = status_of(launch.pid);
	cr_assert_eq(WEXITSTATUS(status), 0);
}
