/* SPDX-License-Identifier: Apache-2.0 */
#include "target/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "target/procfs.h"

/* A thread that runs on another CPU stops within 11-20 us; to sleep until then
 * costs it 20-40 us more, and milliseconds when others want our CPU meanwhile.
 * Who has not stopped by then waits for a CPU (ours, maybe), or for something
 * in the kernel: the interrupt has long been sent. */
#define SPIN_NS 30000
#define NAP_NS 100000
#define END_NS (2 * HOG_NS_PER_SEC)
#define CHECK_TRIES 1000
#define STATUS_BYTES 4096

enum seen { SEEN_NOTHING, SEEN_STOPPED, SEEN_ENDED, SEEN_NONE_OF_OURS };

static void nap(uint64_t ns)
{
	const struct timespec ts = { .tv_nsec = (long)ns };

	nanosleep(&ts, NULL);
}

/* Looks, and takes nothing away: should we be killed now, a signal on its way
 * is still there for the thread, and the end of a program that we launched is
 * for others to collect. */
static enum seen look(pid_t tid, int *ret_signal)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)tid, &info,
		   WSTOPPED | WEXITED | WNOWAIT | WNOHANG | __WALL) < 0)
		return errno == ECHILD ? SEEN_NONE_OF_OURS : SEEN_NOTHING;
	if (info.si_pid != tid)
		return SEEN_NOTHING;
	if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
		return SEEN_ENDED;
	/* With an event in the upper byte it stands by our wish, or because
	 * all of the process is stopped; the kernel keeps it so. */
	*ret_signal = info.si_status >> 8 ? 0 : info.si_status & 0x7f;
	return SEEN_STOPPED;
}

static int64_t number(const char *status, const char *key)
{
	int64_t value = 0;

	hog_status_number(status, key, &value);
	return value;
}

/* A traced thread that has died stays until its tracer has seen it, and a
 * process is not told to its parent before.  Our own child is left for those
 * who have started it. */
static void reap(const struct hog_stop *stop)
{
	char status[STATUS_BYTES];
	siginfo_t info;

	if (stop->tid == stop->pid &&
	    hog_status_read(stop->pid, stop->tid, status, sizeof(status)) &&
	    number(status, "PPid") == getpid())
		return;
	waitid(P_PID, (id_t)stop->tid, &info, WEXITED | WNOHANG | __WALL);
}

static struct hog_stop *find_left(struct hog_stops *stops, pid_t tid)
{
	for (unsigned i = 0; i < stops->n_left; i++)
		if (stops->left[i].tid == tid)
			return &stops->left[i];
	return NULL;
}

static void leave(struct hog_stops *stops, pid_t pid, pid_t tid)
{
	struct hog_stop stop = { .pid = pid, .tid = tid };

	/* hog_stop_begin keeps room. */
	if (stops->n_left == HOG_STOPS_LEFT_MAX || find_left(stops, tid))
		return;
	stop.since_ns = hog_now_ns();
	stops->left[stops->n_left++] = stop;
}

/* Why the kernel has refused, of the things that it calls EPERM. */
static int why_refused(pid_t pid, pid_t tid)
{
	char status[STATUS_BYTES];

	if (!hog_status_read(pid, tid, status, sizeof(status)) ||
	    hog_status_is_dead(status))
		return -ESRCH;
	return number(status, "TracerPid") > 0 ? -EBUSY : -EPERM;
}

static int seize(pid_t pid, pid_t tid)
{
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0)
		return 0;
	return errno == EPERM ? why_refused(pid, tid) : -errno;
}

/* The thread that becomes another program takes over its process's number. */
static int end_of(struct hog_stops *stops, pid_t pid, pid_t tid, enum seen seen)
{
	const struct hog_stop stop = { .pid = pid, .tid = tid };

	if (seen == SEEN_ENDED)
		reap(&stop);
	else if (tid != pid)
		leave(stops, pid, pid);
	return -ESRCH;
}

/* Returns 0 also for one that has not stopped, nor can run before it has. */
static int wait_for_stop(struct hog_stops *stops, struct hog_stop *stop)
{
	uint64_t start = stop->since_ns, now = start;

	for (;;) {
		enum seen seen = look(stop->tid, &stop->signal);

		stop->pending = seen == SEEN_NOTHING;
		if (seen == SEEN_STOPPED)
			return 0;
		if (seen != SEEN_NOTHING)
			return end_of(stops, stop->pid, stop->tid, seen);
		if (now - start > SPIN_NS)
			return 0;
		stop->since_ns = now;
		now = hog_now_ns();
	}
}

static int begin_anew(struct hog_stops *stops, struct hog_stop *stop)
{
	int r = seize(stop->pid, stop->tid);

	if (r < 0)
		return r;
	stop->since_ns = hog_now_ns();
	/* Refused only for one that is dying: we shall be told. */
	ptrace(PTRACE_INTERRUPT, stop->tid, NULL, NULL);
	return wait_for_stop(stops, stop);
}

int hog_stop_begin(struct hog_stops *stops, pid_t pid, pid_t tid,
		   struct hog_stop *ret)
{
	struct hog_stop stop = { .pid = pid, .tid = tid };
	int r = 0;

	if (stops->n_left > 0)
		hog_stops_serve(stops);
	if (stops->n_left == HOG_STOPS_LEFT_MAX)
		return -EAGAIN;
	if (find_left(stops, tid)) { /* it still has not come back */
		stop.pending = true;
		stop.since_ns = hog_now_ns();
	} else {
		r = begin_anew(stops, &stop);
	}
	if (r < 0)
		return r;
	stops->count++;
	*ret = stop;
	return 0;
}

static bool let_go(const struct hog_stop *stop)
{
	return ptrace(PTRACE_DETACH, stop->tid, NULL,
		      (void *)(intptr_t)stop->signal) == 0;
}

static uint64_t count_held(struct hog_stops *stops, uint64_t since_ns)
{
	uint64_t held = hog_now_ns() - since_ns;

	stops->held_ns += held;
	return held;
}

uint64_t hog_stop_end(struct hog_stops *stops, struct hog_stop *stop)
{
	if (stop->pending || !let_go(stop)) { /* or killed while we held it */
		leave(stops, stop->pid, stop->tid);
		hog_stops_serve(stops);
		if (stop->pending)
			return 0;
	}
	return count_held(stops, stop->since_ns);
}

/* Is it over with this one?  *ret_soon: no, and it may stop at any moment. */
static bool serve_one(struct hog_stops *stops, struct hog_stop *stop,
		      bool *ret_soon)
{
	char status[STATUS_BYTES];
	uint64_t now = hog_now_ns();

	*ret_soon = false;
	switch (look(stop->tid, &stop->signal)) {
	case SEEN_STOPPED:
		if (!let_go(stop))
			break; /* killed at this moment */
		count_held(stops, stop->since_ns);
		return true;
	case SEEN_ENDED:
		reap(stop);
		return true;
	case SEEN_NONE_OF_OURS:
		if (stop->tid == stop->pid)
			return true;
		stop->tid = stop->pid; /* see end_of() */
		*ret_soon = true;
		return false;
	case SEEN_NOTHING:
		stop->since_ns = now;
		break;
	}
	if (!hog_status_read(stop->pid, stop->tid, status, sizeof(status)) ||
	    number(status, "TracerPid") != gettid())
		return true;
	/* The first thread of a process whose others run on ends with them. */
	*ret_soon = !hog_status_is_dead(status);
	/* It may have changed its number, by an exec, just before it was first
	 * interrupted. */
	if (*ret_soon)
		ptrace(PTRACE_INTERRUPT, stop->tid, NULL, NULL);
	return false;
}

unsigned hog_stops_serve(struct hog_stops *stops)
{
	unsigned kept = 0, soon = 0;

	for (unsigned i = 0; i < stops->n_left; i++) {
		struct hog_stop stop = stops->left[i];
		bool may_stop;

		if (serve_one(stops, &stop, &may_stop))
			continue;
		stops->left[kept++] = stop;
		soon += may_stop;
	}
	stops->n_left = kept;
	return soon;
}

/* One that is heard of now is served at once: it is held until then. */
static void wait_for_news(struct hog_stops *stops, uint64_t ns)
{
	const struct timespec most = { .tv_sec = (time_t)(ns / HOG_NS_PER_SEC),
				       .tv_nsec = (long)(ns % HOG_NS_PER_SEC) };
	sigset_t set;

	if (!stops->hears) {
		nap(ns < NAP_NS ? ns : NAP_NS);
		return;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigtimedwait(&set, NULL, &most) < 0 || !stops->prompt)
		return;
	for (unsigned i = 0; i < stops->n_left; i++)
		stops->left[i].since_ns = hog_now_ns();
}

void hog_stops_serve_until(struct hog_stops *stops, uint64_t until_ns)
{
	while (stops->n_left > 0 && hog_stops_serve(stops) > 0) {
		uint64_t now = hog_now_ns();

		if (now >= until_ns)
			break;
		wait_for_news(stops, until_ns - now);
	}
}

void hog_stops_init(struct hog_stops *stops)
{
	sigset_t set, before;

	*stops = (struct hog_stops){ 0 };
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	stops->hears = pthread_sigmask(SIG_BLOCK, &set, &before) == 0;
	stops->unblock = stops->hears && !sigismember(&before, SIGCHLD);
}

void hog_stops_fini(struct hog_stops *stops)
{
	sigset_t set;

	hog_stops_serve_until(stops, hog_now_ns() + END_NS);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (stops->unblock)
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	stops->hears = stops->unblock = false;
}

/* ---- may we? ---- */

struct trial {
	pid_t pid;
	int result;
};

static void *try_seize(void *arg)
{
	struct trial *trial = arg;

	trial->result = seize(trial->pid, trial->pid);
	return NULL;
}

/* What a thread of ours has seized without stopping it is free again once that
 * thread has ended, which is a moment after it was joined. */
static void wait_until_free(pid_t pid)
{
	char status[STATUS_BYTES];

	for (int i = 0; i < CHECK_TRIES; i++) {
		if (!hog_status_read(pid, pid, status, sizeof(status)) ||
		    number(status, "TracerPid") == 0)
			return;
		nap(NAP_NS);
	}
}

int hog_stop_check(pid_t pid, struct hog_err *err)
{
	struct trial trial = { .pid = pid };
	pthread_t thread;
	int r = pthread_create(&thread, NULL, try_seize, &trial);

	if (r != 0)
		return hog_err_set(err, -r, "start a thread");
	pthread_join(thread, NULL);
	if (trial.result == 0) {
		wait_until_free(pid);
		return 0;
	}
	return hog_stop_say(pid, trial.result, err);
}

static int say_traced(pid_t pid, int code, struct hog_err *err)
{
	char status[STATUS_BYTES], path[64], comm[32] = "";
	int64_t tracer = 0;

	if (hog_status_read(pid, pid, status, sizeof(status)))
		tracer = number(status, "TracerPid");
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tracer);
	if (hog_proc_read(AT_FDCWD, path, comm, sizeof(comm)) < 0)
		comm[0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	return hog_err_say(err, code,
			   "detach that debugger or tracer, or do without "
			   "--exact and --stop-budget",
			   "threads of process %d cannot be stopped: process "
			   "%lld%s%s%s traces it already",
			   (int)pid, (long long)tracer, comm[0] ? " (" : "",
			   comm, comm[0] ? ")" : "");
}

int hog_stop_say(pid_t pid, int code, struct hog_err *err)
{
	switch (code) {
	case -EBUSY:
		return say_traced(pid, code, err);
	case -ESRCH:
		return hog_err_say(err, code, NULL, "process %d has ended",
				   (int)pid);
	case -EPERM:
		return hog_err_say(
			err, code,
			"allow ptrace: docker run --cap-add SYS_PTRACE, or a "
			"seccomp profile with ptrace; or do without --exact "
			"and --stop-budget",
			"threads of process %d cannot be stopped: this "
			"container, a sandbox or a security module forbids "
			"ptrace",
			(int)pid);
	default:
		return hog_err_set(err, code, "stop threads of process %d",
				   (int)pid);
	}
}
