/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/greens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "collect/greens_priv.h"

#define TRY_NS (HOG_NS_PER_SEC / 20) /* between looks for the extension ... */
#define TRY_MAX_NS (2 * HOG_NS_PER_SEC) /* ... the longer, the older it gets */
#define LOOK_NS (HOG_NS_PER_SEC / 10)
#define LOOK_MAX_NS (10 * HOG_NS_PER_SEC)
#define LOOK_ALL_NS (HOG_NS_PER_SEC / 2)
#define LOOK_SHARE 32 /* of a core, for looking */
#define SLOT_SHARE 16 /* of a slot's time, for a part of a look */
#define SLOT_LEAST_NS 200000
#define FIRST_NS (HOG_NS_PER_SEC / 4)
#define NAME_NS HOG_NS_PER_SEC /* a name may be given later */
#define GREENS_MAX 65536
#define ROOTS_MAX 65536
#define VOTES_SHIFT 56 /* above any address */
#define VOTES_MAX 8u
#define CHUNK_BYTES 16384 /* of the first one of a data stack */

void hog_greens_free(struct hog_greens *greens)
{
	if (!greens)
		return;
	hog_greenlets_fini(&greens->found);
	hog_map64_fini(&greens->index);
	hog_map64_fini(&greens->roots);
	hog_map64_fini(&greens->weights);
	free(greens->v);
	free(greens->frames);
	free(greens);
}

/* ---- finding them ---- */

static void try_open(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_greens *gs = p->greens;
	struct hog_err err = { 0 };
	int r;

	if (gs->tried_ns && slot->now_ns - gs->tried_ns < gs->tried_gap_ns)
		return;
	gs->tried_ns = slot->now_ns;
	gs->tried_gap_ns = gs->tried_gap_ns ? gs->tried_gap_ns * 2 : TRY_NS;
	if (gs->tried_gap_ns > TRY_MAX_NS)
		gs->tried_gap_ns = TRY_MAX_NS;
	r = hog_greenlets_open(&p->py, &gs->found, &err);
	gs->open = r == 0;
	slot->greenlets_seen = slot->greenlets_seen || gs->open;
	gs->closed = r == -ENOTSUP;
	if (gs->closed)
		snprintf(slot->no_greenlets, sizeof(slot->no_greenlets), "%s",
			 err.text);
}

/* A main greenlet does not say whose it is: those that have started on its
 * thread's C stack do. */
static void give_words(struct hog_process *p)
{
	struct hog_greens *gs = p->greens;
	struct hog_pytstate *states = calloc(p->n_threads + 1, sizeof(*states));

	for (unsigned i = 0; states && i < p->n_threads; i++)
		states[i] = p->threads[i]->state;
	for (size_t i = 0; states && i < gs->found.n; i++) {
		struct hog_greenlet g, main;
		int k;

		if (hog_greenlet_read(&gs->found, gs->found.v[i], &g) < 0)
			continue;
		k = hog_greenlet_thread(&gs->found, &g, states, p->n_threads);
		if (k < 0 || p->threads[k]->green_word ||
		    hog_greenlet_read(&gs->found, g.main, &main) < 0)
			continue;
		p->threads[k]->green_word =
			hog_greenlet_current_addr(&gs->found, &main);
		p->threads[k]->green_main = g.main;
	}
	free(states);
}

static bool look_due(const struct hog_process *p, const struct hog_slot *slot)
{
	const struct hog_greens *gs = p->greens;

	if (gs->found.look)
		return true;
	if (gs->look_ns && slot->now_ns - gs->look_ns < gs->look_gap_ns)
		return false;
	if (slot->opt->async == HOG_ASYNC_ALL)
		return true;
	for (unsigned i = 0; i < p->n_threads; i++)
		if (!p->threads[i]->green_word)
			return true;
	return false;
}

/* Threads without greenlets make no reason to look ever again. */
static void set_look_gap(struct hog_greens *gs, const struct hog_slot *slot)
{
	uint64_t least = LOOK_SHARE * gs->look_cost_ns;

	if (slot->opt->async == HOG_ASYNC_ALL)
		gs->look_gap_ns = LOOK_ALL_NS;
	else
		gs->look_gap_ns =
			gs->look_gap_ns ? gs->look_gap_ns * 2 : LOOK_NS;
	if (gs->look_gap_ns > LOOK_MAX_NS)
		gs->look_gap_ns = LOOK_MAX_NS;
	if (gs->look_gap_ns < least)
		gs->look_gap_ns = least;
	gs->look_cost_ns = 0;
}

static void look(struct hog_process *p, struct hog_slot *slot)
{
	struct hog_greens *gs = p->greens;
	uint64_t start = hog_now_ns();
	uint64_t part = slot->period_ns / SLOT_SHARE;
	int r;

	if (part < SLOT_LEAST_NS)
		part = SLOT_LEAST_NS;
	if (!gs->look_ns && !gs->look_cost_ns)
		part = FIRST_NS; /* so that the first samples have names */
	r = hog_greenlets_look(&gs->found, start + part);
	gs->look_cost_ns += hog_now_ns() - start;
	if (r > 0)
		return;
	gs->look_ns = slot->now_ns;
	set_look_gap(gs, slot);
	if (r == -ENOTSUP) {
		gs->closed = true;
		snprintf(slot->no_greenlets, sizeof(slot->no_greenlets),
			 "this greenlet on Python %s is not known",
			 p->py.version_text);
	}
	if (r == 0)
		give_words(p);
}

void hog_greens_maintain(struct hog_process *p, struct hog_slot *slot)
{
	if (!p->greens) {
		p->greens = calloc(1, sizeof(*p->greens));
		if (!p->greens)
			return;
		p->greens->frames =
			malloc(HOG_PYSTACK_MAX * sizeof(*p->greens->frames));
	}
	if (p->greens->closed || !p->greens->frames)
		return;
	if (!p->greens->open)
		try_open(p, slot);
	if (p->greens->open && look_due(p, slot))
		look(p, slot);
}

/* ---- what is remembered ---- */

struct hog_green *hog_green_of(struct hog_process *p,
			       const struct hog_greenlet *g)
{
	struct hog_greens *gs = p->greens;
	uint64_t *known = hog_map64_get(&gs->index, g->addr);
	struct hog_green *green;

	if (known) {
		green = &gs->v[*known - 1];
		if (green->impl != g->impl) /* another one at this address */
			*green = (struct hog_green){ g->addr, g->impl };
		return green;
	}
	if (gs->n == GREENS_MAX) { /* of very many, most long gone */
		hog_map64_clear(&gs->index);
		gs->n = 0;
	}
	if (gs->n == gs->cap) {
		size_t cap = gs->cap ? gs->cap * 2 : 64;
		struct hog_green *grown = realloc(gs->v, cap * sizeof(*grown));

		if (!grown)
			return NULL;
		gs->v = grown;
		gs->cap = cap;
	}
	if (hog_map64_put(&gs->index, g->addr, gs->n + 1) < 0)
		return NULL;
	green = &gs->v[gs->n++];
	*green = (struct hog_green){ g->addr, g->impl };
	return green;
}

uint32_t hog_green_name(struct hog_process *p, struct hog_green *green,
			const struct hog_greenlet *g,
			const struct hog_pyframe *frames, size_t n,
			uint64_t now_ns)
{
	const struct hog_pycode *code = n ? frames[0].code : NULL;
	char name[HOG_GREENLET_NAME_MAX];
	char text[HOG_GREENLET_NAME_MAX + 16];

	if (green->root && now_ns - green->named_ns < NAME_NS &&
	    (!code || green->root_code == code->serial))
		return green->root;
	if (hog_greenlet_name(&p->greens->found, g, code, name, sizeof(name)))
		snprintf(text, sizeof(text), "[greenlet %s]", name);
	else
		snprintf(text, sizeof(text), "[greenlet 0x%llx]",
			 (unsigned long long)g->addr);
	green->root = hog_frames_mark(&p->frames, 0, text);
	green->root_code = code ? code->serial : 0;
	green->named_ns = now_ns;
	return green->root;
}

/* ---- who runs ---- */

void hog_greens_witness(struct hog_process *p, struct hog_sampled **threads,
			unsigned n, bool still)
{
	for (unsigned i = 0; i < n; i++) {
		struct hog_sampled *t = threads[i];

		t->green = 0;
		if (t->green_word &&
		    hog_mem_read_u64(p->py.mem, t->green_word, &t->green) < 0)
			t->green_word = 0;
		t->green_after = still ? t->green : 0;
	}
}

/* A parked greenlet's data stack (3.11+), of one chunk, holds its outermost
 * frame. */
static bool owns(const struct hog_greenlet *g, uint64_t root)
{
	return g->chunk && root - g->chunk < CHUNK_BYTES;
}

/* Is the greenlet that this outermost frame was seen under still its owner?
 * *ret_certain: its data stack says so.  (A thread that lost its CPU in the
 * middle of a switch shows another one running, again and again.) */
static bool still_owns(struct hog_greens *gs, uint64_t addr, uint64_t root,
		       unsigned votes, bool *ret_certain)
{
	struct hog_greenlet g;

	if (hog_greenlet_read(&gs->found, addr, &g) < 0)
		return false;
	*ret_certain = g.state == HOG_GREENLET_PARKED && owns(&g, root);
	if (*ret_certain)
		return true;
	return votes > 1 && (g.state == HOG_GREENLET_PARKED ||
			     g.state == HOG_GREENLET_RUNNING);
}

/* Which greenlet the stack on this outermost frame is: `now` was running when
 * the copy began, and when sure also at its end.  It may have switched there and back:
 * then what was seen before knows better.  Frames are used again, so only one
 * that lives is believed. */
static uint64_t by_root(struct hog_greens *gs, uint64_t root, uint64_t now,
			bool sure)
{
	uint64_t *known = hog_map64_get(&gs->roots, root);
	uint64_t addr = 0;
	unsigned votes = 0;
	bool certain = false;

	if (known) {
		addr = *known & ((1ull << VOTES_SHIFT) - 1);
		votes = (unsigned)(*known >> VOTES_SHIFT);
	}
	if (addr == now) {
		votes += sure && votes < VOTES_MAX;
	} else if (addr && still_owns(gs, addr, root, votes, &certain)) {
		votes -= sure && votes > 1 && !certain;
		now = addr;
	} else if (!sure) {
		return 0;
	} else {
		votes = 1;
	}
	if (!known && gs->roots.count > ROOTS_MAX)
		hog_map64_clear(&gs->roots);
	(void)hog_map64_put(&gs->roots, root,
			    now | (uint64_t)votes << VOTES_SHIFT);
	return now;
}

/* A greenlet that has ended since, or cannot be told for sure, goes by its
 * outermost function, as most do. */
static uint32_t root_by_code(struct hog_process *p, const struct hog_pystack *s)
{
	const struct hog_pycode *code =
		s->n > 0 && !s->truncated ? s->frames[0].code : NULL;
	char text[HOG_GREENLET_NAME_MAX + 16];

	if (!code)
		return 0;
	snprintf(text, sizeof(text), "[greenlet %.*s]", HOG_GREENLET_NAME_MAX,
		 strcmp(code->name, "<module>") == 0 ? "main" : code->qualname);
	return hog_frames_mark(&p->frames, 0, text);
}

/* Does the word still tell of this thread? */
static bool word_holds(struct hog_process *p, const struct hog_sampled *t)
{
	struct hog_greenlet main;

	return hog_greenlet_read(&p->greens->found, t->green_main, &main) ==
		       0 &&
	       hog_greenlet_current_addr(&p->greens->found, &main) ==
		       t->green_word;
}

uint32_t hog_greens_root(struct hog_process *p, struct hog_slot *slot,
			 struct hog_sampled *t)
{
	struct hog_greens *gs = p->greens;
	const struct hog_pystack *s = &t->stack;
	struct hog_green *green;
	struct hog_greenlet g;
	uint64_t who = t->green;
	bool sure;

	if (!gs || !gs->open || !t->green_word || !who)
		return 0;
	sure = t->green_after == who && !s->torn && !s->repaired;
	if (s->n > 0 && !s->truncated && s->frames[0].addr)
		who = by_root(gs, s->frames[0].addr, who, sure);
	if (!who || hog_greenlet_read(&gs->found, who, &g) < 0) {
		if (who && !word_holds(p, t))
			t->green_word = 0; /* the thread is another one */
		return t->green_word ? root_by_code(p, s) : 0;
	}
	green = hog_green_of(p, &g);
	return green ? hog_green_name(p, green, &g, s->frames, s->n,
				      slot->now_ns)
		     : 0;
}
