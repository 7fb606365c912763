/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/front.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/say.h"
#include "cli/signals.h"

/* So many while recording mean that ending in order takes too long. */
#define PATIENCE 3

/* A handler cannot get an argument. */
static struct {
	volatile sig_atomic_t worker;
	volatile sig_atomic_t word; /* 0 while recording */
	volatile sig_atomic_t asked;
	const char *command;
} front;

static bool out_of_patience(int sig)
{
	if (front.word == HOG_FRONT_WAITING)
		return sig != SIGINT && front.asked > 1;
	return front.asked >= (front.word == HOG_FRONT_WRITING ? 2 : PATIENCE);
}

/* The worker sees the front end, and leaves nothing half-written. */
static void give_up(int sig)
{
	static const char words[] =
		"hognose: interrupted again; the result was "
		"not written to its end\n";

	if (front.word != HOG_FRONT_WAITING &&
	    write(STDERR_FILENO, words, sizeof(words) - 1) < 0)
		_exit(128 + sig); /* there is nobody else to tell */
	_exit(128 + sig);
}

static void on_signal(int sig)
{
	int saved = errno;

	/* The terminal has sent it to the program as well. */
	if (front.word == HOG_FRONT_WAITING && sig == SIGINT)
		return;
	front.asked++;
	if (out_of_patience(sig))
		give_up(sig);
	kill((pid_t)front.worker, sig);
	errno = saved;
}

/* --fds=signal: it has nothing to do with ending. */
static void on_look(int sig)
{
	int saved = errno;

	kill((pid_t)front.worker, sig);
	errno = saved;
}

static void catch_signals(void)
{
	struct sigaction look = { .sa_handler = on_look,
				  .sa_flags = SA_RESTART };
	struct sigaction old;

	hog_signals_on_ends(on_signal);
	if (sigaction(SIGUSR2, NULL, &old) == 0 && old.sa_handler != SIG_IGN &&
	    old.sa_handler != SIG_DFL)
		sigaction(SIGUSR2, &look, NULL);
}

/* What ended the recording counts as the first that may end the writing. */
static void set_word(enum hog_front_word word)
{
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	front.word = word;
	front.asked = front.asked > 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* The worker ended without having said how it all went. */
static int status_of_worker(void)
{
	int status = 0, r;

	do
		r = waitpid((pid_t)front.worker, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return HOG_EXIT_FAIL;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	hog_say(front.command,
		"the process that did the work was killed by signal %d; the "
		"result is not whole",
		WTERMSIG(status));
	return HOG_EXIT_FAIL;
}

static int be_the_front(int fd)
{
	unsigned char word[2];
	ssize_t got;

	for (;;) {
		got = read(fd, word, sizeof(word));
		if (got < 0 && errno == EINTR)
			continue;
		if (got != sizeof(word))
			return status_of_worker();
		if (word[0] == HOG_FRONT_STATUS)
			return word[1];
		set_word((enum hog_front_word)word[0]);
	}
}

int hog_front_split(const char *command, struct hog_front *ret, int *ret_status,
		    struct hog_err *err)
{
	pid_t self = getpid(), pid;
	sigset_t set, old;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return hog_err_set(err, -errno, "start a process");
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		ret->fd = fds[1];
		hog_signals_serve(self);
		sigprocmask(SIG_SETMASK, &old, NULL);
		return 0;
	}
	close(fds[1]);
	if (pid > 0) {
		front.worker = pid;
		front.command = command;
		catch_signals();
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0) {
		close(fds[0]);
		return hog_err_set(err, -errno, "start a process");
	}
	*ret_status = be_the_front(fds[0]);
	close(fds[0]);
	return 1;
}

void hog_front_leave_terminal(const struct hog_front *f)
{
	if (f->fd >= 0)
		setsid();
}

void hog_front_tell(const struct hog_front *f, enum hog_front_word word,
		    int status)
{
	const unsigned char bytes[2] = { (unsigned char)word,
					 (unsigned char)status };
	ssize_t r;

	/* A front that is gone needs no words; SIGPIPE is caught. */
	if (f->fd < 0)
		return;
	do
		r = write(f->fd, bytes, sizeof(bytes));
	while (r < 0 && errno == EINTR);
}

void hog_front_release(struct hog_front *f, int status)
{
	int null;

	if (f->fd < 0)
		return;
	fflush(stdout);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	hog_front_tell(f, HOG_FRONT_STATUS, status);
	close(f->fd);
	f->fd = -1;
}
