/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/cputime.h"

#include "target/target.h"

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

/* All that is due, to those that wait, in proportion to their counts. */
static unsigned give_out(struct hog_cputime *c, struct hog_cpushare *shares)
{
	uint64_t used = c->seen_ns - c->last_ns, left = used;
	unsigned n = c->n;

	for (unsigned i = 0; i < n; i++) {
		shares[i].stack = c->waiting[i].stack;
		shares[i].ns = (uint64_t)((double)used * c->waiting[i].count /
					  c->total);
		if (i + 1 == n || shares[i].ns > left)
			shares[i].ns = left;
		left -= shares[i].ns;
	}
	c->last_ns = c->seen_ns;
	c->n = 0;
	c->total = 0;
	return n;
}

void hog_cputime_begin(struct hog_cputime *c, uint64_t given_ns)
{
	c->started = true;
	c->last_ns = c->seen_ns = given_ns;
}

unsigned hog_cputime_look(struct hog_cputime *c, const struct hog_oscpu *now,
			  uint32_t stack, bool running,
			  struct hog_cpushare *shares)
{
	if (!running)
		c->asleep_turns = now->turns;
	else if (now->turns && now->turns == c->asleep_turns)
		running = false; /* woken, but not on a CPU since */
	c->stack = stack;
	if (!c->started) {
		c->started = true;
		c->last_ns = c->seen_ns = now->ns;
		return 0;
	}
	if (running)
		wait_for_move(c, stack);
	if (now->ns <= c->seen_ns)
		return 0;
	c->seen_ns = now->ns;
	return c->n ? give_out(c, shares) : 0;
}

bool hog_cputime_sleeps_on(struct hog_cputime *c, const struct hog_oscpu *now)
{
	c->asleep_turns = now->turns;
	return c->started && now->ns <= c->seen_ns;
}

unsigned hog_cputime_end(struct hog_cputime *c, struct hog_cpushare *shares)
{
	if (c->seen_ns <= c->last_ns)
		return 0;
	if (c->n == 0)
		wait_for_move(c, c->stack);
	return give_out(c, shares);
}
