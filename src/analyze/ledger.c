/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/ledger.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/call.h"
#include "analyze/fd_effect.h"
#include "analyze/fd_table.h"
#include "base/map.h"
#include "profile/detail.h"
#include "profile/model.h"
#include "profile/run.h"

#define CLONE_FILES_FLAG 0x400
#define WHAT_MAX 512 /* bytes kept of a path */

struct process {
	struct hog_fd_table *table;
	bool watched; /* its table is whole: born in sight, or looked at */
	bool io_uring, receives;
};

struct hog_ledger {
	const struct hog_run *run; /* borrowed */
	hog_ledger_report report;
	void *arg;
	bool launched;
	struct hog_map64 index; /* process of the model -> place in v */
	struct process *v;      /* owned; those that ended have no table */
	size_t n, cap;
	uint32_t *free_places; /* owned: of v, to be used again */
	size_t n_free, free_cap;
	uint64_t total, refused;
	struct hog_fd_effect effect; /* large: kept off the stack */
};

static const char *const whys[] = {
	[HOG_WHY_SEEN] = "",
	[HOG_WHY_BEFORE] = "opened before hognose was attached",
	[HOG_WHY_INHERITED] = "open before the program began",
	[HOG_WHY_IO_URING] = "io_uring",
	[HOG_WHY_RECEIVED] = "received over a socket (SCM_RIGHTS)",
	[HOG_WHY_UNSEEN] = "unseen",
};

const char *hog_fd_why_text(enum hog_fd_why why)
{
	return whys[why];
}

/* Kinds are few and come from a look as text: constants stand for them. */
static const char *kind_of(const char *text, size_t len)
{
	static const char *const kinds[] = {
		"file",     "dir",   "socket",  "pipe",     "eventfd",
		"epoll",    "memfd", "timerfd", "inotify",  "pidfd",
		"signalfd", "char",  "block",   "io_uring",
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i]) == len && !memcmp(kinds[i], text, len))
			return kinds[i];
	return len ? "other" : "";
}

struct hog_ledger *hog_ledger_new(const struct hog_run *run,
				  hog_ledger_report report, void *arg)
{
	struct hog_ledger *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->run = run;
	l->report = report;
	l->arg = arg;
	return l;
}

void hog_ledger_free(struct hog_ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		hog_fd_table_unuse(l->v[i].table);
	hog_map64_fini(&l->index);
	free(l->v);
	free(l->free_places);
	free(l);
}

void hog_ledger_set_launched(struct hog_ledger *l)
{
	l->launched = true;
}

uint64_t hog_ledger_refused(const struct hog_ledger *l)
{
	return l->refused;
}

static struct process *find(const struct hog_ledger *l, uint32_t id)
{
	uint64_t *at = hog_map64_get(&l->index, id);

	return at ? &l->v[*at] : NULL;
}

const struct hog_ledger_fd *hog_ledger_fds(const struct hog_ledger *l,
					   uint32_t process, size_t *ret_n)
{
	const struct process *p = find(l, process);

	*ret_n = p ? p->table->n : 0;
	return p ? p->table->v : NULL;
}

/* A place in v for one more: one that is free, or a new one. */
static int take_place(struct hog_ledger *l, size_t *ret)
{
	size_t more = l->cap ? 2 * l->cap : 8;
	struct process *grown;

	if (l->n_free) {
		*ret = l->free_places[--l->n_free];
		return 0;
	}
	if (l->n >= HOG_LEDGER_PROCESSES_MAX) {
		l->refused++;
		return -EOVERFLOW;
	}
	if (l->n == l->cap) {
		grown = realloc(l->v, more * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		l->v = grown;
		l->cap = more;
	}
	*ret = l->n++;
	l->v[*ret].table = NULL;
	return 0;
}

/* The process with its table, which it owns from now on (NULL: an empty one).
 * -EOVERFLOW: there are too many. */
static int add(struct hog_ledger *l, uint32_t id, struct hog_fd_table *table,
	       struct process **ret)
{
	size_t place;
	int r;

	if (!table)
		table = hog_fd_table_new(&l->total, &l->refused);
	if (!table)
		return -ENOMEM;
	r = take_place(l, &place);
	if (r == 0)
		r = hog_map64_put(&l->index, id, place);
	if (r < 0) {
		hog_fd_table_unuse(table);
		return r;
	}
	l->v[place] = (struct process){ .table = table };
	*ret = &l->v[place];
	return 0;
}

static int find_or_add(struct hog_ledger *l, uint32_t id, struct process **ret)
{
	*ret = find(l, id);
	return *ret ? 0 : add(l, id, NULL, ret);
}

/* Its table is the caller's; what else was known of it is forgotten. */
static struct hog_fd_table *leave(struct hog_ledger *l, uint32_t id)
{
	uint64_t *at = hog_map64_get(&l->index, id);
	struct hog_fd_table *table;
	size_t place;

	if (!at)
		return NULL;
	place = *at;
	hog_map64_remove(&l->index, id);
	table = l->v[place].table;
	l->v[place].table = NULL;
	if (l->n_free == l->free_cap) {
		size_t more = l->free_cap ? 2 * l->free_cap : 8;
		uint32_t *grown =
			realloc(l->free_places, more * sizeof(*grown));

		if (!grown)
			return table; /* the place is lost, no more */
		l->free_places = grown;
		l->free_cap = more;
	}
	l->free_places[l->n_free++] = (uint32_t)place;
	return table;
}

/* The table becomes its own, when it was shared. */
static int unshare(struct process *p)
{
	struct hog_fd_table *own;

	if (p->table->users == 1)
		return 0;
	own = hog_fd_table_copy(p->table);
	if (!own)
		return -ENOMEM;
	hog_fd_table_unuse(p->table);
	p->table = own;
	return 0;
}

static char *keep_text(const char *text, size_t len)
{
	return len ? strndup(text, len < WHAT_MAX ? len : WHAT_MAX) : NULL;
}

static int put_opened(struct hog_ledger *l, struct process *p,
		      const struct hog_callview *v)
{
	const struct hog_fd_effect *e = &l->effect;
	const struct hog_ledger_fd *from =
		e->change == HOG_FD_COPY ? hog_fd_table_find(p->table, e->from)
					 : NULL;
	const struct hog_event *ev = v->ev;
	struct hog_ledger_fd fd = {
		.copy_of = e->change == HOG_FD_COPY ? e->from : -1,
		.cloexec = e->cloexec,
		.why = e->change == HOG_FD_RECEIVE ? HOG_WHY_RECEIVED
						   : HOG_WHY_SEEN,
		.kind = from ? from->kind : e->kind,
		.time_ns = ev->time_ns,
		.end_ns = ev->time_ns + ev->duration_ns,
		.thread = ev->thread,
		.stack = ev->stack,
		.call = hog_detail_get(l->run->model, (uint32_t)ev->value[1])
				.name,
	};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < e->n_opened; i++) {
		struct hog_calltext what = e->opened[i].what;

		fd.fd = e->opened[i].fd;
		if (!what.len && from && from->what)
			what = (struct hog_calltext){ from->what,
						      strlen(from->what) };
		fd.what = keep_text(what.text, what.len);
		r = hog_fd_table_put(p->table, &fd);
		from = NULL; /* the table has moved; a copy is only one */
	}
	return r;
}

struct range {
	unsigned first, last;
	bool cloexec;
	uint64_t begun_ns;
};

static bool is_outside(struct hog_ledger_fd *fd, void *arg)
{
	const struct range *r = arg;

	return (unsigned)fd->fd < r->first || (unsigned)fd->fd > r->last ||
	       fd->end_ns > r->begun_ns;
}

static bool set_cloexec(struct hog_ledger_fd *fd, void *arg)
{
	const struct range *r = arg;

	if ((unsigned)fd->fd >= r->first && (unsigned)fd->fd <= r->last)
		fd->cloexec = r->cloexec;
	return true;
}

static int on_call(struct hog_ledger *l, const struct hog_event *ev)
{
	struct hog_fd_effect *e = &l->effect;
	struct hog_callview v;
	struct process *p;
	struct range range;
	int r;

	if (!hog_callview_get(l->run, ev, &v))
		return 0;
	hog_fd_effect_get(&v, e);
	if (e->change == HOG_FD_NOTHING && !e->unshare)
		return 0;
	r = find_or_add(
		l, hog_model_get_thread(l->run->model, ev->thread)->process,
		&p);
	if (r < 0)
		return r == -EOVERFLOW ? 0 : r;
	p->io_uring |= e->io_uring;
	p->receives |= e->change == HOG_FD_RECEIVE;
	if (e->unshare && unshare(p) < 0)
		return -ENOMEM;
	range = (struct range){ e->first, e->last, e->cloexec, ev->time_ns };
	if (e->change == HOG_FD_CLOSE)
		hog_fd_table_filter(p->table, is_outside, &range);
	else if (e->change == HOG_FD_SET_CLOEXEC)
		hog_fd_table_filter(p->table, set_cloexec, &range);
	else
		return put_opened(l, p, &v);
	return 0;
}

/* The flags that a fork was made with; 0: not known. */
static int64_t clone_flags(const struct hog_ledger *l,
			   const struct hog_event *ev)
{
	struct hog_detail d;
	struct hog_detail_field f;

	if (ev->value[1] <= 0 || ev->value[1] > UINT32_MAX)
		return 0;
	d = hog_detail_get(l->run->model, (uint32_t)ev->value[1]);
	return d.name && hog_detail_next(&d, &f) && f.kind == HOG_VALUE_INT
		       ? f.number
		       : 0;
}

/* The table that a child begins with.  NULL: no memory. */
static struct hog_fd_table *inherit(const struct process *parent, bool shares)
{
	if (!shares)
		return hog_fd_table_copy(parent->table);
	parent->table->users++;
	return parent->table;
}

static int on_fork(struct hog_ledger *l, const struct hog_event *ev)
{
	uint32_t parent =
		hog_model_get_thread(l->run->model, ev->thread)->process;
	uint32_t child = (uint32_t)ev->value[0];
	struct process *from, *p;
	struct hog_fd_table *table;
	bool watched, io_uring;
	int r;

	/* A child that is there already has made calls before its birth was
	 * told: what it opened stays, the rest a look will tell. */
	if (!child || child == parent || find(l, child))
		return 0;
	r = find_or_add(l, parent, &from);
	if (r < 0)
		return r == -EOVERFLOW ? 0 : r;
	watched = from->watched;
	io_uring = from->io_uring;
	table = inherit(from, clone_flags(l, ev) & CLONE_FILES_FLAG);
	if (!table)
		return -ENOMEM;
	r = add(l, child, table, &p);
	if (r < 0)
		return r == -EOVERFLOW ? 0 : r;
	p->watched = watched;
	p->io_uring = io_uring;
	return 0;
}

static bool stays_at_exec(struct hog_ledger_fd *fd, void *arg)
{
	(void)arg;
	return !fd->cloexec;
}

static int on_exec(struct hog_ledger *l, const struct hog_event *ev)
{
	uint32_t before =
		hog_model_get_thread(l->run->model, ev->thread)->process;
	uint32_t after = (uint32_t)ev->value[0];
	struct process *p = find(l, before);
	bool watched = p && p->watched;
	struct hog_fd_table *table;
	int r;

	if (!p || !after)
		return 0;
	r = unshare(p);
	if (r < 0)
		return r;
	hog_fd_table_filter(p->table, stays_at_exec, NULL);
	if (after == before)
		return 0;
	table = leave(l, before);
	hog_fd_table_unuse(leave(l, after));
	r = add(l, after, table, &p);
	if (r < 0)
		return r == -EOVERFLOW ? 0 : r;
	p->watched = watched;
	return 0;
}

/* Why a descriptor is there that nobody was seen to open. */
static enum hog_fd_why guess_why(const struct hog_ledger *l,
				 const struct process *p,
				 enum hog_fds_when when)
{
	if (when == HOG_FDS_START || !p->watched)
		return l->launched ? HOG_WHY_INHERITED : HOG_WHY_BEFORE;
	if (p->io_uring)
		return HOG_WHY_IO_URING;
	return p->receives ? HOG_WHY_RECEIVED : HOG_WHY_UNSEEN;
}

/* A descriptor as the truth has it; the ledger's own knowledge is kept. */
static int take_truth(struct hog_ledger *l, struct process *p,
		      struct hog_fd_table *now, enum hog_fds_when when,
		      const struct hog_detail_field *f)
{
	struct hog_ledger_fd *known, fd;
	size_t len;
	const char *kind = hog_model_text(l->run->model, f->type, &len);

	if (f->number < 0 || f->number > INT_MAX)
		return 0;
	kind = kind_of(kind, len);
	known = hog_fd_table_find(p->table, (int)f->number);
	/* Another kind of thing: it was closed and opened again unseen. */
	if (known &&
	    (!*known->kind || known->kind == kind ||
	     !strcmp(known->kind, kind) || !strcmp(known->kind, "other")))
		fd = *known;
	else
		fd = (struct hog_ledger_fd){ .fd = (int)f->number,
					     .copy_of = -1,
					     .why = guess_why(l, p, when) };
	fd.kind = kind;
	fd.cloexec = f->name != 0;
	fd.what = keep_text(f->text, f->text_len);
	return hog_fd_table_put(now, &fd);
}

/* Takes over what is open now.  The new table takes the place of the old one in
 * all processes that share it. */
static int reconcile(struct hog_ledger *l, struct process *p,
		     const struct hog_event *ev)
{
	struct hog_detail d =
		hog_detail_get(l->run->model, (uint32_t)ev->value[1]);
	struct hog_fd_table *now = hog_fd_table_new(&l->total, &l->refused);
	struct hog_ledger_fd *old = p->table->v;
	struct hog_detail_field f;
	size_t n = p->table->n, cap = p->table->cap;
	int r = now ? 0 : -ENOMEM;

	while (r == 0 && hog_detail_next(&d, &f))
		r = take_truth(l, p, now, (enum hog_fds_when)ev->value[0], &f);
	if (r < 0 || !d.name || d.cur.bad) {
		hog_fd_table_unuse(now);
		return r;
	}
	p->table->v = now->v;
	p->table->n = now->n;
	p->table->cap = now->cap;
	now->v = old;
	now->n = n;
	now->cap = cap;
	hog_fd_table_unuse(now);
	p->watched = true;
	return 0;
}

static int on_fds(struct hog_ledger *l, const struct hog_event *ev)
{
	uint32_t id = hog_model_get_thread(l->run->model, ev->thread)->process;
	struct hog_ledger_moment moment = {
		.when = (enum hog_fds_when)ev->value[0],
		.process = id,
		.time_ns = ev->time_ns,
		.thread = ev->thread,
		.stack = ev->stack,
	};
	struct process *p;
	int r = find_or_add(l, id, &p);

	if (r < 0)
		return r == -EOVERFLOW ? 0 : r;
	if (ev->value[1] > 0 && ev->value[1] <= UINT32_MAX)
		r = reconcile(l, p, ev);
	if (r < 0 || !l->report || moment.when == HOG_FDS_START)
		return r;
	moment.fds = p->table->v;
	moment.n = p->table->n;
	return l->report(l->arg, &moment);
}

int hog_ledger_event(struct hog_ledger *l, const struct hog_event *ev)
{
	switch (ev->kind) {
	case HOG_EV_SYSCALL:
		return on_call(l, ev);
	case HOG_EV_FORK:
		return on_fork(l, ev);
	case HOG_EV_EXEC:
		return on_exec(l, ev);
	case HOG_EV_FDS:
		return on_fds(l, ev);
	case HOG_EV_EXIT:
		hog_fd_table_unuse(
			leave(l, hog_model_get_thread(l->run->model, ev->thread)
					 ->process));
		return 0;
	default:
		return 0;
	}
}
