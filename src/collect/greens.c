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
#define VOTES_ENOUGH 3u
#define OWNERS_NS 200000 /* for looking up whose frames are, in a slot */
#define OWNER_STALE_NS (HOG_NS_PER_SEC / 20)

void hog_greens_free(struct hog_greens *greens)
{
	if (!greens)
		return;
	hog_greenlets_fini(&greens->found);
	hog_map64_fini(&greens->index);
	hog_map64_fini(&greens->owners);
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

/* ---- whose an outermost frame is ---- */

/* Who is parked says exactly which frame is its outermost one.  Keeps that. */
static void note_owner(struct hog_process *p, const struct hog_greenlet *g,
		       uint64_t now_ns)
{
	struct hog_greens *gs = p->greens;
	struct hog_green *green = hog_green_of(p, g);
	bool truncated = false;
	int n;

	if (!green || g->state != HOG_GREENLET_PARKED)
		return;
	n = hog_greenlet_walk(&gs->found, p->stacks.codes, g, gs->frames,
			      HOG_PYSTACK_MAX, &truncated);
	if (n <= 0 || truncated)
		return;
	if (gs->owners.count > ROOTS_MAX)
		hog_map64_clear(&gs->owners);
	green->frame = gs->frames[0].addr;
	green->frame_ns = now_ns;
	(void)hog_map64_put(&gs->owners, green->frame, g->addr);
}

/* Those parked just now, some in each slot that meets an unknown one. */
static void note_owners(struct hog_process *p, uint64_t now_ns)
{
	struct hog_greens *gs = p->greens;
	uint64_t until = hog_now_ns() + OWNERS_NS;
	struct hog_greenlet g;

	if (gs->owners_ns == now_ns)
		return;
	gs->owners_ns = now_ns;
	for (size_t i = 0; i < gs->found.n && hog_now_ns() < until; i++) {
		gs->next_owner %= gs->found.n;
		if (hog_greenlet_read(&gs->found, gs->found.v[gs->next_owner++],
				      &g) == 0)
			note_owner(p, &g, now_ns);
	}
}

/* The greenlet that was parked with this outermost frame, and has it still:
 * frames are used again.  0: none is known. */
static uint64_t owner_of(struct hog_process *p, uint64_t root, uint64_t now_ns)
{
	struct hog_greens *gs = p->greens;
	const uint64_t *known = hog_map64_get(&gs->owners, root);
	struct hog_green *green;
	struct hog_greenlet g;

	if (!known || hog_greenlet_read(&gs->found, *known, &g) < 0)
		return 0;
	green = hog_green_of(p, &g);
	if (!green || green->frame != root)
		return 0;
	if (now_ns - green->frame_ns > OWNER_STALE_NS)
		note_owner(p, &g, now_ns);
	if (green->frame != root || g.state == HOG_GREENLET_NEW ||
	    g.state == HOG_GREENLET_DEAD)
		return 0;
	return g.addr;
}

/* By what was seen to run, for greenlets that are never found parked: `now` was
 * running when the copy began, and when sure also at its end.  It may have
 * switched there and back, so it is believed when seen again and again. */
static uint64_t by_votes(struct hog_greens *gs, uint64_t root, uint64_t now,
			 bool sure)
{
	uint64_t *known = hog_map64_get(&gs->roots, root);
	uint64_t addr = known ? *known & ((1ull << VOTES_SHIFT) - 1) : 0;
	unsigned votes = known ? (unsigned)(*known >> VOTES_SHIFT) : 0;

	if (!sure)
		return addr == now && votes >= VOTES_ENOUGH ? now : 0;
	if (addr != now)
		votes = 0;
	votes += votes < VOTES_MAX;
	if (!known && gs->roots.count > ROOTS_MAX)
		hog_map64_clear(&gs->roots);
	(void)hog_map64_put(&gs->roots, root,
			    now | (uint64_t)votes << VOTES_SHIFT);
	return votes >= VOTES_ENOUGH ? now : 0;
}

/* Which greenlet the stack on this outermost frame is. */
static uint64_t by_root(struct hog_process *p, uint64_t root, uint64_t now,
			bool sure, uint64_t now_ns)
{
	struct hog_greens *gs = p->greens;
	uint64_t owner = owner_of(p, root, now_ns);

	if (!owner && !(sure && by_votes(gs, root, now, false) == now)) {
		note_owners(p, now_ns);
		owner = owner_of(p, root, now_ns);
	}
	return owner ? owner : by_votes(gs, root, now, sure);
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
		who = by_root(p, s->frames[0].addr, who, sure, slot->now_ns);
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
