/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_data.h"

#include <string.h>

/*
 * The climb: from the first frame of the first chunk upwards, deciding from
 * the copy alone.  What the rules rest on was measured against stopped
 * targets on 3.11-3.15; in short:
 *   - the frame that a caller calls stands right behind it;
 *   - a caller in a call whose callee has just returned still proves that the
 *     callee was there at the instant the copy passed it: the callee is the
 *     leaf (dropping such samples would bias against short calls);
 *   - a frame left by an exception looks like one in a call; its call site
 *     was never seen live, and that tells it.
 */
#define SHIM_READS 6 /* per sample */
#define REJECT_SAMPLES 64

enum link { LINK_NO, LINK_YES, LINK_GROW };

static struct ds_shim *shim_slot(struct ds_reader *r, uint64_t addr)
{
	return &r->shims[hog_hash64(addr) % DS_SHIMS_MAX];
}

/* The same place on the C stack serves one caller after the other. */
static uint64_t link_key(uint64_t addr, uint64_t to)
{
	return hog_hash64(addr) ^ to;
}

static uint64_t shim_leads(struct ds_reader *r, uint64_t addr, uint64_t to)
{
	*shim_slot(r, addr) = (struct ds_shim){ addr, to };
	if (r->links.count > DS_LINKS_MAX)
		hog_map64_clear(&r->links);
	hog_map64_put(&r->links, link_key(addr, to), 1);
	return to;
}

/* Reads a frame outside the chunks: a shim is remembered, a generator known
 * from now on. */
static uint64_t read_outside(struct ds_reader *r, uint64_t addr)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	unsigned char bytes[DS_FRAME_HEAD];

	if (r->shim_reads == 0 || (addr & 7))
		return 0;
	r->shim_reads--;
	if (hog_mem_read(r->base.py->mem, addr, bytes, sizeof(bytes)) < 0)
		return 0;

	uint8_t owner = bytes[lay->iframe_owner];

	if (r->rules->shims && owner >= lay->owner_shim && owner <= 4) {
		ds_cstack_learn(r, addr, DS_FRAME_HEAD);
		return shim_leads(r, addr,
				  ds_word(bytes + lay->iframe_previous));
	}
	if (owner == 1)
		ds_heap_learn(r, addr);
	return 0;
}

uint64_t ds_shim_previous(struct ds_reader *r, uint64_t addr, uint64_t expect)
{
	const struct ds_shim *shim = shim_slot(r, addr);
	const struct hog_pylayout *lay = &r->base.py->lay;
	const unsigned char *bytes = ds_cstack_at(r, addr, DS_FRAME_HEAD);

	/* The copy, taken with the rest, knows better than the memory. */
	if (bytes && bytes[lay->iframe_owner] >= lay->owner_shim &&
	    bytes[lay->iframe_owner] <= 4)
		return shim_leads(r, addr,
				  ds_word(bytes + lay->iframe_previous));
	if (!expect && shim->addr == addr && shim->previous)
		return shim->previous;
	return read_outside(r, addr);
}

/* Whether a shim at addr stands between a frame and its caller at `to`.  By the
 * time of another read the call is often over: what was seen once holds. */
static bool shim_links(struct ds_reader *r, uint64_t addr, uint64_t to)
{
	if (hog_map64_get(&r->links, link_key(addr, to)))
		return true;
	return ds_shim_previous(r, addr, to) == to;
}

bool ds_is_running(const struct ds_reader *r, const struct ds_frame *f)
{
	return r->rules->marks_running && f->stacktop == DS_RUNNING;
}

static bool direct_link_holds(const struct ds_reader *r,
			      const struct ds_frame *p,
			      const struct ds_frame *c)
{
	/* 3.13+: a call leaves in its caller where to go on.  Else, while the
	 * copy went up, the caller has called what it had not called yet. */
	if (!ds_is_running(r, p))
		return !r->rules->has_return_offset || p->return_offset != 0 ||
		       ds_calls_init(p);
	return r->rules->entry_flag && c->is_entry == 1;
}

/* Is c called by p?  Pushes the generators between them, if any. */
static bool linked(struct ds_reader *r, const struct ds_frame *p,
		   const struct ds_frame *c)
{
	uint64_t from = c->previous;

	if (from == p->addr)
		return direct_link_holds(r, p, c);
	if (from == 0 || ds_chunk_of(r, from))
		return false;
	if (r->rules->shims) {
		if (shim_links(r, from, p->addr))
			return true;
		if (shim_slot(r, from)->addr == from)
			from = shim_slot(r, from)->previous;
	}
	return ds_heap_link(r, from, p->addr);
}

/* What a slot that held no callee looked like: while it looks the same there
 * is no need to ask the target again (what it points to lies outside the
 * copy).  Forgotten now and then: the same bytes may be a new call. */
static struct ds_reject *reject_slot(struct ds_reader *r, uint64_t addr)
{
	return &r->rejects[hog_hash64(addr) % DS_REJECTS_MAX];
}

static uint64_t look_of(const struct ds_reader *r, const struct ds_frame *c)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	uint64_t h = hog_hash64(c->previous ^ c->addr);

	h = hog_hash64(h ^ ds_word(c->bytes + lay->iframe_code));
	h = hog_hash64(h ^ ds_word(c->bytes + lay->iframe_instr));
	return h ^ (uint32_t)c->stacktop;
}

/* A frame that has returned counts only right behind the caller that called it
 * without C between them; this needs no question to the target. */
static bool stale(struct ds_reader *r, const struct ds_frame *p,
		  struct ds_frame *c)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	uint64_t code = ds_word(c->bytes + lay->iframe_code) & ~7ull;

	if (c->previous == p->addr)
		return false;
	if (c->cleared)
		return true;
	return hog_pycodes_peek(r->base.codes, code) && ds_resolve(r, c) &&
	       ds_popped(r, c);
}

/* 3.13: its caller is still the current frame. */
static bool being_pushed(const struct ds_reader *r, const struct ds_frame *c)
{
	return r->rules->marks_running && r->rules->has_return_offset &&
	       c->at == 0 && !ds_is_running(r, c) && !ds_calls_init(c);
}

static bool is_callee(struct ds_reader *r, const struct ds_frame *p,
		      struct ds_frame *c)
{
	struct ds_reject *reject = reject_slot(r, c->addr);
	uint64_t look;
	uint32_t before = r->n_f;

	if (c->previous == 0 || stale(r, p, c) ||
	    (!p->heap && ds_set_up(p) && !ds_calls_init(p)))
		return false;
	look = look_of(r, c);
	if (c->previous != p->addr && reject->look == look &&
	    r->sample - reject->sample < REJECT_SAMPLES)
		return false;
	/* One that C code has just pushed has no caller yet: its previous is
	 * that of the call before. */
	if (linked(r, p, c) && ds_resolve(r, c) &&
	    (c->at >= 0 || c->previous == p->addr) && !ds_raised(r, c) &&
	    !being_pushed(r, c))
		return true;
	r->n_f = before;
	*reject = (struct ds_reject){ look, r->sample };
	return false;
}

/* Looks at offset `off` of a chunk for the callee of p. */
static enum link candidate(struct ds_reader *r, const struct ds_frame *p,
			   unsigned index, uint32_t off, struct ds_frame *ret)
{
	struct ds_chunk *chunk = &r->chunks[index];

	if (off + DS_FRAME_HEAD > chunk->got)
		return off + DS_FRAME_HEAD <= chunk->size &&
				       chunk->got < DS_COPY_MAX
			       ? LINK_GROW
			       : LINK_NO;
	if (!ds_parse(r, chunk->addr + off, chunk->buf + off, chunk->got - off,
		      ret))
		return LINK_NO;
	ret->chunk = (uint8_t)index;
	return is_callee(r, p, ret) ? LINK_YES : LINK_NO;
}

static enum link next_frame(struct ds_reader *r, const struct ds_frame *p,
			    struct ds_frame *ret)
{
	struct ds_chunk *chunk = &r->chunks[p->chunk];
	uint64_t off = p->addr - chunk->addr + p->code->frame_bytes;
	enum link link = LINK_NO;

	if (off < chunk->size)
		link = candidate(r, p, p->chunk, (uint32_t)off, ret);
	if (link == LINK_NO && p->chunk + 1u < r->n_chunks)
		link = candidate(r, p, p->chunk + 1u,
				 (uint32_t)r->base.py->lay.chunk_data, ret);
	return link;
}

/* The callee has returned already: was it there when its caller was copied? */
static bool popped_is_leaf(struct ds_reader *r, const struct ds_frame *p,
			   const struct ds_frame *c)
{
	if (r->rules->marks_running)
		return p->stacktop >= 0 && ds_pair_proven(r->shared, p, c);
	return c->previous == p->addr && ds_returned(r, c) &&
	       ds_site_known(r->shared, p, c);
}

/* The frame that stands where p calls to, as it was left; false: none that p
 * has called. */
static bool last_callee(struct ds_reader *r, const struct ds_frame *p,
			struct ds_frame *ret)
{
	struct ds_chunk *chunk = &r->chunks[p->chunk];
	uint64_t off = p->addr - chunk->addr + p->code->frame_bytes;

	return off + DS_FRAME_HEAD <= chunk->got &&
	       ds_parse(r, chunk->addr + off, chunk->buf + off,
			(uint32_t)(chunk->got - off), ret) &&
	       ret->previous == p->addr && ds_resolve(r, ret);
}

/* 3.11, 3.12: an exception has left the callee of the leaf.  The leaf stands in
 * the call still, and either that frame is being cleared, or the exception has
 * left the leaf, too, and it is.  Nothing tells which, and one is as frequent as
 * the other: so by turns. */
static bool left_with_callee(struct ds_reader *r, const struct ds_frame *leaf)
{
	struct ds_frame c;

	return r->rules->marks_running && !r->rules->has_return_offset &&
	       !leaf->heap && !ds_is_running(r, leaf) && leaf->at >= 0 &&
	       last_callee(r, leaf, &c) && ds_raised(r, &c) && r->sample % 2;
}

static void note_height(struct ds_reader *r, const struct ds_frame *f)
{
	struct ds_chunk *chunk = &r->chunks[f->chunk];
	uint64_t end = f->addr - chunk->addr + f->code->frame_bytes;

	if (end <= chunk->size && end > chunk->high)
		chunk->high = (uint32_t)end;
}

static enum hog_pyverdict grow(struct ds_reader *r, unsigned index)
{
	struct ds_chunk *chunk = &r->chunks[index];
	uint32_t wish = chunk->got + 4096;

	chunk->high = wish < chunk->size ? wish : chunk->size;
	return HOG_PYSTACK_RETRY;
}

/* First frame of the first chunk: the bottom of the stack. */
static enum hog_pyverdict bottom(struct ds_reader *r, struct ds_frame *ret)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	struct ds_chunk *chunk = &r->chunks[0];
	uint32_t off = (uint32_t)lay->chunk_data + (r->cut ? 0 : 8);

	if (off + DS_FRAME_HEAD > chunk->got)
		return HOG_PYSTACK_RETRY;
	if (!ds_parse(r, chunk->addr + off, chunk->buf + off, chunk->got - off,
		      ret))
		return HOG_PYSTACK_OK;
	ret->chunk = 0;
	if (!ds_resolve(r, ret) || ds_popped(r, ret))
		return HOG_PYSTACK_OK;
	if (!ds_push(&r->f, &r->n_f, &r->cap_f, ret))
		return HOG_PYSTACK_RETRY;
	return HOG_PYSTACK_OK;
}

/* A frame that an exception has popped stands at a place from which it was
 * never seen calling: its caller is the leaf. */
static enum hog_pyverdict cut_at_unknown_site(struct ds_reader *r)
{
	for (uint32_t i = r->sited ? r->sited : 1; i < r->n_f; i++) {
		const struct ds_frame *p = &r->f[i - 1];

		if (p->heap || r->f[i].heap || p->stacktop < 0 ||
		    ds_site_known(r->shared, p, &r->f[i]))
			continue;
		if (i == 1)
			return HOG_PYSTACK_RETRY;
		r->n_f = i - 1;
		ds_keep(r, r->n_f);
		break;
	}
	return HOG_PYSTACK_OK;
}

/* The current frame, read before the rest, is this one, and so it was the last
 * time.  Once would say little: in between all may have been left and called
 * again. */
static bool stands_still(const struct ds_reader *r, const struct ds_frame *leaf)
{
	const struct hog_pystack *before = &r->base.stack;

	return r->leaf_known && r->leaf_addr == leaf->addr &&
	       before->n == r->n_f &&
	       before->frames[r->n_f - 1].addr == leaf->addr &&
	       before->frames[r->n_f - 1].code == leaf->code &&
	       before->frames[r->n_f - 1].at == leaf->at;
}

static void learn_sites(struct ds_reader *r, uint32_t n)
{
	ds_sites_learn(r, r->sited, n);
	r->sited = n;
}

/* What this climb teaches and what it must not claim. */
static enum hog_pyverdict judge(struct ds_reader *r, bool popped_leaf)
{
	const struct ds_frame *leaf = &r->f[r->n_f - 1];

	if (!r->rules->marks_running) {
		learn_sites(r, r->n_f - popped_leaf);
		return HOG_PYSTACK_OK;
	}
	if (!popped_leaf && ds_is_running(r, leaf)) {
		learn_sites(r, r->n_f);
		return HOG_PYSTACK_OK;
	}
	/* A thread that waits for the GIL: its leaf does not look running. */
	if (!popped_leaf && stands_still(r, leaf))
		return HOG_PYSTACK_OK;
	return cut_at_unknown_site(r);
}

/* The last of the kept frames: what it calls may be new. */
static enum hog_pyverdict go_on(struct ds_reader *r)
{
	struct ds_frame *f = &r->f[r->kept - 1];
	const struct ds_chunk *chunk = &r->chunks[f->chunk];
	uint32_t off = (uint32_t)(f->addr - chunk->addr);

	f->bytes = chunk->buf + off;
	f->bytes_left = chunk->got - off;
	return HOG_PYSTACK_OK;
}

enum hog_pyverdict ds_climb(struct ds_reader *r)
{
	struct ds_frame frame;
	enum hog_pyverdict verdict;
	bool popped = false;

	r->n_f = r->kept;
	if (r->sited > r->kept)
		r->sited = r->kept;
	r->shim_reads = SHIM_READS;
	if (r->n_chunks == 0)
		return HOG_PYSTACK_OK;
	verdict = r->kept ? go_on(r) : bottom(r, &frame);
	if (verdict != HOG_PYSTACK_OK || r->n_f == 0)
		return verdict;

	while (r->n_f < DS_CLIMB_MAX && !popped) {
		/* By value: pushing generators may move the array. */
		struct ds_frame p = r->f[r->n_f - 1];
		struct ds_frame c;

		note_height(r, &p);
		enum link link = next_frame(r, &p, &c);

		if (link == LINK_GROW)
			return grow(r, p.chunk);
		if (link == LINK_NO)
			break;
		popped = ds_popped(r, &c);
		if (popped && !popped_is_leaf(r, &p, &c)) {
			while (r->f[r->n_f - 1].addr != p.addr)
				r->n_f--;
			popped = false;
			break;
		}
		if (!ds_push(&r->f, &r->n_f, &r->cap_f, &c))
			return HOG_PYSTACK_RETRY;
	}
	if (!popped && r->n_f > 1 && left_with_callee(r, &r->f[r->n_f - 1])) {
		r->n_f--;
		ds_keep(r, r->n_f);
		return HOG_PYSTACK_OK;
	}
	return judge(r, popped);
}
