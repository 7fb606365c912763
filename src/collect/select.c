/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/select.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "collect/processes.h"
#include "collect/survey.h"
#include "target/match.h"
#include "target/newborn.h"

#define MS 1000000ull
#define BIRTHS 64
#define NAP_NS (5 * MS) /* between two looks where no news come */

/* What looking may cost: a share of the time that passes, saved up at most so
 * far. */
#define COST_SHARE 25
#define CREDIT_MAX_NS ((int64_t)(100 * MS))

/* Most programs run before a Python does are gone before one could look.  Who
 * runs what was no Python so often waits until it is that old. */
#define DULL_TIMES 2
#define DULL_AGE_NS (50 * MS)
#define DULL_GAP_NS (100 * MS) /* between two looks at such a one */
#define PROGRAM_IS_PYTHON UINT64_MAX
#define PROGRAMS_MAX 4096

/* Age of a suspect up to which it is looked at every so often. */
static const struct {
	uint64_t age_ns, gap_ns;
} pace[] = {
	{ 20 * MS, 1 * MS },
	{ 1000 * MS, 10 * MS },
	{ 10000 * MS, 100 * MS },
	{ UINT64_MAX, 1000 * MS },
};
/* Where an exec is told, an old process is Python only when it loads one. */
#define OLD_TOLD_GAP_NS (5000 * MS)
#define GRID_NS (100 * MS) /* those with long gaps are looked at together */

struct suspect { /* a process that may be, or become, one of those wanted */
	pid_t pid, parent;
	bool kin;    /* started by a wanted one */
	bool fits;   /* when last looked at */
	bool whole;  /* it came up while we looked */
	bool turned; /* it has been counted as one too many */
	bool dull;   /* what it runs has never been a Python so far */
	int64_t size;
	uint64_t born_ns, next_ns;
};

struct hog_select {
	struct hog_match *match;     /* owned */
	struct hog_newborn *newborn; /* owned */
	bool follow, begun;
	struct suspect *v; /* owned */
	unsigned n, cap;
	struct hog_map64 index; /* pid: place in v */
	struct hog_nopython no;
	struct hog_map64 programs; /* how often they were no Python */
	struct hog_map64 refused;  /* pids */
	unsigned crowded;
	unsigned turn; /* place in v of whom to look at next */
	uint64_t wake_ns, paid_ns;
	int64_t credit_ns;
};

int hog_select_new(const struct hog_criteria *criteria, bool follow,
		   struct hog_select **ret, struct hog_err *err)
{
	struct hog_select *sel = calloc(1, sizeof(*sel));
	int r;

	if (!sel)
		return hog_err_set(err, -ENOMEM, "choose processes");
	sel->follow = follow;
	r = hog_match_new(criteria, &sel->match, err);
	if (r == 0)
		r = hog_newborn_new(&sel->newborn, err);
	if (r < 0) {
		hog_select_free(sel);
		return r;
	}
	*ret = sel;
	return 0;
}

void hog_select_free(struct hog_select *sel)
{
	if (!sel)
		return;
	hog_match_free(sel->match);
	hog_newborn_free(sel->newborn);
	free(sel->v);
	hog_map64_fini(&sel->index);
	hog_nopython_fini(&sel->no);
	hog_map64_fini(&sel->programs);
	hog_map64_fini(&sel->refused);
	free(sel);
}

unsigned hog_select_refused(const struct hog_select *sel)
{
	return (unsigned)sel->refused.count;
}

unsigned hog_select_crowded(const struct hog_select *sel)
{
	return sel->crowded;
}

const char *hog_select_way(const struct hog_select *sel)
{
	return hog_newborn_way(sel->newborn);
}

/* ---- the list of suspects ---- */

static struct suspect *find(struct hog_select *sel, pid_t pid)
{
	const uint64_t *at = hog_map64_get(&sel->index, (uint64_t)pid);

	return at ? &sel->v[*at] : NULL;
}

static void drop(struct hog_select *sel, pid_t pid)
{
	struct suspect *s = find(sel, pid);

	if (!s)
		return;
	hog_map64_remove(&sel->index, (uint64_t)pid);
	*s = sel->v[--sel->n];
	if (s->pid != pid)
		(void)hog_map64_put(&sel->index, (uint64_t)s->pid,
				    (uint64_t)(s - sel->v));
}

/* Looks at it from now on, as at a new one. */
static void suspect(struct hog_select *sel, const struct suspect *is)
{
	struct suspect *s = find(sel, is->pid);

	if (!s && sel->n == sel->cap) {
		unsigned cap = sel->cap ? sel->cap * 2 : 64;
		struct suspect *grown;

		grown = reallocarray(sel->v, cap, sizeof(*grown));
		if (!grown)
			return;
		sel->v = grown;
		sel->cap = cap;
	}
	if (!s) {
		if (hog_map64_put(&sel->index, (uint64_t)is->pid, sel->n) < 0)
			return;
		s = &sel->v[sel->n++];
	}
	*s = *is;
	if (sel->wake_ns > is->next_ns)
		sel->wake_ns = is->next_ns;
}

static void take_fork(struct hog_select *sel, struct hog_processes *list,
		      const struct hog_birth *b, uint64_t now)
{
	struct suspect new = { .pid = b->pid,
			       .parent = b->parent,
			       .whole = sel->begun,
			       .born_ns = now,
			       .next_ns = now };
	const struct suspect *from;

	if (b->pid == getpid() || b->parent == getpid())
		return;
	/* Who was there when we began is what it is. */
	if (!sel->begun && now > pace[2].age_ns)
		new.born_ns = now - pace[2].age_ns;
	else if (!new.parent && !hog_match_is_all(sel->match) && sel->follow)
		new.parent = hog_pid_parent(b->pid);
	from = find(sel, new.parent);
	new.kin = sel->follow &&new.parent &&
		  ((from && from->kin) || hog_processes_find(list, new.parent));
	suspect(sel, &new);
}

static void take_exec(struct hog_select *sel, struct hog_processes *list,
		      const struct hog_birth *b, uint64_t now)
{
	struct hog_process *p = hog_processes_find(list, b->pid);
	const struct suspect *s = find(sel, b->pid);
	struct suspect new = { .pid = b->pid, .born_ns = now, .next_ns = now };

	/* The news may come after the new program was opened: then it is old. */
	if (b->pid == getpid() || (p && p->opened_ns > b->time_ns))
		return;
	if (p)
		p->gone = p->replaced = true;
	if (s) {
		new.parent = s->parent;
		new.kin = s->kin;
	}
	new.kin = new.kin || (p && sel->follow);
	suspect(sel, &new);
}

static void take_births(struct hog_select *sel, struct hog_processes *list,
			uint64_t now)
{
	struct hog_birth births[BIRTHS];
	int n;

	do {
		n = hog_newborn_poll(sel->newborn, births, BIRTHS);
		for (int i = 0; i < n; i++) {
			const struct hog_birth *b = &births[i];

			switch (b->kind) {
			case HOG_BIRTH_FORK:
				take_fork(sel, list, b, now);
				break;
			case HOG_BIRTH_EXEC:
				take_exec(sel, list, b, now);
				break;
			case HOG_BIRTH_EXIT:
				drop(sel, b->pid);
				break;
			case HOG_BIRTH_CPU:
				break;
			}
		}
	} while (n == BIRTHS);
}

/* ---- looking at one ---- */

enum look { LOOK_AGAIN, LOOK_DONE };

static void note_program(struct hog_select *sel, uint64_t program, bool python)
{
	const uint64_t *seen = hog_map64_get(&sel->programs, program);
	uint64_t times = seen ? *seen : 0;

	if (!program || times == PROGRAM_IS_PYTHON)
		return;
	if (sel->programs.count > PROGRAMS_MAX)
		hog_map64_clear(&sel->programs);
	(void)hog_map64_put(&sel->programs, program,
			    python ? PROGRAM_IS_PYTHON : times + 1);
}

static bool is_dull(struct hog_select *sel, uint64_t program)
{
	const uint64_t *seen = hog_map64_get(&sel->programs, program);

	return seen && *seen >= DULL_TIMES && *seen != PROGRAM_IS_PYTHON;
}

/* What is wanted for what it is, and not for its parent, may run another program
 * since that was looked at: a forked child has its parent's command line. */
static bool still_fits(struct hog_select *sel, struct suspect *s)
{
	s->fits = s->kin || hog_match_fits(sel->match, s->pid);
	return s->fits;
}

static enum look refuse(struct hog_select *sel, pid_t pid)
{
	if (hog_pid_looks_python(pid))
		(void)hog_map64_put(&sel->refused, (uint64_t)pid, 1);
	return LOOK_DONE;
}

static enum look open_one(struct hog_select *sel, struct hog_processes *list,
			  struct suspect *s, uint64_t program)
{
	uint64_t images = hog_pid_images(s->pid);
	const struct hog_origin origin = {
		.parent = s->parent,
		.forked_from = hog_processes_find(list, s->parent),
		.whole = s->whole,
	};
	int r;

	if (hog_nopython_knows(&sel->no, images)) {
		note_program(sel, program, false);
		return LOOK_AGAIN;
	}
	r = hog_processes_open(list, s->pid, &origin, NULL);
	switch (r) {
	case 0:
		/* The news of an exec up to now count as older than this. */
		if (!still_fits(sel, s)) {
			struct hog_process *p =
				hog_processes_find(list, s->pid);

			p->gone = p->replaced = true;
			return LOOK_AGAIN;
		}
		note_program(sel, program, true);
		return LOOK_DONE;
	case -ENOENT:
		hog_nopython_note(&sel->no, images);
		note_program(sel, program, false);
		return LOOK_AGAIN;
	case -EPERM:
	case -EACCES:
		return refuse(sel, s->pid);
	case -EMFILE:
		sel->crowded += !s->turned;
		s->turned = true;
		s->size = 0; /* there may be room next time */
		return LOOK_AGAIN;
	case -EAGAIN:
	case -EFAULT:
	case -ESRCH:
	case -EBADMSG: /* it starts, ends, or runs something else just now */
		s->size = 0;
		return LOOK_AGAIN;
	default:
		return LOOK_AGAIN; /* no use as it is */
	}
}

static enum look look_at(struct hog_select *sel, struct hog_processes *list,
			 struct suspect *s, uint64_t now)
{
	uint64_t program = hog_pid_program(s->pid);
	int64_t size;

	s->dull = is_dull(sel, program);
	if (s->dull && now - s->born_ns < DULL_AGE_NS)
		return LOOK_AGAIN;
	size = hog_pid_size(s->pid);
	if (size <= 0)
		return LOOK_DONE;
	if ((s->fits && size == s->size) || !still_fits(sel, s))
		return LOOK_AGAIN;
	s->size = size;
	return open_one(sel, list, s, program);
}

static void set_next(const struct hog_select *sel, struct suspect *s,
		     uint64_t now)
{
	uint64_t gap;
	unsigned k = 0;

	while (now - s->born_ns >= pace[k].age_ns)
		k++;
	gap = pace[k].gap_ns;
	if (s->dull && gap < DULL_GAP_NS)
		gap = DULL_GAP_NS;
	if (pace[k].age_ns == UINT64_MAX &&
	    hog_newborn_way(sel->newborn)[0] == 'c')
		gap = OLD_TOLD_GAP_NS;
	s->next_ns = now + gap;
	if (s->dull && now - s->born_ns < DULL_AGE_NS)
		s->next_ns = s->born_ns + DULL_AGE_NS;
	if (gap > GRID_NS)
		s->next_ns += GRID_NS - s->next_ns % GRID_NS;
}

static uint64_t own_cpu(void)
{
	return hog_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* Beyond the credit there is a second one, for those that may be Python. */
static bool is_due(const struct hog_select *sel, const struct suspect *s,
		   uint64_t now)
{
	return s->next_ns <= now &&
	       sel->credit_ns >= (s->dull ? 0 : -CREDIT_MAX_NS);
}

/* false: it has been dropped. */
static bool serve(struct hog_select *sel, struct hog_processes *list,
		  struct suspect *s, uint64_t now)
{
	uint64_t start = own_cpu();
	unsigned known = list->n;
	enum look look = look_at(sel, list, s, now);

	if (list->n == known)
		sel->credit_ns -= (int64_t)(own_cpu() - start);
	if (look == LOOK_DONE) {
		drop(sel, s->pid);
		return false;
	}
	set_next(sel, s, now);
	return true;
}

static void look_at_due(struct hog_select *sel, struct hog_processes *list,
			uint64_t now)
{
	sel->wake_ns = UINT64_MAX;
	/* Who waits longest is at another place each time: what there is no
	 * credit for now is not always the same. */
	for (unsigned left = sel->n; left > 0 && sel->n > 0; left--) {
		struct suspect *s;

		if (sel->turn >= sel->n)
			sel->turn = 0;
		s = &sel->v[sel->turn];
		if (is_due(sel, s, now) && !serve(sel, list, s, now))
			continue; /* another one stands there now */
		if (s->next_ns < sel->wake_ns)
			sel->wake_ns = s->next_ns;
		sel->turn++;
	}
	/* Begin where the credit ended. */
	for (unsigned i = 0; i < sel->n && sel->credit_ns < 0; i++) {
		if (sel->v[sel->turn % sel->n].next_ns <= now)
			break;
		sel->turn++;
	}
}

void hog_select_step(struct hog_select *sel, struct hog_processes *list,
		     uint64_t now)
{
	take_births(sel, list, now);
	sel->credit_ns += (int64_t)((now - sel->paid_ns) / COST_SHARE);
	sel->paid_ns = now;
	if (sel->credit_ns > CREDIT_MAX_NS)
		sel->credit_ns = CREDIT_MAX_NS;
	if (now >= sel->wake_ns)
		look_at_due(sel, list, now);
}

bool hog_select_wait(struct hog_select *sel, struct hog_processes *list,
		     uint64_t until)
{
	struct pollfd p = { .fd = hog_newborn_fd(sel->newborn),
			    .events = POLLIN };
	uint64_t now = hog_now_ns(), wake = now + NAP_NS;
	struct timespec left;

	/* In debt it is not woken: slots do what can be done. */
	if (now >= until || sel->credit_ns <= 0)
		return false;
	if (wake < sel->wake_ns)
		wake = sel->wake_ns;
	if (p.fd < 0 && wake > now + GRID_NS) /* /proc is to be listed */
		wake = now + GRID_NS;
	if (wake > until)
		wake = until;
	left.tv_sec = (time_t)((wake - now) / HOG_NS_PER_SEC);
	left.tv_nsec = (long)((wake - now) % HOG_NS_PER_SEC);
	if (ppoll(&p, 1, &left, NULL) <= 0 && wake == until)
		return false;
	hog_select_step(sel, list, hog_now_ns());
	return true;
}

void hog_select_sweep(struct hog_select *sel, struct hog_processes *list)
{
	uint64_t now = hog_now_ns();

	take_births(sel, list, now);
	sel->credit_ns = INT64_MAX;
	look_at_due(sel, list, now);
	sel->credit_ns = 0;
	sel->paid_ns = hog_now_ns();
	sel->begun = true;
}

int hog_select_why_none(const struct hog_select *sel, struct hog_err *err)
{
	return hog_survey_why_none(sel->match, sel->refused.count, err);
}
