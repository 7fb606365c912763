/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/reaped.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "target/target.h"

#define LOOK_NS (HOG_NS_PER_SEC / 5)
#define ENDED_MAX 65536 /* between two looks; more share in nothing */

void hog_reaped_fini(struct hog_reaped *r)
{
	for (unsigned i = 0; i < r->n; i++)
		free(r->v[i].ended);
	free(r->v);
	*r = (struct hog_reaped){ 0 };
}

static struct hog_parent *find(struct hog_reaped *r, pid_t pid)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->v[i].pid == pid)
			return &r->v[i];
	return NULL;
}

void hog_reaped_begin(struct hog_reaped *r, pid_t parent)
{
	if (parent <= 0 || find(r, parent))
		return;
	if (r->n == r->cap) {
		unsigned cap = r->cap ? 2 * r->cap : 8;
		struct hog_parent *v = realloc(r->v, cap * sizeof(*v));

		if (!v)
			return;
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] =
		(struct hog_parent){ .pid = parent,
				     .base_ns = hog_target_reaped_ns(parent) };
}

void hog_reaped_told(struct hog_reaped *r, pid_t parent, uint64_t cpu_ns)
{
	struct hog_parent *e = find(r, parent);

	if (e)
		e->told_ns += cpu_ns;
}

static void note_ended(struct hog_parent *e, uint32_t thread)
{
	if (e->n == e->cap) {
		unsigned cap = e->cap ? 2 * e->cap : 16;
		uint32_t *ended = NULL;

		if (cap <= ENDED_MAX)
			ended = realloc(e->ended, cap * sizeof(*ended));
		if (!ended)
			return;
		e->ended = ended;
		e->cap = cap;
	}
	e->ended[e->n++] = thread;
}

void hog_reaped_ended(struct hog_reaped *r, pid_t pid, pid_t parent,
		      uint32_t thread)
{
	struct hog_parent *own = find(r, pid), *e;
	uint64_t below = own ? own->told_ns + own->extra_ns : 0;

	if (own) {
		free(own->ended);
		*own = r->v[--r->n];
	}
	e = find(r, parent);
	if (!e)
		return;
	/* What it had waited for is in its parent's sum as well. */
	e->told_ns += below;
	note_ended(e, thread);
}

static void settle_one(struct hog_parent *e,
		       void (*give)(void *arg, uint32_t thread, uint64_t ns),
		       void *arg)
{
	uint64_t sum = e->sum_ns;
	uint64_t told = e->base_ns + e->told_ns + e->extra_ns;

	/* Not waited for yet, or gone itself: those go on waiting. */
	if (e->n == 0 || sum <= told)
		return;
	e->extra_ns += sum - told;
	for (unsigned i = 0; i < e->n; i++)
		if (e->ended[i])
			give(arg, e->ended[i], (sum - told) / e->n);
	e->n = 0;
}

bool hog_reaped_look(struct hog_reaped *r, uint64_t now, bool all)
{
	if (!all && now - r->looked_ns < LOOK_NS)
		return false;
	r->looked_ns = now;
	for (unsigned i = 0; i < r->n; i++)
		if (r->v[i].n > 0)
			r->v[i].sum_ns = hog_target_reaped_ns(r->v[i].pid);
	return true;
}

void hog_reaped_settle(struct hog_reaped *r,
		       void (*give)(void *arg, uint32_t thread, uint64_t ns),
		       void *arg)
{
	for (unsigned i = 0; i < r->n; i++)
		settle_one(&r->v[i], give, arg);
}
