/* SPDX-License-Identifier: Apache-2.0 */
#include "stopped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "python/python.h"

#define TRIES 6

bool stopped_add(struct stopped *st, const struct hog_pystacks *stacks,
		 const struct hog_pytstate *state)
{
	struct stopped_thread *t = &st->threads[st->n_threads];

	if (st->n_threads == STOPPED_THREADS)
		return false;
	*t = (struct stopped_thread){
		.pid = stacks->py->target->pid,
		.tid = state->tid,
		.held = hog_pyheld_new(stacks, state->addr),
	};
	st->n_threads += t->held != NULL;
	return t->held;
}

void stopped_fini(struct stopped *st)
{
	for (unsigned i = 0; i < st->n_threads; i++)
		hog_pyheld_free(st->threads[i].held);
	hog_stops_fini(&st->stops);
}

static int take(struct stopped *st, struct stopped_thread *t, unsigned try,
		struct hog_pystack *ret)
{
	struct hog_stop stop;
	uint64_t ns;
	int r = hog_stop_begin(&st->stops, t->pid, t->tid, &stop);

	if (r < 0)
		return r;
	if (try + 1 == TRIES)
		r = hog_pyheld_walk_now(t->held, ret);
	else
		r = hog_pyheld_copy(t->held, try > 0);
	ns = hog_stop_end(&st->stops, &stop);
	if (ns > 0 && st->n_holds < STOPPED_HOLDS) /* it ran */
		st->holds[st->n_holds++] = (uint32_t)ns;
	if (r == 0 && try + 1 < TRIES)
		r = hog_pyheld_walk(t->held, ret);
	if (r == -EAGAIN) /* see take_alone() of collect/exact.c */
		usleep(50u << try);
	return r;
}

enum hog_pyverdict stopped_sample(struct stopped *st, unsigned i,
				  struct hog_pystack *ret, unsigned *ret_tries)
{
	struct stopped_thread *t = &st->threads[i];
	int r = -EAGAIN;
	bool same;

	for (*ret_tries = 0; *ret_tries < TRIES && r < 0 && r != -ESRCH;)
		r = take(st, t, (*ret_tries)++, ret);
	if (r == -ESRCH)
		return HOG_PYSTACK_GONE;
	if (r < 0)
		*ret = (struct hog_pystack){ .torn = true };
	st->failed += r < 0 && !t->failed;
	t->failed = r < 0;
	same = r == 0 && ret->common == ret->n && ret->n == t->n_before;
	t->n_before = ret->n;
	return same ? HOG_PYSTACK_SAME : HOG_PYSTACK_OK;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void stopped_print(struct stopped *st)
{
	unsigned n = st->n_holds;

	if (n == 0)
		return;
	qsort(st->holds, n, sizeof(*st->holds), by_size);
	printf("\"stops\": %u, \"held_us\": %.1f, \"held_us_p99\": %.1f, ", n,
	       st->holds[n / 2] / 1e3, st->holds[n - 1 - n / 100] / 1e3);
}
