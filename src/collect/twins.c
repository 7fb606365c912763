/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/twins.h"

static bool same_thread(const struct hog_sampled *a,
			const struct hog_sampled *b)
{
	return a->state.tid == b->state.tid;
}

/* A thread has one CPU time: the state in use goes on with it. */
static void hand_over(struct hog_sampled *from, struct hog_sampled *to)
{
	if (!from->cpu.started)
		return;
	if (!to->cpu.started || from->cpu.last_ns >= to->cpu.last_ns)
		to->cpu = from->cpu;
	from->cpu.started = false;
}

static void take_over(struct hog_process *p, struct hog_sampled *used)
{
	for (unsigned i = 0; i < p->n_threads; i++)
		if (p->threads[i] != used && same_thread(p->threads[i], used))
			hand_over(p->threads[i], used);
}

void hog_twins_part(struct hog_process *p, struct hog_sampled *t)
{
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *other = p->threads[i];

		if (other == t || !other->listed || other->ended ||
		    !same_thread(t, other))
			continue;
		hand_over(t, other);
		return;
	}
}

void hog_twins_find(struct hog_process *p)
{
	p->has_twins = false;
	for (unsigned i = 0; i < p->n_threads; i++)
		p->threads[i]->twin = false;
	if (p->n_interps < 2)
		return;
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];

		for (unsigned k = i + 1; k < p->n_threads; k++) {
			struct hog_sampled *other = p->threads[k];

			if (!same_thread(t, other) ||
			    t->interp == other->interp)
				continue;
			t->twin = other->twin = p->has_twins = true;
			/* Interpreters are listed oldest first. */
			t->out = other->interp > t->interp;
			other->out = !t->out;
		}
	}
	for (unsigned i = 0; i < p->n_threads; i++)
		if (p->threads[i]->twin && !p->threads[i]->out)
			take_over(p, p->threads[i]);
}

static void use(struct hog_process *p, struct hog_sampled *chosen)
{
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];

		if (t->twin && same_thread(t, chosen))
			t->out = t != chosen;
	}
	take_over(p, chosen);
}

void hog_twins_choose(struct hog_process *p, struct hog_slot *slot)
{
	if (!p->has_twins)
		return;
	hog_process_read_gils(p, slot);
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];

		if (t->twin && t->out &&
		    p->gils[t->interp].holder == t->state.addr)
			use(p, t);
	}
}
