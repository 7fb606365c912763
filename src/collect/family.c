/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/family.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "collect/ends.h"
#include "target/match.h"

#define BIRTHS 64
/* Of a core, and how much of it may be saved up for a burst. */
#define SHARE 10
#define CREDIT_MAX_NS ((int64_t)HOG_NS_PER_SEC / 10)
/* The kernel tells of an end before it tells what was used. */
#define MOURN_NS (HOG_NS_PER_SEC / 100)
/* A program that ran no longer before it became Python by exec (env, sh -c,
 * the half of a fork) is a part of starting that. */
#define PRELUDE_NS (HOG_NS_PER_SEC / 50)

/* A fork that is to run another program does so within this, mostly. */
#define EXEC_NS (2 * HOG_NS_PER_SEC / 1000)
/* One that ended before it was told of as forked is never told of as ended. */
#define LEFT_NS HOG_NS_PER_SEC

int hog_family_init(struct hog_family *f, struct hog_processes *list,
		    struct hog_slot *slot, bool children, struct hog_err *err)
{
	*f = (struct hog_family){
		.list = list,
		.slot = slot,
		.born_ns = hog_clock_ns(CLOCK_BOOTTIME),
		.credit_ns = CREDIT_MAX_NS,
		.credit_at_ns = hog_now_ns(),
	};
	return hog_follow_init(&f->follow, children, err);
}

void hog_family_fini(struct hog_family *f)
{
	hog_follow_fini(&f->follow);
	hog_reaped_fini(&f->reaped);
	hog_map64_fini(&f->comms);
	hog_map64_fini(&f->denied);
}

int hog_family_watch(struct hog_family *f, pid_t pid)
{
	if (!hog_follow_try(&f->follow, pid, 0, hog_now_ns()))
		return -ENOMEM;
	hog_follow_children(&f->follow, pid);
	return 0;
}

/* ---- what it may cost ---- */

static uint64_t own_cpu(void)
{
	return hog_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void earn(struct hog_family *f, uint64_t now)
{
	f->credit_ns += (int64_t)((now - f->credit_at_ns) / SHARE);
	if (f->credit_ns > CREDIT_MAX_NS)
		f->credit_ns = CREDIT_MAX_NS;
	f->credit_at_ns = now;
}

static void spend(struct hog_family *f, uint64_t *since)
{
	uint64_t cpu = own_cpu();

	f->credit_ns -= (int64_t)(cpu - *since);
	*since = cpu;
}

/* ---- news ---- */

static bool is_told(const struct hog_family *f)
{
	const struct hog_offspring *off = f->follow.offspring;

	return off && hog_offspring_fd(off) >= 0;
}

static void take_fork(struct hog_family *f, const struct hog_birth *b,
		      uint64_t now)
{
	const struct hog_process *parent =
		hog_processes_find(f->list, b->parent);
	struct hog_candidate *c =
		hog_follow_try(&f->follow, b->pid, b->parent, now);
	const struct hog_candidate *from =
		hog_follow_find(&f->follow, b->parent);

	hog_reaped_begin(&f->reaped, b->parent);
	if (!c)
		return;
	/* It was there already: what it used is not of this run. */
	if (b->found && hog_target_born_ns(b->pid) < f->born_ns)
		c->given_ns = hog_target_cpu_ns(b->pid);
	/* Most are about to run another program. */
	c->next_ns = now + EXEC_NS;
	if (parent) {
		c->forked = true;
		c->name = hog_process_name(parent, &c->python);
	} else if (from && from != c) {
		/* It was not opened yet either: they are of one kind. */
		c->forked = from->forked;
		c->name = from->name;
		c->python = from->python;
		memcpy(c->comm, from->comm, sizeof(c->comm));
	}
}

/* The news may come after the new program was opened: then it is old. */
static void take_exec(struct hog_family *f, const struct hog_birth *b,
		      uint64_t now)
{
	struct hog_candidate *c = hog_follow_find(&f->follow, b->pid);
	struct hog_process *p = hog_processes_find(f->list, b->pid);
	uint64_t given = c ? c->given_ns : 0, used;
	pid_t parent = c ? c->parent : p ? p->parent : 0;

	if (p && p->opened_ns > b->time_ns)
		return;
	if (p) {
		p->gone = p->settled = true;
		hog_process_settle(p, f->slot);
		given = hog_process_given(p);
	}
	used = hog_target_cpu_ns(b->pid);
	c = hog_follow_try(&f->follow, b->pid, parent, now);
	if (!c)
		return;
	c->given_ns = used > given + PRELUDE_NS ? used : given;
	memcpy(c->comm, b->comm, sizeof(c->comm));
}

static void take_exit(struct hog_family *f, const struct hog_birth *b,
		      uint64_t now)
{
	struct hog_candidate *c = hog_follow_find(&f->follow, b->pid);

	if (c)
		c->ended_ns = now;
}

static void take_cpu(struct hog_family *f, const struct hog_birth *b)
{
	struct hog_process *p = hog_processes_find_last(f->list, b->pid);
	struct hog_candidate *c = hog_follow_find(&f->follow, b->pid);

	if (p)
		hog_process_take_exit(p, b->tid, b->cpu_ns);
	if (c)
		c->exit_ns += b->cpu_ns;
	if (p || c)
		hog_reaped_told(&f->reaped, p ? p->parent : c->parent,
				b->cpu_ns);
}

static void take_news(struct hog_family *f, uint64_t now)
{
	struct hog_birth births[BIRTHS];
	int n;

	if (!f->follow.offspring)
		return;
	do {
		n = hog_offspring_poll(f->follow.offspring, births, BIRTHS);
		for (int i = 0; i < n; i++) {
			const struct hog_birth *b = &births[i];

			switch (b->kind) {
			case HOG_BIRTH_FORK:
				take_fork(f, b, now);
				break;
			case HOG_BIRTH_EXEC:
				take_exec(f, b, now);
				break;
			case HOG_BIRTH_EXIT:
				take_exit(f, b, now);
				break;
			case HOG_BIRTH_CPU:
				take_cpu(f, b);
				break;
			}
		}
	} while (n == BIRTHS);
}

/* ---- candidates ---- */

static uint64_t comm_key(const char *comm)
{
	return hog_hash_bytes(comm, strnlen(comm, 15));
}

void hog_family_deny(struct hog_family *f, pid_t pid)
{
	if (!hog_map64_get(&f->denied, (uint64_t)pid))
		(void)hog_map64_put(&f->denied, (uint64_t)pid, 1);
}

/* Why it cannot be opened decides whether it is tried again. */
static void take_refusal(struct hog_family *f, struct hog_candidate *c, int r,
			 uint64_t now)
{
	pid_t pid = c->pid;

	switch (r) {
	case -EAGAIN: /* Python, coming up */
		c->starting = true;
		/* fall through */
	case -ENOENT: /* it may still become Python */
	case -EFAULT:
		c->looked_ns = hog_target_cpu_ns(pid);
		return;
	case -EMFILE:
		f->crowded += !c->turned;
		c->turned = true;
		return; /* there may be room later */
	case -EPERM:
		if (c->forked || hog_pid_looks_python(pid))
			hog_family_deny(f, pid);
		break;
	case -ESRCH: /* it is ending: what it used may still be told */
	case -EINVAL:
	case -EBADMSG:
		if (!is_told(f) || now - c->born_ns > LEFT_NS)
			c->ended_ns = now;
		return;
	}
	hog_follow_drop(&f->follow, pid);
}

static void try_one(struct hog_family *f, struct hog_candidate *c, uint64_t now)
{
	struct hog_origin origin = {
		.parent = c->parent,
		.whole = true,
		.given_ns = c->given_ns,
		.looked_ns = c->looked_ns,
	};
	struct hog_candidate was = *c;
	int r;

	/* After vfork, until it runs something else or ends. */
	if (c->forked && hog_target_shares_memory(c->pid, c->parent))
		return;
	if (c->forked)
		origin.forked_from = hog_processes_find(f->list, c->parent);
	r = hog_processes_open(f->list, c->pid, &origin, NULL);
	if (r < 0) {
		take_refusal(f, c, r, now);
		return;
	}
	if (was.comm[0])
		hog_map64_put(&f->comms, comm_key(was.comm), 1);
	hog_follow_drop(&f->follow, was.pid);
}

static void try_candidates(struct hog_family *f, uint64_t now, uint64_t *cpu)
{
	struct hog_candidate *c;

	while (f->credit_ns > 0 && (c = hog_follow_due(&f->follow, now))) {
		try_one(f, c, now);
		spend(f, cpu);
	}
}

void hog_family_hear(struct hog_family *f, uint64_t now)
{
	uint64_t cpu = own_cpu();

	earn(f, now);
	take_news(f, now);
	spend(f, &cpu);
	try_candidates(f, now, &cpu);
}

bool hog_family_wait(struct hog_family *f, uint64_t until)
{
	int fd = f->follow.offspring ? hog_offspring_fd(f->follow.offspring)
				     : -1;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec left;
	uint64_t now = hog_now_ns(), due = hog_follow_next(&f->follow);
	bool early = due < until;

	earn(f, now);
	/* In debt it is not woken: slots do what can be done. */
	if (fd < 0 || now >= until || f->credit_ns <= 0)
		return false;
	if (early)
		until = due > now ? due : now;
	left.tv_sec = (time_t)((until - now) / HOG_NS_PER_SEC);
	left.tv_nsec = (long)((until - now) % HOG_NS_PER_SEC);
	if (ppoll(&p, 1, &left, NULL) < (early ? 0 : 1))
		return false;
	hog_family_hear(f, hog_now_ns());
	return true;
}

/* ---- ends ---- */

static bool was_python(struct hog_family *f, const struct hog_candidate *c)
{
	return c->forked || c->starting ||
	       (c->comm[0] && (!strncmp(c->comm, "python", 6) ||
			       hog_map64_get(&f->comms, comm_key(c->comm))));
}

/* Its CPU time has no stack, but a place.  Its thread in the model. */
static uint32_t send_unseen(struct hog_family *f, const struct hog_candidate *c,
			    uint64_t used)
{
	struct hog_model *model = f->list->model;
	struct hog_process_info info = {
		.pid = c->pid,
		.parent = c->parent,
		.name = c->name,
		.python = c->python,
		.start_ns = c->born_ns,
	};
	struct hog_thread_info thread = { .tid = c->pid };
	const char *marker = c->starting ? HOG_STARTING : HOG_UNSEEN;
	uint32_t id;

	if (!info.name)
		info.name =
			hog_model_cstr(model, c->comm[0] ? c->comm : "python");
	info.cmdline = info.name;
	thread.process = hog_model_process(model, &info);
	thread.name = info.name;
	id = hog_model_thread(model, &thread);
	/* The kernel may not have told: then it has a part in what it left out. */
	if (used > 0)
		hog_slot_send(f->slot, id,
			      hog_model_stack(model, 0,
					      hog_model_marker(model, marker)),
			      hog_slot_weight(f->slot, used), 0);
	return id;
}

static void bury_one(struct hog_family *f, const struct hog_candidate *c)
{
	uint64_t all = c->exit_ns ? c->exit_ns : c->looked_ns;
	uint64_t used = all > c->given_ns ? all - c->given_ns : 0;
	uint32_t thread = 0;

	if (was_python(f, c)) {
		f->slot->stats->loss.unseen++;
		f->unseen_ns += used;
		if (f->slot->opt->mode == HOG_MODE_CPU)
			thread = send_unseen(f, c, used);
	}
	if (c->exit_ns == 0)
		hog_reaped_told(&f->reaped, c->parent, all);
	hog_reaped_ended(&f->reaped, c->pid, c->parent, thread);
}

static void bury_candidates(struct hog_family *f, uint64_t now, bool all)
{
	struct hog_follow *w = &f->follow;

	for (unsigned i = 0; i < w->n;) {
		const struct hog_candidate *c = &w->v[i];

		if (c->ended_ns && (all || now - c->ended_ns >= MOURN_NS)) {
			bury_one(f, c);
			hog_follow_drop(w, c->pid);
		} else {
			i++;
		}
	}
}

static void give_rest(void *arg, uint32_t thread, uint64_t ns)
{
	struct hog_family *f = arg;
	struct hog_model *model = f->list->model;

	hog_slot_send(f->slot, thread,
		      hog_model_stack(model, 0,
				      hog_model_marker(model, HOG_ENDING)),
		      hog_slot_weight(f->slot, ns), 0);
}

void hog_family_bury(struct hog_family *f, uint64_t now, bool all)
{
	bool looked = false;

	bury_candidates(f, now, all);
	hog_processes_drop_gone(f->list, f, now);
	if (f->slot->opt->mode == HOG_MODE_CPU)
		looked = hog_reaped_look(&f->reaped, now, all);
	if (looked) {
		take_news(f, now);
		hog_reaped_settle(&f->reaped, give_rest, f);
	}
}

void hog_family_lose(struct hog_family *f, struct hog_process *p, uint64_t now)
{
	struct hog_candidate *c;

	if (p->settled || p->replaced)
		return; /* by an exec: a candidate has taken its place */
	if (p->ended) {
		f->slot->stats->loss.unseen += p->forked && !p->tids.count;
		/* Nothing may be known of what it used: it has a part in what
		 * its parent's sum has more. */
		if (f->slot->opt->mode == HOG_MODE_CPU && p->ends.whole)
			(void)hog_ends_thread(p, f->slot);
		/* The kernel leaves some counts out: what was shown of such a
		 * one is not to be shown again as its parent's growth. */
		if (p->ends.exit_ns == 0)
			hog_reaped_told(&f->reaped, p->parent,
					p->ends.given_ns);
		hog_reaped_ended(&f->reaped, p->pid, p->parent, p->ends.thread);
		return;
	}
	/* An exec that nobody told of. */
	if (hog_follow_find(&f->follow, p->pid))
		return;
	c = hog_follow_try(&f->follow, p->pid, p->parent, now);
	if (c)
		c->given_ns = hog_process_given(p);
}
