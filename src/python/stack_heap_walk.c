/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_heap_walk.h"

#include <errno.h>
#include <stdlib.h>

#include "base/map.h"
#include "python/object.h"
#include "python/python.h"

#define FRAMES_FIRST 64u
/* Copies of further pages that one walk may ask for; of an unknown thread. */
#define ROUNDS_MAX 40u
#define ROUNDS_FIRST 600u
/* Remembered callers whose pages are fetched along with a frame's. */
#define AHEAD_MAX 48u
/* Frames by which the innermost end may have moved and still be recognised. */
#define SHIFT_MAX 4u

#define STATE_EXECUTING 0 /* f_state, 3.10 */

static uint32_t end_of(int32_t field, uint32_t size)
{
	return field < 0 ? 0 : (uint32_t)field + size;
}

int hog_heapwalk_init(struct hog_heapwalk *w, const struct hog_python *py)
{
	const struct hog_pylayout *lay = &py->lay;
	const uint32_t ends[] = {
		end_of(lay->object_type, 8),     end_of(lay->frame_back, 8),
		end_of(lay->frame_code, 8),      end_of(lay->frame_lasti, 4),
		end_of(lay->frame_executing, 1), end_of(lay->frame_state, 1),
		end_of(lay->frame_stacktop, 8),
	};

	*w = (struct hog_heapwalk){ .cap = FRAMES_FIRST };
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		w->piece = ends[i] > w->piece ? ends[i] : w->piece;
	if (w->piece > HOG_HEAPPIECE_MAX || lay->object_type < 8 ||
	    lay->frame_back < 0 || lay->frame_code < 0 || lay->frame_lasti < 0)
		return -ENOTSUP;
	w->now = calloc(w->cap, sizeof(*w->now));
	w->last = calloc(w->cap, sizeof(*w->last));
	return w->now && w->last ? 0 : -ENOMEM;
}

void hog_heapwalk_fini(struct hog_heapwalk *w)
{
	free(w->now);
	free(w->last);
	*w = (struct hog_heapwalk){ 0 };
}

void hog_heapwalk_forget_codes(struct hog_heapwalk *w)
{
	w->n_now = 0;
	for (size_t i = 0; i < w->n_last; i++)
		w->last[i].code = NULL;
}

static bool is_running(const struct hog_pylayout *lay, const unsigned char *f)
{
	if (hog_load64(f + lay->object_type - 8) == 0) /* ob_refcnt */
		return false;
	if (lay->frame_executing >= 0)
		return f[lay->frame_executing] == 1;
	if (lay->frame_state >= 0)
		return f[lay->frame_state] == STATE_EXECUTING;
	return lay->frame_stacktop >= 0 &&
	       hog_load64(f + lay->frame_stacktop) == 0;
}

static bool stands_in(const struct hog_pylayout *lay,
		      const struct hog_heaprec *rec)
{
	return rec->lasti >= -1 &&
	       (rec->lasti < 0 ||
		(uint64_t)rec->lasti * lay->lasti_scale < rec->code->code_len);
}

bool hog_heapwalk_decode(const struct hog_heapview *view,
			 const unsigned char *f,
			 const struct hog_heaprec *before,
			 struct hog_heaprec *rec)
{
	const struct hog_python *py = view->py;
	const struct hog_pylayout *lay = &py->lay;
	uint64_t code = hog_load64(f + lay->frame_code);

	if (py->sym.frame_type &&
	    hog_load64(f + lay->object_type) != py->sym.frame_type)
		return false;
	rec->back = hog_load64(f + lay->frame_back);
	rec->lasti = (int32_t)hog_load32(f + lay->frame_lasti);
	rec->running = is_running(lay, f);
	rec->inferred = false;
	rec->code = before && before->code && before->code->addr == code
			    ? before->code
			    : hog_pycodes_get(view->codes, code);
	if (!rec->code)
		return false;
	if (stands_in(lay, rec))
		return true;
	/* Other code may stand there now, which is longer. */
	if (rec->lasti < 0 || hog_pycodes_verify(view->codes, rec->code))
		return false;
	rec->code = hog_pycodes_get(view->codes, code);
	return rec->code && stands_in(lay, rec);
}

/* Copies the frame's page and those of the callers it had before. */
static int fetch(const struct hog_heapwalk *w, const struct hog_heapview *view,
		 uint64_t addr)
{
	if (!hog_heappages_want(view->pages, addr, w->piece))
		return -ENOSPC;
	for (unsigned i = 0; i < AHEAD_MAX; i++) {
		const struct hog_heapparent *e =
			hog_heapmem_parent(view->mem, addr);

		if (!e || e->parent == 0)
			break;
		addr = e->parent;
		if (!hog_heappages_get(view->pages, addr, w->piece) &&
		    !hog_heappages_want(view->pages, addr, w->piece))
			break;
	}
	return hog_heappages_fetch(view->pages, view->py->mem);
}

static enum hog_heapwalked bytes_of(struct hog_heapwalk *w,
				    const struct hog_heapview *view,
				    uint64_t addr, const unsigned char **ret)
{
	unsigned most = w->n_last ? ROUNDS_MAX : ROUNDS_FIRST;

	if (addr % 8 || addr < HOG_HEAPPAGE || addr > UINT64_MAX - HOG_HEAPPAGE)
		return HOG_HEAPWALK_TORN;
	*ret = hog_heappages_get(view->pages, addr, w->piece);
	if (*ret)
		return HOG_HEAPWALK_OK;
	if (++w->rounds > most)
		return HOG_HEAPWALK_TORN;

	int r = fetch(w, view, addr);

	if (r == -ESRCH || r == -EPERM)
		return HOG_HEAPWALK_GONE;
	*ret = hog_heappages_get(view->pages, addr, w->piece);
	return *ret ? HOG_HEAPWALK_OK : HOG_HEAPWALK_UNREADABLE;
}

static bool grow(struct hog_heapwalk *w)
{
	size_t cap = w->cap * 2;
	struct hog_heaprec *now = realloc(w->now, cap * sizeof(*now));

	if (now)
		w->now = now;

	struct hog_heaprec *last = realloc(w->last, cap * sizeof(*last));

	if (last)
		w->last = last;
	if (!now || !last)
		return false;
	w->cap = cap;
	return true;
}

/* The same frame in the last stack; *at is where to look first. */
static const struct hog_heaprec *recall(const struct hog_heapwalk *w,
					uint64_t addr, size_t *at)
{
	for (size_t i = *at; i < w->n_last && i < *at + SHIFT_MAX; i++)
		if (w->last[i].addr == addr) {
			*at = i + 1;
			return &w->last[i];
		}
	return NULL;
}

/* A thread of greenlets has a base for each of them. */
static unsigned base_slot(uint64_t addr, uint32_t code)
{
	return hog_hash64(addr ^ code) % HOG_HEAPBASES;
}

static bool has_base(const struct hog_heapwalk *w, uint64_t addr, uint32_t code)
{
	const struct hog_heapbase *base = &w->bases[base_slot(addr, code)];

	return base->addr == addr && base->code == code;
}

static bool is_base(const struct hog_heapwalk *w, const struct hog_heaprec *rec)
{
	if (rec->code->flags & HOG_CO_ANY_GENERATOR)
		return false;
	if (rec->running)
		return true;
	return has_base(w, rec->addr, rec->code->serial);
}

/* The frame's caller into rec->back; *ret_code: what must run in it, 0 any.
 * A generator that has just yielded has no f_back any more; the second and
 * later free frames of a recursive function end in none either. */
static bool find_back(const struct hog_heapwalk *w,
		      const struct hog_heapview *view, struct hog_heaprec *rec,
		      uint32_t *ret_code)
{
	*ret_code = 0;
	if (rec->back || is_base(w, rec))
		return true;

	const struct hog_heapparent *e =
		hog_heapmem_one_parent(view->mem, rec->addr, rec->code->serial);

	if (!e)
		return false;
	rec->back = e->parent;
	rec->inferred = true;
	*ret_code = e->parent_code;
	return true;
}

static bool equal(const struct hog_heaprec *a, const struct hog_heaprec *b)
{
	return a->code == b->code && a->back == b->back &&
	       a->lasti == b->lasti && a->running == b->running &&
	       a->inferred == b->inferred;
}

static enum hog_heapwalked step(struct hog_heapwalk *w,
				const struct hog_heapview *view, uint64_t addr,
				size_t *at)
{
	const unsigned char *bytes = NULL;
	enum hog_heapwalked r = bytes_of(w, view, addr, &bytes);
	struct hog_heaprec *rec = &w->now[w->n_now];
	uint32_t must = w->must;

	if (r != HOG_HEAPWALK_OK)
		return r;

	const struct hog_heaprec *before = recall(w, addr, at);

	rec->addr = addr;
	if (!hog_heapwalk_decode(view, bytes, before, rec) ||
	    (must && rec->code->serial != must) ||
	    !find_back(w, view, rec, &w->must))
		return HOG_HEAPWALK_TORN;
	rec->same = before && equal(rec, before);
	rec->at = rec->same ? before->at : rec->lasti;
	rec->guessed = rec->same && before->guessed;
	w->n_now++;
	return HOG_HEAPWALK_OK;
}

static void keep_base(struct hog_heapwalk *w)
{
	const struct hog_heaprec *root = &w->now[w->n_now - 1];

	w->base.addr = root->addr;
	w->base.code = root->code->serial;
}

enum hog_heapwalked hog_heapwalk_run(struct hog_heapwalk *w,
				     const struct hog_heapview *view,
				     uint64_t leaf)
{
	uint64_t addr = leaf, tortoise = 0;
	size_t at = 0;
	bool same = true;

	w->n_now = 0;
	w->truncated = false;
	w->must = 0;
	w->rounds = 0;
	w->base = (struct hog_heapbase){ 0 };
	while (addr) {
		enum hog_heapwalked r;

		if (w->n_now == HOG_PYSTACK_MAX) {
			w->truncated = true;
			break;
		}
		if (addr == tortoise || (w->n_now == w->cap && !grow(w)))
			return HOG_HEAPWALK_TORN; /* a ring */
		if ((w->n_now & (w->n_now - 1)) == 0)
			tortoise = addr;
		r = step(w, view, addr, &at);
		if (r != HOG_HEAPWALK_OK)
			return r;
		same = same && w->now[w->n_now - 1].same && at == w->n_now;
		addr = w->now[w->n_now - 1].back;
	}
	if (w->n_now)
		keep_base(w);
	return same && w->n_now == w->n_last ? HOG_HEAPWALK_SAME
					     : HOG_HEAPWALK_OK;
}

bool hog_heapwalk_base_known(const struct hog_heapwalk *w)
{
	return has_base(w, w->base.addr, w->base.code);
}

void hog_heapwalk_note_base(struct hog_heapwalk *w)
{
	w->bases[base_slot(w->base.addr, w->base.code)] = w->base;
}
