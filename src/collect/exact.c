/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/exact.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/realtime.h"
#include "collect/greens.h"
#include "collect/process.h"
#include "collect/sleepers.h"
#include "collect/tasks.h"
#include "python/stack_held.h"

#define TRIES 6
#define HURRY_HZ_MAX 10000.0 /* others need the CPU, too */
#define HOLDERS 4 /* looks for one that still has the GIL when it stands */
/* A generator that is just being resumed has no caller for some instructions;
 * a thread that lost its CPU there stands so until it gets it back. */
#define PAUSE_NS 50000
#define REFUSED_NS (HOG_NS_PER_SEC / 10) /* until it is tried again */

struct hog_heldthread {
	struct hog_pyheld *py; /* owned */
	struct hog_stackmemo memo;
	bool shown; /* the thread's stack is one of these */
	bool whole; /* something was missing in the last copy */
};

/* A thread that stands still for a moment, one way or the other. */
struct hold {
	struct hog_sampled *thread;
	bool asleep;
	uint64_t turns; /* asleep: CPUs that it had been given by then */
	struct hog_stop stop;
};

int hog_exact_check(struct hog_exact *exact, pid_t pid,
		    const struct hog_session_options *opt, struct hog_err *err)
{
	struct hog_err why = { 0 };
	int r;

	if (!opt->exact && opt->stop_budget <= 0)
		return 0;
	r = hog_stop_check(pid, &why);
	if (r == 0 || r == -ESRCH) /* its first thread may have ended */
		return 0;
	if (opt->exact) {
		if (err)
			*err = why;
		return r;
	}
	if (!exact->refused.code)
		exact->refused = why;
	return 0;
}

void hog_exact_begin(struct hog_exact *exact,
		     const struct hog_session_options *opt)
{
	bool stops = opt->exact || opt->stop_budget > 0;

	if (stops)
		hog_stops_init(&exact->stops);
	exact->hurries =
		stops && opt->rate_hz <= HURRY_HZ_MAX && hog_realtime_begin();
	exact->stops.prompt = exact->hurries;
}

void hog_exact_end(struct hog_exact *exact)
{
	hog_stops_fini(&exact->stops);
	if (exact->hurries)
		hog_realtime_end();
}

bool hog_exact_shown(const struct hog_sampled *t)
{
	return t->held && t->held->shown;
}

struct hog_stackmemo *hog_exact_memo(struct hog_sampled *t)
{
	return hog_exact_shown(t) ? &t->held->memo : &t->memo;
}

void hog_exact_unshow(struct hog_sampled *t)
{
	if (t->held)
		t->held->shown = false;
}

void hog_exact_forget_thread(struct hog_sampled *t)
{
	if (!t->held)
		return;
	hog_pyheld_free(t->held->py);
	hog_stackmemo_fini(&t->held->memo);
	free(t->held);
	t->held = NULL;
}

static bool has_room(struct hog_process *p, struct hog_sampled *t)
{
	if (t->held)
		return true;
	t->held = calloc(1, sizeof(*t->held));
	if (!t->held)
		return false;
	t->held->py = hog_pyheld_new(&p->stacks, t->state.addr);
	if (!t->held->py)
		hog_exact_forget_thread(t);
	return t->held != NULL;
}

static void note_refused(struct hog_process *p, struct hog_slot *slot, int code)
{
	if (code != -EBUSY && code != -EPERM)
		return;
	p->stop_refused_ns = slot->now_ns;
	if (!slot->exact->refused.code)
		hog_stop_say(p->pid, code, &slot->exact->refused);
}

/* ---- standing ---- */

/* Nobody who sleeps in the kernel is stopped: that ends some calls. */
static bool sleeps(struct hog_slot *slot, struct hold *hold)
{
	struct hog_sampled *t = hold->thread;
	struct hog_oscpu cpu;

	if (hog_oswatch_cpu(&t->watch, &cpu) < 0)
		cpu.turns = 0;
	hold->turns = cpu.turns;
	hog_look_at_os(t, slot->now_ns);
	return hog_may_sleep(t);
}

static int hold_begin(struct hog_process *p, struct hog_slot *slot,
		      struct hog_sampled *t, struct hold *ret)
{
	int r;

	*ret = (struct hold){ .thread = t };
	ret->asleep = sleeps(slot, ret);
	if (t->ended)
		return -ESRCH;
	if (ret->asleep)
		return 0;
	if (slot->now_ns - p->stop_refused_ns < REFUSED_NS)
		return -EPERM;
	r = hog_stop_begin(&slot->exact->stops, p->pid, t->state.tid,
			   &ret->stop);
	note_refused(p, slot, r);
	return r;
}

/* With those that had been pending, and were held until they were served. */
static void charge(struct hog_process *p, struct hog_exact *exact)
{
	hog_stopbudget_spend(&p->stop_budget,
			     exact->stops.held_ns - exact->charged_ns);
	exact->charged_ns = exact->stops.held_ns;
}

/* Did it stand still all the time? */
static bool hold_end(struct hog_process *p, struct hog_slot *slot,
		     struct hold *hold)
{
	struct hog_sampled *t = hold->thread;
	struct hog_oscpu cpu;

	if (!hold->asleep) {
		hog_stop_end(&slot->exact->stops, &hold->stop);
		charge(p, slot->exact);
		return true;
	}
	if (hold->turns == 0) { /* not counted here: still asleep is the best */
		hog_look_at_os(t, slot->now_ns);
		return hog_may_sleep(t);
	}
	return hog_oswatch_cpu(&t->watch, &cpu) == 0 &&
	       cpu.turns == hold->turns;
}

/* ---- one thread ---- */

static int copy(struct hog_process *p, struct hog_sampled *t)
{
	int r = hog_pyheld_copy(t->held->py, t->held->whole);

	if (r == -ESRCH || r == -EPERM)
		p->gone = true;
	return r;
}

static void show(struct hog_sampled *t, const struct hog_pystack *stack)
{
	hog_stackmemo_note(&t->held->memo, stack);
	t->held->shown = true;
	t->stack = *stack;
	t->verdict = HOG_PYSTACK_OK;
}

/* Which tasks and greenlets they run, as long as they stand. */
static void witness(struct hog_process *p, struct hog_sampled **threads,
		    unsigned n)
{
	if (p->greens)
		hog_greens_witness(p, threads, n, true);
	if (!p->tasks)
		return;
	p->copied_ns = hog_now_ns();
	hog_tasks_witness(p, threads, n);
}

/* From the copy that was made last. */
static int walk(struct hog_sampled *t)
{
	struct hog_pystack stack;
	int r = hog_pyheld_walk(t->held->py, &stack);

	t->held->whole = r == -ENODATA;
	if (r == 0)
		show(t, &stack);
	else if (r == -ESRCH)
		t->verdict = HOG_PYSTACK_GONE;
	return r;
}

/* The last way: all is read while it stands. */
static int walk_now(struct hog_process *p, struct hog_slot *slot,
		    struct hog_sampled *t)
{
	struct hog_pystack stack;
	struct hold hold;
	int r = hold_begin(p, slot, t, &hold);

	if (r < 0)
		return r;
	r = hog_pyheld_walk_now(t->held->py, &stack);
	witness(p, &t, 1);
	if (!hold_end(p, slot, &hold))
		return -EAGAIN;
	if (r == 0)
		show(t, &stack);
	return r;
}

static int take_once(struct hog_process *p, struct hog_slot *slot,
		     struct hog_sampled *t)
{
	struct hold hold;
	int r = hold_begin(p, slot, t, &hold);

	if (r < 0)
		return r;
	r = copy(p, t);
	witness(p, &t, 1);
	if (!hold_end(p, slot, &hold))
		return -EAGAIN;
	return r < 0 ? r : walk(t);
}

static int take_alone(struct hog_process *p, struct hog_slot *slot,
		      struct hog_sampled *t)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	int r = has_room(p, t) ? -EAGAIN : -ENOMEM;

	for (int i = 1; i < TRIES && (r == -EAGAIN || r == -ENODATA); i++) {
		if (i > 1 && r == -EAGAIN) {
			nanosleep(&pause, NULL);
			pause.tv_nsec *= 2;
		}
		r = take_once(p, slot, t);
	}
	return r == -EAGAIN || r == -ENODATA ? walk_now(p, slot, t) : r;
}

/* ---- all who share a GIL ---- */

struct group {
	struct hog_sampled **threads;
	unsigned n;
	uint64_t gil; /* its address; 2.7, 3.6: 0, there is one */
};

static bool in_group(const struct hog_process *p, const struct group *g,
		     const struct hog_sampled *t)
{
	return p->interps[t->interp].gil_addr == g->gil &&
	       t->verdict == HOG_PYSTACK_RETRY && t->held;
}

static struct hog_sampled *find_holder(const struct hog_process *p,
				       const struct group *g, uint64_t tstate)
{
	for (unsigned i = 0; i < g->n; i++)
		if (g->threads[i]->state.addr == tstate &&
		    in_group(p, g, g->threads[i]))
			return g->threads[i];
	return NULL;
}

static unsigned count_waiting(const struct hog_process *p,
			      const struct group *g)
{
	unsigned n = 0;

	for (unsigned i = 0; i < g->n; i++)
		n += in_group(p, g, g->threads[i]);
	return n;
}

/* Copies all of the group; says whether h had the GIL, and so whether all of
 * them stood. */
static bool copy_group(struct hog_process *p, const struct group *g,
		       const struct hog_sampled *h)
{
	struct hog_pygil gil = { 0 };

	for (unsigned i = 0; i < g->n && !p->gone; i++)
		if (in_group(p, g, g->threads[i]))
			copy(p, g->threads[i]);
	witness(p, g->threads, g->n);
	return hog_pygil_read(&p->py, &p->interps[h->interp], &gil) == 0 &&
	       gil.used && gil.holder == h->state.addr;
}

/* false: no use in trying again. */
static bool read_group(struct hog_process *p, struct hog_slot *slot,
		       const struct group *g, unsigned interp)
{
	struct hog_pygil gil = { 0 };
	struct hog_sampled *h;
	struct hold hold;
	bool all;

	if (hog_pygil_read(&p->py, &p->interps[interp], &gil) < 0 ||
	    !gil.used || !gil.holder)
		return false;
	h = find_holder(p, g, gil.holder);
	if (!h || hold_begin(p, slot, h, &hold) < 0)
		return false;
	all = copy_group(p, g, h);
	if (!hold_end(p, slot, &hold))
		return true;
	for (unsigned i = 0; i < g->n; i++)
		if (in_group(p, g, g->threads[i]) &&
		    (all || g->threads[i] == h))
			walk(g->threads[i]);
	return true;
}

static void read_groups(struct hog_process *p, struct hog_slot *slot,
			struct hog_sampled **batch, unsigned n)
{
	for (unsigned i = 0; i < p->n_interps; i++) {
		struct group g = { batch, n, p->interps[i].gil_addr };

		for (int k = 0; k < HOLDERS && count_waiting(p, &g) > 1; k++)
			if (!read_group(p, slot, &g, i))
				break;
	}
}

/* ---- the two ways in ---- */

/* It could not be stopped: as without --exact, and counted. */
static void read_moving(struct hog_process *p, struct hog_slot *slot,
			struct hog_sampled *t)
{
	slot->stats->loss.unstopped++;
	hog_exact_unshow(t);
	if (p->greens)
		hog_greens_witness(p, &t, 1, false);
	t->verdict = hog_pyreader_sample(t->reader, HOG_SAMPLE_TRIES, &t->stack,
					 NULL);
	if (t->verdict != HOG_PYSTACK_GONE)
		hog_stackmemo_note(&t->memo, &t->stack);
}

void hog_exact_read(struct hog_process *p, struct hog_slot *slot,
		    struct hog_sampled **batch, unsigned n)
{
	if (hog_mem_readv(p->py.mem, p->spans.v, p->spans.n) == -ESRCH)
		p->gone = true;
	for (unsigned i = 0; i < n; i++) {
		batch[i]->verdict = HOG_PYSTACK_RETRY;
		has_room(p, batch[i]);
	}
	read_groups(p, slot, batch, n);
	for (unsigned i = 0; i < n && !p->gone; i++) {
		struct hog_sampled *t = batch[i];
		int r;

		if (t->verdict != HOG_PYSTACK_RETRY)
			continue;
		r = take_alone(p, slot, t);
		if (r == -ESRCH)
			t->verdict = HOG_PYSTACK_GONE;
		else if (r < 0)
			read_moving(p, slot, t);
	}
}

static bool doubtful(const struct hog_sampled *t)
{
	return (t->verdict == HOG_PYSTACK_OK ||
		t->verdict == HOG_PYSTACK_SAME) &&
	       (t->stack.torn || t->stack.repaired || t->stack.unreadable);
}

void hog_exact_retake(struct hog_process *p, struct hog_slot *slot,
		      struct hog_sampled *t)
{
	if (!t->rests) /* else it still has the stack of another slot */
		hog_exact_unshow(t);
	if (!doubtful(t) || slot->now_ns - p->stop_refused_ns < REFUSED_NS ||
	    !hog_stopbudget_may(&p->stop_budget, slot->opt->stop_budget,
				hog_now_ns()) ||
	    !has_room(p, t))
		return;
	/* One stop, or two when something was missing: what it costs is known
	 * only afterwards, and the next waits until it is earned. */
	if (take_once(p, slot, t) == -ENODATA)
		take_once(p, slot, t);
}
