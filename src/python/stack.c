/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "python/python.h"

#define SPANS_FIRST 16
/* Measured: 1.3-3 us for a read, 0.4-0.6 us for each further span. */
#define READ_NS 20000
#define SPAN_NS 2000

bool hog_spans_add(struct hog_spans *spans, uint64_t addr, void *buf,
		   size_t len)
{
	if (spans->n == spans->cap) {
		unsigned cap = spans->cap ? spans->cap * 2 : SPANS_FIRST;
		struct hog_span *grown;

		grown = realloc(spans->v, cap * sizeof(*grown));
		if (!grown)
			return false;
		spans->v = grown;
		spans->cap = cap;
	}
	spans->v[spans->n++] = (struct hog_span){ addr, buf, len };
	return true;
}

void hog_spans_fini(struct hog_spans *spans)
{
	free(spans->v);
	*spans = (struct hog_spans){ 0 };
}

ssize_t hog_spans_read_timed(struct hog_mem *mem, const struct hog_span *v,
			     unsigned n, bool *ret_slow)
{
	uint64_t before = hog_now_ns();
	ssize_t got = hog_mem_readv(mem, v, n);

	*ret_slow = hog_now_ns() - before > READ_NS + (uint64_t)n * SPAN_NS;
	return got;
}

int hog_pystacks_init(struct hog_pystacks *stacks, const struct hog_python *py)
{
	const struct hog_pyreader_ops *ops = &hog_pyreader_data;

	if (py->lay.frames == HOG_PYFRAMES_HEAP)
		ops = &hog_pyreader_heap;
	*stacks = (struct hog_pystacks){ .py = py, .ops = ops };
	stacks->codes = hog_pycodes_new(py);
	if (stacks->codes && ops->shared_new)
		stacks->shared = ops->shared_new(py);
	if (!stacks->codes || (ops->shared_new && !stacks->shared)) {
		hog_pystacks_fini(stacks);
		return -ENOMEM;
	}
	return 0;
}

void hog_pystacks_fini(struct hog_pystacks *stacks)
{
	if (stacks->shared)
		stacks->ops->shared_free(stacks->shared);
	hog_pycodes_free(stacks->codes);
	*stacks = (struct hog_pystacks){ 0 };
}

struct hog_pyreader *hog_pyreader_new(struct hog_pystacks *stacks,
				      uint64_t tstate)
{
	struct hog_pyreader *r = calloc(1, stacks->ops->size);

	if (!r)
		return NULL;
	r->ops = stacks->ops;
	r->py = stacks->py;
	r->codes = stacks->codes;
	r->shared = stacks->shared;
	r->tstate = tstate;
	if (r->ops->init(r) < 0) {
		hog_pyreader_free(r);
		return NULL;
	}
	return r;
}

void hog_pyreader_free(struct hog_pyreader *r)
{
	if (!r)
		return;
	r->ops->fini(r);
	hog_spans_fini(&r->spans);
	free(r);
}

bool hog_pyreader_confirm(struct hog_pyreader *r, struct hog_pystack *stack)
{
	uint64_t now = hog_now_ns(), due;
	size_t from = 0;

	/* Below what has changed nothing is due yet. */
	if (now < r->codes_due_ns)
		from = stack->common;
	if (from >= stack->n)
		return true;
	if (hog_pycodes_confirm(r->codes, stack->frames + from, stack->n - from,
				now, &due)) {
		if (from == 0 || due < r->codes_due_ns)
			r->codes_due_ns = due;
		return true;
	}
	r->codes_due_ns = 0;
	r->ops->forget(r);
	return false;
}

double hog_pyreader_doubt(const struct hog_pyreader *r,
			  const struct hog_pystack *stack)
{
	if (stack->torn || stack->n == 0)
		return 0;
	return 1.0 / (stack->repaired ? r->ops->repaired_per_wrong
				      : r->ops->whole_per_wrong);
}

static enum hog_pyverdict judge(struct hog_pyreader *r, size_t got, bool last,
				struct hog_pystack *ret)
{
	enum hog_pyverdict verdict = r->ops->parse(r, got, last, ret);

	if ((verdict != HOG_PYSTACK_OK && verdict != HOG_PYSTACK_SAME) ||
	    hog_pyreader_confirm(r, ret))
		return verdict;
	if (!last)
		return HOG_PYSTACK_RETRY;
	ret->torn = true;
	return HOG_PYSTACK_OK;
}

enum hog_pyverdict hog_pyreader_sample(struct hog_pyreader *r, unsigned tries,
				       struct hog_pystack *ret,
				       unsigned *ret_tries)
{
	struct hog_spans *spans = &r->spans;
	enum hog_pyverdict verdict = HOG_PYSTACK_RETRY;
	unsigned try = 0;

	while (verdict == HOG_PYSTACK_RETRY && try < tries) {
		ssize_t got;
		bool slow;

		spans->n = 0;
		if (r->ops->plan(r, spans, try) < 0)
			break;
		got = hog_spans_read_timed(r->py->mem, spans->v, spans->n,
					   &slow);
		if (got == -ESRCH || got == -EPERM) {
			verdict = HOG_PYSTACK_GONE;
			break;
		}
		try++;
		if (slow && try < tries)
			continue;
		verdict =
			judge(r, got < 0 ? 0 : (size_t)got, try == tries, ret);
	}
	if (ret_tries)
		*ret_tries = try;
	return verdict == HOG_PYSTACK_RETRY ? HOG_PYSTACK_GONE : verdict;
}
