/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_heap.h"

#include <stdlib.h>

#include "python/python.h"

bool hog_heap_grow(struct hog_heap *h, size_t n)
{
	size_t cap = h->cap ? h->cap : 64;

	while (cap < n)
		cap *= 2;
	if (cap == h->cap)
		return true;

	uint64_t *addrs = realloc(h->addrs, cap * sizeof(*addrs));

	if (addrs)
		h->addrs = addrs;

	uint32_t *nodes = realloc(h->nodes, cap * sizeof(*nodes));

	if (nodes)
		h->nodes = nodes;

	struct hog_pyframe *frames =
		realloc(h->base.stack.frames, cap * sizeof(*frames));

	if (frames)
		h->base.stack.frames = frames;
	if (!addrs || !nodes || !frames)
		return false;
	h->cap = cap;
	return true;
}

void hog_heap_put_frame(struct hog_heap *h, size_t k, size_t old_n,
			struct hog_pyframe frame)
{
	struct hog_pystack *s = &h->base.stack;

	if (s->common == k && k < old_n && s->frames[k].code == frame.code &&
	    s->frames[k].at == frame.at)
		s->common = (uint32_t)(k + 1);
	s->frames[k] = frame;
}

/* Calls from C add to recursion_depth and not to the frames, so the difference
 * never falls from the root to the leaf: where the leaf has the least that there
 * is, so had every caller when it was the leaf. */
static bool has_least(struct hog_heap *h)
{
	int off = h->depth - (int)h->base.stack.n;

	if (off >= 0 && (!h->has_least || off < h->least)) {
		h->least = off;
		h->has_least = true;
	}
	return h->has_least && off == h->least;
}

void hog_heap_learn_stack(struct hog_heap *h)
{
	const struct hog_pystack *s = &h->base.stack;
	const struct hog_heaprec *rec = &h->walk.now[s->n - 1]; /* the root */
	bool callers = has_least(h);
	size_t k = s->common < h->n_nodes ? s->common : h->n_nodes;
	uint32_t node;

	if (h->nodes_era != h->mem.era)
		k = 0;
	h->n_nodes = 0;
	h->nodes_era = h->mem.era;
	node = k ? h->nodes[k - 1] : 0;
	for (; k < s->n; k++) {
		bool placed = k && !rec[1 - (ptrdiff_t)k].guessed;

		node = hog_heapmem_node(&h->mem, node, s->frames[k].code,
					placed ? s->frames[k - 1].at : -1);
		if (node == 0)
			return;
		h->nodes[k] = node;
		if (callers && k + 1 < s->n)
			hog_heapmem_note_stack(&h->mem, node,
					       (int)k + 1 + h->least);
	}
	hog_heapmem_note_stack(&h->mem, node, h->depth);
	h->n_nodes = s->n - 1;
}

/* Where the frame of nodes[k] called that of nodes[k + 1]. */
static int32_t remembered_at(const struct hog_heap *h, size_t k)
{
	const struct hog_heapnode *caller = &h->mem.nodes[h->nodes[k]];
	const struct hog_heapnode *callee = &h->mem.nodes[h->nodes[k + 1]];
	bool several;
	int32_t lasti;

	if (callee->from >= 0)
		return callee->from;
	lasti = hog_heapmem_site(&h->mem, caller->code->serial,
				 callee->code->serial, &several);
	return lasti < 0 ? -1 : lasti * h->base.py->lay.lasti_scale;
}

bool hog_heap_put_remembered(struct hog_heap *h)
{
	struct hog_pystack *s = &h->base.stack;
	const struct hog_heaprec *leaf = &h->walk.now[0];
	size_t old_n = s->n, n;
	uint32_t node, at;

	if (!h->has_depth || h->walk.n_now == 0)
		return false;
	node = hog_heapmem_stack(&h->mem, leaf->code->serial, h->depth);
	n = node ? h->mem.nodes[node].depth : 0;
	if (n == 0 || n > HOG_PYSTACK_MAX || !hog_heap_grow(h, n))
		return false;
	/* nodes[] is free here: it lists the way up. */
	h->n_nodes = 0;
	for (at = node, node = (uint32_t)n; node > 0; node--) {
		h->nodes[node - 1] = at;
		at = h->mem.nodes[at].caller;
	}
	*s = (struct hog_pystack){ .frames = s->frames,
				   .n = n,
				   .repaired = true };
	for (size_t k = 0; k < n; k++)
		hog_heap_put_frame(h, k, old_n,
				   (struct hog_pyframe){
					   h->mem.nodes[h->nodes[k]].code,
					   k + 1 < n ? remembered_at(h, k) : -1,
					   0 });
	s->frames[n - 1].addr = leaf->addr;
	s->frames[n - 1].at =
		leaf->lasti < 0 ? -1
				: leaf->lasti * h->base.py->lay.lasti_scale;
	if (s->common == n)
		s->common--; /* the leaf's place was put after the count */
	h->repeatable = false;
	h->pages.tick++;
	return true;
}
