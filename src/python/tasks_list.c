/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tasks there are.  3.14 on has a list in each thread state, and one in
 * the interpreter for what ended threads have left; before, and for tasks
 * written in Python, sets and a dict of the module asyncio.tasks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "python/dict.h"
#include "python/object.h"
#include "python/tasks_priv.h"
#include "python/threads.h"
#include "python/value_int.h"

#define SET_MASK_MAX (1u << 22)
#define SET_PIECE 1024
#define RUNNING_MAX 64 /* loops of one interpreter that are looked through */
#define LOOPS_MAX 64

/* ---- sets ---- */

int hog_pyset_read(const struct hog_python *py, uint64_t set, size_t max,
		   uint64_t **ret)
{
	_cleanup_free_ uint64_t *keys = NULL;
	uint64_t piece[SET_PIECE * 2]; /* key, hash */
	uint64_t used, mask, table;
	size_t n = 0;
	int r;

	r = hog_pyread_ptr(py, set, py->lay.set_used, &used);
	if (r == 0)
		r = hog_pyread_ptr(py, set, py->lay.set_mask, &mask);
	if (r == 0)
		r = hog_pyread_ptr(py, set, py->lay.set_table, &table);
	if (r < 0)
		return r;
	if (mask > SET_MASK_MAX || used > mask)
		return -EBADMSG;
	max = max < used ? max : (size_t)used;
	keys = malloc((max + 1) * sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (uint64_t i = 0; i <= mask && n < max; i += SET_PIECE) {
		uint64_t left = mask + 1 - i;
		size_t k = left < SET_PIECE ? (size_t)left : SET_PIECE;

		r = hog_mem_read(py->mem, table + 16 * i, piece, 16 * k);
		if (r < 0)
			return r;
		/* A removed entry is a dummy whose hash is -1. */
		for (size_t e = 0; e < k && n < max; e++)
			if (piece[2 * e] && piece[2 * e + 1] != UINT64_MAX)
				keys[n++] = piece[2 * e];
	}
	*ret = hog_move(keys);
	return (int)n;
}

/* ---- the module ---- */

static uint64_t get(const struct hog_python *py, uint64_t dict,
		    const char *name)
{
	uint64_t value = 0;

	return hog_pydict_get(py, dict, name, &value) == 0 ? value : 0;
}

static bool find_asyncio(struct hog_pytasks *pt,
			 const struct hog_pyinterp *interp,
			 struct hog_pyasyncio *ret)
{
	const struct hog_python *py = &pt->py;
	uint64_t modules, module, dict, all;

	if (hog_pyread_ptr(py, interp->addr, py->lay.interp_modules, &modules) <
	    0)
		return false;
	module = get(py, modules, "asyncio.tasks");
	if (!module ||
	    hog_pyread_ptr(py, module, py->lay.module_dict, &dict) < 0)
		return false;
	*ret = (struct hog_pyasyncio){
		.interp = interp->addr,
		.current = get(py, dict, "_current_tasks"),
		.weak_sets = get(py, dict, "_scheduled_tasks"),
		.eager = get(py, dict, "_eager_tasks"),
	};
	if (!ret->weak_sets) { /* before 3.12 */
		all = get(py, dict, "_all_tasks");
		ret->weak_sets = all;
	}
	return true;
}

int hog_pytasks_refresh(struct hog_pytasks *pt,
			const struct hog_pyinterp *interps, unsigned n)
{
	hog_journal_forget(&pt->journal);
	hog_map64_clear(&pt->kinds); /* classes come and go */
	pt->n_asyncios = 0;
	for (unsigned i = 0; i < n && pt->n_asyncios < HOG_PYASYNCIOS_MAX; i++)
		if (find_asyncio(pt, &interps[i],
				 &pt->asyncios[pt->n_asyncios]))
			pt->n_asyncios++;
	if (pt->n_asyncios > 0)
		hog_pytasks_take_debug(pt);
	return (int)pt->n_asyncios;
}

const struct hog_pyasyncio *hog_pyasyncio_of(const struct hog_pytasks *pt,
					     uint64_t interp)
{
	for (unsigned i = 0; i < pt->n_asyncios; i++)
		if (pt->asyncios[i].interp == interp)
			return &pt->asyncios[i];
	return NULL;
}

/* ---- which one runs ---- */

int hog_pytasks_running(struct hog_pytasks *pt, uint64_t interp,
			uint64_t tstate, uint64_t *ret, unsigned max)
{
	const struct hog_pyasyncio *a = hog_pyasyncio_of(pt, interp);
	struct hog_pydict_iter it;
	uint64_t loop, task;
	unsigned n = 0;

	if (tstate && pt->py.lay.tstate_running_task != HOG_NO_FIELD &&
	    max > 0 &&
	    hog_pyread_ptr(&pt->py, tstate, pt->py.lay.tstate_running_task,
			   &task) == 0 &&
	    task)
		ret[n++] = task;
	if (!a || !a->current || hog_pydict_open(&pt->py, a->current, &it) < 0)
		return (int)n;
	for (int i = 0; i < RUNNING_MAX && n < max; i++) {
		if (hog_pydict_next(&it, &loop, &task) <= 0)
			break;
		if (task && task != pt->py.sym.none)
			ret[n++] = task;
	}
	return (int)n;
}

/* ---- all of them ---- */

struct listing {
	struct hog_pytasks *pt;
	struct hog_pytaskref *v; /* owned */
	size_t n, cap;
};

static int add(struct listing *l, uint64_t task, uint64_t tstate)
{
	size_t cap = l->cap ? l->cap * 2 : 64;
	void *grown;

	if (l->n == HOG_PYTASKS_MAX)
		return -E2BIG;
	if (l->n == l->cap) {
		grown = realloc(l->v, cap * sizeof(*l->v));
		if (!grown)
			return -ENOMEM;
		l->v = grown;
		l->cap = cap;
	}
	l->v[l->n++] = (struct hog_pytaskref){ task, tstate };
	return 0;
}

/* A circular list of nodes inside tasks; it ends where it began. */
static int add_list(struct listing *l, uint64_t head, uint64_t tstate)
{
	const struct hog_python *py = &l->pt->py;
	uint64_t node, offset = (uint64_t)py->lay.task_node;
	int r = hog_mem_read_u64(py->mem, head, &node);

	for (size_t i = 0; r == 0 && node != head && i < HOG_PYTASKS_MAX; i++) {
		if (node < offset)
			return -EBADMSG;
		/* Relinked meanwhile: what follows is of another list. */
		if (!hog_pykind_is_task(hog_pykind_of(l->pt, node - offset)))
			return -EAGAIN;
		r = add(l, node - offset, tstate);
		if (r == 0)
			r = hog_mem_read_u64(py->mem, node, &node);
	}
	return r == -E2BIG ? 0 : r;
}

static int add_lists(struct listing *l, const struct hog_pyinterp *interp,
		     const struct hog_pytstate *states, size_t n)
{
	const struct hog_pylayout *lay = &l->pt->py.lay;
	int r = 0;

	if (lay->tstate_tasks_head == HOG_NO_FIELD || lay->task_node < 0)
		return 0;
	for (size_t i = 0; i < n && r != -ENOMEM; i++)
		if (states[i].interp == interp->addr)
			r = add_list(l,
				     states[i].addr +
					     (uint64_t)lay->tstate_tasks_head,
				     states[i].addr);
	if (lay->interp_tasks_head != HOG_NO_FIELD && r != -ENOMEM)
		r = add_list(l, interp->addr + (uint64_t)lay->interp_tasks_head,
			     0);
	return r == -ENOMEM ? r : 0;
}

/* The objects that weak references stand for, in as few calls as they fit. */
static int add_referents(struct listing *l, const uint64_t *refs, size_t n)
{
	const struct hog_python *py = &l->pt->py;
	struct hog_span spans[HOG_SPANS_MAX];
	uint64_t objects[HOG_SPANS_MAX];
	int r = 0;

	for (size_t i = 0; i < n;) {
		unsigned k = 0;
		ssize_t got;

		for (; k < HOG_SPANS_MAX && i + k < n; k++)
			spans[k] = (struct hog_span){
				refs[i + k] + (uint64_t)py->lay.weakref_object,
				&objects[k], 8
			};
		got = hog_mem_readv(py->mem, spans, k);
		if (got < 0 && got != -EFAULT)
			return (int)got;
		k = got < 0 ? 0 : (unsigned)(got / 8);
		for (unsigned e = 0; e < k && r == 0; e++)
			if (objects[e] && objects[e] != py->sym.none)
				r = add(l, objects[e], 0);
		if (r < 0)
			return r == -E2BIG ? 0 : r;
		i += k + (i + k < n && k < HOG_SPANS_MAX); /* past a bad one */
	}
	return 0;
}

static int add_sets(struct listing *l, const struct hog_pyasyncio *a)
{
	_cleanup_free_ uint64_t *refs = NULL, *eager = NULL;
	const struct hog_python *py = &l->pt->py;
	uint64_t set;
	int n, r = 0;

	if (a->weak_sets &&
	    hog_pyattr_get(py, a->weak_sets, "data", &set) == 0) {
		n = hog_pyset_read(py, set, HOG_PYTASKS_MAX, &refs);
		r = n > 0 ? add_referents(l, refs, (size_t)n) : 0;
	}
	if (r == 0 && a->eager) {
		n = hog_pyset_read(py, a->eager, HOG_PYTASKS_MAX, &eager);
		for (int i = 0; i < n && r == 0; i++)
			r = add(l, eager[i], 0);
	}
	return r == -ENOMEM ? r : 0;
}

/* ---- whose they are ---- */

struct owner { /* of an event loop */
	uint64_t loop, tstate;
};

struct owners {
	struct owner v[LOOPS_MAX];
	unsigned n;
};

/* The thread that runs a loop now; 0: none, or a loop that does not say. */
static uint64_t owner_of(struct hog_pytasks *pt, struct owners *owners,
			 uint64_t loop, const struct hog_pytstate *states,
			 size_t n)
{
	uint64_t value, tstate = 0;
	int64_t ident;

	for (unsigned i = 0; i < owners->n; i++)
		if (owners->v[i].loop == loop)
			return owners->v[i].tstate;
	if (hog_pyattr_get(&pt->py, loop, "_thread_id", &value) == 0 &&
	    hog_pykind_of(pt, value) == HOG_PYKIND_INT &&
	    hog_pyint_read64(&pt->py, value, &ident) == 0)
		for (size_t i = 0; i < n; i++)
			if (states[i].thread_id == (uint64_t)ident)
				tstate = states[i].addr;
	if (owners->n < LOOPS_MAX)
		owners->v[owners->n++] = (struct owner){ loop, tstate };
	return tstate;
}

static uint64_t loop_of(struct hog_pytasks *pt, uint64_t task)
{
	uint64_t loop = 0;

	if (hog_pykind_of(pt, task) == HOG_PYKIND_TASK)
		(void)hog_pyread_ptr(&pt->py, task, pt->py.lay.task_loop,
				     &loop);
	else if (hog_pykind_of(pt, task) == HOG_PYKIND_PYTASK)
		(void)hog_pyattr_get(&pt->py, task, "_loop", &loop);
	return loop;
}

int hog_pytasks_list(struct hog_pytasks *pt, const struct hog_pyinterp *interp,
		     const struct hog_pytstate *states, size_t n_states,
		     struct hog_pytaskref **ret)
{
	const struct hog_pyasyncio *a = hog_pyasyncio_of(pt, interp->addr);
	struct listing l = { .pt = pt };
	struct owners owners = { .n = 0 };
	int r;

	*ret = NULL;
	if (!a)
		return 0;
	r = add_lists(&l, interp, states, n_states);
	if (r == 0)
		r = add_sets(&l, a);
	if (r < 0) {
		free(l.v);
		return r;
	}
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].tstate == 0)
			l.v[i].tstate =
				owner_of(pt, &owners, loop_of(pt, l.v[i].task),
					 states, n_states);
	*ret = l.v;
	return (int)l.n;
}
