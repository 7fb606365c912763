/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/output.h"

/* So many while recording mean that ending in order takes too long. */
#define PATIENCE 3

/* Set with the signals blocked. */
static struct {
	volatile sig_atomic_t phase;
	volatile sig_atomic_t asked;   /* signals that came, in this phase */
	volatile sig_atomic_t any;     /* one came, in whatever phase */
	volatile sig_atomic_t to_pass; /* TERM or HUP, for the program */
	volatile sig_atomic_t child;   /* 0: none to pass it on to */
	const char *path;
	int fd; /* -1: no output to clean */
	enum hog_output_way way;
	volatile sig_atomic_t front; /* 0: we serve nobody */
	volatile sig_atomic_t alone; /* it is gone */
	int null, stream;            /* -1: none */
	volatile sig_atomic_t look;  /* --fds=signal */
} state = { .fd = -1, .null = -1, .stream = -1 };

static void give_up(int sig)
{
	static const char words[] =
		"hognose: interrupted again; the result was not "
		"written to its end\n";

	ssize_t told = write(STDERR_FILENO, words, sizeof(words) - 1);

	(void)told; /* there is nobody else to tell */
	if (state.fd >= 0)
		hog_output_wipe(state.way, state.fd, state.path);
	_exit(128 + sig);
}

static void pass_on(int sig)
{
	if (state.child > 0)
		kill((pid_t)state.child, sig);
	state.to_pass = 0;
}

static void on_signal(int sig)
{
	int saved = errno;

	state.any = 1;
	state.asked++;
	if (state.phase == HOG_PHASE_WAITING) {
		if (sig != SIGINT && state.asked > 1 && !state.front)
			_exit(128 + sig);
		if (sig != SIGINT)
			pass_on(sig);
		else
			state.asked--;
	} else {
		if (sig != SIGINT)
			state.to_pass = sig;
		if (!state.front &&
		    state.asked >=
			    (state.phase == HOG_PHASE_WRITING ? 2 : PATIENCE))
			give_up(sig);
	}
	errno = saved;
}

/* A pipe whose reader went away is an error of write, with words. */
static void on_pipe(int sig)
{
	(void)sig;
}

/* Whoever reads what we write may never do so again. */
static void on_alone(int sig)
{
	int saved = errno;

	(void)sig;
	if (getppid() != (pid_t)state.front && !state.alone) {
		state.alone = 1;
		state.any = 1;
		if (state.fd >= 0)
			hog_output_wipe(state.way, state.fd, state.path);
		if (state.stream >= 0 && state.null >= 0)
			dup2(state.null, state.stream);
	}
	errno = saved;
}

static void block(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(how, &set, NULL);
}

/* No SA_RESTART: a write that waits shall end. */
void hog_signals_serve(pid_t front)
{
	struct sigaction act = { .sa_handler = on_alone };

	sigemptyset(&act.sa_mask);
	state.front = front;
	state.null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	sigaction(SIGUSR1, &act, NULL);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	on_alone(SIGUSR1); /* if it has ended meanwhile */
}

bool hog_signals_alone(void)
{
	return state.alone != 0;
}

void hog_signals_guard_stream(int fd)
{
	block(SIG_BLOCK);
	state.stream = fd;
	block(SIG_UNBLOCK);
}

/* Each waits for the others. */
static struct sigaction action(void (*handler)(int sig))
{
	struct sigaction act = { .sa_handler = handler,
				 .sa_flags = SA_RESTART };

	sigemptyset(&act.sa_mask);
	sigaddset(&act.sa_mask, SIGINT);
	sigaddset(&act.sa_mask, SIGTERM);
	sigaddset(&act.sa_mask, SIGHUP);
	return act;
}

void hog_signals_on_ends(void (*handler)(int sig))
{
	struct sigaction act = action(handler), old;

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	/* nohup has it ignored, and means it. */
	if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &act, NULL);
}

void hog_signals_catch(void)
{
	struct sigaction act = action(on_signal);

	hog_signals_on_ends(on_signal);
	act.sa_handler = on_pipe;
	sigaction(SIGPIPE, &act, NULL);
	/* A file that may not grow any more is an error like a full disk. */
	act.sa_handler = SIG_IGN;
	sigaction(SIGXFSZ, &act, NULL);
}

void hog_signals_guard_output(const struct hog_output *out)
{
	block(SIG_BLOCK);
	state.path = out->path;
	state.way = out->way;
	state.fd = fileno(out->file);
	block(SIG_UNBLOCK);
}

void hog_signals_forget_output(void)
{
	block(SIG_BLOCK);
	state.fd = -1;
	block(SIG_UNBLOCK);
}

/* The signal that ended the recording counts as the first of those that may
 * interrupt the writing. */
void hog_signals_phase(enum hog_phase phase)
{
	block(SIG_BLOCK);
	state.phase = phase;
	state.asked = phase == HOG_PHASE_WRITING && state.asked > 0;
	block(SIG_UNBLOCK);
}

bool hog_signals_asked(void)
{
	return state.any != 0;
}

void hog_signals_wait_for(pid_t pid)
{
	block(SIG_BLOCK);
	state.child = pid;
	state.phase = HOG_PHASE_WAITING;
	state.asked = state.to_pass != 0;
	if (state.to_pass)
		pass_on(state.to_pass);
	block(SIG_UNBLOCK);
}

void hog_signals_no_child(void)
{
	state.child = 0;
}

static void on_look(int sig)
{
	(void)sig;
	state.look = 1;
}

void hog_signals_catch_look(void)
{
	struct sigaction act = { .sa_handler = on_look,
				 .sa_flags = SA_RESTART };

	sigemptyset(&act.sa_mask);
	sigaction(SIGUSR2, &act, NULL);
}

bool hog_signals_look(void)
{
	bool look = state.look;

	state.look = 0;
	return look;
}
