/* SPDX-License-Identifier: Apache-2.0 */
#include "target/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "target/procfs.h"

void hog_sigstate_save(struct hog_sigstate *ret)
{
	sigemptyset(&ret->ignored);
	sigprocmask(SIG_BLOCK, NULL, &ret->blocked);
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction act;

		if (sigaction(sig, NULL, &act) == 0 &&
		    act.sa_handler == SIG_IGN)
			sigaddset(&ret->ignored, sig);
	}
}

static void restore_signals(const struct hog_sigstate *before)
{
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			signal(sig, sigismember(&before->ignored, sig) == 1
					    ? SIG_IGN
					    : SIG_DFL);
	sigprocmask(SIG_SETMASK, &before->blocked, NULL);
}

/* The child, until it is another program.  We may have had threads: nothing
 * here but what is safe in a signal handler (glibc's execvp is). */
static void be_the_child(char *const argv[], const struct hog_sigstate *before,
			 const struct hog_launch_hook *hook, int go_fd,
			 int fail_fd)
{
	char byte;
	ssize_t got;
	int code;

	do
		got = read(go_fd, &byte, 1);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		_exit(127);
	restore_signals(before);
	code = hook ? hook->run(hook->arg) : 0;
	if (code == 0) {
		execvp(argv[0], argv);
		code = errno;
	}
	got = write(fail_fd, &code, sizeof(code));
	_exit(got == sizeof(code) ? 127 : 126);
}

int hog_launch_prepare_hooked(char *const argv[],
			      const struct hog_sigstate *before,
			      const struct hog_launch_hook *hook,
			      struct hog_launch *ret, struct hog_err *err)
{
	int go[2], fail[2];
	pid_t pid;
	int r;

	r = hog_proc_check(err); /* nothing of it would be found */
	if (r < 0)
		return r;
	/* A socket, as writing to it can do without SIGPIPE. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go) < 0)
		return hog_err_set(err, -errno, "start %s", argv[0]);
	if (pipe2(fail, O_CLOEXEC) < 0) {
		r = -errno;
		close(go[0]);
		close(go[1]);
		return hog_err_set(err, r, "start %s", argv[0]);
	}
	pid = fork();
	if (pid == 0) {
		close(go[1]); /* else our own end would keep us waiting */
		close(fail[0]);
		be_the_child(argv, before, hook, go[0], fail[1]);
	}
	r = pid < 0 ? -errno : 0;
	close(go[0]);
	close(fail[1]);
	if (r < 0) {
		close(go[1]);
		close(fail[0]);
		return hog_err_set(err, r, "start %s", argv[0]);
	}
	*ret = (struct hog_launch){
		.pid = pid, .prog = argv[0], .go_fd = go[1], .fail_fd = fail[0]
	};
	return 0;
}

int hog_launch_prepare_as(char *const argv[], const struct hog_sigstate *before,
			  struct hog_launch *ret, struct hog_err *err)
{
	return hog_launch_prepare_hooked(argv, before, NULL, ret, err);
}

int hog_launch_prepare(char *const argv[], struct hog_launch *ret,
		       struct hog_err *err)
{
	struct hog_sigstate now;

	hog_sigstate_save(&now);
	return hog_launch_prepare_as(argv, &now, ret, err);
}

static const char *hint_for(int code)
{
	switch (code) {
	case -ENOENT:
		return "is it in PATH, and the interpreter that its first line "
		       "names there?";
	case -EACCES:
		return "is it an executable file?";
	default:
		return NULL;
	}
}

int hog_launch_say(const struct hog_launch *launch, int code,
		   struct hog_err *err)
{
	hog_err_set(err, code, "start %s", launch->prog);
	if (err)
		err->hint = hint_for(code);
	return code;
}

static int reap(struct hog_launch *launch)
{
	int status, r;

	do
		r = waitpid(launch->pid, &status, 0);
	while (r < 0 && errno == EINTR);
	return r;
}

int hog_launch_go(struct hog_launch *launch, struct hog_err *err)
{
	ssize_t got;
	int code = 0;

	/* A child that was killed while held shows as EOF below. */
	send(launch->go_fd, "g", 1, MSG_NOSIGNAL);
	do
		got = read(launch->fail_fd, &code, sizeof(code));
	while (got < 0 && errno == EINTR);
	hog_launch_fini(launch);
	if (got == 0)
		return 0;
	code = got == sizeof(code) && code > 0 ? -code : -EIO;
	reap(launch);
	return hog_launch_say(launch, code, err);
}

void hog_launch_fini(struct hog_launch *launch)
{
	hog_cleanup_close(&launch->go_fd);
	hog_cleanup_close(&launch->fail_fd);
	launch->go_fd = launch->fail_fd = -1;
}
