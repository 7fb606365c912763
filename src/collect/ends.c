/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/ends.h"

uint32_t hog_ends_thread(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_thread_info info = { .tid = p->pid };

	if (!p->ends.thread) {
		info.process = hog_process_in_model(p);
		p->ends.thread = hog_model_thread(slot->model, &info);
	}
	return p->ends.thread;
}

static void send_blank(struct hog_process *p, struct hog_slot *slot,
		       const char *marker)
{
	struct hog_ends *e = &p->ends;

	if (e->blank_ns == 0)
		return;
	hog_slot_send(slot, hog_ends_thread(p, slot),
		      hog_frames_mark(&p->frames, 0, marker),
		      hog_slot_weight(slot, e->blank_ns), 0);
	e->blank_ns = 0;
}

void hog_ends_note(struct hog_process *p, struct hog_slot *slot,
		   const struct hog_cpushare *share)
{
	struct hog_ends *e = &p->ends;

	if (!share->stack) {
		e->blank_ns += share->ns;
		return;
	}
	if (!e->had_frames && e->whole)
		send_blank(p, slot, HOG_STARTING);
	e->had_frames = true;
	e->blank_ns = 0;
}

void hog_ends_settle(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_ends *e = &p->ends;
	uint64_t all = e->exit_ns ? e->exit_ns : hog_target_cpu_ns(p->pid);

	if (!e->known || (!e->whole && !e->had_frames))
		return;
	if (all > e->given_ns) {
		e->blank_ns += all - e->given_ns;
		e->given_ns = all;
	}
	send_blank(p, slot,
		   e->had_frames ? HOG_ENDING
		   : p->forked   ? HOG_UNSEEN
				 : HOG_STARTING);
}

void hog_process_take_exit(struct hog_process *p, pid_t tid, uint64_t cpu_ns)
{
	if (tid == p->pid)
		p->ends.exit_ns += cpu_ns;
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];

		if (t->state.tid == tid) {
			t->exit_ns += cpu_ns;
			return;
		}
	}
}

uint64_t hog_process_given(const struct hog_process *p)
{
	return p->ends.had_frames ? p->ends.given_ns : p->ends.start_ns;
}
