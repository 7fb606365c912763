/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_held.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "python/object.h"
#include "python/python.h"
#include "target/mem_copy.h"

struct hog_pyheld {
	struct hog_python view;    /* the runtime, read through copy */
	struct hog_mem *copy;      /* owned */
	struct hog_pycodes *codes; /* borrowed */
	uint64_t tstate, interp;
	uint64_t epoch;                    /* of codes, with the last stack */
	uint64_t codes_due_ns;             /* when they are looked at again */
	struct hog_pyframe *frames, *last; /* owned, HOG_PYSTACK_MAX each */
	size_t n_last;
	bool last_truncated;
};

struct hog_pyheld *hog_pyheld_new(const struct hog_pystacks *stacks,
				  uint64_t tstate)
{
	const struct hog_python *py = stacks->py;
	struct hog_pyheld *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->view = *py;
	h->view.mem = h->copy = hog_mem_copy_new(py->mem);
	h->codes = stacks->codes;
	h->tstate = tstate;
	h->frames = malloc(HOG_PYSTACK_MAX * sizeof(*h->frames));
	h->last = malloc(HOG_PYSTACK_MAX * sizeof(*h->last));
	if (!h->copy || !h->frames || !h->last) {
		hog_pyheld_free(h);
		return NULL;
	}
	if (hog_pyread_ptr(py, tstate, py->lay.tstate_interp, &h->interp) < 0)
		h->interp = 0;
	return h;
}

void hog_pyheld_free(struct hog_pyheld *h)
{
	if (!h)
		return;
	hog_mem_close(h->copy);
	free(h->frames);
	free(h->last);
	free(h);
}

const struct hog_python *hog_pyheld_view(const struct hog_pyheld *h)
{
	return &h->view;
}

/* A state whose thread has ended is used again, or is no more. */
static bool has_ended(const struct hog_pyheld *h)
{
	uint64_t interp;

	return h->interp &&
	       hog_pyread_ptr(&h->view, h->tstate, h->view.lay.tstate_interp,
			      &interp) == 0 &&
	       interp != h->interp;
}

int hog_pyheld_copy(struct hog_pyheld *h, bool whole)
{
	int r = hog_mem_copy_take(h->copy);

	if (r < 0 || !whole)
		return r;
	hog_mem_copy_fetch(h->copy, true);
	r = hog_pystack_touch(&h->view, h->tstate);
	has_ended(h);
	hog_mem_copy_fetch(h->copy, false);
	return r == -ESRCH || r == -EPERM || r == -ENOMEM ? r : 0;
}

static uint32_t count_common(const struct hog_pyheld *h, size_t n)
{
	uint32_t k = 0;

	if (h->epoch != hog_pycodes_epoch(h->codes))
		return 0; /* the pointers in last are dead */
	while (k < n && k < h->n_last && h->last[k].code == h->frames[k].code &&
	       h->last[k].at == h->frames[k].at)
		k++;
	return k;
}

/* Are these code objects still what they are known for?  Their memory is used
 * again when they die. */
static bool confirm(struct hog_pyheld *h, size_t n, uint32_t common)
{
	uint64_t now = hog_now_ns(), due;
	size_t from = now < h->codes_due_ns ? common : 0;

	if (from >= n)
		return true;
	if (!hog_pycodes_confirm(h->codes, h->frames + from, n - from, now,
				 &due)) {
		h->codes_due_ns = 0;
		h->n_last = 0;
		return false;
	}
	if (from == 0 || due < h->codes_due_ns)
		h->codes_due_ns = due;
	return true;
}

static int give(struct hog_pyheld *h, int n, bool truncated,
		struct hog_pystack *ret)
{
	struct hog_pyframe *swap = h->last;
	uint32_t common = count_common(h, (size_t)n);

	if (!confirm(h, (size_t)n, common))
		return -EAGAIN;
	*ret = (struct hog_pystack){
		.frames = h->frames,
		.n = (size_t)n,
		.truncated = truncated,
		/* Cut ones begin with whatever frame is the first kept. */
		.common = truncated || h->last_truncated ? 0 : common,
	};
	h->last = h->frames;
	h->frames = swap;
	h->n_last = (size_t)n;
	h->last_truncated = truncated;
	h->epoch = hog_pycodes_epoch(h->codes);
	return 0;
}

int hog_pyheld_walk(struct hog_pyheld *h, struct hog_pystack *ret)
{
	bool truncated = false, ended = has_ended(h);
	int n = hog_pystack_walk(&h->view, h->codes, h->tstate, h->frames,
				 HOG_PYSTACK_MAX, &truncated);

	if (hog_mem_copy_missed(h->copy))
		return -ENODATA;
	if (ended)
		return -ESRCH;
	if (n < 0)
		return n == -ENOMEM ? n : -EAGAIN;
	return give(h, n, truncated, ret);
}

int hog_pyheld_walk_now(struct hog_pyheld *h, struct hog_pystack *ret)
{
	bool truncated = false, ended;
	int n, r = hog_mem_copy_take(h->copy);

	if (r < 0)
		return r;
	hog_mem_copy_fetch(h->copy, true);
	n = hog_pystack_walk(&h->view, h->codes, h->tstate, h->frames,
			     HOG_PYSTACK_MAX, &truncated);
	ended = has_ended(h);
	hog_mem_copy_fetch(h->copy, false);
	if (n < 0 || ended)
		return ended || n == -ESRCH ? -ESRCH : -EAGAIN;
	return give(h, n, truncated, ret);
}
