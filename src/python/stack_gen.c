/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_data.h"

#include <stdlib.h>
#include <string.h>

/*
 * Generators and coroutines: their frames live in heap objects, so they are
 * not in a chunk copy.  The ones seen before are copied first, then the
 * chunks; the current frame, read before both, is where a walk down starts.
 * Freed and reused generator memory is the trap here: only frames whose
 * object says "executing" teach anything, and every pair must be proven.
 */
#define PAGE 4096u
#define MERGE_GAP 512u
#define GEN_RECENT 64 /* samples */
#define PARENTS_MAX 4096
#define REPAIR_MAX 32
#define SHIM_HOPS 4

void ds_heap_forget(struct ds_reader *r)
{
	r->n_heap = 0;
	r->heap_len = 0;
}

static unsigned heap_index(const struct ds_reader *r, uint64_t addr)
{
	unsigned i = 0;

	while (i < r->n_heap && r->heap[i].addr < addr)
		i++;
	return i;
}

static void drop_oldest(struct ds_reader *r)
{
	unsigned oldest = 0;

	for (unsigned i = 1; i < r->n_heap; i++)
		if (r->heap[i].used < r->heap[oldest].used)
			oldest = i;
	memmove(&r->heap[oldest], &r->heap[oldest + 1],
		(r->n_heap - oldest - 1) * sizeof(r->heap[0]));
	r->n_heap--;
}

void ds_heap_learn(struct ds_reader *r, uint64_t addr)
{
	unsigned i = heap_index(r, addr);

	r->gen_seen = r->sample;
	if (i < r->n_heap && r->heap[i].addr == addr)
		return;
	if (r->n_heap == DS_HEAP_MAX) {
		drop_oldest(r);
		i = heap_index(r, addr);
	}
	memmove(&r->heap[i + 1], &r->heap[i],
		(r->n_heap - i) * sizeof(r->heap[0]));
	r->heap[i] = (struct ds_heap){ .addr = addr, .used = r->sample };
	r->n_heap++;
}

/* One past the last entry that is copied in one element with entry i: an
 * element costs more than bytes, but never cross a page that may be gone. */
static unsigned run_end(const struct ds_reader *r, unsigned i)
{
	uint64_t page = (r->heap[i].addr - DS_HEAP_HEAD) / PAGE;

	for (i++; i < r->n_heap; i++) {
		uint64_t gap = r->heap[i].addr - r->heap[i - 1].addr;
		uint64_t last = r->heap[i].addr + DS_FRAME_HEAD - 1;

		if (gap > MERGE_GAP || last / PAGE != page)
			break;
	}
	return i;
}

static uint32_t run_len(const struct ds_reader *r, unsigned first, unsigned end)
{
	return (uint32_t)(r->heap[end - 1].addr - r->heap[first].addr) +
	       DS_HEAP_HEAD + DS_FRAME_HEAD;
}

void ds_heap_plan(struct ds_reader *r, struct hog_spans *spans)
{
	uint32_t at = 0;

	r->heap_len = 0;
	if (r->n_heap == 0)
		return;
	if (!r->heap_buf)
		r->heap_buf = malloc(DS_HEAP_MAX * (DS_HEAP_HEAD +
						    DS_FRAME_HEAD + MERGE_GAP));
	if (!r->heap_buf)
		return;
	for (unsigned i = 0, end; i < r->n_heap; i = end) {
		end = run_end(r, i);

		uint32_t len = run_len(r, i, end);

		if (!hog_spans_add(spans, r->heap[i].addr - DS_HEAP_HEAD,
				   r->heap_buf + at, len))
			return;
		at += len;
	}
	r->heap_len = at;
}

bool ds_heap_place(struct ds_reader *r, size_t len)
{
	uint32_t at = 0;

	if (len < r->heap_len)
		return false;
	for (unsigned i = 0, end; i < r->n_heap; i = end) {
		end = run_end(r, i);
		for (unsigned k = i; k < end; k++)
			r->heap[k].bytes = r->heap_buf + at + DS_HEAP_HEAD +
					   (r->heap[k].addr - r->heap[i].addr);
		at += run_len(r, i, end);
	}
	return true;
}

static bool executing(const struct ds_reader *r, const unsigned char *bytes)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	int32_t before = lay->gen_iframe - lay->gen_frame_state;

	if (before <= 0 || before > DS_HEAP_HEAD)
		return false;
	return (int8_t)bytes[-before] == r->rules->gen_executing;
}

/* A frame read on its own, after the copy: known from the next sample on. */
static const unsigned char *read_singly(struct ds_reader *r, uint64_t addr)
{
	unsigned char *to;

	if (r->n_extra == DS_EXTRA_MAX || (addr & 7) || addr < PAGE)
		return NULL;
	to = r->extra[r->n_extra];
	if (hog_mem_read(r->base.py->mem, addr - DS_HEAP_HEAD, to,
			 DS_HEAP_HEAD + DS_FRAME_HEAD) < 0)
		return NULL;
	r->n_extra++;
	return to + DS_HEAP_HEAD;
}

/* The frame at addr, outside the chunks, if a generator's frame it is. */
static bool heap_frame(struct ds_reader *r, uint64_t addr, struct ds_frame *ret)
{
	unsigned i = heap_index(r, addr);
	const unsigned char *bytes = NULL;

	if (i < r->n_heap && r->heap[i].addr == addr) {
		r->heap[i].used = r->sample;
		bytes = r->heap[i].bytes;
	}
	if (!bytes)
		bytes = read_singly(r, addr);
	if (!bytes || !ds_parse(r, addr, bytes, DS_FRAME_HEAD, ret) ||
	    ret->owner != 1)
		return false;
	ds_heap_learn(r, addr);
	if (!ds_resolve(r, ret) || ret->cleared)
		return false;
	ret->heap = true;
	ret->gen_state_bad = !executing(r, bytes);
	return true;
}

/* Who resumed this generator: its previous, or what it was when last seen
 * executing (a generator that has just been suspended has none). */
static uint64_t parent_of(struct ds_reader *r, const struct ds_frame *g)
{
	uint64_t key = g->addr ^ (uint64_t)g->code->serial << 48;
	uint64_t *known = hog_map64_get(&r->parents, key);

	if (g->previous && !g->gen_state_bad) {
		if (!known) {
			if (r->parents.count > PARENTS_MAX)
				hog_map64_clear(&r->parents);
			hog_map64_put(&r->parents, key, g->previous);
		} else {
			*known = g->previous;
		}
	}
	if (g->previous)
		return g->previous;
	return known ? *known : 0;
}

/* Past the shims that stand between a frame and its caller. */
static uint64_t skip_shims(struct ds_reader *r, uint64_t addr)
{
	for (unsigned i = 0; i < SHIM_HOPS && addr; i++) {
		uint64_t to;

		if (ds_chunk_of(r, addr) || !r->rules->shims)
			break;

		unsigned k = heap_index(r, addr);

		if (k < r->n_heap && r->heap[k].addr == addr)
			break;
		to = ds_shim_previous(r, addr, 0);
		if (!to)
			break;
		addr = to;
	}
	return addr;
}

/* Walks generators from addr down to the first frame in a chunk, into r->g
 * (innermost first).  Returns that frame's address; 0: torn on the way. */
static uint64_t walk_down(struct ds_reader *r, uint64_t addr)
{
	struct ds_frame g;

	for (unsigned i = 0; i < DS_GEN_CHAIN_MAX; i++) {
		addr = skip_shims(r, addr);
		if (addr == 0 || ds_chunk_of(r, addr))
			return addr;
		if (!heap_frame(r, addr, &g) ||
		    !ds_push(&r->g, &r->n_g, &r->cap_g, &g))
			return 0;
		addr = parent_of(r, &g);
	}
	return 0;
}

bool ds_heap_link(struct ds_reader *r, uint64_t from, uint64_t to)
{
	/* Where there are shims, looking at one has told of a generator; in
	 * 3.11 a caller outside the chunks is one. */
	if (r->n_heap == 0 && r->rules->shims)
		return false;
	r->n_g = 0;
	if (walk_down(r, from) != to || r->n_g == 0)
		return false;
	while (r->n_g > 0)
		if (!ds_push(&r->f, &r->n_f, &r->cap_f, &r->g[--r->n_g]))
			return false;
	r->gen_seen = r->sample;
	return true;
}

static int32_t index_by_addr(const struct ds_reader *r, uint64_t addr)
{
	for (uint32_t i = r->n_f; i-- > 0;)
		if (r->f[i].addr == addr)
			return (int32_t)i;
	return -1;
}

static int32_t index_by_code(const struct ds_reader *r,
			     const struct hog_pycode *code)
{
	for (uint32_t i = r->n_f; i-- > 0;)
		if (r->f[i].code == code)
			return (int32_t)i;
	return -1;
}

/* r->f up to index k, then what r->g holds. */
static enum hog_pyverdict join(struct ds_reader *r, int32_t k)
{
	r->n_f = (uint32_t)k + 1;
	ds_keep(r, r->n_f);
	while (r->n_g > 0)
		if (!ds_push(&r->f, &r->n_f, &r->cap_f, &r->g[--r->n_g]))
			return HOG_PYSTACK_RETRY;
	r->gen_seen = r->sample;
	return HOG_PYSTACK_OK;
}

/* A step of the walk was torn: go on by code, over callers that are the only
 * proven ones, until a frame that the climb has seen. */
static bool repair(struct ds_reader *r)
{
	for (unsigned i = 0; i < REPAIR_MAX && r->n_g > 0; i++) {
		const struct hog_pycode *callee = r->g[r->n_g - 1].code;
		const struct hog_pycode *caller = ds_pair_caller(r, callee);
		struct ds_frame inferred = { .code = caller, .heap = true };
		int32_t k;

		if (!caller)
			return false;
		k = index_by_code(r, caller);
		if (k >= 0)
			return join(r, k) == HOG_PYSTACK_OK;
		inferred.at = ds_edge_at(r->shared, caller, callee);
		if (!ds_push(&r->g, &r->n_g, &r->cap_g, &inferred))
			return false;
	}
	return false;
}

bool ds_heap_repair(struct ds_reader *r, uint32_t bad)
{
	r->n_g = 0;
	if (bad == 0 || !(r->f[bad].heap || r->f[bad - 1].heap))
		return false;
	for (uint32_t i = r->n_f; i > bad; i--)
		if (!ds_push(&r->g, &r->n_g, &r->cap_g, &r->f[i - 1]))
			return false;
	/* The climb is trusted no further than what was proven. */
	for (uint32_t i = bad + 1; i < r->n_f; i++)
		if (!ds_pair_proven(r->shared, &r->f[i - 1], &r->f[i]))
			return false;
	r->n_f = bad;
	return repair(r);
}

static bool has_generator(const struct ds_reader *r)
{
	for (uint32_t i = 0; i < r->n_f; i++)
		if (r->f[i].heap)
			return true;
	return false;
}

/* The current frame, past shims; *ret_torn when it must be read again. */
static uint64_t current_leaf(struct ds_reader *r, bool *ret_torn)
{
	uint64_t leaf = skip_shims(r, r->leaf_addr);

	*ret_torn = false;
	if (leaf != r->leaf_addr && r->rules->minor == 12)
		*ret_torn = true; /* that C call of the evaluator has ended */
	return leaf;
}

static bool generators_likely(const struct ds_reader *r)
{
	return r->n_heap > 0 && r->sample - r->gen_seen < GEN_RECENT;
}

/* The leaf is a frame in a chunk that the climb did not reach: generators may
 * stand between.  Falls back to what the climb said. */
static enum hog_pyverdict from_chunk_leaf(struct ds_reader *r, uint64_t leaf)
{
	struct ds_chunk *chunk = ds_chunk_of(r, leaf);
	uint32_t off = (uint32_t)(leaf - chunk->addr);
	struct ds_frame top;
	uint64_t down;
	int32_t k;

	if (off + DS_FRAME_HEAD > chunk->got ||
	    !ds_parse(r, leaf, chunk->buf + off, chunk->got - off, &top) ||
	    !ds_resolve(r, &top))
		return HOG_PYSTACK_OK;
	top.chunk = (uint8_t)(chunk - r->chunks);
	r->n_g = 0;
	if (!ds_push(&r->g, &r->n_g, &r->cap_g, &top))
		return HOG_PYSTACK_RETRY;
	down = walk_down(r, top.previous);
	k = down ? index_by_addr(r, down) : -1;
	if (k < 0 || r->n_g < 2)
		return HOG_PYSTACK_OK;
	return join(r, k);
}

/* The walk came down to r->f[k], but memory that was freed and used again can
 * lead there too.  Drops what stands below the first pair that is not proven;
 * true: nothing had to be dropped. */
static bool walk_is_proven(struct ds_reader *r, int32_t k)
{
	for (uint32_t i = 0; i < r->n_g; i++) {
		const struct ds_frame *caller =
			i + 1 < r->n_g ? &r->g[i + 1] : &r->f[k];

		if (ds_pair_proven(r->shared, caller, &r->g[i]) ||
		    ds_pair_prove(r, caller, &r->g[i]))
			continue;
		r->n_g = i + 1;
		return false;
	}
	return true;
}

enum hog_pyverdict ds_generators(struct ds_reader *r, bool *ret_repaired)
{
	bool torn;
	uint64_t leaf, down;
	int32_t k;

	if (!r->leaf_known)
		return generators_likely(r) ? HOG_PYSTACK_RETRY
					    : HOG_PYSTACK_OK;
	if (r->leaf_addr == 0 || r->n_f == 0)
		return HOG_PYSTACK_OK;
	if (ds_chunk_of(r, r->leaf_addr) && !generators_likely(r))
		return HOG_PYSTACK_OK;
	leaf = current_leaf(r, &torn);
	if (torn && generators_likely(r))
		return HOG_PYSTACK_RETRY;
	if (has_generator(r))
		return HOG_PYSTACK_OK;
	if (ds_chunk_of(r, leaf)) {
		if (leaf == r->f[r->n_f - 1].addr || !generators_likely(r))
			return HOG_PYSTACK_OK;
		return from_chunk_leaf(r, leaf);
	}
	r->n_g = 0;
	down = walk_down(r, leaf);
	if (r->n_g == 0)
		return generators_likely(r) ? HOG_PYSTACK_RETRY
					    : HOG_PYSTACK_OK;
	k = down ? index_by_addr(r, down) : -1;
	if (k >= 0 && walk_is_proven(r, k))
		return join(r, k);
	*ret_repaired = repair(r);
	return *ret_repaired ? HOG_PYSTACK_OK : HOG_PYSTACK_RETRY;
}
