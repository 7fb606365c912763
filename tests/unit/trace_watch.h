/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of target/trace.h: a tracer, and what it has been told. */
#ifndef HOG_TESTS_TRACE_WATCH_H
#define HOG_TESTS_TRACE_WATCH_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "real_kernel.h"
#include "target/launch.h"
#include "target/procfs.h"
#include "target/trace.h"

#define WATCH_SECONDS 10
#define NUMBERS 1024

struct watch {
	struct hog_trace *trace;
	pid_t pid;         /* of what was launched or attached to */
	int in, out;       /* of a child that waits; -1 none */
	uint64_t bits[16]; /* wanted, both machines */
	/* What was told. */
	unsigned n[HOG_TRACE_ATTACHED + 1];
	unsigned restarts, in_progress, restart_calls, compat, vforks;
	unsigned unmatched; /* an EXIT without its ENTER, or of another call */
	int status;         /* of pid's END; -1 none */
	int64_t attached_in, last_result;
	struct {
		pid_t tid;
		int64_t number;
	} open[256]; /* entered and not left, by tid % 256 */
};

static inline void nap_ms(long ms)
{
	const struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static inline void watch_new(struct watch *w, const char *calls,
			     enum hog_trace_via via)
{
	struct hog_trace_options opt = { .native = w->bits,
					 .compat = w->bits,
					 .n_numbers = NUMBERS,
					 .follow = true,
					 .via = via };
	struct hog_err err = { 0 };

	needs_real_kernel();
	*w = (struct watch){
		.in = -1, .out = -1, .status = -1, .attached_in = -1
	};
	opt.all = !calls;
	if (calls && strstr(calls, "getppid"))
		w->bits[SYS_getppid / 64] |= 1ull << SYS_getppid % 64;
	if (calls && strstr(calls, "read"))
		w->bits[SYS_read / 64] |= 1ull << SYS_read % 64;
	if (calls && strstr(calls, "sleep")) {
		w->bits[SYS_nanosleep / 64] |= 1ull << SYS_nanosleep % 64;
		w->bits[SYS_clock_nanosleep / 64] |=
			1ull << SYS_clock_nanosleep % 64;
	}
	if (calls && strstr(calls, "compat"))
		w->bits[1] |= 1; /* 64: getppid of i386 */
	cr_assert_eq(hog_trace_new(&opt, &w->trace, &err), 0, "%s", err.text);
}

static inline void watch_call(struct watch *w, const struct hog_trace_event *ev)
{
	size_t i = (size_t)ev->tid % 256;

	if (ev->kind == HOG_TRACE_ENTER) {
		w->open[i].tid = ev->tid;
		w->open[i].number = ev->number;
		w->compat += ev->machine == 3; /* EM_386 */
		w->restart_calls += ev->number == SYS_restart_syscall;
		return;
	}
	w->restarts += ev->restarts;
	w->in_progress += ev->in_progress;
	w->last_result = ev->result;
	/* exec in another thread: the number of the thread changes. */
	w->unmatched += !ev->in_progress && w->open[i].tid == ev->tid &&
			w->open[i].number != ev->number;
}

static inline void watch_take(struct watch *w, const struct hog_trace_event *ev)
{
	w->n[ev->kind]++;
	if (ev->kind == HOG_TRACE_EXEC)
		w->open[(size_t)ev->tid % 256].tid = 0;
	w->vforks += ev->kind == HOG_TRACE_FORK && ev->vfork;
	if (ev->kind == HOG_TRACE_ENTER || ev->kind == HOG_TRACE_EXIT)
		watch_call(w, ev);
	if (ev->kind == HOG_TRACE_ATTACHED && ev->number >= 0)
		w->attached_in = ev->number;
	if (ev->kind == HOG_TRACE_END && ev->pid == w->pid)
		w->status = ev->status;
}

/* Until `until` of that kind have been told, or nothing is left, or ms are
 * over.  What hog_trace_next said last. */
static inline int watch_run(struct watch *w, enum hog_trace_kind kind,
			    unsigned until, unsigned ms)
{
	uint64_t end = hog_now_ns() + ms * 1000000ull;
	struct hog_trace_event ev;
	int r = 0;

	while (hog_now_ns() < end && w->n[kind] < until) {
		r = hog_trace_next(w->trace, end, &ev);
		if (r < 0)
			break;
		if (r > 0)
			watch_take(w, &ev);
	}
	return r;
}

static inline void watch_to_end(struct watch *w)
{
	int r = watch_run(w, HOG_TRACE_END, ~0u, WATCH_SECONDS * 1000);

	cr_expect_eq(r, -ECHILD, "not over: %d", r);
}

static inline char *child_path(void)
{
	char *path = getenv("HOG_TRACE_CHILD");

	cr_assert(path, "HOG_TRACE_CHILD names the program to follow");
	return path;
}

static inline void watch_launch(struct watch *w, const char *what)
{
	char *argv[] = { child_path(), (char *)(uintptr_t)what, NULL };
	struct hog_err err = { 0 };

	cr_assert_eq(hog_trace_launch(w->trace, argv, NULL, &w->pid, &err), 0,
		     "%s", err.text);
}

/* A child of ours that waits for a byte. */
static inline pid_t start_waiting(const char *what, int *ret_in)
{
	char *path = child_path();
	int in[2], out[2];
	char byte;
	pid_t pid;

	cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
	cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(path, path, "wait", what, NULL);
		_exit(97);
	}
	close(in[0]);
	close(out[1]);
	cr_assert_eq(read(out[0], &byte, 1), 1);
	close(out[0]);
	nap_ms(2); /* until it reads */
	*ret_in = in[1];
	return pid;
}

static inline void watch_attach(struct watch *w, const char *what)
{
	struct hog_err err = { 0 };

	w->pid = start_waiting(what, &w->in);
	cr_assert_eq(hog_trace_attach(w->trace, w->pid, &err), 0, "%s",
		     err.text);
}

static inline void watch_go(struct watch *w)
{
	cr_assert_eq(write(w->in, "g", 1), 1);
	close(w->in);
}

static inline int64_t status_of(pid_t pid, const char *key, char *ret_state)
{
	char path[64], text[4096];
	const char *state;
	int64_t value = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (hog_proc_read(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return -1;
	hog_status_number(text, key, &value);
	state = hog_status_field(text, "State");
	if (ret_state)
		*ret_state = state ? *state : '?';
	return value;
}

#endif
