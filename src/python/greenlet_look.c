/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The look through memory for greenlets.  What is found is only believed when
 * the C++ object and the Python object name each other.
 */
#include "python/greenlets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "python/greenlets_priv.h"
#include "python/object.h"
#include "python/python.h"
#include "python/threads.h"

#define BLOCK ((size_t)1 << 20)
#define LOOK_BYTES_MAX ((uint64_t)2 << 30)
#define INTERPS_MAX 16
#define STATES_MAX 1024

struct hog_greenlets_look {
	struct hog_greenlets *g;
	uint64_t *v; /* owned: found so far */
	size_t n, cap;
	uint64_t bytes; /* looked at so far */
	uint64_t met;   /* words that named one of the tables */
	size_t map;     /* index of the mapping at hand */
	uint64_t at;    /* address in it; 0: at its start */
	bool knew;      /* the layout was known from the start */
	int error;
	uint64_t idents[STATES_MAX];
	size_t n_idents;
	unsigned char block[BLOCK];
};

void hog_greenlets_look_free(struct hog_greenlets_look *l)
{
	if (l)
		free(l->v);
	free(l);
}

static bool add(struct hog_greenlets_look *l, uint64_t addr)
{
	if (l->n == HOG_GREENLETS_MAX)
		return true;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		uint64_t *grown = realloc(l->v, cap * sizeof(*grown));

		if (!grown)
			return false;
		l->v = grown;
		l->cap = cap;
	}
	l->v[l->n++] = addr;
	return true;
}

static bool serves(const struct hog_greenlet_layout *lay,
		   const struct hog_python *py)
{
	unsigned version =
		100u * (py->version >> 24) + (py->version >> 16 & 0xff);

	return lay->free_threaded == py->lay.free_threaded &&
	       version >= lay->python_lo && version <= lay->python_hi;
}

bool hog_greenlets_served(const struct hog_python *py)
{
	for (const struct hog_greenlet_layout *lay = hog_greenlet_layouts;
	     lay->python_lo; lay++)
		if (serves(lay, py))
			return true;
	return false;
}

/* The Python object of the C++ one at impl, by that layout; 0: none. */
static uint64_t owner_of(const struct hog_greenlets *g,
			 const struct hog_greenlet_layout *lay, uint64_t impl)
{
	uint64_t self, back;

	if (hog_mem_read_u64(g->py->mem, impl + lay->self, &self) < 0 ||
	    (self & 7) ||
	    hog_mem_read_u64(g->py->mem, self + hog_greenlet_impl_at(g->py),
			     &back) < 0)
		return 0;
	return back == impl ? self : 0;
}

/* More than the one back-pointer: a user's names its main greenlet, a main one
 * has a thread that names it. */
static bool proves(const struct hog_greenlets *g,
		   const struct hog_greenlet_layout *lay, uint64_t impl,
		   uint64_t table)
{
	struct hog_mem *mem = g->py->mem;
	uint64_t self = owner_of(g, lay, impl), main, other, word;

	if (!self)
		return false;
	if (table == g->main_table)
		return hog_mem_read_u64(mem, impl + lay->thread, &other) == 0 &&
		       hog_mem_read_u64(mem, other, &word) == 0 && word == self;
	return hog_mem_read_u64(mem, impl + lay->main, &main) == 0 && main &&
	       hog_mem_read_u64(mem, main + hog_greenlet_impl_at(g->py),
				&other) == 0 &&
	       hog_mem_read_u64(mem, other, &word) == 0 &&
	       word == g->main_table && owner_of(g, lay, other) == main;
}

static void prove(struct hog_greenlets *g, uint64_t impl, uint64_t table)
{
	for (const struct hog_greenlet_layout *lay = hog_greenlet_layouts;
	     lay->python_lo && !g->lay; lay++)
		if (serves(lay, g->py) && proves(g, lay, impl, table))
			g->lay = lay;
}

static void meet(struct hog_greenlets_look *l, uint64_t impl, uint64_t table)
{
	uint64_t self;

	l->met++;
	if (!l->g->lay)
		prove(l->g, impl, table);
	if (!l->g->lay)
		return;
	self = owner_of(l->g, l->g->lay, impl);
	if (self && !add(l, self))
		l->error = -ENOMEM;
}

static void look_at_block(struct hog_greenlets_look *l, uint64_t addr,
			  size_t len)
{
	const uint64_t user = l->g->user_table, main = l->g->main_table;

	for (size_t i = 0; i + 8 <= len; i += 8) {
		uint64_t word = hog_load64(l->block + i);

		if (word == user || word == main)
			meet(l, addr + i, word);
	}
}

/* The stack of a thread, untouched for the most part, fills a mapping from its
 * start up to the thread's descriptor; what lies above may be a heap.  (The
 * first thread's descriptor is in a heap.) */
static uint64_t above_stack(const struct hog_greenlets_look *l,
			    const struct hog_map *map)
{
	uint64_t from = map->start;

	for (size_t i = 0; i < l->n_idents; i++)
		if (l->idents[i] >= from && l->idents[i] < map->end)
			from = l->idents[i] & ~(uint64_t)7;
	return from;
}

/* The next block of the mapping at hand.  A hole in it (a core's) ends it. */
static void look_on(struct hog_greenlets_look *l, const struct hog_map *map)
{
	size_t len;
	struct hog_span span;
	ssize_t got;

	if (l->at < map->start || l->at >= map->end) /* at its start, or the
						      * list has changed */
		l->at = above_stack(l, map);
	len = map->end - l->at < BLOCK ? (size_t)(map->end - l->at) : BLOCK;
	span = (struct hog_span){ l->at, l->block, len };
	got = hog_mem_readv(l->g->py->mem, &span, 1);
	if (got == -ESRCH || got == -EPERM)
		l->error = (int)got;
	if (got > 0)
		look_at_block(l, l->at, (size_t)got);
	l->bytes += len;
	l->at += len;
	if (got <= 0 || l->at >= map->end) {
		l->at = 0;
		l->map++;
	}
}

/* Objects are not in files. */
static bool is_heap(const struct hog_map *map)
{
	const unsigned want = HOG_MAP_READ | HOG_MAP_WRITE;

	if ((map->prot & (want | HOG_MAP_SHARED)) != want || map->inode)
		return false;
	return map->path[0] == '\0' || strcmp(map->path, "[heap]") == 0 ||
	       strncmp(map->path, "[anon", 5) == 0;
}

static void list_idents(struct hog_greenlets_look *l)
{
	struct hog_pyinterp interps[INTERPS_MAX];
	_cleanup_free_ struct hog_pytstate *states =
		malloc(STATES_MAX * sizeof(*states));
	int n = states ? hog_pyinterps_list(l->g->py, interps, INTERPS_MAX) : 0;

	for (int i = 0; i < n; i++) {
		int k = hog_pytstates_list(l->g->py, &interps[i], states,
					   STATES_MAX - l->n_idents);

		while (k-- > 0)
			if (!states[k].main)
				l->idents[l->n_idents++] = states[k].thread_id;
	}
}

static int begin(struct hog_greenlets *g)
{
	struct hog_greenlets_look *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->g = g;
	l->knew = g->lay;
	list_idents(l);
	if (g->py->target->live)
		hog_target_refresh_maps(g->py->target, NULL);
	g->look = l;
	return 0;
}

static int end(struct hog_greenlets *g)
{
	struct hog_greenlets_look *l = g->look;
	int r = l->error;

	if (r == 0 && l->met > 0 && !g->lay)
		r = -ENOTSUP;
	if (r == 0) {
		free(g->v);
		g->v = l->v;
		g->n = l->n;
		l->v = NULL;
	}
	g->look = NULL;
	hog_greenlets_look_free(l);
	return r;
}

/* The first ones may not have proven a layout (they were not started): what they
 * are is told by a second look. */
static bool again(struct hog_greenlets_look *l)
{
	if (l->knew || !l->g->lay || l->met == l->n || l->error)
		return false;
	l->knew = true;
	l->n = l->map = 0;
	l->met = l->bytes = l->at = 0;
	return true;
}

int hog_greenlets_look(struct hog_greenlets *g, uint64_t until_ns)
{
	const struct hog_maps *maps = &g->py->target->maps;
	struct hog_greenlets_look *l;
	int r = g->look ? 0 : begin(g);

	if (r < 0)
		return r;
	l = g->look;
	do {
		while (l->map < maps->n && !l->error) {
			if (l->bytes > LOOK_BYTES_MAX)
				break;
			if (!is_heap(&maps->v[l->map])) {
				l->map++;
				continue;
			}
			look_on(l, &maps->v[l->map]);
			if (hog_now_ns() > until_ns)
				return 1;
		}
		g->cut = l->bytes > LOOK_BYTES_MAX;
	} while (again(l));
	return end(g);
}
