/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_heap_memory.h"

#include <stdlib.h>
#include <string.h>

#define PARENTS_FIRST 128u
#define PARENTS_MAX 4096u
#define EDGES_MAX 6000u
#define SITES_MAX 12000u
#define RANGES_MAX 6000u
#define STACKS_MAX 8192u
#define NODES_FIRST 256u
#define NODES_MAX 8192u
/* After so many sights with one caller an earlier other one is history. */
#define STREAK 64u
/* Sights of a stack: it may stand for a torn one from its second on.  Another
 * stack at its leaf and depth costs it many, for it may be as common; one that
 * was misread must not spoil the place for good. */
#define SIGHTS_FIRST 6u
#define SIGHTS_MIN 7u
#define SIGHTS_OTHER 8u
#define SIGHTS_MAX 254u

void hog_heapmem_fini(struct hog_heapmem *m)
{
	free(m->parents);
	free(m->nodes);
	hog_map64_fini(&m->edges);
	hog_map64_fini(&m->sites);
	hog_map64_fini(&m->ranges);
	hog_map64_fini(&m->stacks);
	hog_map64_fini(&m->index);
	*m = (struct hog_heapmem){ .era = m->era + 1 };
}

void hog_heapmem_forget_stacks(struct hog_heapmem *m)
{
	hog_map64_clear(&m->stacks);
	hog_map64_clear(&m->index);
	m->n_nodes = 0;
	m->era++;
}

static void put(struct hog_map64 *map, size_t max, uint64_t key, uint64_t value)
{
	if (map->count >= max)
		hog_map64_clear(map);
	(void)hog_map64_put(map, key, value); /* no memory: nothing learnt */
}

/* Parents ---------------------------------------------------------------- */

/* The entry of addr, or the free one where it would go. */
static struct hog_heapparent *parent_slot(const struct hog_heapmem *m,
					  uint64_t addr)
{
	size_t mask = m->cap_parents - 1;
	size_t i = hog_hash64(addr) & mask;

	while (m->parents[i].addr && m->parents[i].addr != addr)
		i = (i + 1) & mask;
	return &m->parents[i];
}

static bool grow_parents(struct hog_heapmem *m)
{
	struct hog_heapparent *old = m->parents;
	size_t old_cap = m->cap_parents;
	size_t cap = old_cap ? old_cap * 2 : PARENTS_FIRST;

	if (cap > PARENTS_MAX) {
		memset(old, 0, old_cap * sizeof(*old));
		m->n_parents = 0;
		return true;
	}
	m->parents = calloc(cap, sizeof(*m->parents));
	if (!m->parents) {
		m->parents = old;
		return false;
	}
	m->cap_parents = cap;
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].addr)
			*parent_slot(m, old[i].addr) = old[i];
	free(old);
	return true;
}

void hog_heapmem_note_parent(struct hog_heapmem *m, uint64_t addr,
			     uint32_t code, uint64_t parent,
			     uint32_t parent_code)
{
	if (addr == 0)
		return;
	if (m->n_parents + 1 > m->cap_parents / 4 * 3 && !grow_parents(m))
		return;

	struct hog_heapparent *e = parent_slot(m, addr);

	if (e->addr == 0)
		m->n_parents++;
	if (e->addr == 0 || e->code != code) {
		*e = (struct hog_heapparent){ addr,        parent, code,
					      parent_code, 1,      false };
		return;
	}
	if (e->parent == parent && e->parent_code == parent_code) {
		if (++e->streak >= STREAK)
			e->several = false;
		return;
	}
	e->parent = parent;
	e->parent_code = parent_code;
	e->streak = 1;
	e->several = true;
}

const struct hog_heapparent *hog_heapmem_parent(const struct hog_heapmem *m,
						uint64_t addr)
{
	if (m->n_parents == 0 || addr == 0)
		return NULL;

	const struct hog_heapparent *e = parent_slot(m, addr);

	return e->addr ? e : NULL;
}

const struct hog_heapparent *hog_heapmem_one_parent(const struct hog_heapmem *m,
						    uint64_t addr,
						    uint32_t code)
{
	const struct hog_heapparent *e = hog_heapmem_parent(m, addr);

	return e && e->code == code && !e->several ? e : NULL;
}

/* Edges ------------------------------------------------------------------ */

static uint64_t pair_key(uint32_t a, uint32_t b)
{
	return (uint64_t)a << 32 | b;
}

/* An entry of edges, packed into 64 bits. */
struct edge {
	int32_t last;    /* site seen last; HOG_HEAPSITE_NONE */
	bool several;    /* sites are known */
	unsigned sights; /* PROVEN: enough */
	unsigned try;    /* of the last sight, modulo 128 */
};

#define LASTI_BITS 32
#define TRY_MASK 127u
#define PROVEN 8u
#define SITE_KNOWN 2u

static struct edge edge_get(const struct hog_heapmem *m, uint64_t key)
{
	const uint64_t *v = hog_map64_get(&m->edges, key);

	if (!v)
		return (struct edge){ .last = HOG_HEAPSITE_NONE };
	return (struct edge){
		.last = (int32_t)(uint32_t)*v,
		.several = *v >> LASTI_BITS & 1,
		.sights = *v >> (LASTI_BITS + 1) & 15,
		.try = *v >> (LASTI_BITS + 5) & TRY_MASK,
	};
}

static void edge_put(struct hog_heapmem *m, uint64_t key, const struct edge *e)
{
	put(&m->edges, EDGES_MAX, key,
	    (uint32_t)e->last | (uint64_t)e->several << LASTI_BITS |
		    (uint64_t)e->sights << (LASTI_BITS + 1) |
		    (uint64_t)(e->try & TRY_MASK) << (LASTI_BITS + 5));
}

bool hog_heapmem_sight_edge(struct hog_heapmem *m, uint32_t caller,
			    uint32_t callee, unsigned try, bool sure)
{
	uint64_t key = pair_key(caller, callee);
	struct edge e = edge_get(m, key);

	if (e.sights >= PROVEN)
		return true;
	if (sure || (e.sights && e.try == ((try - 1) & TRY_MASK)))
		e.sights = PROVEN;
	else
		e.sights++;
	e.try = try;
	edge_put(m, key, &e);
	return e.sights >= PROVEN;
}

bool hog_heapmem_edge_proven(const struct hog_heapmem *m, uint32_t caller,
			     uint32_t callee)
{
	return edge_get(m, pair_key(caller, callee)).sights >= PROVEN;
}

static uint64_t site_key(uint32_t caller, uint32_t callee, int32_t lasti)
{
	return hog_hash64(pair_key(caller, callee)) + (uint32_t)lasti;
}

void hog_heapmem_note_site(struct hog_heapmem *m, uint32_t caller,
			   uint32_t callee, int32_t lasti)
{
	uint64_t key = pair_key(caller, callee);
	uint64_t site = site_key(caller, callee, lasti);
	const uint64_t *v = hog_map64_get(&m->sites, site);
	uint64_t sights = v ? *v + 1 : 1;
	struct edge e = edge_get(m, key);

	put(&m->sites, SITES_MAX, site, sights);
	if (sights >= SITE_KNOWN) {
		if (e.last != HOG_HEAPSITE_NONE && e.last != lasti)
			e.several = true;
		e.last = lasti;
	}
	e.sights = PROVEN;
	edge_put(m, key, &e);
}

bool hog_heapmem_site_known(const struct hog_heapmem *m, uint32_t caller,
			    uint32_t callee, int32_t lasti)
{
	const uint64_t *v =
		hog_map64_get(&m->sites, site_key(caller, callee, lasti));

	return v && *v >= SITE_KNOWN;
}

int32_t hog_heapmem_site(const struct hog_heapmem *m, uint32_t caller,
			 uint32_t callee, bool *ret_several)
{
	struct edge e = edge_get(m, pair_key(caller, callee));

	*ret_several = e.several;
	return e.last;
}

/* Ranges ----------------------------------------------------------------- */

/* An entry of ranges, packed into 64 bits. */
struct range {
	int16_t lo, hi;
	int16_t most;   /* the commonest */
	uint16_t votes; /* by how many */
};

_Static_assert(sizeof(struct range) == sizeof(uint64_t), "one value");

static bool range_get(const struct hog_heapmem *m, uint64_t key,
		      struct range *ret)
{
	const uint64_t *v = hog_map64_get(&m->ranges, key);

	if (v)
		memcpy(ret, v, sizeof(*ret));
	return v;
}

static int16_t to_off(int off)
{
	return (int16_t)(off > INT16_MAX   ? INT16_MAX
			 : off < INT16_MIN ? INT16_MIN
					   : off);
}

enum hog_heaprange hog_heapmem_range(const struct hog_heapmem *m, uint64_t key,
				     int off)
{
	struct range range;

	if (!range_get(m, key, &range))
		return HOG_HEAPRANGE_NEW;
	if (to_off(off) < range.lo || to_off(off) > range.hi + 1)
		return HOG_HEAPRANGE_OUT;
	return HOG_HEAPRANGE_IN;
}

bool hog_heapmem_note_range(struct hog_heapmem *m, uint64_t key, int off)
{
	int16_t o = to_off(off);
	struct range range = { o, o, o, 0 };
	uint64_t v;

	(void)range_get(m, key, &range);
	if (o < range.lo)
		range.lo = o;
	if (o > range.hi)
		range.hi = o;
	if (o == range.most)
		range.votes =
			(uint16_t)(range.votes + (range.votes < UINT16_MAX));
	else if (range.votes > 0)
		range.votes--;
	else
		range.most = o;
	memcpy(&v, &range, sizeof(v));
	put(&m->ranges, RANGES_MAX, key, v);
	return o == range.most;
}

/* Stacks ----------------------------------------------------------------- */

static bool grow_nodes(struct hog_heapmem *m)
{
	uint32_t cap = m->cap_nodes ? m->cap_nodes * 2 : NODES_FIRST;
	struct hog_heapnode *grown;

	if (cap > NODES_MAX)
		return false;
	grown = realloc(m->nodes, cap * sizeof(*grown));
	if (!grown)
		return false;
	m->nodes = grown;
	m->cap_nodes = cap;
	return true;
}

/* Nodes are told apart by code alone: were they by place too, each caller that
 * was seen a step further would bring a new branch of the whole depth. */
uint32_t hog_heapmem_node(struct hog_heapmem *m, uint32_t caller,
			  const struct hog_pycode *code, int32_t from)
{
	uint64_t key = pair_key(caller, code->serial);
	const uint64_t *known = hog_map64_get(&m->index, key);

	if (known) {
		if (from >= 0)
			m->nodes[*known].from = from;
		return (uint32_t)*known;
	}
	if (m->n_nodes == 0)
		m->n_nodes = 1;
	if (m->n_nodes >= m->cap_nodes && !grow_nodes(m)) {
		hog_heapmem_forget_stacks(m);
		return 0;
	}

	uint32_t up = caller ? m->nodes[caller].hash : 0;
	uint32_t depth = caller ? m->nodes[caller].depth + 1 : 1;

	m->nodes[m->n_nodes] = (struct hog_heapnode){
		code, from, caller, depth,
		(uint32_t)(hog_hash64(pair_key(up, code->serial)) >> 17)
	};
	if (hog_map64_put(&m->index, key, m->n_nodes) < 0)
		return 0;
	return m->n_nodes++;
}

/* Node low; 24 bits of its hash; sights high. */
void hog_heapmem_note_stack(struct hog_heapmem *m, uint32_t node, int depth)
{
	const struct hog_heapnode *n = &m->nodes[node];
	uint64_t key = pair_key(n->code->serial, (uint32_t)depth);
	uint64_t *v = hog_map64_get(&m->stacks, key);
	uint64_t hash = n->hash & 0xffffff;
	uint64_t sights = SIGHTS_FIRST;

	if (v) {
		sights = *v >> 56;
		if ((*v >> 32 & 0xffffff) == hash) {
			sights += sights < SIGHTS_MAX;
		} else if (sights > SIGHTS_OTHER) {
			*v -= (uint64_t)SIGHTS_OTHER << 56;
			return;
		} else {
			sights = 1;
		}
		*v = sights << 56 | hash << 32 | node;
		return;
	}
	if (m->stacks.count < STACKS_MAX)
		(void)hog_map64_put(&m->stacks, key,
				    sights << 56 | hash << 32 | node);
	else
		hog_heapmem_forget_stacks(m);
}

uint32_t hog_heapmem_stack(const struct hog_heapmem *m, uint32_t leaf,
			   int depth)
{
	const uint64_t *v =
		hog_map64_get(&m->stacks, pair_key(leaf, (uint32_t)depth));
	uint64_t sights = v ? *v >> 56 : 0;

	if (sights < SIGHTS_MIN)
		return 0;
	return (uint32_t)*v;
}
