/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_heap_place.h"

#include <string.h>

#include "python/object.h"
#include "python/python.h"

#define HEAD 16u      /* tstate.frame and recursion_depth */
#define LOOKS_MAX 64u /* of one walk: each takes a microsecond */
#define LOOKS_NEW 3u  /* of one call: two sights make a place known */
/* After so many looks in vain, one after the other, there are fewer of them. */
#define MISSES_MAX 4096u
#define LOOKS_FEW 1u

/* Instructions that call nothing, whose numbers 2.7-3.10 share.  A caller that
 * stands at one has moved on since its callee was copied. */
static bool may_call(const struct hog_python *py, const struct hog_heaprec *rec)
{
	enum {
		RETURN_VALUE = 83,
		LOAD_CONST = 100,
		JUMP_FORWARD = 110,
		LOAD_GLOBAL = 116,
		LOAD_FAST = 124
	};
	uint32_t at = (uint32_t)rec->lasti * py->lay.lasti_scale;

	if (rec->lasti < 0)
		return false;
	if (!rec->code->code || at >= rec->code->code_len)
		return true;
	switch (rec->code->code[at]) {
	case RETURN_VALUE:
	case LOAD_CONST:
	case JUMP_FORWARD:
	case LOAD_GLOBAL:
	case LOAD_FAST:
		return false;
	default:
		return true;
	}
}

/* Does the innermost frame belong to the callee's activation?  Only 2.7 asks:
 * it marks no frame as running, and one that a traceback holds looks as if. */
static bool leads_to(const struct hog_heapwalk *w, size_t callee,
		     const unsigned char *head)
{
	uint64_t innermost = hog_load64(head);

	for (size_t i = 0; i <= callee; i++)
		if (w->now[i].addr == innermost)
			return true;
	return false;
}

static bool marks_running(const struct hog_python *py)
{
	return py->lay.frame_executing >= 0 || py->lay.frame_state >= 0;
}

enum { BEFORE, CALLEE, AFTER, PARTS };

struct look {
	unsigned char head[2][HEAD];
	unsigned char part[PARTS][HOG_HEAPPIECE_MAX];
};

static bool copy(const struct hog_heapwalk *w, const struct hog_heapview *view,
		 size_t i, uint64_t tstate, struct look *look)
{
	const uint64_t head = tstate + (uint64_t)view->py->lay.tstate_frame;
	const uint64_t callee = w->now[i].addr, caller = w->now[i + 1].addr;
	const struct hog_span spans[] = {
		{ head, look->head[0], HEAD },
		{ caller, look->part[BEFORE], w->piece },
		{ callee, look->part[CALLEE], w->piece },
		{ caller, look->part[AFTER], w->piece },
		{ head, look->head[1], HEAD },
	};
	bool marked = marks_running(view->py);
	size_t want = PARTS * w->piece + (marked ? 0 : 2 * HEAD);
	bool slow;

	return hog_spans_read_timed(view->py->mem, marked ? spans + 1 : spans,
				    marked ? PARTS : PARTS + 2,
				    &slow) == (ssize_t)want &&
	       !slow &&
	       (marked || (leads_to(w, i, look->head[0]) &&
			   leads_to(w, i, look->head[1])));
}

/* Looks again at frame i and its caller: while i runs, its caller stands where
 * it called, and when it stands there before and after, that is the place. */
static bool look_at(const struct hog_heapwalk *w,
		    const struct hog_heapview *view, struct hog_heapmem *mem,
		    uint64_t tstate, size_t i)
{
	const struct hog_heaprec *v = w->now;
	struct hog_heaprec before = v[i + 1], callee = v[i], after = v[i + 1];
	struct look look;

	if (!copy(w, view, i, tstate, &look) ||
	    !hog_heapwalk_decode(view, look.part[CALLEE], &v[i], &callee) ||
	    !hog_heapwalk_decode(view, look.part[BEFORE], &v[i + 1], &before) ||
	    !hog_heapwalk_decode(view, look.part[AFTER], &v[i + 1], &after) ||
	    !callee.running || callee.back != v[i + 1].addr ||
	    !before.running || !after.running || before.code != after.code ||
	    before.lasti != after.lasti || !may_call(view->py, &before))
		return false;
	hog_heapmem_note_site(mem, before.code->serial, callee.code->serial,
			      before.lasti);
	return true;
}

/* Is the place at which the caller of frame i stands now one of this call? */
static bool own_known(const struct hog_heapwalk *w,
		      const struct hog_heapmem *mem, size_t i)
{
	const struct hog_heaprec *v = w->now;

	return hog_heapmem_site_known(mem, v[i + 1].code->serial,
				      v[i].code->serial, v[i + 1].lasti);
}

/* Is it worth a look?  Not where both stood at a known place and have gone. */
static bool worth(const struct hog_heapwalk *w, const struct hog_heapview *view,
		  size_t i, int32_t known)
{
	const struct hog_heaprec *v = w->now;

	if (v[i].inferred)
		return false;
	return known == HOG_HEAPSITE_NONE ||
	       (v[i].running && v[i + 1].running &&
		may_call(view->py, &v[i + 1]));
}

static bool place(struct hog_heapwalk *w, const struct hog_heapview *view,
		  struct hog_heapmem *mem, uint64_t tstate, size_t i,
		  unsigned *looks)
{
	struct hog_heaprec *caller = &w->now[i + 1];
	uint32_t up = caller->code->serial, down = w->now[i].code->serial;
	bool several, known = own_known(w, mem, i);
	int32_t last = hog_heapmem_site(mem, up, down, &several);

	for (unsigned k = 0; !known && k<LOOKS_NEW && * looks> 0; k++) {
		if (!worth(w, view, i, last))
			break;
		--*looks;
		if (!look_at(w, view, mem, tstate, i)) {
			mem->misses += mem->misses < MISSES_MAX;
			break;
		}
		mem->misses = 0;
		known = own_known(w, mem, i);
		last = hog_heapmem_site(mem, up, down, &several);
	}
	caller->at = caller->lasti;
	caller->guessed = !known;
	if (known)
		return true;
	if (last != HOG_HEAPSITE_NONE) {
		caller->at = last;
		caller->guessed = several;
		return true;
	}
	return false;
}

bool hog_heapplace_find(struct hog_heapwalk *w, const struct hog_heapview *view,
			struct hog_heapmem *mem, uint64_t tstate, bool still)
{
	unsigned looks = mem->misses < MISSES_MAX ? LOOKS_MAX : LOOKS_FEW;
	bool all = true;

	if (w->n_now)
		w->now[0].at = w->now[0].lasti;
	if (w->n_now)
		w->now[0].guessed = false;
	for (size_t i = 0; i + 1 < w->n_now; i++) {
		if (w->now[i].same && w->now[i + 1].same &&
		    !w->now[i + 1].guessed)
			continue;
		if (place(w, view, mem, tstate, i, &looks))
			continue;
		all = false;
		if (!still || !may_call(view->py, &w->now[i + 1]))
			w->now[i + 1].at = -1; /* the function's first line */
	}
	return all;
}
