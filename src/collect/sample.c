/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/process.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "collect/ends.h"
#include "collect/exact.h"
#include "collect/greens.h"
#include "collect/resting.h"
#include "collect/running.h"
#include "collect/sleepers.h"
#include "collect/tasks.h"
#include "collect/twins.h"
#include "syscalls/names.h"

#define HEADS_FRESH_NS 50000
#define GREEN_LEN sizeof(uint64_t)

/* ---- reading ---- */

/* Flat out a new thread may wait a little: a span costs as much as a tenth of
 * the whole read. */
static bool plan_heads(struct hog_process *p, const struct hog_slot *slot)
{
	if (slot->now_ns - p->heads_ns < HEADS_FRESH_NS)
		return true;
	p->heads_ns = slot->now_ns;
	for (unsigned i = 0; i < p->n_interps; i++)
		if (!hog_spans_add(&p->spans, p->interps[i].threads_head_addr,
				   &p->heads_now[i], sizeof(uint64_t)))
			return false;
	return true;
}

static bool plan_green(struct hog_process *p, struct hog_sampled *t,
		       uint64_t *green)
{
	*green = 0;
	return !t->green_copied ||
	       hog_spans_add(&p->spans, t->green_word, green, GREEN_LEN);
}

/* Its greenlet, too, before and after its stack and in the same call: between
 * two there would be time to switch many times. */
static bool plan_thread(struct hog_process *p, struct hog_sampled *t,
			unsigned attempt)
{
	t->first_span = p->spans.n;
	t->green_copied = p->greens && t->green_word;
	if (!plan_green(p, t, &t->green) ||
	    t->reader->ops->plan(t->reader, &p->spans, attempt) < 0 ||
	    !plan_green(p, t, &t->green_after)) {
		p->spans.n = t->first_span;
		return false;
	}
	t->n_spans = p->spans.n - t->first_span;
	return true;
}

static size_t span_bytes(const struct hog_spans *spans, unsigned first,
			 unsigned n)
{
	size_t sum = 0;

	for (unsigned i = first; i < first + n; i++)
		sum += spans->v[i].len;
	return sum;
}

/* How much of what was read of a thread is of its stack. */
static size_t stack_bytes(struct hog_sampled *t, size_t got, size_t want)
{
	if (!t->green_copied)
		return got;
	if (got < GREEN_LEN)
		t->green_word = 0; /* its memory is gone */
	if (got == want)
		return got - 2 * GREEN_LEN;
	t->green_after = 0;
	got = got < GREEN_LEN ? 0 : got - GREEN_LEN;
	return got < want - 2 * GREEN_LEN ? got : want - 2 * GREEN_LEN;
}

/* slow: the copy is of no single moment; read this thread again. */
static void settle(struct hog_sampled *t, size_t got, bool slow, bool last)
{
	if (slow)
		t->green_after = 0;
	if (slow && !last) {
		t->verdict = HOG_PYSTACK_RETRY;
		return;
	}
	t->verdict = t->reader->ops->parse(t->reader, got, last, &t->stack);
	if (t->verdict != HOG_PYSTACK_OK && t->verdict != HOG_PYSTACK_SAME)
		return;
	if (!hog_pyreader_confirm(t->reader, &t->stack)) {
		t->verdict = last ? HOG_PYSTACK_OK : HOG_PYSTACK_RETRY;
		t->stack.torn = true;
	}
	hog_stackmemo_note(&t->memo, &t->stack);
}

/* One past the last thread whose spans fit into one call with those of k. */
static unsigned batch_end(struct hog_sampled **threads, unsigned n, unsigned k,
			  unsigned first)
{
	while (k < n && threads[k]->first_span + threads[k]->n_spans - first <=
				HOG_SPANS_MAX)
		k++;
	return k;
}

bool hog_process_is_lost(struct hog_process *p, ssize_t got)
{
	if (got != -ESRCH && got != -EPERM)
		return false;
	p->denied = got == -EPERM;
	p->gone = true;
	return true;
}

/* Reads spans [first, limit).  A slow read of several threads is done again as
 * a whole: cheaper than each alone. */
static ssize_t read_batch(struct hog_process *p, struct hog_slot *slot,
			  unsigned first, unsigned limit, bool several,
			  bool *ret_slow)
{
	const struct hog_span *spans = p->spans.v + first;
	ssize_t got;

	if (p->tasks)
		p->copied_ns = hog_now_ns();
	got = hog_spans_read_timed(p->py.mem, spans, limit - first, ret_slow);

	if (*ret_slow && several) {
		slot->stats->loss.retries++;
		got = hog_spans_read_timed(p->py.mem, spans, limit - first,
					   ret_slow);
	}
	hog_process_is_lost(p, got);
	return got;
}

/* Gives threads [k, end) what was read; a bad element ends the kernel's work,
 * so the thread it belongs to gets what came.  Returns the next thread. */
static unsigned hand_out(struct hog_process *p, struct hog_sampled **threads,
			 unsigned k, unsigned end, size_t left, bool slow)
{
	while (k < end) {
		struct hog_sampled *t = threads[k++];
		size_t want = span_bytes(&p->spans, t->first_span, t->n_spans);

		if (t->rests)
			continue;
		settle(t, stack_bytes(t, left < want ? left : want, want), slow,
		       false);
		if (left < want)
			break;
		left -= want;
	}
	return k;
}

/* Has all been read from a span on? */
static bool is_whole(const struct hog_process *p, unsigned first, ssize_t got)
{
	return got == (ssize_t)span_bytes(&p->spans, first, p->spans.n - first);
}

static void read_threads(struct hog_process *p, struct hog_slot *slot,
			 struct hog_sampled **threads, unsigned n)
{
	unsigned first = 0, k = 0; /* the heads go with the first batch */

	if (p->tasks)
		hog_tasks_plan(p, threads, n);
	while (k < n) {
		unsigned end = batch_end(threads, n, k, first);
		const struct hog_sampled *last = threads[end - (end > k)];
		size_t head, left;
		ssize_t got;
		bool slow;

		if (end == k) { /* more spans than one call takes */
			settle(threads[k++], 0, false, false);
		} else {
			unsigned limit = last->first_span + last->n_spans;

			/* What is planned behind all of them. */
			if (end == n && p->spans.n - first <= HOG_SPANS_MAX)
				limit = p->spans.n;
			got = read_batch(p, slot, first, limit, end - k > 1,
					 &slow);
			if (p->tasks)
				hog_tasks_take(p, threads + k, end - k,
					       limit == p->spans.n &&
						       is_whole(p, first, got));
			head = span_bytes(&p->spans, first,
					  threads[k]->first_span - first);
			left = got < (ssize_t)head ? 0 : (size_t)got - head;
			k = hand_out(p, threads, k, end, left, slow);
		}
		if (k < n)
			first = threads[k]->first_span;
	}
}

void hog_sampled_read_again(struct hog_process *p, struct hog_slot *slot,
			    struct hog_sampled *t)
{
	for (unsigned attempt = 1;
	     attempt < HOG_SAMPLE_TRIES && t->verdict == HOG_PYSTACK_RETRY;
	     attempt++) {
		size_t want;
		ssize_t got;
		bool slow;

		slot->stats->loss.retries++;
		p->spans.n = 0;
		if (!plan_thread(p, t, attempt))
			break;
		want = span_bytes(&p->spans, 0, p->spans.n);
		if (p->tasks) {
			hog_tasks_plan(p, &t, 1);
			p->copied_ns = hog_now_ns();
		}
		got = hog_spans_read_timed(p->py.mem, p->spans.v, p->spans.n,
					   &slow);
		if (!hog_process_is_lost(p, got) && p->tasks)
			hog_tasks_take(p, &t, 1, is_whole(p, 0, got));
		if (got > (ssize_t)want)
			got = (ssize_t)want;
		settle(t, stack_bytes(t, got < 0 ? 0 : (size_t)got, want), slow,
		       attempt + 1 == HOG_SAMPLE_TRIES);
	}
}

/* ---- events ---- */

static uint32_t idle_marker(struct hog_process *p, struct hog_sampled *t,
			    uint32_t stack)
{
	const char *call = hog_syscall_name(p->target->machine, t->os.syscall);
	char text[64];

	if (!call)
		call = hog_osstate_name(t->os.state);
	snprintf(text, sizeof(text), "[idle %s]", call);
	return hog_frames_mark(&p->frames, stack, text);
}

int64_t hog_slot_weight(const struct hog_slot *slot, uint64_t cpu_ns)
{
	double slots =
		(double)cpu_ns * slot->opt->rate_hz / (double)HOG_NS_PER_SEC;

	return (int64_t)(slots * HOG_SLOT + 0.5);
}

void hog_slot_send(struct hog_slot *slot, uint32_t thread, uint32_t stack,
		   int64_t weight, uint32_t flags)
{
	struct hog_event ev = {
		.time_ns = slot->time_ns,
		.kind = HOG_EV_SAMPLE,
		.thread = thread,
		.stack = stack,
		.flags = flags | (slot->late ? HOG_EVF_LATE : 0),
		.value = { weight, 0 },
	};
	int r = hog_sink_event(slot->sink, &ev);

	if (r < 0 && !slot->error)
		slot->error = r;
	slot->stats->stacks++;
	slot->last_stack = stack;
}

static uint32_t loss_flags(struct hog_slot *slot, const struct hog_sampled *t)
{
	const struct hog_pystack *s = &t->stack;
	struct hog_loss *loss = &slot->stats->loss;

	loss->torn += s->torn;
	loss->repaired += s->repaired;
	loss->truncated += s->truncated;
	loss->unreadable += s->unreadable;
	if (!hog_exact_shown(t))
		slot->doubt += hog_pyreader_doubt(t->reader, s);
	return (s->torn ? HOG_EVF_TORN : 0) |
	       (s->repaired ? HOG_EVF_REPAIRED : 0) |
	       (s->truncated ? HOG_EVF_TRUNCATED : 0) |
	       (s->unreadable ? HOG_EVF_UNREADABLE : 0);
}

/* Without a GIL all others are stopped while one thread collects. */
static bool collects(const struct hog_pygil *gil, const struct hog_sampled *t)
{
	return gil->used ? gil->holder == t->state.addr
			 : t->os_ns && t->os.state == HOG_OS_RUNNING;
}

/* The model stack with its markers; 0: nothing to show. */
static uint32_t shown_stack(struct hog_process *p, struct hog_slot *slot,
			    struct hog_sampled *t, bool idle)
{
	struct hog_stackmemo *memo = hog_exact_memo(t);
	const struct hog_pygil *gil = &p->gils[t->interp];
	uint32_t stack;

	if (p->greens)
		hog_stackmemo_root(memo, hog_greens_root(p, slot, t));
	stack = p->tasks && !memo->root
			? hog_tasks_stack(p, slot, t)
			: hog_frames_stack(&p->frames, memo, &t->stack);
	if (t->stack.unreadable)
		stack = hog_frames_mark(&p->frames, stack, "[unreadable]");
	if (t->stack.torn)
		stack = hog_frames_mark(&p->frames, stack, "[torn]");
	if (t->stack.n == 0 && !t->stack.torn && !t->stack.unreadable) {
		slot->nopython_seen++;
		if (!slot->opt->idle)
			return 0;
		stack = hog_frames_mark(&p->frames, t->memo.root,
					"[no python]");
	}
	if (slot->opt->gc && gil->collecting && collects(gil, t))
		stack = hog_frames_mark(&p->frames, stack, "[gc]");
	return idle ? idle_marker(p, t, stack) : stack;
}

static void send_shares(struct hog_process *p, struct hog_slot *slot,
			const struct hog_sampled *t,
			const struct hog_cpushare *shares, unsigned n,
			uint32_t flags)
{
	for (unsigned i = 0; i < n; i++) {
		if (t->state.tid == p->pid)
			hog_ends_note(p, slot, &shares[i]);
		if (shares[i].ns > 0 && shares[i].stack)
			hog_slot_send(slot, t->model_thread, shares[i].stack,
				      hog_slot_weight(slot, shares[i].ns),
				      flags);
	}
}

static void send_cpu(struct hog_process *p, struct hog_slot *slot,
		     struct hog_sampled *t, bool idle)
{
	struct hog_cpushare shares[HOG_CPUTIME_STACKS];
	struct hog_oscpu now;
	uint32_t stack, flags;
	unsigned n;

	if (hog_oswatch_cpu(&t->watch, &now) < 0) {
		t->ended = true;
		return;
	}
	if (idle && hog_cputime_sleeps_on(&t->cpu, &now))
		return;
	/* No stack, no frame: its time is not that of any Python code. */
	stack = shown_stack(p, slot, t, false);
	n = hog_cputime_look(&t->cpu, &now, slot->now_ns, stack,
			     !idle && !hog_may_sleep(t), shares);
	flags = n ? loss_flags(slot, t) : 0;
	send_shares(p, slot, t, shares, n, flags);
}

void hog_sampled_settle(struct hog_process *p, struct hog_sampled *t,
			struct hog_slot *slot)
{
	struct hog_cpushare shares[HOG_CPUTIME_STACKS];
	struct hog_oscpu now;
	unsigned n;

	if (slot->opt->mode != HOG_MODE_CPU || !t->cpu.started)
		return;
	if (hog_oswatch_cpu(&t->watch, &now) == 0 && now.ns > t->cpu.seen_ns)
		t->cpu.seen_ns = now.ns;
	if (t->exit_ns > t->cpu.seen_ns)
		t->cpu.seen_ns = t->exit_ns;
	n = hog_cputime_end(&t->cpu, shares);
	send_shares(p, slot, t, shares, n, 0);
	if (t->state.tid == p->pid) {
		p->ends.known = true;
		p->ends.given_ns = t->cpu.last_ns;
	}
}

void hog_process_settle(struct hog_process *p, struct hog_slot *slot)
{
	for (unsigned i = 0; i < p->n_threads; i++)
		hog_sampled_settle(p, p->threads[i], slot);
	if (p->ended && !p->settled && slot->opt->mode == HOG_MODE_CPU)
		hog_ends_settle(p, slot);
}

static void send_wall(struct hog_process *p, struct hog_slot *slot,
		      struct hog_sampled *t, bool idle)
{
	uint32_t stack, flags = 0;

	if (idle && !slot->opt->idle) {
		slot->idle_seen++;
		return;
	}
	stack = shown_stack(p, slot, t, idle);
	if (!stack)
		return;
	flags = loss_flags(slot, t);
	t->idle_stack = idle ? stack : 0;
	if (idle)
		flags |= HOG_EVF_IDLE;
	else if (hog_may_sleep(t))
		flags |= HOG_EVF_GIL_WAIT;
	if (slot->opt->mode == HOG_MODE_GIL)
		flags |= HOG_EVF_GIL;
	hog_slot_send(slot, t->model_thread, stack, slot->weight, flags);
}

static bool used_no_cpu(struct hog_sampled *t)
{
	struct hog_oscpu now;

	return hog_oswatch_cpu(&t->watch, &now) == 0 &&
	       hog_cputime_sleeps_on(&t->cpu, &now);
}

/* Nothing to read: it is not wanted, or it stands where it stood. */
static bool left_out(const struct hog_process *p, struct hog_slot *slot,
		     struct hog_sampled *t)
{
	if (t->ended || (t->twin && t->out))
		return true;
	if (slot->opt->mode == HOG_MODE_GIL)
		return p->gils[t->interp].holder != t->state.addr;
	if (!hog_is_idle(p, t)) {
		t->idle_stack = 0;
		return false;
	}
	if (slot->opt->mode == HOG_MODE_CPU)
		return used_no_cpu(t);
	if (!slot->opt->idle) {
		slot->idle_seen++;
		return true;
	}
	if (t->moved || !t->idle_stack)
		return false;
	hog_slot_send(slot, t->model_thread, t->idle_stack, slot->weight,
		      HOG_EVF_IDLE);
	return true;
}

static void finish_thread(struct hog_process *p, struct hog_slot *slot,
			  struct hog_sampled *t)
{
	if (t->verdict == HOG_PYSTACK_GONE || t->verdict == HOG_PYSTACK_RETRY) {
		t->ended = t->verdict == HOG_PYSTACK_GONE;
		p->relist = true;
		return;
	}
	hog_running_judge(p, slot, t);
	if (t->ended) {
		p->relist = true;
		return;
	}
	if (slot->opt->mode == HOG_MODE_CPU)
		send_cpu(p, slot, t, hog_is_idle(p, t));
	else if (slot->opt->mode == HOG_MODE_GIL)
		send_wall(p, slot, t, false);
	else
		send_wall(p, slot, t, hog_is_idle(p, t));
}

void hog_process_read_gils(struct hog_process *p, struct hog_slot *slot)
{
	if (p->gils_ns == slot->now_ns)
		return;
	p->gils_ns = slot->now_ns;
	for (unsigned i = 0; i < p->n_interps; i++) {
		if (hog_pygil_read(&p->py, &p->interps[i], &p->gils[i]) < 0)
			p->gils[i] = (struct hog_pygil){ 0 };
		slot->unheld_seen += p->gils[i].holder == 0;
	}
}

static bool may_rest(struct hog_process *p, const struct hog_slot *slot,
		     struct hog_sampled *t)
{
	t->rests = hog_resting_guess(p, slot, t);
	if (!t->rests)
		return false;
	t->first_span = p->spans.n;
	t->n_spans = 0;
	t->verdict = HOG_PYSTACK_SAME;
	t->stack.common = (uint32_t)t->stack.n;
	return true;
}

/* The GIL has gone over since: who was left unread is read after all. */
static void read_rested(struct hog_process *p, struct hog_slot *slot,
			struct hog_sampled **batch, unsigned n)
{
	struct hog_sampled *again[HOG_SPANS_MAX];
	unsigned n_again = 0;

	p->spans.n = 0;
	for (unsigned i = 0; i < n; i++) {
		struct hog_sampled *t = batch[i];

		if (!t->rests || hog_resting_holds(p, t))
			continue;
		t->rests = false;
		t->verdict = HOG_PYSTACK_RETRY;
		if (plan_thread(p, t, 0))
			again[n_again++] = t;
	}
	if (n_again > 0)
		read_threads(p, slot, again, n_again);
}

/* first: the heads and the GILs were read with it. */
static void sample_batch(struct hog_process *p, struct hog_slot *slot,
			 struct hog_sampled **batch, unsigned n, bool first)
{
	if (n > 0 && slot->opt->exact)
		hog_exact_read(p, slot, batch, n);
	else if (n > 0)
		read_threads(p, slot, batch, n);
	if (first)
		hog_resting_take(p, slot);
	read_rested(p, slot, batch, n);
	for (unsigned i = 0; i < n; i++) {
		if (!slot->opt->exact)
			hog_sampled_read_again(p, slot, batch[i]);
		if (!batch[i]->rests)
			hog_resting_note(p, batch[i]);
		if (slot->opt->stop_budget > 0)
			hog_exact_retake(p, slot, batch[i]);
		finish_thread(p, slot, batch[i]);
	}
	p->spans.n = 0;
}

void hog_process_sample(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_sampled *batch[HOG_SPANS_MAX];
	bool first = true;
	unsigned n = 0;

	if (p->gone)
		return;
	if (slot->opt->mode == HOG_MODE_GIL || slot->opt->gc)
		hog_process_read_gils(p, slot);
	hog_twins_choose(p, slot);
	if (p->n_threads > 0 && slot->opt->mode != HOG_MODE_GIL)
		hog_sleepers_refresh(p, slot);
	p->spans.n = 0;
	if (!plan_heads(p, slot) || !hog_running_plan(p, slot))
		return;
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];

		if (left_out(p, slot, t))
			continue;
		if (n == HOG_SPANS_MAX) {
			sample_batch(p, slot, batch, n, first);
			first = false;
			n = 0;
		}
		if (slot->opt->exact || may_rest(p, slot, t) ||
		    plan_thread(p, t, 0))
			batch[n++] = t;
	}
	if (n == 0 &&
	    hog_mem_readv(p->py.mem, p->spans.v, p->spans.n) == -ESRCH)
		p->gone = true;
	sample_batch(p, slot, batch, n, first);
	if (p->tasks)
		hog_tasks_send_suspended(p, slot);
	if (p->greens)
		hog_greens_send_parked(p, slot);
	for (unsigned i = 0; i < p->n_interps; i++)
		if (p->heads_now[i] != p->heads[i])
			p->relist = true;
}
