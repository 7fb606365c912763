/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define WINDOW 4096 /* samples over which the height of a chunk is learnt */
#define OWNER_MAX 4
#define CFRAME_FRESH_NS 50000
#define TAG_MASK 3ull
#define TAGGED_NULL 1ull

uint64_t ds_word(const void *bytes)
{
	uint64_t v;

	memcpy(&v, bytes, sizeof(v));
	return v;
}

bool ds_push(struct ds_frame **v, uint32_t *n, uint32_t *cap,
	     const struct ds_frame *f)
{
	if (*n == *cap) {
		uint32_t more = *cap ? *cap * 2 : 32;
		struct ds_frame *grown = realloc(*v, more * sizeof(**v));

		if (!grown)
			return false;
		*v = grown;
		*cap = more;
	}
	(*v)[(*n)++] = *f;
	return true;
}

bool ds_parse(struct ds_reader *r, uint64_t addr, const unsigned char *bytes,
	      uint32_t left, struct ds_frame *ret)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	uint64_t code = ds_word(bytes + lay->iframe_code);

	memset(ret, 0, sizeof(*ret));
	ret->owner = bytes[lay->iframe_owner];
	if (ret->owner > OWNER_MAX)
		return false;
	ret->cleared =
		r->rules->clears_code && (code == 0 || code == TAGGED_NULL);
	ret->addr = addr;
	ret->previous = ds_word(bytes + lay->iframe_previous);
	ret->func = ds_word(bytes + lay->iframe_func);
	ret->bytes = bytes;
	ret->bytes_left = left;
	if (r->rules->marks_running) {
		int32_t top;

		memcpy(&top, bytes + lay->iframe_stacktop, sizeof(top));
		ret->stacktop = top;
		if (top < DS_RUNNING)
			return false;
	} else {
		ret->stackpointer = ds_word(bytes + lay->iframe_stackpointer);
	}
	if (r->rules->has_return_offset)
		memcpy(&ret->return_offset, bytes + lay->iframe_return_offset,
		       sizeof(ret->return_offset));
	if (r->rules->entry_flag)
		ret->is_entry = bytes[lay->iframe_is_entry];
	return code != 0;
}

/* The instruction that a frame stands at; false: not in this code. */
static bool place_in_code(struct ds_reader *r, struct ds_frame *f)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	int64_t at = (int64_t)(ds_word(f->bytes + lay->iframe_instr) -
			       f->code->code_start);

	if (at < -2 || at >= (int64_t)f->code->code_len || (at & 1))
		return false;
	f->at = (int32_t)at;
	return true;
}

static const struct hog_pycode *code_at(struct ds_reader *r, uint64_t addr)
{
	const struct hog_pycode **met;

	met = &r->codes[hog_hash64(addr) % DS_CODES_MAX];
	if (!*met || (*met)->addr != addr)
		*met = hog_pycodes_get(r->base.codes, addr);
	return *met;
}

/* Other code may stand there by now, which is longer. */
static bool refresh(struct ds_reader *r, struct ds_frame *f)
{
	uint64_t addr = f->code->addr;

	if (f->cleared || hog_pycodes_verify(r->base.codes, f->code))
		return false;
	r->codes[hog_hash64(addr) % DS_CODES_MAX] = NULL;
	f->code = code_at(r, addr);
	return f->code;
}

bool ds_resolve(struct ds_reader *r, struct ds_frame *f)
{
	const struct hog_pylayout *lay = &r->base.py->lay;

	if (f->code)
		return true;
	if (f->cleared)
		f->code = hog_pycodes_by_instr(
			r->base.codes, ds_word(f->bytes + lay->iframe_instr));
	else
		f->code = code_at(r, ds_word(f->bytes + lay->iframe_code) &
					     ~TAG_MASK);
	if (!f->code)
		return false;
	if (!place_in_code(r, f) && !(refresh(r, f) && place_in_code(r, f))) {
		f->code = NULL;
		return false;
	}
	return true;
}

/* ---- the copy ---- */

/* Without generators only the cframe is needed. */
static bool cstack_needed(const struct ds_reader *r)
{
	return r->base.py->lay.frames == HOG_PYFRAMES_CFRAME || r->n_heap > 0;
}

/* While no generators are known, the current frame tells whether there are any:
 * flat out not each copy needs to.  A span more is a tenth of a read. */
static bool cframe_can_wait(struct ds_reader *r)
{
	uint64_t now;

	if (r->base.py->lay.frames != HOG_PYFRAMES_CFRAME || r->n_heap > 0)
		return false;
	now = hog_now_ns();
	if (now - r->cframe_ns < CFRAME_FRESH_NS)
		return true;
	r->cframe_ns = now;
	return false;
}

static int plan_cstack(struct ds_reader *r, struct hog_spans *spans,
		       unsigned attempt)
{
	uint64_t lo = r->cstack_lo, hi = r->cstack_hi;

	r->cstack_len = 0;
	r->cstack_left = hi != 0 && attempt == 0 && cframe_can_wait(r);
	if (hi == 0 || r->cstack_left || !cstack_needed(r))
		return 0;
	if (hi - lo > r->cstack_cap) {
		unsigned char *grown = realloc(r->cstack, hi - lo);

		if (!grown)
			return -ENOMEM;
		r->cstack = grown;
		r->cstack_cap = (uint32_t)(hi - lo);
	}
	r->cstack_len = (uint32_t)(hi - lo);
	r->cstack_from = lo;
	return hog_spans_add(spans, lo, r->cstack, hi - lo) ? 0 : -ENOMEM;
}

void ds_cstack_learn(struct ds_reader *r, uint64_t addr, uint32_t len)
{
	if (addr & 7)
		return;
	if (r->cstack_hi == 0) {
		r->cstack_lo = addr;
		r->cstack_hi = addr + len;
	}
	if (addr < r->cstack_lo)
		r->cstack_lo = addr;
	if (addr + len > r->cstack_hi)
		r->cstack_hi = addr + len;
	if (r->cstack_hi - r->cstack_lo > DS_CSTACK_MAX) {
		r->cstack_lo = addr;
		r->cstack_hi = addr + len;
	}
}

const unsigned char *ds_cstack_at(const struct ds_reader *r, uint64_t addr,
				  uint32_t len)
{
	uint64_t off = addr - r->cstack_from;

	if (r->cstack_len < len || off > r->cstack_len - len)
		return NULL;
	return r->cstack + off;
}

static int ds_plan(struct hog_pyreader *base, struct hog_spans *spans,
		   unsigned attempt)
{
	struct ds_reader *r = (struct ds_reader *)base;

	r->sample += attempt == 0;
	if (attempt == 0 && r->sample % WINDOW == 0)
		ds_chunks_roll(r);
	r->n_extra = 0;
	if (!hog_spans_add(spans, base->tstate, r->state, r->state_len) ||
	    plan_cstack(r, spans, attempt) < 0)
		return -ENOMEM;
	ds_heap_plan(r, spans);
	return ds_chunks_plan(r, spans);
}

/* 3.11, 3.12: current_frame is one hop away, in a struct on the C stack whose
 * address changes with every C call of the evaluator. */
static void leaf_by_cframe(struct ds_reader *r)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	uint64_t cframe = ds_word(r->state + lay->tstate_cframe);
	uint32_t need = (uint32_t)lay->cframe_current_frame + 8;
	const unsigned char *bytes = ds_cstack_at(r, cframe, need);

	if (bytes) {
		r->leaf_addr = ds_word(bytes + lay->cframe_current_frame);
		r->leaf_known = true;
		return;
	}
	if (r->n_heap == 0) /* one is enough without generators */
		r->cstack_hi = 0;
	ds_cstack_learn(r, cframe, need);
}

static void find_leaf(struct ds_reader *r)
{
	const struct hog_pylayout *lay = &r->base.py->lay;

	r->leaf_known = false;
	r->leaf_addr = 0;
	if (r->elsewhere || r->cstack_left)
		return;
	if (lay->frames == HOG_PYFRAMES_CFRAME) {
		leaf_by_cframe(r);
		return;
	}
	r->leaf_addr = ds_word(r->state + lay->tstate_current_frame);
	r->leaf_known = true;
	if (lay->tstate_base_frame != HOG_NO_FIELD &&
	    r->leaf_addr == r->base.tstate + (uint64_t)lay->tstate_base_frame)
		r->leaf_addr = 0;
}

/* Takes the elements out of what was read, in plan's order. */
static enum hog_pyverdict take(struct ds_reader *r, size_t got)
{
	const struct hog_pylayout *lay = &r->base.py->lay;

	if (got < r->state_len ||
	    ds_word(r->state + lay->tstate_interp) != r->interp)
		return HOG_PYSTACK_GONE;
	got -= r->state_len;
	if (got < r->cstack_len) {
		r->cstack_hi = r->cstack_len = 0;
		return HOG_PYSTACK_RETRY;
	}
	got -= r->cstack_len;
	if (!ds_heap_place(r, got)) {
		ds_heap_forget(r);
		return HOG_PYSTACK_RETRY;
	}
	got -= r->heap_len;
	ds_chunks_place(r, got);
	return HOG_PYSTACK_OK;
}

/* ---- the verdict ---- */

/* First index whose pair with its caller is not proven; n_f: all are. */
static uint32_t first_unproven(struct ds_reader *r)
{
	const struct hog_pystack *before = &r->base.stack;
	bool same = r->kept <= r->trusted;
	uint32_t bad = r->n_f;

	for (uint32_t i = r->kept; i < r->n_f; i++) {
		struct ds_frame *f = &r->f[i];

		f->born = r->sample;
		ds_count_sightings(r->shared, f->code, 1);
		same = same && i < r->trusted &&
		       before->frames[i].code == f->code;
		if (same || i == 0 || bad < r->n_f)
			continue;
		if (!ds_pair_proven(r->shared, &r->f[i - 1], f) &&
		    !ds_pair_prove(r, &r->f[i - 1], f))
			bad = i;
	}
	return bad;
}

void ds_keep(struct ds_reader *r, uint32_t n)
{
	/* They were seen in each sample since. */
	for (uint32_t i = n; i < r->valid; i++)
		ds_count_sightings(r->shared, r->f[i].code,
				   r->sample - r->f[i].born);
	if (r->valid > n)
		r->valid = n;
	if (r->kept > n)
		r->kept = n;
}

/* The reader keeps the whole stack, by which it knows the next one; others get
 * the innermost frames of it. */
static void keep_leaf_side(struct ds_reader *r, struct hog_pystack *ret)
{
	uint32_t drop = 0;

	if (ret->n > HOG_PYSTACK_MAX)
		drop = (uint32_t)(ret->n - HOG_PYSTACK_MAX);
	if (drop != r->dropped)
		ret->common = 0;
	else
		ret->common -= drop < ret->common ? drop : ret->common;
	r->dropped = drop;
	if (drop > 0) /* an empty stack's frames may be NULL */
		ret->frames += drop;
	ret->n -= drop;
	ret->truncated = ret->truncated || drop > 0;
}

static bool give(struct ds_reader *r, struct hog_pystack *ret)
{
	struct hog_pystack *s = &r->base.stack;
	uint32_t common = r->kept;
	bool same = true;

	if (r->n_f > r->cap_out) {
		struct hog_pyframe *grown;

		grown = realloc(s->frames, r->cap_f * sizeof(*grown));
		if (!grown)
			return false;
		s->frames = grown;
		r->cap_out = r->cap_f;
	}
	for (uint32_t i = r->kept; i < r->n_f; i++) {
		struct hog_pyframe *to = &s->frames[i];

		same = same && i < s->n && to->code == r->f[i].code &&
		       to->at == r->f[i].at;
		common += same;
		*to = (struct hog_pyframe){ r->f[i].code, r->f[i].at,
					    r->f[i].addr };
	}
	s->n = r->n_f;
	s->common = common;
	*ret = *s;
	keep_leaf_side(r, ret);
	return true;
}

static void start_result(struct ds_reader *r)
{
	struct hog_pystack *s = &r->base.stack;

	s->truncated = r->cut;
	s->repaired = s->torn = s->unreadable = false;
}

static enum hog_pyverdict read_stack(struct ds_reader *r, bool last)
{
	struct hog_pystack *s = &r->base.stack;
	enum hog_pyverdict verdict = ds_climb(r);
	uint32_t good;

	if (verdict == HOG_PYSTACK_OK)
		verdict = ds_generators(r, &s->repaired);
	if (verdict != HOG_PYSTACK_OK) {
		s->torn = true;
		if (!last)
			return HOG_PYSTACK_RETRY;
	}
	good = first_unproven(r);
	if (good < r->n_f) {
		if (!last)
			return HOG_PYSTACK_RETRY;
		/* What is proven stands; the rest would be a guess. */
		s->repaired = ds_heap_repair(r, good);
		if (!s->repaired) {
			s->torn = true;
			r->n_f = good;
		}
	}
	if (ds_places_settle(r))
		s->repaired = true;
	if (!s->torn && !s->repaired)
		ds_edges_learn(r, r->kept, r->n_f);
	return HOG_PYSTACK_OK;
}

/* The frames that the next copy may leave as they are.  Generators' are looked
 * for anew each time, and so is a leaf that has returned. */
static void keep_valid(struct ds_reader *r)
{
	uint32_t n = r->kept;

	while (n < r->n_f && !r->f[n].heap && !ds_popped(r, &r->f[n]))
		n++;
	r->valid = n;
	r->old_leaf = r->leaf_addr;
	r->settled = true;
}

/* The same bytes as last time, as far as they matter. */
static bool nothing_new(struct ds_reader *r)
{
	const struct hog_pystack *s = &r->base.stack;

	return r->settled && r->kept > 0 && r->kept == s->n && !s->torn &&
	       !s->repaired && r->kept == r->n_f && r->leaf_known &&
	       r->leaf_addr == r->old_leaf && ds_chunks_leaf_holds(r);
}

static enum hog_pyverdict judge_copy(struct ds_reader *r, bool last,
				     struct hog_pystack *ret)
{
	enum hog_pyverdict verdict;

	find_leaf(r);
	r->kept = ds_chunks_unchanged(r);
	if (nothing_new(r)) {
		r->base.stack.common = (uint32_t)r->base.stack.n;
		*ret = r->base.stack;
		keep_leaf_side(r, ret);
		return HOG_PYSTACK_SAME;
	}
	ds_keep(r, r->kept);
	start_result(r);
	verdict = read_stack(r, last);
	if (verdict == HOG_PYSTACK_RETRY && !last) {
		r->settled = false;
		return verdict;
	}
	if (verdict == HOG_PYSTACK_RETRY)
		r->base.stack.torn = true;
	r->trusted = r->n_f;
	if (!give(r, ret))
		return HOG_PYSTACK_GONE;
	keep_valid(r);
	return HOG_PYSTACK_OK;
}

/* There was nothing to judge: the best that is left to say. */
static enum hog_pyverdict give_nothing(struct ds_reader *r,
				       struct hog_pystack *ret)
{
	start_result(r);
	r->base.stack.torn = true;
	r->n_f = r->kept = r->valid = r->trusted = 0;
	return give(r, ret) ? HOG_PYSTACK_OK : HOG_PYSTACK_GONE;
}

static enum hog_pyverdict ds_read(struct hog_pyreader *base, size_t got,
				  bool last, struct hog_pystack *ret)
{
	struct ds_reader *r = (struct ds_reader *)base;
	enum hog_pyverdict verdict = take(r, got);

	if (verdict == HOG_PYSTACK_OK)
		verdict = ds_chunks_check(r);
	if (verdict == HOG_PYSTACK_RETRY && last)
		return give_nothing(r, ret);
	if (verdict != HOG_PYSTACK_OK)
		return verdict;
	verdict = judge_copy(r, last, ret);
	ds_chunks_settle(r);
	return verdict;
}

/* ---- life ---- */

/* The part of a thread state that is copied: from its start, the links of the
 * list and the back-pointer, to the top of the data stack. */
static uint32_t state_length(const struct hog_pylayout *lay)
{
	return (uint32_t)lay->tstate_datastack_top + 8;
}

/* The frame pointer and the top of the data stack, and from 3.13 on whether
 * the thread is attached: all in one piece. */
static size_t ds_probe(const struct hog_pyreader *base, uint64_t *ret_addr)
{
	const struct hog_pylayout *lay = &base->py->lay;
	int32_t from = lay->frames == HOG_PYFRAMES_CFRAME
			       ? lay->tstate_cframe
			       : lay->tstate_current_frame;
	uint32_t end = state_length(lay);

	if (lay->tstate_state != HOG_NO_FIELD && lay->tstate_state < from)
		from = lay->tstate_state;
	*ret_addr = base->tstate + (uint64_t)from;
	return end - (uint32_t)from;
}

static int ds_init(struct hog_pyreader *base)
{
	struct ds_reader *r = (struct ds_reader *)base;
	const struct hog_pylayout *lay = &base->py->lay;

	r->shared = base->shared;
	r->rules = r->shared->rules;
	r->head_len = (uint32_t)lay->iframe_localsplus;
	if (r->head_len > DS_FRAME_HEAD)
		r->head_len = DS_FRAME_HEAD;
	r->state_len = state_length(lay);
	r->state = calloc(1, r->state_len);
	if (!r->state)
		return -ENOMEM;
	/* A first look, so that the first sample needs no second try. */
	if (hog_mem_read(base->py->mem, base->tstate, r->state, r->state_len) <
	    0)
		return 0;
	r->interp = ds_word(r->state + lay->tstate_interp);
	ds_chunks_load(r, ds_word(r->state + lay->tstate_datastack_chunk),
		       ds_word(r->state + lay->tstate_datastack_top));
	find_leaf(r);
	return 0;
}

static void ds_fini(struct hog_pyreader *base)
{
	struct ds_reader *r = (struct ds_reader *)base;

	for (unsigned i = 0; i < DS_CHUNKS_MAX; i++)
		ds_chunk_free(&r->chunks[i]);
	ds_sides_free(r);
	free(r->state);
	free(r->cstack);
	free(r->heap_buf);
	free(r->f);
	free(r->g);
	free(base->stack.frames);
	hog_map64_fini(&r->parents);
	hog_map64_fini(&r->links);
}

static void ds_forget(struct hog_pyreader *base)
{
	struct ds_reader *r = (struct ds_reader *)base;

	base->stack.n = 0;
	r->trusted = r->n_f = r->n_g = r->valid = 0;
	memset(r->codes, 0, sizeof(r->codes));
}

const struct hog_pyreader_ops hog_pyreader_data = {
	.size = sizeof(struct ds_reader),
	.init = ds_init,
	.fini = ds_fini,
	.plan = ds_plan,
	.parse = ds_read,
	.probe = ds_probe,
	.forget = ds_forget,
	.shared_new = ds_shared_new,
	.shared_free = ds_shared_free,
	.whole_per_wrong = 10000,
	.repaired_per_wrong = 100,
};
