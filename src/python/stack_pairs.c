/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_data.h"

#include <stdlib.h>

#include "base/clock.h"

/*
 * Who was seen calling whom.  A torn copy can put a frame of one call behind a
 * caller of another; every single check passes, only the pair never existed.
 * So a pair must be proven once, by one of:
 *   - the callee's function object still lies on the caller's value stack,
 *     where the call put it;
 *   - both stood in one chunk copy, often: DS_SIGHTS times and in a share of
 *     the callee's sightings that torn copies do not reach (measured: torn
 *     pairs had 0.02 %);
 *   - two reads, now or earlier, of caller, callee, caller in one call, in which
 *     the caller did not change.
 */
#define SIGHTS_NEEDED 8
#define SHARE_NEEDED 50 /* one in so many of the callee's sightings: 2 % */
#define FUNC_SIGHTS_FREE_THREADED 3
#define PAIR_HELD (1ull << 62) /* one of the two reads that it takes */
#define PCP_TRIES_FIRST 8
#define PCP_TRIES_LATER 3
#define SIGHTS_FIRST 100
#define SIGHTS_LATER 1000
#define SITES_MAX 262144
#define TAG_BITS 3ull
#define FUNC_SLOTS 3
#define DOUBTS_FIRST 8
#define DOUBTS_LATER 64
#define SITE_SEEN (1ull << 63)
#define PCP_NS 8000 /* 2-4 us; more, and it lost the CPU in the middle */

static uint64_t pair_key(const struct hog_pycode *a, const struct hog_pycode *b)
{
	return (uint64_t)a->serial << 32 | b->serial;
}

static uint64_t site_key(const struct ds_frame *caller,
			 const struct ds_frame *callee)
{
	return hog_hash64(pair_key(caller->code, callee->code)) +
	       (uint64_t)(uint32_t)caller->at * 0x9e3779b97f4a7c15ULL;
}

void *ds_shared_new(const struct hog_python *py)
{
	struct ds_shared *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->py = py;
	s->rules = ds_rules_for(py->lay.minor);
	return s;
}

void ds_shared_free(void *shared)
{
	struct ds_shared *s = shared;

	if (!s)
		return;
	hog_map64_fini(&s->pairs);
	hog_map64_fini(&s->sites);
	hog_map64_fini(&s->callers);
	hog_map64_fini(&s->edges);
	hog_map64_fini(&s->addrs);
	hog_map64_fini(&s->doubts);
	free(s);
}

bool ds_site_known(const struct ds_shared *s, const struct ds_frame *caller,
		   const struct ds_frame *callee)
{
	return hog_map64_get(&s->sites, site_key(caller, callee)) != NULL;
}

void ds_sites_learn(struct ds_reader *r, uint32_t from, uint32_t n)
{
	const struct ds_frame *f = r->f;
	struct ds_shared *s = r->shared;

	if (s->sites.count > SITES_MAX)
		hog_map64_clear(&s->sites);
	for (uint32_t i = from ? from : 1; i < n; i++) {
		uint64_t key = site_key(&f[i - 1], &f[i]);

		if (f[i - 1].heap || f[i].heap)
			continue;
		if (!hog_map64_get(&s->sites, key))
			hog_map64_put(&s->sites, key, 1);
	}
}

bool ds_pair_proven(const struct ds_shared *s, const struct ds_frame *caller,
		    const struct ds_frame *callee)
{
	uint64_t *v =
		hog_map64_get(&s->pairs, pair_key(caller->code, callee->code));

	return v && (*v & DS_PAIR_PROVEN);
}

const struct hog_pycode *ds_pair_caller(const struct ds_reader *r,
					const struct hog_pycode *callee)
{
	const struct ds_shared *s = r->shared;
	uint64_t *serial = hog_map64_get(&s->callers, callee->serial);
	uint64_t *addr;
	const struct hog_pycode *code;

	if (!serial || *serial == DS_MANY)
		return NULL;
	addr = hog_map64_get(&s->addrs, *serial);
	code = addr ? hog_pycodes_peek(r->base.codes, *addr) : NULL;
	return code && code->serial == *serial ? code : NULL;
}

void ds_edges_learn(struct ds_reader *r, uint32_t from, uint32_t n)
{
	const struct ds_frame *f = r->f;
	struct ds_shared *s = r->shared;

	if (s->edges.count > DS_PAIRS_MAX)
		hog_map64_clear(&s->edges);
	for (uint32_t i = from ? from : 1; i < n; i++) {
		uint64_t key = pair_key(f[i - 1].code, f[i].code);
		uint64_t *have = hog_map64_get(&s->edges, key);
		uint64_t at = (uint32_t)f[i - 1].at;

		if (f[i - 1].heap || f[i].heap)
			continue;
		if (!have)
			hog_map64_put(&s->edges, key, at);
		else if (*have != at)
			*have = at;
	}
}

int32_t ds_edge_at(const struct ds_shared *s, const struct hog_pycode *caller,
		   const struct hog_pycode *callee)
{
	uint64_t *at = hog_map64_get(&s->edges, pair_key(caller, callee));

	return at ? (int32_t)*at : -1;
}

void ds_count_sightings(struct ds_shared *s, const struct hog_pycode *callee,
			uint32_t n)
{
	s->seen[callee->serial % DS_SEEN_SLOTS] += n;
}

static void learn(struct ds_shared *s, const struct ds_frame *caller,
		  const struct ds_frame *callee)
{
	uint64_t *have = hog_map64_get(&s->callers, callee->code->serial);

	hog_map64_put(&s->pairs, pair_key(caller->code, callee->code),
		      DS_PAIR_PROVEN);
	if (s->callers.count > DS_PAIRS_MAX) {
		hog_map64_clear(&s->callers);
		hog_map64_clear(&s->addrs);
		have = NULL;
	}
	hog_map64_put(&s->addrs, caller->code->serial, caller->code->addr);
	if (!have)
		hog_map64_put(&s->callers, callee->code->serial,
			      caller->code->serial);
	else if (*have != caller->code->serial)
		*have = DS_MANY;
}

/* The call put the function it calls right above the caller's saved stack. */
static bool function_on_stack(const struct ds_reader *r,
			      const struct ds_frame *p,
			      const struct ds_frame *c)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	uint64_t first;

	if (c->func == 0 || p->at <= 0)
		return false;
	if (r->rules->has_return_offset && p->return_offset == 0)
		return false;
	if (r->rules->marks_running) {
		if (p->stacktop < 0 || !ds_site_known(r->shared, p, c))
			return false;
		first = (uint64_t)lay->iframe_localsplus +
			8ull * (uint32_t)p->stacktop;
	} else {
		if (p->stackpointer < p->addr)
			return false;
		first = p->stackpointer - p->addr;
	}
	for (unsigned i = 0; i < FUNC_SLOTS; i++) {
		uint64_t at = first + 8ull * i;

		if (at + 8 > p->bytes_left)
			return false;
		if ((ds_word(p->bytes + at) & ~TAG_BITS) ==
		    (c->func & ~TAG_BITS))
			return true;
	}
	return false;
}

/* Caller, callee, the shim between them if there is one, and the caller again,
 * in one call.  Only heads are compared; each has room for a generator's state
 * before it. */
enum { PCP_BEFORE, PCP_CALLEE, PCP_SHIM, PCP_AFTER, PCP_PARTS };

struct pcp {
	unsigned char part[PCP_PARTS][DS_HEAP_HEAD + DS_FRAME_HEAD];
};

static void pcp_span(struct hog_span *span, unsigned char *part, uint64_t addr,
		     bool heap)
{
	size_t head = heap ? DS_HEAP_HEAD : 0;

	*span = (struct hog_span){ addr - head, part + DS_HEAP_HEAD - head,
				   head + DS_FRAME_HEAD };
}

/* What the callee must lead to.  A generator that was copied while it stood
 * suspended leads nowhere: it does, when it runs, to who resumes it. */
static uint64_t link_wanted(const struct ds_frame *p, const struct ds_frame *c)
{
	return c->previous || !c->heap ? c->previous : p->addr;
}

static bool pcp_read(struct ds_reader *r, const struct ds_frame *p,
		     const struct ds_frame *c, struct pcp *ret)
{
	struct hog_span spans[PCP_PARTS];
	uint64_t link = link_wanted(p, c);
	bool direct = link == p->addr;
	size_t want = 0;
	unsigned n = 0;
	uint64_t before;

	if (!direct && (!r->rules->shims || !link))
		return false;
	pcp_span(&spans[n++], ret->part[PCP_BEFORE], p->addr, p->heap);
	pcp_span(&spans[n++], ret->part[PCP_CALLEE], c->addr, c->heap);
	if (!direct)
		pcp_span(&spans[n++], ret->part[PCP_SHIM], link, false);
	pcp_span(&spans[n++], ret->part[PCP_AFTER], p->addr, p->heap);
	for (unsigned i = 0; i < n; i++)
		want += spans[i].len;
	before = hog_now_ns();
	return hog_mem_readv(r->base.py->mem, spans, n) == (ssize_t)want &&
	       hog_now_ns() - before < PCP_NS;
}

static bool gen_executing(const struct ds_reader *r, const unsigned char *part)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	int32_t before = lay->gen_iframe - lay->gen_frame_state;

	if (before <= 0 || before > DS_HEAP_HEAD)
		return false;
	return (int8_t)part[DS_HEAP_HEAD - before] == r->rules->gen_executing;
}

/* The part holds the frame that we think it is, alive. */
static bool part_is(struct ds_reader *r, const struct ds_frame *f,
		    const unsigned char *part, struct ds_frame *ret)
{
	return ds_parse(r, f->addr, part + DS_HEAP_HEAD, DS_FRAME_HEAD, ret) &&
	       ds_resolve(r, ret) && ret->code == f->code && !ret->cleared &&
	       (!f->heap || gen_executing(r, part));
}

/* The callee hangs on the caller, directly or by the shim that was read. */
static bool part_linked(const struct ds_reader *r, const struct ds_frame *p,
			const struct ds_frame *c, const struct ds_frame *now,
			const unsigned char *shim)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	const unsigned char *bytes = shim + DS_HEAP_HEAD;

	if (now->previous != link_wanted(p, c))
		return false;
	if (now->previous == p->addr)
		return true;
	return bytes[lay->iframe_owner] >= lay->owner_shim &&
	       ds_word(bytes + lay->iframe_previous) == p->addr;
}

/* Caller and callee stood there at one time, so this is where it calls it.  A
 * read in which both came and went says so falsely: not twice. */
static void learn_site(struct ds_shared *s, const struct ds_frame *p,
		       const struct ds_frame *c)
{
	uint64_t key = site_key(p, c);
	uint64_t *doubts = hog_map64_get(&s->doubts, key);

	if (!doubts) {
		hog_map64_put(&s->doubts, key, SITE_SEEN);
		return;
	}
	if (!(*doubts & SITE_SEEN)) {
		*doubts |= SITE_SEEN;
		return;
	}
	hog_map64_put(&s->sites, key, 1);
	hog_map64_put(&s->edges, pair_key(p->code, c->code), (uint32_t)p->at);
}

/* Where a generator starts it resumes nobody. */
static bool calls_from(const struct ds_frame *p)
{
	return p->at > (int64_t)p->code->firsttraceable || ds_calls_init(p);
}

static bool pcp_holds(struct ds_reader *r, const struct ds_frame *p,
		      const struct ds_frame *c, struct ds_frame *ret_p)
{
	struct ds_frame p1, p2, c1;
	struct pcp read;

	if (!(pcp_read(r, p, c, &read) &&
	      part_is(r, p, read.part[PCP_BEFORE], &p1) &&
	      part_is(r, p, read.part[PCP_AFTER], &p2) &&
	      part_is(r, c, read.part[PCP_CALLEE], &c1) && p1.at == p2.at &&
	      p1.stacktop == p2.stacktop && p1.previous == p2.previous &&
	      /* Not one being pushed: its previous is an older call's. */
	      c1.at >= 0 && !ds_popped(r, &c1) &&
	      part_linked(r, p, c, &c1, read.part[PCP_SHIM]) &&
	      calls_from(&p1)))
		return false;
	*ret_p = p1;
	return true;
}

static bool proven_by_reading(struct ds_reader *r, const struct ds_frame *p,
			      const struct ds_frame *c, uint64_t sights,
			      bool held)
{
	unsigned tries = PCP_TRIES_FIRST;
	uint64_t *have;
	struct ds_frame now;

	if (sights > SIGHTS_LATER)
		tries = 1;
	else if (sights > SIGHTS_FIRST)
		tries = PCP_TRIES_LATER;
	for (unsigned i = 0; i < tries; i++) {
		if (!pcp_holds(r, p, c, &now))
			continue;
		learn_site(r->shared, &now, c);
		if (held)
			return true;
		held = true;
	}
	have = hog_map64_get(&r->shared->pairs, pair_key(p->code, c->code));
	if (held && have)
		*have |= PAIR_HELD;
	return false;
}

bool ds_pair_prove(struct ds_reader *r, const struct ds_frame *caller,
		   const struct ds_frame *callee)
{
	struct ds_shared *s = r->shared;
	uint64_t key = pair_key(caller->code, callee->code);
	uint64_t *have = hog_map64_get(&s->pairs, key);
	bool held = have && (*have & PAIR_HELD);
	uint64_t sights = have ? (*have & ~PAIR_HELD) + 1 : 1;
	uint32_t seen = s->seen[callee->code->serial % DS_SEEN_SLOTS];
	bool chunk = !caller->heap && !callee->heap &&
		     caller->chunk == callee->chunk;
	uint64_t func_needed =
		r->base.py->lay.free_threaded ? FUNC_SIGHTS_FREE_THREADED : 1;

	if (have && (*have & DS_PAIR_PROVEN))
		return true;
	if (s->pairs.count > DS_PAIRS_MAX)
		hog_map64_clear(&s->pairs);
	hog_map64_put(&s->pairs, key, sights | (held ? PAIR_HELD : 0));
	if ((chunk && sights >= func_needed &&
	     function_on_stack(r, caller, callee)) ||
	    (chunk && sights >= SIGHTS_NEEDED &&
	     sights * SHARE_NEEDED >= seen) ||
	    proven_by_reading(r, caller, callee, sights, held)) {
		learn(s, caller, callee);
		return true;
	}
	return false;
}

/* Whether a place that was not seen before is worth a look: often at first. */
static bool worth_a_look(struct ds_shared *s, uint64_t key)
{
	uint64_t *doubts = hog_map64_get(&s->doubts, key);
	uint64_t n;

	if (s->doubts.count > DS_PAIRS_MAX) {
		hog_map64_clear(&s->doubts);
		doubts = NULL;
	}
	if (!doubts)
		return hog_map64_put(&s->doubts, key, 1) == 0;
	*doubts += 1;
	n = *doubts & ~SITE_SEEN;
	return n < DOUBTS_FIRST || n % DOUBTS_LATER == 0;
}

static bool place_holds(struct ds_reader *r, const struct ds_frame *p,
			const struct ds_frame *c)
{
	uint64_t key = site_key(p, c);
	struct ds_frame now;

	if (!calls_from(p))
		return false;
	if (hog_map64_get(&r->shared->sites, key))
		return true;
	if (!p->addr || !c->addr || !worth_a_look(r->shared, key) ||
	    !pcp_holds(r, p, c, &now))
		return false;
	learn_site(r->shared, &now, c);
	return now.at == p->at;
}

bool ds_places_settle(struct ds_reader *r)
{
	bool changed = false;

	for (uint32_t i = r->kept ? r->kept : 1; i < r->n_f; i++) {
		struct ds_frame *p = &r->f[i - 1];
		const struct ds_frame *c = &r->f[i];

		if ((!p->heap && !c->heap) || place_holds(r, p, c))
			continue;
		p->at = ds_edge_at(r->shared, p->code, c->code);
		changed = true;
	}
	return changed;
}
