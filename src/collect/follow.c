/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/follow.h"

#include <stdlib.h>

#include "base/clock.h"

#define MS 1000000ull

/* Age of a candidate up to which it is tried every so often. */
static const struct {
	uint64_t age_ns, gap_ns;
} pace[] = {
	{ 50 * MS, 1 * MS },
	{ 1000 * MS, 10 * MS },
	{ 10000 * MS, 100 * MS },
	{ UINT64_MAX, 1000 * MS },
};

int hog_follow_init(struct hog_follow *f, bool children, struct hog_err *err)
{
	*f = (struct hog_follow){ 0 };
	return children ? hog_offspring_new(&f->offspring, err) : 0;
}

void hog_follow_fini(struct hog_follow *f)
{
	hog_offspring_free(f->offspring);
	free(f->v);
	*f = (struct hog_follow){ 0 };
}

void hog_follow_children(struct hog_follow *f, pid_t pid)
{
	if (f->offspring)
		hog_offspring_add(f->offspring, pid);
}

struct hog_candidate *hog_follow_find(struct hog_follow *f, pid_t pid)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->v[i].pid == pid)
			return &f->v[i];
	return NULL;
}

struct hog_candidate *hog_follow_try(struct hog_follow *f, pid_t pid,
				     pid_t parent, uint64_t now)
{
	struct hog_candidate *c = hog_follow_find(f, pid);

	if (!c && f->n == f->cap) {
		unsigned cap = f->cap ? f->cap * 2 : 16;
		struct hog_candidate *grown;

		grown = realloc(f->v, cap * sizeof(*grown));
		if (!grown)
			return NULL;
		f->v = grown;
		f->cap = cap;
	}
	if (!c)
		c = &f->v[f->n++];
	*c = (struct hog_candidate){
		.pid = pid, .parent = parent, .born_ns = now, .next_ns = now
	};
	return c;
}

void hog_follow_drop(struct hog_follow *f, pid_t pid)
{
	struct hog_candidate *c = hog_follow_find(f, pid);

	if (c)
		*c = f->v[--f->n];
}

struct hog_candidate *hog_follow_due(struct hog_follow *f, uint64_t now)
{
	for (unsigned i = 0; i < f->n; i++) {
		struct hog_candidate *c = &f->v[i];
		unsigned k = 0;

		if (c->ended_ns || c->next_ns > now)
			continue;
		while (now - c->born_ns > pace[k].age_ns)
			k++;
		c->next_ns = now + pace[k].gap_ns;
		return c;
	}
	return NULL;
}

uint64_t hog_follow_next(const struct hog_follow *f)
{
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < f->n; i++)
		if (f->v[i].forked && !f->v[i].ended_ns &&
		    f->v[i].next_ns < next)
			next = f->v[i].next_ns;
	return next;
}
