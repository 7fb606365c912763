/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for stops.  To sleep until the next one and to be woken costs 50 us
 * on an idle machine (the other CPU has gone to sleep meanwhile), a look with
 * waitpid 0.3 us: while calls come thick we look again and again.
 */
#include "target/trace_impl.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"

#define SPIN_NS 60000
/* SIGCHLD goes to any thread of ours that does not block it. */
#define SLEEP_NS (HOG_NS_PER_SEC / 20)
/* A maker that is killed never tells of what it has made. */
#define EARLY_NS (HOG_NS_PER_SEC / 100)
/* The kernel offers the first of its list: so that a busy thread does not hide
 * the others, all are taken now and then. */
#define TAKE_ALL_EVERY 16

int hog_twait_init(struct hog_trace *t)
{
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	t->hears = pthread_sigmask(SIG_BLOCK, &set, &before) == 0;
	t->unblock = t->hears && !sigismember(&before, SIGCHLD);
	return t->hears ? 0 : -EINVAL;
}

void hog_twait_fini(struct hog_trace *t)
{
	sigset_t set;

	free(t->stops);
	t->stops = NULL;
	if (!t->unblock)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	t->unblock = false;
}

static int grow(struct hog_trace *t)
{
	unsigned cap = t->cap_stops ? 2 * t->cap_stops : 64;
	struct hog_tstop *v = calloc(cap, sizeof(*v));

	if (!v)
		return -ENOMEM;
	for (unsigned i = 0; i < t->n_stops; i++)
		v[i] = t->stops[(t->first_stop + i) % t->cap_stops];
	free(t->stops);
	t->stops = v;
	t->first_stop = 0;
	t->cap_stops = cap;
	return 0;
}

/* Room is made first: a stop that is not kept would last for ever. */
static bool have_room(struct hog_trace *t)
{
	return t->n_stops < t->cap_stops || grow(t) == 0;
}

static void keep(struct hog_trace *t, struct hog_tstop stop)
{
	t->stops[(t->first_stop + t->n_stops) % t->cap_stops] = stop;
	t->n_stops++;
}

static bool look(struct hog_tstop *ret)
{
	int status;
	pid_t tid = waitpid(-1, &status, __WALL | __WNOTHREAD | WNOHANG);

	if (tid <= 0)
		return false;
	*ret = (struct hog_tstop){ tid, status };
	return true;
}

static void take_all(struct hog_trace *t)
{
	struct hog_tstop stop;

	while (have_room(t) && look(&stop))
		keep(t, stop);
}

static bool take_kept(struct hog_trace *t, struct hog_tstop *ret)
{
	if (t->n_stops == 0)
		return false;
	*ret = t->stops[t->first_stop];
	t->first_stop = (t->first_stop + 1) % t->cap_stops;
	t->n_stops--;
	return true;
}

/* Spins as long as that has paid off lately. */
static bool look_for_a_while(struct hog_trace *t, struct hog_tstop *ret)
{
	uint64_t start, now;

	if (look(ret))
		return true;
	if (!t->thick)
		return false;
	start = now = hog_now_ns();
	while (now - start < SPIN_NS) {
		for (int i = 0; i < 4; i++)
			if (look(ret))
				return true;
		now = hog_now_ns();
	}
	t->thick = false;
	return false;
}

/* false: at that time, or by another signal. */
static bool sleep_until(struct hog_trace *t, uint64_t until_ns, uint64_t now)
{
	uint64_t most = t->n_early ? EARLY_NS : SLEEP_NS;
	uint64_t ns = until_ns - now < most ? until_ns - now : most;
	const struct timespec ts = { (time_t)(ns / HOG_NS_PER_SEC),
				     (long)(ns % HOG_NS_PER_SEC) };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return sigtimedwait(&set, NULL, &ts) >= 0 || errno == EAGAIN;
}

int hog_twait_next(struct hog_trace *t, uint64_t until_ns,
		   struct hog_tstop *ret)
{
	uint64_t slept_ns;

	if (t->threads.count > t->n_gone + 1 &&
	    ++t->taken % TAKE_ALL_EVERY == 0)
		take_all(t);
	if (take_kept(t, ret) || look_for_a_while(t, ret)) {
		t->now_ns = hog_now_ns();
		return 1;
	}
	if (t->threads.count == t->n_gone)
		return -ECHILD;
	slept_ns = hog_now_ns();
	if (slept_ns >= until_ns || !sleep_until(t, until_ns, slept_ns))
		return 0;
	if (!look(ret))
		return -EAGAIN;
	t->now_ns = hog_now_ns();
	t->thick = t->now_ns - slept_ns < SPIN_NS;
	return 1;
}

int hog_twait_keep(struct hog_trace *t, pid_t tid, int status)
{
	if (!have_room(t))
		return -ENOMEM;
	keep(t, (struct hog_tstop){ tid, status });
	return 0;
}
