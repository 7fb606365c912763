/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tasks run, copied with the stacks: asked afterwards, a program of short
 * steps is in another one.
 */
#include <errno.h>

#include "python/dict.h"
#include "python/tasks_priv.h"

bool hog_pyrunning_plan(struct hog_pyrunning *running,
			const struct hog_pytasks *pt, uint64_t interp,
			struct hog_spans *spans)
{
	const struct hog_pyasyncio *a = hog_pyasyncio_of(pt, interp);
	int32_t keys = pt->py.lay.dict_keys;

	running->keys_now = 0;
	if (!a || !a->current || keys == HOG_NO_FIELD)
		return false;
	if (!hog_spans_add(spans, a->current + (uint64_t)keys,
			   &running->keys_now, sizeof(uint64_t)))
		return false;
	for (unsigned i = 0; i < HOG_PYRUNNING_PLACES; i++)
		if (running->keys[i] &&
		    !hog_spans_add(spans, running->keys[i], running->bytes[i],
				   HOG_PYDICT_SMALL_BYTES))
			return false;
	return true;
}

int hog_pyrunning_take(struct hog_pyrunning *running,
		       const struct hog_pytasks *pt, bool whole,
		       uint64_t ret[HOG_PYDICT_SMALL_ITEMS])
{
	uint64_t *keys = running->keys;

	if (!whole) { /* a place may be gone */
		for (unsigned i = 0; i < HOG_PYRUNNING_PLACES; i++)
			keys[i] = 0;
		return -EAGAIN;
	}
	for (unsigned i = 0; i < HOG_PYRUNNING_PLACES; i++) {
		int n = -EAGAIN;

		if (keys[i] && keys[i] == running->keys_now)
			n = hog_pydict_small_values(&pt->py, running->bytes[i],
						    ret);
		if (n >= 0)
			return n;
	}
	keys[running->next] = running->keys_now;
	running->next = (running->next + 1) % HOG_PYRUNNING_PLACES;
	return -EAGAIN;
}

bool hog_pyrunning_plan_thread(const struct hog_pytasks *pt, uint64_t tstate,
			       struct hog_spans *spans, uint64_t *ret_task)
{
	int32_t at = pt->py.lay.tstate_running_task;

	*ret_task = 0;
	return at != HOG_NO_FIELD && hog_spans_add(spans, tstate + (uint64_t)at,
						   ret_task, sizeof(*ret_task));
}
