/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/realtime.h"
#include "collect/budget.h"
#include "collect/exact.h"
#include "collect/family.h"
#include "collect/hottest.h"
#include "collect/pace.h"
#include "collect/priority.h"
#include "collect/processes.h"
#include "collect/select.h"
#include "collect/self.h"
#include "profile/model.h"

#define HOUSE_NS (HOG_NS_PER_SEC / 100) /* births, deaths, candidates */
#define FOLLOW_NS (HOG_NS_PER_SEC / 1000)
#define NEWS_MARGIN_NS (HOG_NS_PER_SEC / 1000)
#define PROGRESS_NS (HOG_NS_PER_SEC / 4)
#define WAIT_STEP_NS (HOG_NS_PER_SEC / 500)
#define FDS_WANTED 65536

struct hog_session {
	struct hog_session_options opt;
	struct hog_model *model;
	struct hog_run run;
	struct hog_processes list;
	struct hog_family family;
	struct hog_select *select; /* owned; NULL: none are chosen */
	struct hog_pace pace;
	struct hog_budget budget;
	struct hog_priority priority;
	double lowered; /* slots, with their fractions */
	struct hog_slot slot;
	struct hog_exact exact;
	struct hog_hottest hottest;
	char machine[65];
	uint64_t house_ns, follow_ns, progress_ns, flush_ns;
};

int hog_session_new(const struct hog_session_options *opt,
		    struct hog_session **ret, struct hog_err *err)
{
	struct hog_session *s = calloc(1, sizeof(*s));
	struct utsname uts;
	int r;

	if (!s)
		return hog_err_set(err, -ENOMEM, "start a session");
	s->opt = *opt;
	s->model = hog_model_new();
	hog_processes_init(&s->list, s->model);
	/* Chosen ones are heard of with all others of the machine. */
	r = s->model ? hog_family_init(&s->family, &s->list, &s->slot,
				       opt->follow && !opt->chosen, err)
		     : -ENOMEM;
	if (r == 0 && opt->chosen)
		r = hog_select_new(opt->chosen, opt->follow, &s->select, err);
	s->opt.chosen = NULL;
	if (r == -EINVAL || r == -ENOENT) {
		hog_session_free(s);
		return r; /* what was asked for is wrong, not the session */
	}
	if (r < 0) {
		hog_session_free(s);
		return hog_err_wrap(err, r, "start a session");
	}
	if (uname(&uts) == 0)
		memcpy(s->machine, uts.machine, sizeof(s->machine) - 1);
	s->run = (struct hog_run){
		.model = s->model,
		.mode = opt->mode,
		.idle = opt->idle,
		.follow = opt->follow,
		.rate_hz = opt->rate_hz,
		.version = opt->version,
		.machine = s->machine,
		.command = opt->command,
	};
	s->run.stats.asked_hz = opt->rate_hz;
	*ret = s;
	return 0;
}

void hog_session_free(struct hog_session *s)
{
	if (!s)
		return;
	hog_processes_fini(&s->list);
	hog_family_fini(&s->family);
	hog_select_free(s->select);
	hog_model_free(s->model);
	free(s);
}

const struct hog_run *hog_session_get_run(const struct hog_session *s)
{
	return &s->run;
}

const char *hog_session_taskless(const struct hog_session *s,
				 const char **ret_why)
{
	*ret_why = s->list.no_tasks;
	/* Who has greenlets does not ask for tasks. */
	return s->opt.async != HOG_ASYNC_NONE && s->list.no_tasks &&
			       !s->slot.greenlets_seen
		       ? s->list.taskless
		       : NULL;
}

const char *hog_session_guessed(const struct hog_session *s)
{
	return s->list.guessed[0] ? s->list.guessed : NULL;
}

const char *hog_session_no_greenlets(const struct hog_session *s)
{
	return s->slot.no_greenlets[0] ? s->slot.no_greenlets : NULL;
}

const struct hog_err *hog_session_unstopped(const struct hog_session *s)
{
	return s->exact.refused.code ? &s->exact.refused : NULL;
}

const char *hog_session_why_empty(const struct hog_session *s)
{
	if (s->run.stats.stacks > 0)
		return NULL;
	if (s->list.ever == 0)
		return "no Python process came up";
	if (s->opt.mode == HOG_MODE_GIL && s->slot.unheld_seen > 0)
		return "no thread held the GIL";
	if (s->opt.mode == HOG_MODE_CPU)
		return "no thread used CPU time";
	if (s->slot.idle_seen > 0)
		return "all threads were idle; --idle shows them";
	if (s->slot.nopython_seen > 0)
		return "no thread had a Python frame";
	return "the target ended before the first sample";
}

/* ---- who is looked at ---- */

static bool must_stop(const struct hog_session_hooks *hooks)
{
	return hooks && hooks->stop && hooks->stop(hooks->arg);
}

int hog_session_attach(struct hog_session *s, pid_t pid,
		       const struct hog_session_hooks *hooks,
		       struct hog_err *err)
{
	uint64_t until = hog_now_ns() +
			 (uint64_t)(s->opt.wait_s * (double)HOG_NS_PER_SEC);
	struct timespec step = { .tv_nsec = WAIT_STEP_NS };
	const struct hog_origin origin = { 0 };
	int r = hog_processes_open(&s->list, pid, &origin, err);

	while ((r == -EAGAIN || r == -ENOENT) && hog_now_ns() < until) {
		if (must_stop(hooks))
			return hog_err_say(err, -EINTR,
					   "run it again when that has begun",
					   "interrupted while waiting for "
					   "Python in process %d",
					   pid);
		nanosleep(&step, NULL);
		r = hog_processes_open(&s->list, pid, &origin, err);
	}
	if (r == 0)
		r = hog_exact_check(&s->exact, pid, &s->opt, err);
	if (r < 0)
		return r;
	hog_follow_children(&s->family.follow, pid);
	return hog_processes_add_root(&s->list, pid);
}

int hog_session_watch(struct hog_session *s, pid_t pid, struct hog_err *err)
{
	int r = hog_exact_check(&s->exact, pid, &s->opt, err);

	if (r < 0)
		return r;
	r = hog_processes_add_root(&s->list, pid);
	if (r == 0)
		r = hog_family_watch(&s->family, pid);
	if (r < 0)
		return hog_err_set(err, r, "watch process %d", pid);
	return 0;
}

/* Two per thread, some per process.  What we start has been started with the
 * limit as it was. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (limit.rlim_cur >= FDS_WANTED)
		return;
	limit.rlim_cur =
		limit.rlim_max < FDS_WANTED ? limit.rlim_max : FDS_WANTED;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int hog_session_choose(struct hog_session *s,
		       const struct hog_session_hooks *hooks,
		       struct hog_err *err)
{
	uint64_t until = hog_now_ns() +
			 (uint64_t)(s->opt.wait_s * (double)HOG_NS_PER_SEC);
	struct timespec step = { .tv_nsec = WAIT_STEP_NS };

	raise_descriptors();
	hog_select_sweep(s->select, &s->list);
	while (s->list.n == 0 && hog_now_ns() < until) {
		if (must_stop(hooks))
			return hog_err_say(err, -EINTR,
					   "run it again when one has begun",
					   "interrupted while waiting for a "
					   "Python process");
		nanosleep(&step, NULL);
		hog_select_step(s->select, &s->list, hog_now_ns());
	}
	return s->list.n > 0 ? 0 : hog_select_why_none(s->select, err);
}

const char *hog_session_way(const struct hog_session *s)
{
	const struct hog_offspring *off = s->family.follow.offspring;

	if (s->select)
		return hog_select_way(s->select);
	return off ? hog_offspring_way(off) : NULL;
}

struct hog_left_out hog_session_left_out(const struct hog_session *s)
{
	struct hog_left_out out = {
		.refused = (unsigned)s->family.denied.count,
		.crowded = s->family.crowded,
	};

	if (s->select) {
		out.refused += hog_select_refused(s->select);
		out.crowded += hog_select_crowded(s->select);
	}
	return out;
}

/* ---- housekeeping between slots ---- */

/* Returns true when the session is over. */
static bool keep_house(struct hog_session *s, uint64_t now)
{
	if (now - s->follow_ns >= FOLLOW_NS) {
		s->follow_ns = now;
		hog_family_hear(&s->family, now);
		if (s->select)
			hog_select_step(s->select, &s->list, now);
	}
	if (now - s->house_ns < HOUSE_NS)
		return false;
	s->house_ns = now;
	hog_family_bury(&s->family, now, false);
	return hog_processes_roots_ended(&s->list);
}

/* ---- the loop ---- */

static void show_progress(struct hog_session *s,
			  const struct hog_session_hooks *hooks, uint64_t now)
{
	struct hog_stats *st = &s->run.stats;
	double elapsed = (double)(now - s->run.start_ns) / HOG_NS_PER_SEC;
	struct hog_progress p;

	if (!hooks || !hooks->progress || now - s->progress_ns < PROGRESS_NS)
		return;
	s->progress_ns = now;
	p = (struct hog_progress){
		.elapsed_s = elapsed,
		.rate_hz = elapsed > 0 ? (double)st->samples / elapsed : 0,
		.lowered_hz =
			s->budget.hz < s->budget.asked_hz ? s->budget.hz : 0,
		.samples = st->samples,
		.stacks = st->stacks,
		.loss = st->loss,
		.processes = s->list.n,
		.threads = hog_processes_threads(&s->list),
	};
	hog_hottest_take(&s->hottest, s->model, &p);
	hooks->progress(hooks->arg, &p);
}

/* Kept with each flush, too: a recorder may be killed. */
static void stats_so_far(struct hog_session *s)
{
	struct hog_stats *st = &s->run.stats;

	hog_self_stats(st);
	st->loss.stops = s->exact.stops.count;
	st->stopped_seconds =
		(double)s->exact.stops.held_ns / (double)HOG_NS_PER_SEC;
	st->wall_seconds =
		(double)(hog_now_ns() - s->run.start_ns) / HOG_NS_PER_SEC;
	st->lowered = (uint64_t)(s->lowered + 0.5);
	st->lowest_hz = s->budget.lowest_hz;
	st->mean_hz = st->wall_seconds > 0
			      ? (double)st->samples / st->wall_seconds
			      : 0;
	st->processes = hog_model_count(s->model).processes - 1;
	st->threads = hog_model_count(s->model).threads - 1;
	if (st->stacks > 0)
		st->estimated_wrong = s->slot.doubt / (double)st->stacks;
}

static int flush_sink(struct hog_session *s, struct hog_sink *sink,
		      uint64_t now)
{
	if (now - s->flush_ns < HOG_NS_PER_SEC)
		return 0;
	s->flush_ns = now;
	stats_so_far(s);
	return hog_sink_flush(sink);
}

static void serve_slot(struct hog_session *s, uint64_t now)
{
	struct hog_slot *slot = &s->slot;
	uint64_t stacks = s->run.stats.stacks;

	slot->now_ns = now;
	slot->time_ns = s->pace.slot_ns;
	hog_doze_begin(slot);
	for (unsigned i = 0; i < s->list.n; i++) {
		struct hog_process *p = s->list.v[i];

		if (p->gone || hog_doze_skips(p, slot))
			continue;
		hog_process_maintain(p, slot);
		hog_process_sample(p, slot);
		hog_doze_note(p, slot);
	}
	s->run.stats.samples += s->list.n > 0;
	if (s->run.stats.stacks > stacks)
		hog_hottest_note(&s->hottest, slot->last_stack);
}

static uint64_t own_cpu(void)
{
	return hog_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static void note_rate(struct hog_session *s)
{
	s->slot.period_ns = s->pace.period_ns;
	s->slot.base_weight =
		(int64_t)(s->pace.period / s->pace.asked_period * HOG_SLOT +
			  0.5);
}

static void start_pace(struct hog_session *s)
{
	hog_pace_start(&s->pace, s->opt.rate_hz, s->opt.jitter);
	hog_budget_start(&s->budget, s->opt.rate_hz, s->opt.max_cpu,
			 hog_now_ns(), own_cpu());
	hog_priority_start(&s->priority, s->opt.rate_hz, hog_now_ns(),
			   own_cpu());
	s->priority.off |= s->opt.no_priority || s->exact.hurries;
	note_rate(s);
}

static void end_pace(struct hog_session *s)
{
	if (s->priority.raised)
		hog_realtime_end();
	hog_pace_end(&s->pace);
}

static uint64_t next_slot(struct hog_session *s)
{
	struct hog_stats *st = &s->run.stats;
	uint64_t slots = st->slots;
	uint64_t now =
		hog_pace_wait(&s->pace, &st->slots, &st->loss, &s->slot.late);

	hog_priority_note(&s->priority, s->pace.delay_ns);
	s->lowered += (double)(st->slots - slots) *
		      ((double)s->slot.base_weight / HOG_SLOT - 1);
	return now;
}

static void keep_budget(struct hog_session *s, uint64_t now)
{
	if (!hog_budget_due(&s->budget, now) ||
	    !hog_budget_look(&s->budget, now, own_cpu()))
		return;
	hog_pace_change(&s->pace, s->budget.hz);
	note_rate(s);
}

static void keep_priority(struct hog_session *s, uint64_t now)
{
	struct hog_priority *p = &s->priority;

	if (!hog_priority_due(p, now))
		return;
	switch (hog_priority_look(p, now, own_cpu())) {
	case HOG_PRIORITY_RAISE:
		if (!hog_realtime_begin())
			hog_priority_refused(p);
		break;
	case HOG_PRIORITY_LOWER:
		hog_realtime_end();
		break;
	case HOG_PRIORITY_KEEP:
		break;
	}
}

static bool past_duration(const struct hog_session *s, uint64_t now)
{
	return s->opt.duration_s > 0 &&
	       (double)(now - s->run.start_ns) >=
		       s->opt.duration_s * (double)HOG_NS_PER_SEC;
}

static bool is_over(struct hog_session *s,
		    const struct hog_session_hooks *hooks, uint64_t now,
		    enum hog_session_end *ret_end)
{
	bool over = true;

	if (must_stop(hooks))
		*ret_end = HOG_END_STOPPED;
	else if (keep_house(s, now))
		*ret_end = HOG_END_TARGETS;
	else if (past_duration(s, now))
		*ret_end = HOG_END_DURATION;
	else
		over = false;
	return over;
}

/* Who is born between two slots is opened then, and can be read at the next:
 * the last part of the wait is left to the clock. */
static void wait_for_news(struct hog_session *s,
			  const struct hog_session_hooks *hooks)
{
	uint64_t due = hog_pace_next(&s->pace);

	if (s->pace.period_ns < 2 * NEWS_MARGIN_NS || due == 0)
		return;
	due -= NEWS_MARGIN_NS;
	while (!must_stop(hooks) &&
	       (s->select ? hog_select_wait(s->select, &s->list, due)
			  : hog_family_wait(&s->family, due)))
		continue;
}

static enum hog_session_end loop(struct hog_session *s, struct hog_sink *sink,
				 const struct hog_session_hooks *hooks,
				 int *ret_error)
{
	enum hog_session_end end;

	start_pace(s);
	for (;;) {
		uint64_t now;

		hog_stops_serve_until(&s->exact.stops, hog_pace_next(&s->pace));
		wait_for_news(s, hooks);
		if (must_stop(hooks))
			return HOG_END_STOPPED;
		now = next_slot(s);

		if (is_over(s, hooks, now, &end)) {
			s->run.stats.slots--; /* it is none */
			return end;
		}
		serve_slot(s, now);
		keep_budget(s, now);
		keep_priority(s, now);
		show_progress(s, hooks, now);
		*ret_error = flush_sink(s, sink, now);
		if (*ret_error == 0)
			*ret_error = s->slot.error;
		if (*ret_error < 0)
			return HOG_END_STOPPED;
	}
}

static void final_stats(struct hog_session *s)
{
	s->run.stats.loss.truncated += hog_model_refused(s->model);
	stats_so_far(s);
}

int hog_session_run(struct hog_session *s, struct hog_sink *sink,
		    const struct hog_session_hooks *hooks,
		    enum hog_session_end *ret_end, struct hog_err *err)
{
	int r, error = 0;

	raise_descriptors();
	s->run.start_ns = hog_now_ns();
	s->run.start_real_ns = hog_clock_ns(CLOCK_REALTIME);
	s->flush_ns = s->progress_ns = s->run.start_ns;
	s->slot.opt = &s->opt;
	s->slot.model = s->model;
	s->slot.sink = sink;
	s->slot.stats = &s->run.stats;
	s->slot.exact = &s->exact;
	r = hog_sink_begin(sink, &s->run, err);
	if (r < 0)
		return r;
	hog_exact_begin(&s->exact, &s->opt);
	*ret_end = loop(s, sink, hooks, &error);
	hog_exact_end(&s->exact);
	end_pace(s);
	hog_family_hear(&s->family, hog_now_ns());
	hog_family_bury(&s->family, hog_now_ns(), true);
	hog_processes_settle(&s->list, &s->slot);
	final_stats(s);
	if (error < 0)
		return hog_err_set(err, error, "write the result");
	return 0;
}
