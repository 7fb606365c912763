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
#include "python/greenlets_priv.h"
#include "python/object.h"
#include "python/python.h"
#include "python/threads.h"

#define BLOCK ((size_t)1 << 20)
#define LOOK_BYTES_MAX ((uint64_t)2 << 30)
#define INTERPS_MAX 16
#define STATES_MAX 1024

struct look {
	struct hog_greenlets *g;
	unsigned char *block; /* owned */
	uint64_t bytes;       /* looked at so far */
	uint64_t met;         /* words that named one of the tables */
	uint64_t idents[STATES_MAX];
	size_t n_idents;
	int error;
};

static bool add(struct hog_greenlets *g, uint64_t addr)
{
	if (g->n == HOG_GREENLETS_MAX)
		return true;
	if (g->n == g->cap) {
		size_t cap = g->cap ? g->cap * 2 : 64;
		uint64_t *grown = realloc(g->v, cap * sizeof(*grown));

		if (!grown)
			return false;
		g->v = grown;
		g->cap = cap;
	}
	g->v[g->n++] = addr;
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

static void meet(struct look *l, uint64_t impl, uint64_t table)
{
	uint64_t self;

	l->met++;
	if (!l->g->lay)
		prove(l->g, impl, table);
	if (!l->g->lay)
		return;
	self = owner_of(l->g, l->g->lay, impl);
	if (self && !add(l->g, self))
		l->error = -ENOMEM;
}

static void look_at_block(struct look *l, uint64_t addr, size_t len)
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
static uint64_t above_stack(const struct look *l, const struct hog_map *map)
{
	uint64_t from = map->start;

	for (size_t i = 0; i < l->n_idents; i++)
		if (l->idents[i] >= from && l->idents[i] < map->end)
			from = l->idents[i] & ~(uint64_t)7;
	return from;
}

/* A hole in a mapping (a core's) ends it: all that comes then is left out. */
static void look_at_map(struct look *l, const struct hog_map *map)
{
	for (uint64_t at = above_stack(l, map); at < map->end && !l->error;
	     at += BLOCK) {
		size_t len =
			map->end - at < BLOCK ? (size_t)(map->end - at) : BLOCK;
		struct hog_span span = { at, l->block, len };
		ssize_t got;

		if (l->bytes + len > LOOK_BYTES_MAX) {
			l->g->cut = true;
			return;
		}
		got = hog_mem_readv(l->g->py->mem, &span, 1);
		l->bytes += len;
		if (got == -ESRCH || got == -EPERM)
			l->error = (int)got;
		if (got <= 0)
			return;
		look_at_block(l, at, (size_t)got);
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

static void list_idents(struct look *l)
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

int hog_greenlets_look(struct hog_greenlets *g)
{
	struct hog_target *target = g->py->target;
	_cleanup_free_ struct look *l = calloc(1, sizeof(*l));
	_cleanup_free_ unsigned char *block = malloc(BLOCK);

	if (!l || !block)
		return -ENOMEM;
	l->g = g;
	l->block = block;
	list_idents(l);
	if (target->live)
		hog_target_refresh_maps(target, NULL);
	g->n = 0;
	g->cut = false;
	/* The first ones may not prove a layout (they are not started): what
	 * they are is told when one has, in a second look. */
	for (int round = 0; round < 2; round++) {
		bool known = g->lay;

		l->met = l->bytes = 0;
		for (size_t i = 0; i < target->maps.n && !l->error; i++)
			if (is_heap(&target->maps.v[i]))
				look_at_map(l, &target->maps.v[i]);
		if (known || !g->lay || l->met == g->n)
			break;
		g->n = 0;
	}
	if (l->error)
		return l->error;
	return l->met && !g->lay ? -ENOTSUP : (int)g->n;
}
