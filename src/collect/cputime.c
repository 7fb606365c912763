/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/cputime.h"

static void wait_for_move(struct hog_cputime *c, uint32_t stack)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (c->waiting[i].stack == stack) {
			c->waiting[i].count++;
			c->total++;
			return;
		}
	}
	if (c->n == HOG_CPUTIME_STACKS)
		return; /* the time goes to those that have a place */
	c->waiting[c->n].stack = stack;
	c->waiting[c->n++].count = 1;
	c->total++;
}

unsigned hog_cputime_look(struct hog_cputime *c, uint64_t cpu_ns,
			  uint32_t stack, bool running,
			  struct hog_cpushare *shares)
{
	uint64_t used, left;
	unsigned n;

	if (!c->started) {
		c->started = true;
		c->last_ns = cpu_ns;
		return 0;
	}
	if (running)
		wait_for_move(c, stack);
	if (cpu_ns <= c->last_ns)
		return 0;
	if (c->n == 0) /* it ran and slept again between two looks */
		wait_for_move(c, stack);
	used = left = cpu_ns - c->last_ns;
	n = c->n;
	for (unsigned i = 0; i < n; i++) {
		shares[i].stack = c->waiting[i].stack;
		shares[i].ns = (uint64_t)((double)used * c->waiting[i].count /
					  c->total);
		if (i + 1 == n || shares[i].ns > left)
			shares[i].ns = left;
		left -= shares[i].ns;
	}
	c->last_ns = cpu_ns;
	c->n = 0;
	c->total = 0;
	return n;
}
