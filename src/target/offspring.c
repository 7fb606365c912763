/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New processes, whichever way they are heard of.  The perf way tells of all
 * that comes later; what is there already, and where perf is refused or would
 * take too many descriptors, the `children` files tell.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "target/launch.h"
#include "target/offspring_way.h"

struct hog_offspring {
	struct hog_offspring_way *perf;     /* owned; NULL: refused */
	struct hog_offspring_way *children; /* owned */
	bool polling; /* children is in force, perf cannot */
	bool scan;    /* somebody was added: look for what is there already */
	struct hog_births births;
	size_t taken;           /* of births.v, by earlier polls */
	struct hog_map64 known; /* pids added or told */
};

void hog_births_push(struct hog_births *births, struct hog_birth birth)
{
	if (births->n == births->cap) {
		size_t cap = births->cap ? 2 * births->cap : 64;
		struct hog_birth *v = NULL;

		if (cap <= HOG_BIRTHS_MAX)
			v = realloc(births->v, cap * sizeof(*v));
		if (!v) {
			births->lost++;
			return;
		}
		births->v = v;
		births->cap = cap;
	}
	births->v[births->n++] = birth;
}

int hog_offspring_new(struct hog_offspring **ret, struct hog_err *err)
{
	struct hog_offspring *off = calloc(1, sizeof(*off));
	int r;

	if (!off)
		return hog_err_set(err, -ENOMEM, "watch for processes");
	r = hog_offspring_children_new(&off->children);
	if (r < 0) {
		free(off);
		return hog_err_set(err, r, "watch for processes");
	}
	if (hog_offspring_perf_new(&off->perf) < 0)
		off->polling = true;
	*ret = off;
	return 0;
}

void hog_offspring_free(struct hog_offspring *off)
{
	if (!off)
		return;
	if (off->perf)
		off->perf->ops->free(off->perf);
	off->children->ops->free(off->children);
	free(off->births.v);
	hog_map64_fini(&off->known);
	free(off);
}

static int by_time(const void *a, const void *b)
{
	const struct hog_birth *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

#define RING_ROUNDS 4

/* Each CPU has a ring of its own.  What one tells may follow on what another
 * told after it was looked at: so again, until there is nothing new. */
static void look_at_rings(struct hog_offspring *off)
{
	size_t first = off->births.n, before;
	int rounds = 0;

	if (!off->perf)
		return;
	do {
		before = off->births.n;
		off->perf->ops->look(off->perf, &off->births);
	} while (off->births.n > before && ++rounds < RING_ROUNDS);
	if (off->births.n > first + 1)
		qsort(off->births.v + first, off->births.n - first,
		      sizeof(*off->births.v), by_time);
}

/* Such a one has inherited what its parent is watched with.  If it were asked
 * for itself as well, all that it and its descendants use would be told
 * twice. */
static bool is_inherited(const struct hog_offspring *off, pid_t pid)
{
	if (hog_map64_get(&off->known, (uint64_t)pid))
		return true;
	for (size_t i = off->taken; i < off->births.n; i++) {
		const struct hog_birth *birth = &off->births.v[i];

		if (birth->kind == HOG_BIRTH_FORK && birth->pid == pid &&
		    !birth->found)
			return true;
	}
	return false;
}

int hog_offspring_add(struct hog_offspring *off, pid_t pid)
{
	int r;

	look_at_rings(off);
	if (is_inherited(off, pid))
		return 0;
	if (off->perf && !off->polling) {
		r = off->perf->ops->add(off->perf, pid);
		if (r == -ESRCH)
			return r;
		if (r < 0)
			off->polling = true;
	}
	/* Perf first: a child born between the two is then told by both, and
	 * once by us, rather than by none. */
	r = off->children->ops->add(off->children, pid);
	if (r < 0)
		return r;
	off->scan = true;
	return hog_map64_put(&off->known, (uint64_t)pid, 1);
}

void hog_offspring_remove(struct hog_offspring *off, pid_t pid)
{
	if (off->perf)
		off->perf->ops->remove(off->perf, pid);
	off->children->ops->remove(off->children, pid);
	hog_map64_remove(&off->known, (uint64_t)pid);
}

const char *hog_offspring_way(const struct hog_offspring *off)
{
	return off->polling ? off->children->ops->name : off->perf->ops->name;
}

int hog_offspring_fd(const struct hog_offspring *off)
{
	return off->polling ? -1 : off->perf->ops->fd(off->perf);
}

/* Perf tells nothing of a process that was there before it was asked: it must
 * be asked for each.  Whatever such a one forked meanwhile is found by looking
 * again with the next poll, until a look finds nothing new. */
static void look_around(struct hog_offspring *off)
{
	size_t first = off->births.n, end;
	bool more = false;

	if (!off->children->ops->look(off->children, &off->births))
		return; /* too soon */
	end = off->births.n;
	/* Some may have been born since the last look at the rings. */
	look_at_rings(off);
	for (size_t i = first; i < end && !off->polling; i++) {
		const struct hog_birth *birth = &off->births.v[i];

		if (birth->kind != HOG_BIRTH_FORK ||
		    is_inherited(off, birth->pid))
			continue;
		more = true;
		switch (off->perf->ops->add(off->perf, birth->pid)) {
		case 0:
		case -ESRCH:
			break;
		default:
			off->polling = true;
		}
	}
	off->scan = more;
}

static void look(struct hog_offspring *off)
{
	uint64_t lost = off->births.lost;

	off->births.n = off->taken = 0;
	look_at_rings(off);
	if (lost != off->births.lost)
		off->polling = true; /* only looking around can heal that */
	if (off->polling || off->scan)
		look_around(off);
}

/* Whether it is to be told, and keeps account. */
static bool is_news(struct hog_offspring *off, const struct hog_birth *birth)
{
	uint64_t pid = (uint64_t)birth->pid;

	switch (birth->kind) {
	case HOG_BIRTH_FORK:
		if (hog_map64_get(&off->known, pid))
			return false;
		hog_map64_put(&off->known, pid, 1);
		return true;
	case HOG_BIRTH_EXIT:
		off->children->ops->remove(off->children, birth->pid);
		return hog_map64_remove(&off->known, pid);
	case HOG_BIRTH_EXEC:
	case HOG_BIRTH_CPU:
		break;
	}
	return true;
}

int hog_offspring_poll(struct hog_offspring *off, struct hog_birth *ret,
		       int max)
{
	int n = 0;

	if (off->taken == off->births.n)
		look(off);
	while (n < max && off->taken < off->births.n) {
		const struct hog_birth *birth = &off->births.v[off->taken++];

		if (is_news(off, birth))
			ret[n++] = *birth;
	}
	return n;
}
