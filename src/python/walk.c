/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stack by its pointers, leaf to root.  Right for a thread that stands; for
 * one that moves every break of a rule gives -EAGAIN, and no break proves
 * nothing: the caller looks twice.  Data-stack chunks are copied whole first,
 * so that deep stacks cost few system calls.
 */
#include "python/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "python/object.h"
#include "python/python.h"
#include "python/stack.h"

#define CHUNKS_MAX 1000              /* what one readv takes */
#define CHUNK_BYTES_MAX (16u << 20)  /* of one chunk */
#define CHUNKS_BYTES_MAX (64u << 20) /* of all */
#define FRAME_HEAD_MAX 160           /* what is read of a frame */
#define STEPS_PER_FRAME 5 /* shims included; more than any version's */
#define OWNER_GENERATOR 1
#define TLBC_MAX 65536

struct walk {
	const struct hog_python *py;
	struct hog_pycodes *codes; /* NULL: only the way is wanted */
	struct hog_pyframe *frames;
	size_t n, max;
	bool truncated;
	struct hog_span chunks[CHUNKS_MAX]; /* copies, newest first */
	unsigned n_chunks;
	unsigned char *bytes; /* owned: what the chunks point into */
	const struct hog_pyparked *parked; /* NULL: a thread's own stack */
};

/* A live target moves; in a core nothing does, and a frame that makes no sense
 * is shown as such rather than losing the stack. */
static bool moves(const struct walk *w)
{
	return w->py->target && w->py->target->live;
}

static int push(struct walk *w, const struct hog_pycode *code, int32_t at,
		uint64_t addr)
{
	if (!code && moves(w))
		return -EAGAIN;
	if (code && at >= 0 && (uint32_t)at >= code->code_len && moves(w))
		return -EAGAIN;
	w->frames[w->n++] = (struct hog_pyframe){ code, at, addr };
	return 0;
}

/* Where that piece of a C stack lies now; most lie where they are. */
static uint64_t moved(const struct walk *w, uint64_t addr, size_t len)
{
	const struct hog_pyparked *from = w->parked;

	if (!from || addr < from->moved || from->moved_len < len ||
	    addr - from->moved > from->moved_len - len)
		return addr;
	return from->moved_to + (addr - from->moved);
}

/* Bytes of the target's memory, out of the chunk copies where possible. */
static int fetch(const struct walk *w, uint64_t addr, void *buf, size_t len)
{
	for (unsigned i = 0; i < w->n_chunks; i++) {
		const struct hog_span *c = &w->chunks[i];

		if (addr >= c->addr && addr - c->addr <= c->len &&
		    len <= c->len - (addr - c->addr)) {
			memcpy(buf, (unsigned char *)c->buf + (addr - c->addr),
			       len);
			return 0;
		}
	}
	return hog_mem_read(w->py->mem, moved(w, addr, len), buf, len);
}

/* ---- 2.7-3.10 ---- */

static int heap_frame(struct walk *w, uint64_t addr, uint64_t *ret_back)
{
	const struct hog_pylayout *lay = &w->py->lay;
	unsigned char head[FRAME_HEAD_MAX];
	int32_t lasti;
	int r;

	if (lay->frame_lasti < 0 || lay->frame_code < 0 ||
	    lay->frame_back < 0 || lay->frame_back + 8 > lay->frame_lasti + 4 ||
	    lay->frame_code + 8 > lay->frame_lasti + 4 ||
	    lay->frame_lasti + 4 > FRAME_HEAD_MAX)
		return -EINVAL;
	r = hog_mem_read(w->py->mem, addr, head, (size_t)lay->frame_lasti + 4);
	if (r < 0)
		return r == -EFAULT ? -EAGAIN : r;
	lasti = (int32_t)hog_load32(head + lay->frame_lasti);
	if (lasti >= 0 && lasti < INT32_MAX / 2)
		lasti *= lay->lasti_scale;
	*ret_back = hog_load64(head + lay->frame_back);
	if (!w->codes) {
		w->n++;
		return 0;
	}
	return push(w,
		    hog_pycodes_get(w->codes,
				    hog_load64(head + lay->frame_code)),
		    lasti, addr);
}

static int walk_heap(struct walk *w, uint64_t addr)
{
	while (addr) {
		int r;

		if (w->n == w->max) {
			w->truncated = true;
			return 0;
		}
		r = heap_frame(w, addr, &addr);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- 3.11 on ---- */

/* Lists the chunks of a thread's data stack: addresses and how much of each is
 * worth copying.  A list that breaks off is no harm: it only saves calls. */
static size_t list_chunks(struct walk *w, uint64_t chunk, uint64_t top)
{
	const struct hog_pylayout *lay = &w->py->lay;
	size_t total = 0;

	while (chunk && w->n_chunks < CHUNKS_MAX) {
		uint64_t head[3], len;

		if (lay->chunk_previous != 0 || lay->chunk_size != 8 ||
		    hog_mem_read(w->py->mem, chunk, head, sizeof(head)) < 0)
			break;
		len = head[1];
		if (w->n_chunks == 0 && top > chunk && top - chunk < len)
			len = top - chunk;
		if (len < sizeof(head) || len > CHUNK_BYTES_MAX ||
		    total + len > CHUNKS_BYTES_MAX)
			break;
		w->chunks[w->n_chunks++] =
			(struct hog_span){ chunk, NULL, (size_t)len };
		total += (size_t)len;
		chunk = head[0];
	}
	return total;
}

static int copy_chunks(struct walk *w, uint64_t chunk, uint64_t top)
{
	size_t total, at = 0;
	ssize_t got;
	unsigned whole = 0;

	total = list_chunks(w, chunk, top);
	if (w->n_chunks == 0)
		return 0;
	w->bytes = malloc(total);
	if (!w->bytes)
		return -ENOMEM;
	for (unsigned i = 0; i < w->n_chunks; i++) {
		w->chunks[i].buf = w->bytes + at;
		at += w->chunks[i].len;
	}
	got = hog_mem_readv(w->py->mem, w->chunks, w->n_chunks);
	for (at = 0; got > 0 && whole < w->n_chunks; whole++) {
		at += w->chunks[whole].len;
		if (at > (size_t)got)
			break;
	}
	w->n_chunks = whole; /* what was not copied is read frame by frame */
	return 0;
}

int hog_pycode_base(const struct hog_python *py, const struct hog_pycode *code,
		    const unsigned char *head, uint64_t *ret)
{
	const struct hog_pylayout *lay = &py->lay;
	uint32_t index;
	uint64_t array;
	int r;

	*ret = code->code_start;
	if (lay->iframe_tlbc_index < 0 || lay->code_tlbc < 0)
		return 0;
	index = hog_load32(head + lay->iframe_tlbc_index);
	if (index == 0)
		return 0;
	if (index > TLBC_MAX)
		return -EAGAIN;
	r = hog_pyread_ptr(py, code->addr, lay->code_tlbc, &array);
	if (r == 0)
		r = hog_mem_read_u64(py->mem, array + 8 + 8 * (uint64_t)index,
				     ret);
	return r == -EFAULT ? -EAGAIN : r;
}

/* One data-stack frame that is no shim. */
static int data_frame(struct walk *w, uint64_t addr, const unsigned char *head)
{
	const struct hog_pylayout *lay = &w->py->lay;
	uint64_t instr = hog_load64(head + lay->iframe_instr), base;
	uint64_t ref =
		hog_pyref_object(w->py, hog_load64(head + lay->iframe_code));
	const struct hog_pycode *code, only = { .addr = ref };
	int64_t at;
	int r;

	if (!w->codes) {
		w->n++;
		return hog_pycode_base(w->py, &only, head, &base);
	}
	code = hog_pycodes_get(w->codes, ref);
	if (!code)
		return push(w, NULL, -1, addr);
	r = hog_pycode_base(w->py, code, head, &base);
	if (r < 0)
		return r;
	at = (int64_t)(instr - base);
	if (at < -2 || at >= (int64_t)code->code_len) {
		if (moves(w))
			return -EAGAIN;
		at = -1;
	}
	/* Still being set up: CPython hides it, and so do we. */
	if (head[lay->iframe_owner] != OWNER_GENERATOR &&
	    at < (int64_t)code->firsttraceable)
		return 0;
	return push(w, code, (int32_t)at, addr);
}

static size_t frame_head_len(const struct hog_pylayout *lay)
{
	const int32_t fields[] = { lay->iframe_code, lay->iframe_previous,
				   lay->iframe_instr, lay->iframe_tlbc_index };
	int32_t end = lay->iframe_owner + 1;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i] + 8 > end)
			end = fields[i] + 8;
	return (size_t)end;
}

static bool frame_fields_known(const struct hog_pylayout *lay)
{
	return lay->iframe_code >= 0 && lay->iframe_previous >= 0 &&
	       lay->iframe_instr >= 0 && lay->iframe_owner >= 0 &&
	       frame_head_len(lay) <= FRAME_HEAD_MAX;
}

/* In 3.15 every chain ends at the sentinel in the thread state. */
static int check_end(const struct walk *w, uint64_t tstate, uint64_t last)
{
	uint64_t base;
	int r;

	if (w->py->lay.tstate_base_frame == HOG_NO_FIELD || last == 0 ||
	    w->parked)
		return 0;
	r = hog_pyread_ptr(w->py, tstate, w->py->lay.tstate_base_frame, &base);
	if (r < 0)
		return r;
	return base && base != last && moves(w) ? -EAGAIN : 0;
}

static int walk_data(struct walk *w, uint64_t tstate, uint64_t addr)
{
	const struct hog_pylayout *lay = &w->py->lay;
	size_t len = frame_head_len(lay), steps = 0;
	unsigned char head[FRAME_HEAD_MAX];
	uint64_t last = 0;
	int r;

	while (addr) {
		if (w->n == w->max) {
			w->truncated = true;
			return 0;
		}
		if (++steps > STEPS_PER_FRAME * (w->max + 1))
			return -EAGAIN; /* a loop of shims */
		r = fetch(w, addr, head, len);
		if (r < 0)
			return r == -EFAULT ? -EAGAIN : r;
		last = addr;
		if (head[lay->iframe_owner] < lay->owner_shim)
			r = data_frame(w, addr, head);
		if (r < 0)
			return r;
		addr = hog_load64(head + lay->iframe_previous);
	}
	/* A generator that has just been resumed or left is linked to nobody
	 * for an instant: its chain ends too early. */
	if (last && head[lay->iframe_owner] == OWNER_GENERATOR && moves(w))
		return -EAGAIN;
	return check_end(w, tstate, last);
}

static int walk_chunks(struct walk *w, uint64_t tstate, uint64_t frame)
{
	const struct hog_pylayout *lay = &w->py->lay;
	uint64_t chunk = 0, top = 0;
	int r = 0;

	if (!frame_fields_known(lay))
		return -EINVAL;
	if (w->parked) {
		r = copy_chunks(w, w->parked->chunk, w->parked->top);
	} else if (hog_pyread_ptr(w->py, tstate, lay->tstate_datastack_chunk,
				  &chunk) == 0 &&
		   hog_pyread_ptr(w->py, tstate, lay->tstate_datastack_top,
				  &top) == 0) {
		r = copy_chunks(w, chunk, top);
	}
	return r < 0 ? r : walk_data(w, tstate, frame);
}

/* Where the thread state says its innermost frame is. */
static int read_top(const struct hog_python *py, uint64_t tstate, uint64_t *ret)
{
	const struct hog_pylayout *lay = &py->lay;
	uint64_t cframe;
	int r;

	switch (lay->frames) {
	case HOG_PYFRAMES_HEAP:
		return hog_pyread_ptr(py, tstate, lay->tstate_frame, ret);
	case HOG_PYFRAMES_CFRAME:
		r = hog_pyread_ptr(py, tstate, lay->tstate_cframe, &cframe);
		if (r < 0)
			return r;
		if (cframe == 0) {
			*ret = 0;
			return 0;
		}
		r = hog_pyread_ptr(py, cframe, lay->cframe_current_frame, ret);
		return r == -EFAULT ? -EAGAIN : r;
	case HOG_PYFRAMES_CURRENT:
		return hog_pyread_ptr(py, tstate, lay->tstate_current_frame,
				      ret);
	}
	return -EINVAL;
}

static void reverse(struct hog_pyframe *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct hog_pyframe swap = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = swap;
	}
}

static int walk_all(struct walk *w, uint64_t tstate)
{
	uint64_t top, after;
	int r = read_top(w->py, tstate, &top);

	if (r < 0)
		return r;
	if (w->py->lay.frames == HOG_PYFRAMES_HEAP)
		r = walk_heap(w, top);
	else
		r = walk_chunks(w, tstate, top);
	if (r == 0)
		r = read_top(w->py, tstate, &after);
	if (r < 0)
		return r;
	return after == top ? 0 : -EAGAIN;
}

static int walk_parked(struct walk *w)
{
	if (w->py->lay.frames == HOG_PYFRAMES_HEAP)
		return walk_heap(w, w->parked->frame);
	return walk_chunks(w, 0, w->parked->frame);
}

/* parked, or NULL for the stack of tstate. */
static int walk_any(const struct hog_python *py, struct hog_pycodes *codes,
		    uint64_t tstate, const struct hog_pyparked *parked,
		    struct hog_pystack *ret)
{
	_cleanup_free_ struct walk *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->py = py;
	w->codes = codes;
	w->frames = ret->frames;
	w->max = ret->n < HOG_PYSTACK_MAX ? ret->n : HOG_PYSTACK_MAX;
	w->parked = parked;
	r = parked ? walk_parked(w) : walk_all(w, tstate);
	free(w->bytes);
	if (r < 0)
		return r;
	reverse(w->frames, w->n);
	ret->truncated = w->truncated;
	return (int)w->n;
}

int hog_pystack_walk(const struct hog_python *py, struct hog_pycodes *codes,
		     uint64_t tstate, struct hog_pyframe *frames, size_t max,
		     bool *ret_truncated)
{
	struct hog_pystack stack = { .frames = frames, .n = max };
	int n = walk_any(py, codes, tstate, NULL, &stack);

	if (n >= 0)
		*ret_truncated = stack.truncated;
	return n;
}

int hog_pystack_walk_parked(const struct hog_python *py,
			    struct hog_pycodes *codes,
			    const struct hog_pyparked *from,
			    struct hog_pyframe *frames, size_t max,
			    bool *ret_truncated)
{
	struct hog_pystack stack = { .frames = frames, .n = max };
	int n = walk_any(py, codes, 0, from, &stack);

	if (n >= 0)
		*ret_truncated = stack.truncated;
	return n;
}

int hog_pystack_touch(const struct hog_python *py, uint64_t tstate)
{
	_cleanup_free_ struct walk *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->py = py;
	w->max = HOG_PYSTACK_MAX;
	r = walk_all(w, tstate);
	free(w->bytes);
	return r;
}
