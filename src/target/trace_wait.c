/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for stops, that of a call's entry and that of its exit.  A plain
 * waitpid costs 90 to 126 us for both on an idle machine, as each wakes a CPU
 * that has gone to sleep, but 15 where all CPUs are busy.  With one kept awake
 * (trace_idler.h) it is 16 to 20 everywhere.  To look again and again, from one
 * more CPU, costs 12 to 50 us on an idle machine, 20 to 40 on a busy one, and
 * what it costs just now says little of the next second.  So that is for where
 * no idler can be had, and there only when it is measured to be cheaper.
 *
 * While stops come thick a sleep is a plain waitpid, which costs 3 us less than
 * a wait for SIGCHLD with a time and a look; a timer of ours sees to it that it
 * does not last.
 */
#include "target/trace_impl.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "target/trace_idler.h"

/* One that has not come until then is worth a sleep. */
#define SPIN_NS 60000
/* Stops come thick when they come as soon as this, even to a sleeper whom it
 * takes long to wake. */
#define THICK_NS 200000
/* The timer's ticks, for its signal to interrupt waitpid. */
#define TICK_NS 2000000
#define TICK_SIGNAL (SIGRTMAX - 3)
/* A wait as long as this tells about the program, not about the way. */
#define IDLE_NS 1000000
/* Waits that are measured together: 15 to 40 ms, as the kernel needs some to move
 * the idler to a CPU that has nothing to do. */
#define WINDOW 1024
#define AGAIN_MIN 4   /* windows, until the other way is tried again */
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

static void on_tick(int sig)
{
	(void)sig; /* that it comes is all */
}

/* Without it sleeps are longer ones, no more. */
static void make_timer(struct hog_trace *t)
{
	struct sigaction act = { .sa_handler = on_tick };
	struct sigevent to_us = { .sigev_notify = SIGEV_THREAD_ID,
				  .sigev_signo = TICK_SIGNAL };
	sigset_t set;

	to_us._sigev_un._tid = gettid();
	sigemptyset(&set);
	sigaddset(&set, TICK_SIGNAL);
	if (sigaction(TICK_SIGNAL, &act, &t->pace.before) < 0)
		return;
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	t->pace.ticks =
		timer_create(CLOCK_MONOTONIC, &to_us, &t->pace.timer) == 0;
	if (!t->pace.ticks)
		sigaction(TICK_SIGNAL, &t->pace.before, NULL);
}

static void drop_timer(struct hog_trace *t)
{
	if (!t->pace.ticks)
		return;
	hog_idler_free(t->pace.idler);
	t->pace.idler = NULL;
	timer_delete(t->pace.timer);
	sigaction(TICK_SIGNAL, &t->pace.before, NULL);
	t->pace.ticks = false;
}

static void tick(struct hog_tpace *p, bool on)
{
	const struct timespec every = { .tv_nsec = on ? TICK_NS : 0 };
	const struct itimerspec it = { every, every };

	if (p->armed == on)
		return;
	timer_settime(p->timer, 0, &it, NULL);
	p->armed = on;
	/* The first time, and with it all others: those who sleep a lot
	 * need none. */
	if (on && !p->idler && !p->alone)
		p->idler = hog_idler_new();
	hog_idler_turn(p->idler, on);
}

int hog_twait_init(struct hog_trace *t)
{
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	t->hears = pthread_sigmask(SIG_BLOCK, &set, &before) == 0;
	t->unblock = t->hears && !sigismember(&before, SIGCHLD);
	t->pace.alone = count_cpus() < 2;
	t->pace.sleeps = true;
	t->pace.again = t->pace.left = AGAIN_MIN;
	make_timer(t);
	return t->hears ? 0 : -EINVAL;
}

void hog_twait_fini(struct hog_trace *t)
{
	sigset_t set;

	drop_timer(t);
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
	for (unsigned i = 0; t->cap_stops && i < t->n_stops; i++)
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

/* What else runs has changed, maybe: it costs more than the other way did. */
static bool has_worsened(const struct hog_tpace *p)
{
	uint64_t other = p->cost[!p->sleeps];

	return other > 0 && p->cost[p->sleeps] * 4 > other * 5;
}

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
	} else if (!p->alone && !p->idler &&
		   (--p->left == 0 || has_worsened(p))) {
		p->sleeps = !p->sleeps;
		p->trial = true;
	}
}

/* A trial that goes badly is ended early; that of sleeping takes some time to
 * show what it can. */
static bool is_in_vain(const struct hog_tpace *p)
{
	uint64_t other = p->cost[!p->sleeps];

	if (p->sleeps)
		return p->sum_ns > 2 * WINDOW * other;
	return p->n >= WINDOW / 8 && p->sum_ns * 4 > p->n * other * 5;
}

/* All that lies between two stops counts: to let a thread go on costs more when
 * it is on another CPU. */
static void account(struct hog_tpace *p, uint64_t waited_ns, uint64_t cycle_ns)
{
	p->thick = waited_ns < THICK_NS;
	if (cycle_ns > IDLE_NS)
		return;
	p->sum_ns += cycle_ns;
	if (++p->n == WINDOW || (p->trial && is_in_vain(p)))
		choose(p);
}

static int taken(struct hog_trace *t, uint64_t start)
{
	uint64_t now = hog_now_ns();

	account(&t->pace, now - start, now - t->now_ns);
	t->now_ns = now;
	return 1;
}

/* The next stop, or a signal of ours. */
static int take_soon(struct hog_trace *t, struct hog_tstop *ret)
{
	uint64_t start = hog_now_ns();
	int status;
	pid_t tid;

	tick(&t->pace, true);
	tid = waitpid(-1, &status, __WALL | __WNOTHREAD);
	if (tid > 0) {
		*ret = (struct hog_tstop){ tid, status };
		return taken(t, start);
	}
	t->pace.thick = false;
	return 0;
}

static int take_new(struct hog_trace *t, uint64_t until_ns,
		    struct hog_tstop *ret)
{
	uint64_t start = hog_now_ns(), now = start;
	bool sleeps = t->pace.thick && t->pace.sleeps;

	if (t->threads.count == t->n_gone)
		return -ECHILD;
	if (sleeps && t->pace.ticks && !t->n_early && start < until_ns)
		return take_soon(t, ret);
	if (t->pace.armed)
		tick(&t->pace, false);
	if (look(ret) || (t->pace.thick && !sleeps && spin(ret, start)))
		return taken(t, start);
	do {
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
