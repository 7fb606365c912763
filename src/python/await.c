/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames of a suspended coroutine: its own, then that of what it awaits,
 * and so on down to something that is no coroutine.  What a frame awaits lies
 * on top of its value stack, if it stands in an await (and not in a yield).
 */
#include <errno.h>
#include <string.h>

#include "python/code.h"
#include "python/object.h"
#include "python/tasks_priv.h"
#include "python/walk.h"

#define HEAD_MAX 192        /* bytes read of a frame */
#define WRAPPERS_MAX 4      /* one around the other */
#define OP_YIELD_FROM_36 72 /* 3.6-3.10 */
#define SLOTS_MAX 65536

/* gi_frame_state, by minor version. */
struct await_rules {
	uint8_t minor;
	int8_t created, suspended, yield_from, yield_from_locked, executing;
	int8_t slot;    /* of what is awaited, from the top of the stack */
	bool by_resume; /* only the next instruction tells await from yield */
};

static const struct await_rules rules[] = {
	{ 11, -2, -1, -1, -1, 0, 1, true },
	{ 12, -2, -1, -1, -1, 0, 1, true },
	{ 13, -3, -2, -1, -1, 0, 1, false },
	{ 14, -3, -2, -1, -1, 0, 1, false },
	{ 15, 0, 1, 2, 3, 4, 2, false },
};

static const struct await_rules *rules_for(unsigned minor)
{
	const size_t n = sizeof(rules) / sizeof(rules[0]);

	for (size_t i = 0; i < n; i++)
		if (rules[i].minor == minor)
			return &rules[i];
	return &rules[n - 1]; /* a later minor is read as the newest known */
}

/* One generator as it was read. */
struct step {
	enum hog_pycoro_state state;
	struct hog_pyframe frame;
	uint64_t awaited; /* 0: it stands in a yield, or nowhere */
};

static bool in_code(const struct hog_pycode *code, int64_t at)
{
	return at >= -2 && at < (int64_t)code->code_len;
}

/* ---- 3.7-3.10 ---- */

/* Of a frame that runs nothing else stays as it is for long. */
static bool heap_executes(const struct hog_pylayout *lay, int8_t flag)
{
	return lay->frame_state != HOG_NO_FIELD ? flag == 0 : flag != 0;
}

static enum hog_pycoro_state heap_state(const struct hog_pylayout *lay,
					const unsigned char *head,
					int32_t lasti)
{
	int8_t state;

	if (lay->frame_state != HOG_NO_FIELD) { /* 3.10 */
		state = (int8_t)head[lay->frame_state];
		if (state == 0)
			return HOG_PYCORO_EXECUTING;
		if (state > 0)
			return HOG_PYCORO_DONE;
	}
	return lasti < 0 ? HOG_PYCORO_CREATED : HOG_PYCORO_SUSPENDED;
}

/* Where the top of the value stack is; 0: it is empty. */
static uint64_t heap_top(const struct hog_pylayout *lay,
			 const unsigned char *head)
{
	uint64_t bottom = hog_load64(head + lay->frame_valuestack), top;

	if (lay->frame_stackdepth != HOG_NO_FIELD) { /* 3.10 */
		uint32_t depth = hog_load32(head + lay->frame_stackdepth);

		return depth > 0 && depth < SLOTS_MAX ? bottom + 8 * depth - 8
						      : 0;
	}
	top = hog_load64(head + lay->frame_stacktop);
	return top > bottom && top - bottom < 8 * SLOTS_MAX ? top - 8 : 0;
}

static bool heap_awaits(const struct hog_pyframe *frame)
{
	const struct hog_pycode *code = frame->code;
	uint32_t next = (uint32_t)frame->at + 2;

	return code && code->code && frame->at >= 0 && next < code->code_len &&
	       code->code[next] == OP_YIELD_FROM_36;
}

static bool heap_fields_known(const struct hog_pylayout *lay)
{
	return lay->gen_frame >= 0 && lay->frame_code >= 0 &&
	       lay->frame_lasti >= 0 && lay->frame_lasti <= HEAD_MAX - 8 &&
	       lay->frame_valuestack >= 0 &&
	       lay->frame_valuestack <= HEAD_MAX - 8 &&
	       (lay->frame_state >= 0 || lay->frame_executing >= 0) &&
	       lay->frame_state < HEAD_MAX && lay->frame_executing < HEAD_MAX;
}

static int heap_step(struct hog_pytasks *pt, uint64_t gen, struct step *ret)
{
	const struct hog_pylayout *lay = &pt->py.lay;
	unsigned char head[HEAD_MAX];
	int32_t flag =
		lay->frame_state >= 0 ? lay->frame_state : lay->frame_executing;
	uint64_t frame, top;
	int32_t lasti;
	int8_t running;
	int from, r;

	if (!heap_fields_known(lay))
		return -EINVAL;
	r = hog_pyread_ptr(&pt->py, gen, lay->gen_frame, &frame);
	if (r < 0)
		return r;
	if (frame == 0) {
		ret->state = HOG_PYCORO_DONE;
		return 0;
	}
	r = hog_mem_read(pt->py.mem, frame + (uint64_t)flag, &running, 1);
	if (r < 0)
		return r;
	if (heap_executes(lay, running)) {
		ret->state = HOG_PYCORO_EXECUTING;
		return 0;
	}
	/* Not the reference count: it changes, and says nothing. */
	from = lay->frame_back;
	r = hog_mem_read(pt->py.mem, frame + (uint64_t)from, head + from,
			 (size_t)(flag + 1 - from));
	if (r < 0)
		return r;
	lasti = (int32_t)hog_load32(head + lay->frame_lasti);
	ret->state = heap_state(lay, head, lasti);
	if (lasti > 0 && lasti < INT32_MAX / 2)
		lasti *= lay->lasti_scale;
	ret->frame = (struct hog_pyframe){
		.code = hog_pycodes_get(pt->codes,
					hog_load64(head + lay->frame_code)),
		.at = lasti,
		.addr = frame,
	};
	if (!ret->frame.code || !in_code(ret->frame.code, lasti))
		return -EAGAIN;
	if (ret->state != HOG_PYCORO_SUSPENDED || !heap_awaits(&ret->frame))
		return 0;
	top = heap_top(lay, head);
	return top ? hog_mem_read_u64(pt->py.mem, top, &ret->awaited) : -EAGAIN;
}

/* ---- 3.11 on ---- */

static enum hog_pycoro_state data_state(const struct await_rules *rule,
					int8_t state)
{
	if (state == rule->executing)
		return HOG_PYCORO_EXECUTING;
	if (state == rule->created)
		return HOG_PYCORO_CREATED;
	if (state == rule->suspended || state == rule->yield_from ||
	    state == rule->yield_from_locked)
		return HOG_PYCORO_SUSPENDED;
	return HOG_PYCORO_DONE;
}

/* The slot of what the frame awaits; 0: the stack cannot be so. */
static uint64_t data_slot(const struct hog_pytasks *pt,
			  const struct await_rules *rule, uint64_t frame,
			  const unsigned char *head,
			  const struct hog_pycode *code)
{
	const struct hog_pylayout *lay = &pt->py.lay;
	uint64_t first = frame + (uint64_t)lay->iframe_localsplus, slot;

	if (lay->iframe_stackpointer != HOG_NO_FIELD)
		slot = hog_load64(head + lay->iframe_stackpointer);
	else
		slot = first +
		       8 * (uint64_t)hog_load32(head + lay->iframe_stacktop);
	slot -= 8 * (uint64_t)rule->slot;
	if (!code || slot < first || slot - frame >= code->frame_bytes ||
	    slot & 7)
		return 0;
	return slot;
}

static bool data_awaits(const struct await_rules *rule, int8_t state,
			const struct hog_pyframe *frame)
{
	const struct hog_pycode *code = frame->code;
	uint32_t oparg = (uint32_t)frame->at + 3; /* of the next instruction */

	if (!code)
		return false;
	if (!rule->by_resume)
		return state == rule->yield_from ||
		       state == rule->yield_from_locked;
	return state == rule->suspended && frame->at >= 0 && code->code &&
	       oparg < code->code_len && (code->code[oparg] & 3) >= 2;
}

static int32_t data_head_len(const struct hog_pylayout *lay)
{
	const int32_t ends[] = {
		lay->iframe_code + 8,     lay->iframe_instr + 8,
		lay->iframe_stacktop + 4, lay->iframe_stackpointer + 8,
		lay->iframe_owner + 1,    lay->iframe_tlbc_index + 4,
	};
	int32_t len = 0;

	if (lay->iframe_code < 0 || lay->iframe_instr < 0 ||
	    lay->iframe_owner < 0 || lay->iframe_localsplus < 0 ||
	    (lay->iframe_stacktop < 0 && lay->iframe_stackpointer < 0))
		return -1;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		len = ends[i] > len ? ends[i] : len;
	return len;
}

static int data_frame(struct hog_pytasks *pt, uint64_t addr,
		      const unsigned char *head, struct hog_pyframe *ret)
{
	const struct hog_pylayout *lay = &pt->py.lay;
	uint64_t ref =
		hog_pyref_object(&pt->py, hog_load64(head + lay->iframe_code));
	uint64_t base;
	int64_t at;
	int r;

	ret->addr = addr;
	ret->code = hog_pycodes_get(pt->codes, ref);
	if (!ret->code)
		return -EAGAIN;
	r = hog_pycode_base(&pt->py, ret->code, head, &base);
	if (r < 0)
		return r;
	at = (int64_t)(hog_load64(head + lay->iframe_instr) - base);
	if (!in_code(ret->code, at))
		return -EAGAIN;
	ret->at = (int32_t)at;
	return 0;
}

static int data_step(struct hog_pytasks *pt, uint64_t gen, struct step *ret)
{
	const struct hog_pylayout *lay = &pt->py.lay;
	const struct await_rules *rule = rules_for(lay->minor);
	int32_t len = data_head_len(lay);
	unsigned char head[HEAD_MAX];
	uint64_t frame = gen + (uint64_t)lay->gen_iframe, slot;
	int8_t state;
	int r;

	if (lay->gen_frame_state < 0 || len < 0 || len > HEAD_MAX)
		return -EINVAL;
	r = hog_mem_read(pt->py.mem, gen + (uint64_t)lay->gen_frame_state,
			 &state, 1);
	if (r < 0)
		return r;
	ret->state = data_state(rule, state);
	if (ret->state == HOG_PYCORO_DONE || ret->state == HOG_PYCORO_EXECUTING)
		return 0;
	r = hog_mem_read(pt->py.mem, frame, head, (size_t)len);
	if (r == 0)
		r = data_frame(pt, frame, head, &ret->frame);
	if (r < 0 || ret->state != HOG_PYCORO_SUSPENDED ||
	    !data_awaits(rule, state, &ret->frame))
		return r;
	slot = data_slot(pt, rule, frame, head, ret->frame.code);
	if (slot == 0)
		return -EAGAIN;
	r = hog_mem_read_u64(pt->py.mem, slot, &ret->awaited);
	if (r == 0)
		ret->awaited = hog_pyref_object(&pt->py, ret->awaited);
	return r;
}

/* ---- all of them ---- */

uint64_t hog_pycoro_frame(struct hog_pytasks *pt, uint64_t coro)
{
	const struct hog_pylayout *lay = &pt->py.lay;
	uint64_t frame = 0;

	if (coro == 0 || hog_pykind_of(pt, coro) != HOG_PYKIND_GEN)
		return 0;
	if (lay->frames != HOG_PYFRAMES_HEAP)
		return coro + (uint64_t)lay->gen_iframe;
	(void)hog_pyread_ptr(&pt->py, coro, lay->gen_frame, &frame);
	return frame;
}

uint64_t hog_pycoro_code(struct hog_pytasks *pt, uint64_t coro)
{
	const struct hog_pylayout *lay = &pt->py.lay;
	uint64_t frame = hog_pycoro_frame(pt, coro), code = 0;

	if (frame)
		(void)hog_pyread_ptr(&pt->py, frame,
				     lay->frames == HOG_PYFRAMES_HEAP
					     ? lay->frame_code
					     : lay->iframe_code,
				     &code);
	return hog_pyref_object(&pt->py, code);
}

uint64_t hog_pytask_frame(struct hog_pytasks *pt, uint64_t task)
{
	struct hog_pytask t;

	return hog_pytask_read(pt, task, &t) < 0 ? 0
						 : hog_pycoro_frame(pt, t.coro);
}

/* What stands behind wrappers (coroutine.__await__(), agen.__anext__()); *gen
 * is 0 when that has no frame. */
static int unwrap(struct hog_pytasks *pt, uint64_t object, uint64_t *ret_gen)
{
	*ret_gen = 0;
	for (int i = 0; i < WRAPPERS_MAX && object; i++) {
		enum hog_pykind kind = hog_pykind_of(pt, object);
		int r;

		if (kind == HOG_PYKIND_GEN)
			*ret_gen = object;
		if (kind != HOG_PYKIND_WRAPPER)
			break;
		r = hog_mem_read_u64(pt->py.mem, object + hog_pyhead(pt),
				     &object);
		if (r < 0)
			return r;
	}
	return 0;
}

int hog_pyawait_read(struct hog_pytasks *pt, uint64_t coro,
		     struct hog_pyframe *frames, size_t max,
		     struct hog_pyawait *ret)
{
	uint64_t object = coro, gen;

	*ret = (struct hog_pyawait){ .state = HOG_PYCORO_NONE };
	for (;;) {
		struct step step = { 0 };
		int r = unwrap(pt, object, &gen);

		ret->end = object;
		if (r < 0 || gen == 0)
			return r;
		if (ret->n == max) {
			ret->cut = true;
			return 0;
		}
		r = pt->py.lay.frames == HOG_PYFRAMES_HEAP
			    ? heap_step(pt, gen, &step)
			    : data_step(pt, gen, &step);
		if (r < 0)
			return r;
		if (ret->n == 0)
			ret->state = step.state;
		ret->end = 0;
		if (step.state == HOG_PYCORO_EXECUTING)
			ret->executing = true;
		if (step.state == HOG_PYCORO_EXECUTING ||
		    step.state == HOG_PYCORO_DONE)
			return 0;
		frames[ret->n++] = step.frame;
		if (!step.awaited)
			return 0;
		object = step.awaited;
	}
}
