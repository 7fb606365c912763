/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/doze.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/map.h"
#include "collect/process.h"
#include "collect/sleepers.h"

#define QUIET_SLOTS 8
#define QUIET_NS (HOG_NS_PER_SEC / 20)
#define LOOK_NS 1200 /* one small file of /proc, or one read of memory */
#define COST_SHARE 64
#define GAP_MAX_NS (HOG_NS_PER_SEC / 4)

void hog_doze_begin(struct hog_slot *slot)
{
	struct hog_dozers *d = &slot->dozers;

	d->files_before = d->files;
	d->files = 0;
	d->gap_ns = (uint64_t)d->files_before * LOOK_NS * COST_SHARE;
	if (d->gap_ns > GAP_MAX_NS)
		d->gap_ns = GAP_MAX_NS;
	if (slot->opt->idle) /* sleep is counted in each slot, so is work */
		d->gap_ns = 0;
	slot->weight = slot->base_weight;
}

static bool is_asleep(const struct hog_process *p, const struct hog_slot *slot,
		      const struct hog_sampled *t)
{
	if (t->ended || (t->twin && t->out))
		return true;
	/* It must go on being shown, which takes its stack. */
	if (slot->opt->idle && !t->idle_stack)
		return false;
	return hog_is_idle(p, t);
}

static bool is_quiet(const struct hog_process *p, const struct hog_slot *slot)
{
	/* Suspended tasks are shown in each slot, asleep or not. */
	if (p->n_threads == 0 || p->relist || slot->opt->async == HOG_ASYNC_ALL)
		return false;
	if (slot->opt->mode == HOG_MODE_GIL) { /* no thread is looked at */
		for (unsigned i = 0; i < p->n_interps; i++)
			if (p->gils[i].holder)
				return false;
		return true;
	}
	for (unsigned i = 0; i < p->n_threads; i++)
		if (!is_asleep(p, slot, p->threads[i]))
			return false;
	return true;
}

/* Notes how often each thread was given a CPU.  Whether any was since the last
 * note, or that cannot be known. */
static bool have_run(struct hog_process *p)
{
	bool moved = false;

	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];
		struct hog_oscpu now = { 0 };

		if (hog_oswatch_cpu(&t->watch, &now) < 0 || now.turns == 0 ||
		    now.turns != t->turns)
			moved = true;
		t->turns = now.turns;
	}
	return moved;
}

/* Whether the kernel has more threads of it than Python: one of them may come
 * in at any time, from C, without any known one having run. */
static bool has_strangers(const struct hog_process *p)
{
	unsigned known = 0;
	char path[32];
	struct stat st;

	for (unsigned i = 0; i < p->n_threads; i++)
		known += !p->threads[i]->twin || !p->threads[i]->out;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)p->pid);
	/* Each thread is a folder, and the folder itself has two links. */
	return stat(path, &st) < 0 || st.st_nlink != known + 2;
}

/* One of them has come in. */
static bool have_come(struct hog_process *p)
{
	for (unsigned i = 0; i < p->n_interps; i++) {
		uint64_t head;

		if (hog_mem_read_u64(p->py.mem, p->interps[i].threads_head_addr,
				     &head) < 0 ||
		    head != p->heads[i])
			return true;
	}
	return false;
}

static void sleep_on(struct hog_process *p, struct hog_slot *slot)
{
	for (unsigned i = 0; i < p->n_threads && slot->opt->idle; i++) {
		const struct hog_sampled *t = p->threads[i];

		if (!t->ended && t->idle_stack)
			hog_slot_send(slot, t->model_thread, t->idle_stack,
				      slot->base_weight, HOG_EVF_IDLE);
	}
}

bool hog_doze_skips(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_doze *d = &p->doze;

	if (!d->on) {
		d->paid -= d->paid > 0;
		return d->paid > 0;
	}
	slot->dozers.files += p->n_threads + d->strangers;
	d->passed++;
	if (slot->now_ns >= d->next_ns) {
		bool moved = have_run(p) || !d->settled ||
			     (d->strangers && have_come(p));

		if (moved) {
			slot->weight = slot->base_weight * (int64_t)d->passed;
			return false;
		}
		d->passed = 0;
		d->next_ns = slot->now_ns + slot->dozers.gap_ns;
	}
	sleep_on(p, slot);
	return true;
}

static void fall_asleep(struct hog_process *p, const struct hog_slot *slot)
{
	struct hog_doze *d = &p->doze;

	*d = (struct hog_doze){ .on = true, .strangers = has_strangers(p) };
	have_run(p);
	d->next_ns = slot->now_ns;
	/* Not all in the same slot. */
	if (slot->dozers.gap_ns > 0)
		d->next_ns +=
			hog_hash64((uint64_t)p->pid) % slot->dozers.gap_ns;
}

void hog_doze_note(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_doze *d = &p->doze;
	/* Suspended tasks are looked at in each slot. */
	bool quiet = slot->opt->async != HOG_ASYNC_ALL && is_quiet(p, slot);

	slot->weight = slot->base_weight;
	if (d->on && quiet) {
		d->settled = true;
		d->passed = 0;
		d->next_ns = slot->now_ns + slot->dozers.gap_ns;
	} else if (d->on) {
		/* The look stands for as much before it as after. */
		*d = (struct hog_doze){ .paid = (d->passed + 1) / 2 };
	} else if (!quiet) {
		d->quiet = 0;
	} else {
		if (d->quiet++ == 0)
			d->since_ns = slot->now_ns;
		if (d->quiet >= QUIET_SLOTS &&
		    slot->now_ns - d->since_ns >= QUIET_NS)
			fall_asleep(p, slot);
	}
}
