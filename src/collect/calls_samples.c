/* SPDX-License-Identifier: Apache-2.0 */
/* Who computes instead of calling: threads that are in no call and run are
 * sampled while they move, so that a callback that holds an event loop has a
 * stack. */
#include "collect/calls_priv.h"

#include "base/clock.h"
#include "collect/process.h"

static bool runs(struct hog_tracedthread *t)
{
	struct hog_osthread os;

	hog_target_thread_state(t->process->target, t->tid, &os);
	return os.state == HOG_OS_RUNNING;
}

static void sample_one(struct hog_calls *c, struct hog_tracedthread *t,
		       uint64_t now)
{
	struct hog_event ev = {
		.time_ns = now,
		.kind = HOG_EV_SAMPLE,
		.value = { HOG_SLOT, 0 },
	};

	if (t->in_call || !t->tstate || !t->process->target || !runs(t))
		return;
	ev.stack = hog_tracedthread_moving_stack(t);
	if (!ev.stack)
		return;
	ev.thread = hog_tracedthread_id(t);
	hog_calls_send(c, &ev);
}

void hog_calls_sample(struct hog_calls *c, uint64_t now)
{
	for (size_t i = 0; i < c->threads.cap; i++)
		if (c->threads.used[i])
			sample_one(c,
				   (void *)(uintptr_t)c->threads.slots[i].value,
				   now);
}
