/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stacks of running threads of CPython 2.7 and 3.6-3.10.
 *
 * One atomic reading of tstate.frame is the sample's instant.  The callers are
 * copied right behind it; the walk follows dead frames too (stack_heap_walk.h).
 * recursion_depth lies beside tstate.frame and is read with it: its distance
 * from the number of frames found is nearly constant for one kind of stack, so
 * it tells a stack that lost or gained levels.  What the copy cannot tell (the
 * line of a caller that has returned since, the caller of a generator that has
 * yielded) comes from earlier samples of the same thread.
 */
#include "python/stack_heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "python/object.h"
#include "python/python.h"
#include "python/stack_heap_place.h"

#define DEPTH_MAX (1 << 20)

static struct hog_heap *heap_of(struct hog_pyreader *r)
{
	return (struct hog_heap *)r; /* base is its first member */
}

static int heap_init(struct hog_pyreader *r)
{
	struct hog_heap *h = heap_of(r);
	const struct hog_pylayout *lay = &r->py->lay;
	int e = hog_heappages_init(&h->pages);

	if (e == 0)
		e = hog_heapwalk_init(&h->walk, r->py);
	if (e == 0 && !hog_heap_grow(h, 1))
		e = -ENOMEM;
	if (e < 0)
		return e;
	if (lay->tstate_frame < 0)
		return -ENOTSUP;
	h->has_depth = lay->tstate_recursion_depth == lay->tstate_frame + 8;
	h->epoch = hog_pycodes_epoch(r->codes);
	if (lay->tstate_interp < 0 ||
	    hog_mem_read_u64(r->py->mem, r->tstate + lay->tstate_interp,
			     &h->interp) < 0)
		h->interp = 0;
	return 0;
}

static void heap_fini(struct hog_pyreader *r)
{
	struct hog_heap *h = heap_of(r);

	hog_heappages_fini(&h->pages);
	hog_heapmem_fini(&h->mem);
	hog_heapwalk_fini(&h->walk);
	hog_heapkeys_fini(&h->keys);
	free(h->addrs);
	free(h->nodes);
	free(r->stack.frames);
	r->stack.frames = NULL;
}

static void heap_forget(struct hog_pyreader *r)
{
	struct hog_heap *h = heap_of(r);

	hog_heapmem_forget_stacks(&h->mem);
	hog_heapwalk_forget_codes(&h->walk);
	h->n_nodes = 0;
	h->key = h->pending = 0;
	h->repeatable = false;
	r->stack.n = 0; /* the pointers in frames are dead */
	h->epoch = hog_pycodes_epoch(r->codes);
}

static int heap_plan(struct hog_pyreader *r, struct hog_spans *spans,
		     unsigned attempt)
{
	struct hog_heap *h = heap_of(r);

	if (hog_pycodes_epoch(r->codes) != h->epoch)
		heap_forget(r);
	if (attempt == 0)
		h->pending = 0;
	h->attempt = attempt;
	if (!hog_spans_add(spans, r->tstate + r->py->lay.tstate_frame, h->head,
			   sizeof(h->head)))
		return -ENOMEM;
	if (hog_heappages_plan(&h->pages, h->addrs, h->walk.n_last,
			       h->walk.piece, spans) < 0 ||
	    !hog_spans_add(spans, r->tstate + r->py->lay.tstate_frame, h->tail,
			   sizeof(h->tail)))
		return -ENOMEM;
	h->planned_ns = hog_now_ns();
	return 0;
}

/* Was nothing moved by the target while the copy was made?  It must begin and
 * end with the same words, and be so fast that they cannot have come back. */
static bool was_still(struct hog_heap *h)
{
	uint64_t took = hog_now_ns() - h->planned_ns;

	if (h->fast_ns == 0 || took < h->fast_ns)
		h->fast_ns = took;
	else
		h->fast_ns += h->fast_ns / 512 + 1; /* the load changes */
	return took <= h->fast_ns + h->fast_ns / 2 &&
	       memcmp(h->head, h->tail, sizeof(h->head)) == 0;
}

/* The depth test --------------------------------------------------------- */

static bool same_codes(const struct hog_heapwalk *w)
{
	if (w->n_now != w->n_last)
		return false;
	for (size_t i = 0; i < w->n_now; i++)
		if (w->now[i].code != w->last[i].code)
			return false;
	return true;
}

/* The frames and depth of this walk as one number, never 0. */
static uint64_t walk_hash(const struct hog_heap *h)
{
	uint64_t x = (uint64_t)(unsigned)h->depth;

	for (size_t i = 0; i < h->walk.n_now; i++)
		x = hog_hash64(x ^ h->walk.now[i].addr);
	return x ? x : 1;
}

/* Is every call in the stack proven by now? */
static bool calls_proven(const struct hog_heap *h)
{
	const struct hog_heaprec *v = h->walk.now;

	for (size_t i = 0; i + 1 < h->walk.n_now; i++)
		if (!hog_heapmem_edge_proven(&h->mem, v[i + 1].code->serial,
					     v[i].code->serial))
			return false;
	return true;
}

enum trust { TRUSTED, UNPROVEN, DOUBTED };

/* Unproven: nothing is known against it, but it must be seen twice. */
static enum trust test_depth(struct hog_heap *h, uint64_t *ret_key)
{
	int off = h->depth - (int)h->walk.n_now;
	enum hog_heaprange range;

	*ret_key = same_codes(&h->walk) && h->key
			   ? h->key
			   : hog_heapkeys_key(&h->keys, h->walk.now,
					      h->walk.n_now);
	if (!h->has_depth || *ret_key == 0)
		return TRUSTED;
	range = hog_heapmem_range(&h->mem, *ret_key, off);
	if (range == HOG_HEAPRANGE_IN)
		return TRUSTED;
	if (range == HOG_HEAPRANGE_NEW &&
	    ((h->has_least && off == h->least && calls_proven(h)) ||
	     !hog_heapkeys_recursive(&h->keys, h->walk.now, h->walk.n_now)))
		return TRUSTED;
	return range == HOG_HEAPRANGE_NEW ? UNPROVEN : DOUBTED;
}

/* Has every call in the stack been seen before, and not by chance? */
static bool test_calls(struct hog_heap *h)
{
	const struct hog_heaprec *v = h->walk.now;
	bool proven = true;

	for (size_t i = 0; i + 1 < h->walk.n_now; i++)
		if ((!v[i].same || !v[i + 1].same) &&
		    !hog_heapmem_sight_edge(&h->mem, v[i + 1].code->serial,
					    v[i].code->serial, h->copies,
					    h->still))
			proven = false;
	return proven;
}

/* Was the copy before this one of the same frames at the same depth? */
static bool seen_twice(struct hog_heap *h)
{
	uint64_t hash = walk_hash(h);
	bool twice = h->pending == hash;

	h->pending = hash;
	return twice;
}

static enum trust test(struct hog_heap *h, uint64_t *ret_key)
{
	struct hog_heapbase base = h->walk.base;
	enum trust trust = test_depth(h, ret_key);

	if (trust == TRUSTED && !hog_heapwalk_base_known(&h->walk)) {
		if (h->attempt && h->pending_base.addr == base.addr &&
		    h->pending_base.code == base.code)
			return TRUSTED;
		h->pending_base = base;
		return UNPROVEN;
	}
	if (trust == TRUSTED)
		return trust;
	h->pending_base = base;
	return seen_twice(h) ? TRUSTED : trust;
}

/* Results ---------------------------------------------------------------- */

/* The walk as the result. */
static bool put_walk(struct hog_heap *h)
{
	struct hog_pystack *s = &h->base.stack;
	size_t n = h->walk.n_now, old_n = s->n;
	uint8_t scale = h->base.py->lay.lasti_scale;

	if (!hog_heap_grow(h, n))
		return false;
	*s = (struct hog_pystack){ .frames = s->frames, .n = n };
	s->truncated = h->walk.truncated;
	for (size_t k = 0; k < n; k++) {
		const struct hog_heaprec *rec = &h->walk.now[n - 1 - k];

		if (rec->guessed || rec->inferred)
			s->repaired = true;
		hog_heap_put_frame(h, k, old_n,
				   (struct hog_pyframe){
					   rec->code,
					   rec->at < 0 ? -1 : rec->at * scale,
					   rec->addr });
	}
	return true;
}

static void learn_frames(struct hog_heap *h)
{
	const struct hog_heaprec *v = h->walk.now;

	for (size_t i = 0; i + 1 < h->walk.n_now; i++) {
		uint32_t callee = v[i].code->serial;
		uint32_t caller = v[i + 1].code->serial;

		if (!v[i].running || v[i].inferred ||
		    (v[i].same && v[i + 1].same))
			continue;
		hog_heapmem_note_parent(&h->mem, v[i].addr, callee,
					v[i + 1].addr, caller);
	}
}

static enum hog_pyverdict accept(struct hog_heap *h, uint64_t key)
{
	struct hog_heapwalk *w = &h->walk;
	bool whole = !w->truncated, usual = false;
	struct hog_heaprec *recs;

	if (!put_walk(h))
		return HOG_PYSTACK_RETRY;
	if (whole && h->has_depth && key)
		usual = hog_heapmem_note_range(&h->mem, key,
					       h->depth - (int)w->n_now);
	if (whole && !hog_heapwalk_base_known(w))
		hog_heapwalk_note_base(w);
	if (usual)
		hog_heap_learn_stack(h);
	else
		h->n_nodes = 0;
	for (size_t i = 0; i < w->n_now; i++)
		h->addrs[i] = w->now[i].addr;
	recs = w->last;
	w->last = w->now;
	w->now = recs;
	w->n_last = w->n_now;
	h->key = whole ? key : 0;
	h->last_depth = h->depth;
	h->repeatable = true;
	h->pages.tick++;
	return HOG_PYSTACK_OK;
}

static bool is_gone(const struct hog_heap *h)
{
	const struct hog_python *py = h->base.py;
	uint64_t interp;

	if (h->interp == 0)
		return false;
	return hog_mem_read_u64(py->mem, h->base.tstate + py->lay.tstate_interp,
				&interp) < 0 ||
	       interp != h->interp;
}

/* A failed try: what is known of this place, a new try, or what there is. */
static enum hog_pyverdict fail(struct hog_heap *h, bool may_remember, bool last,
			       bool unreadable)
{
	if (may_remember && (h->attempt == 0 || last) &&
	    hog_heap_put_remembered(h))
		return HOG_PYSTACK_OK;
	if (!last)
		return HOG_PYSTACK_RETRY;
	if (is_gone(h))
		return HOG_PYSTACK_GONE;
	h->n_nodes = 0;
	h->repeatable = false;
	h->pages.tick++;
	if (!put_walk(h))
		h->base.stack.n = 0;
	h->base.stack.torn = true;
	h->base.stack.unreadable = unreadable;
	return HOG_PYSTACK_OK;
}

static enum hog_pyverdict no_frames(struct hog_heap *h)
{
	struct hog_pystack *s = &h->base.stack;
	bool same = h->repeatable && s->n == 0;

	*s = (struct hog_pystack){ .frames = s->frames };
	h->walk.n_last = 0;
	h->n_nodes = 0;
	h->repeatable = true;
	return same ? HOG_PYSTACK_SAME : HOG_PYSTACK_OK;
}

/* A thread that lost its CPU between two words of a call: a second copy proves
 * its stack, and a remembered one would be put in its place again and again. */
static bool stands(const struct hog_heap *h)
{
	return memcmp(h->head, h->tail, sizeof(h->head)) == 0;
}

static enum hog_pyverdict decide(struct hog_heap *h, enum hog_heapwalked walked,
				 bool last)
{
	const struct hog_heapview view = { h->base.py, h->base.codes, &h->pages,
					   &h->mem };
	uint64_t key = 0;
	enum trust trust;
	bool placed;

	if (h->walk.rounds || h->walk.n_now == 0 || !h->walk.now[0].running)
		h->still = false;
	if (walked == HOG_HEAPWALK_GONE)
		return HOG_PYSTACK_GONE;
	if (walked == HOG_HEAPWALK_SAME && h->repeatable &&
	    h->depth == h->last_depth)
		return HOG_PYSTACK_SAME;
	if (walked == HOG_HEAPWALK_TORN || walked == HOG_HEAPWALK_UNREADABLE)
		return fail(h, true, last, walked == HOG_HEAPWALK_UNREADABLE);
	placed = hog_heapplace_find(&h->walk, &view, &h->mem, h->base.tstate,
				    h->still);
	if (!h->walk.truncated) {
		trust = test(h, &key);
		if (trust != TRUSTED)
			return fail(h, trust == DOUBTED && !stands(h), last,
				    false);
	}
	if (!test_calls(h) && !seen_twice(h))
		return fail(h, false, last, false);
	learn_frames(h);
	/* One more copy shows most places; a line is not worth a third. */
	if (h->attempt == 0 && !last && !placed)
		return HOG_PYSTACK_RETRY;
	return accept(h, key);
}

static enum hog_pyverdict heap_parse(struct hog_pyreader *r, size_t got,
				     bool last, struct hog_pystack *ret)
{
	struct hog_heap *h = heap_of(r);
	struct hog_heapview view = { r->py, r->codes, &h->pages, &h->mem };
	uint64_t leaf = hog_load64(h->head);
	enum hog_pyverdict verdict;

	if (got < sizeof(h->head))
		return HOG_PYSTACK_GONE;
	if (hog_pycodes_epoch(r->codes) != h->epoch)
		heap_forget(r);
	got = hog_heappages_landed(&h->pages, got - sizeof(h->head));
	h->still = was_still(h) && got >= sizeof(h->tail);
	h->copies++;
	h->depth = (int)hog_load32(h->head + 8);
	if (h->depth < 0 || h->depth > DEPTH_MAX)
		h->depth = 0;
	if (leaf == 0)
		verdict = no_frames(h);
	else
		verdict = decide(h, hog_heapwalk_run(&h->walk, &view, leaf),
				 last);
	if (verdict == HOG_PYSTACK_SAME)
		r->stack.common = (uint32_t)r->stack.n;
	if (verdict == HOG_PYSTACK_OK || verdict == HOG_PYSTACK_SAME)
		*ret = r->stack;
	return verdict;
}

/* The current frame and the depth of the stack. */
static size_t heap_probe(const struct hog_pyreader *r, uint64_t *ret_addr)
{
	*ret_addr = r->tstate + (uint64_t)r->py->lay.tstate_frame;
	return 16;
}

const struct hog_pyreader_ops hog_pyreader_heap = {
	.size = sizeof(struct hog_heap),
	.init = heap_init,
	.fini = heap_fini,
	.plan = heap_plan,
	.parse = heap_parse,
	.probe = heap_probe,
	.forget = heap_forget,
	.whole_per_wrong = 200000,
	.repaired_per_wrong = 50000,
};
