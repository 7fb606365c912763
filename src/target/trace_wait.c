/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for stops.  Which way is the cheap one depends on what else runs: on
 * an idle machine a thread that sleeps is woken on a CPU that has gone to sleep
 * as well, and two stops cost 126 us; who looks again and again on the other
 * CPU has them for 12-14.  With all CPUs busy it is the other way round: who
 * spins is in the way (30-230 us), who sleeps is woken where the tracee has
 * just stopped (14-15).  So both are tried, and the quicker one is used.
 */
#include "target/trace_impl.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"

/* One that has not come until then is worth a sleep. */
#define SPIN_NS 60000
/* A wait as long as this tells about the program, not about the way. */
#define IDLE_NS 1000000
#define WINDOW 64     /* waits that are measured together */
#define AGAIN_MIN 8   /* windows, until the other way is tried again */
#define AGAIN_MAX 256 /* when that has been in vain some times */
/* SIGCHLD goes to any thread of ours that does not block it. */
#define SLEEP_NS (HOG_NS_PER_SEC / 20)
/* A maker that is killed never tells of what it has made. */
#define EARLY_NS (HOG_NS_PER_SEC / 100)
/* The kernel offers the first of its list: so that a busy thread does not hide
 * the others, all are taken now and then. */
#define TAKE_ALL_EVERY 16

static int count_cpus(void)
{
	cpu_set_t set;

	/* Fails where there are more than a set has room for. */
	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set)
							    : CPU_SETSIZE;
}

int hog_twait_init(struct hog_trace *t)
{
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	t->hears = pthread_sigmask(SIG_BLOCK, &set, &before) == 0;
	t->unblock = t->hears && !sigismember(&before, SIGCHLD);
	t->pace.sleeps = t->pace.alone = count_cpus() < 2;
	t->pace.again = t->pace.left = AGAIN_MIN;
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

static bool spin(struct hog_tstop *ret, uint64_t start)
{
	uint64_t now = start;

	while (now - start < SPIN_NS) {
		for (int i = 0; i < 4; i++)
			if (look(ret))
				return true;
		now = hog_now_ns();
	}
	return false;
}

/* A signal that is there already ends this at once.  false: that time has come,
 * or another signal. */
static bool sleep_until(struct hog_trace *t, uint64_t until_ns, uint64_t now)
{
	uint64_t most = t->n_early ? EARLY_NS : SLEEP_NS;
	uint64_t ns = until_ns > now ? until_ns - now : 0;
	const struct timespec ts = {
		.tv_nsec = (long)(ns < most ? ns : most),
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return sigtimedwait(&set, NULL, &ts) >= 0 || errno == EAGAIN;
}

/* ---- which way ---- */

/* Ends a window: was the trial a success, is it time for one? */
static void choose(struct hog_tpace *p)
{
	p->cost[p->sleeps] = p->sum_ns / p->n;
	p->sum_ns = p->n = 0;
	if (p->trial) {
		bool won = p->cost[p->sleeps] < p->cost[!p->sleeps];

		p->sleeps ^= !won;
		p->trial = false;
		p->again = won                    ? AGAIN_MIN
			   : p->again < AGAIN_MAX ? 2 * p->again
						  : AGAIN_MAX;
		p->left = p->again;
	} else if (!p->alone && --p->left == 0) {
		p->sleeps = !p->sleeps;
		p->trial = true;
	}
}

static void account(struct hog_tpace *p, uint64_t waited_ns)
{
	p->thick = waited_ns < SPIN_NS;
	if (waited_ns > IDLE_NS)
		return;
	p->sum_ns += waited_ns;
	/* A trial that goes badly is ended early. */
	if (++p->n == WINDOW ||
	    (p->trial && p->sum_ns > 2 * WINDOW * p->cost[!p->sleeps]))
		choose(p);
}

static int taken(struct hog_trace *t, uint64_t start)
{
	t->now_ns = hog_now_ns();
	account(&t->pace, t->now_ns - start);
	return 1;
}

static int take_new(struct hog_trace *t, uint64_t until_ns,
		    struct hog_tstop *ret)
{
	uint64_t start = hog_now_ns(), now = start;
	bool sleeps = t->pace.thick && t->pace.sleeps;

	/* One SIGCHLD may stand for the stops of several: no signal comes for
	 * those that are left. */
	if (sleeps && t->threads.count > t->n_gone + 1 && look(ret))
		return taken(t, start);
	if (!sleeps && (look(ret) || (t->pace.thick && spin(ret, start))))
		return taken(t, start);
	do {
		if (t->threads.count == t->n_gone)
			return -ECHILD;
		if (now >= until_ns || !sleep_until(t, until_ns, now))
			return 0;
		if (look(ret))
			return taken(t, start);
		now = hog_now_ns();
	} while (!t->n_early);
	return -EAGAIN;
}

int hog_twait_next(struct hog_trace *t, uint64_t until_ns,
		   struct hog_tstop *ret)
{
	if (t->threads.count > t->n_gone + 1 &&
	    ++t->taken % TAKE_ALL_EVERY == 0)
		take_all(t);
	if (!take_kept(t, ret))
		return take_new(t, until_ns, ret);
	t->now_ns = hog_now_ns();
	return 1;
}

int hog_twait_keep(struct hog_trace *t, pid_t tid, int status)
{
	if (!have_room(t))
		return -ENOMEM;
	keep(t, (struct hog_tstop){ tid, status });
	return 0;
}
