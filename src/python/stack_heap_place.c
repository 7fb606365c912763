/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_heap_place.h"

#include <string.h>

#include "python/object.h"
#include "python/python.h"

#define LOOK_AGAIN 16u   /* rounds for one look at what is known */
#define MISSES_MAX 8192u /* looks in vain before there are fewer of them */
#define HEAD 16u         /* tstate.frame and recursion_depth */

/* Instructions that call nothing, whose numbers 2.7-3.10 share.  A caller that
 * stands at one has moved on since its callee was copied. */
bool hog_heapplace_may_call(const struct hog_python *py,
			    const struct hog_heaprec *rec)
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

/* A call of the stack whose place is not known, as the callee's index; n - 1
 * (there is none): all are. */
static size_t choose(const struct hog_heapwalk *w,
		     const struct hog_heapmem *mem, unsigned round)
{
	const struct hog_heaprec *v = w->now;
	size_t calls = w->n_now - 1;

	for (size_t k = 0; k < calls; k++) {
		size_t i = (k + round) % calls;

		if (!v[i].inferred &&
		    !hog_heapmem_edge_sure(mem, v[i + 1].code->serial,
					   v[i].code->serial))
			return i;
	}
	return calls;
}

/* 2.7 marks no frame as running: one that a traceback holds looks the same, so
 * there the callee has to be the innermost frame. */
static bool runs(const struct hog_python *py, const struct hog_heaprec *callee,
		 uint64_t innermost)
{
	if (py->lay.frame_executing < 0 && py->lay.frame_state < 0 &&
	    callee->addr != innermost)
		return false;
	return callee->running;
}

void hog_heapplace_learn(const struct hog_heapwalk *w,
			 const struct hog_heapview *view,
			 struct hog_heapmem *mem, uint64_t tstate,
			 unsigned round)
{
	unsigned char head[2][HEAD], piece[2][HOG_HEAPPIECE_MAX];
	const struct hog_heaprec *v = w->now;
	uint64_t at = tstate + view->py->lay.tstate_frame;
	struct hog_heaprec callee, caller;
	size_t i;

	if (w->n_now < 2)
		return;
	i = choose(w, mem, round);
	if ((i == w->n_now - 1 || mem->misses >= MISSES_MAX) &&
	    round % LOOK_AGAIN)
		return;
	if (i == w->n_now - 1)
		i = round / LOOK_AGAIN % i;
	mem->misses++;

	const struct hog_span spans[] = {
		{ at, head[0], HEAD },
		{ v[i].addr, piece[0], w->piece },
		{ v[i + 1].addr, piece[1], w->piece },
		{ at, head[1], HEAD },
	};

	if (hog_mem_readv(view->py->mem, spans, 4) !=
		    2 * ((ssize_t)w->piece + HEAD) ||
	    memcmp(head[0], head[1], HEAD) != 0)
		return;
	callee = v[i];
	caller = v[i + 1];
	if (!hog_heapwalk_decode(view, piece[0], &v[i], &callee) ||
	    !hog_heapwalk_decode(view, piece[1], &v[i + 1], &caller) ||
	    !runs(view->py, &callee, hog_load64(head[0])) || !caller.running ||
	    callee.back != caller.addr ||
	    !hog_heapplace_may_call(view->py, &caller))
		return;
	hog_heapmem_note_edge(mem, caller.code->serial, callee.code->serial,
			      caller.lasti, true);
	mem->misses = 0;
}
