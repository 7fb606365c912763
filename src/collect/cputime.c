/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/cputime.h"

#include "target/target.h"

/* A place for one more sample of this stack: its last run when that is the last
 * of all, a new one, or where there is no room any of its runs. */
static struct hog_cpuwait *place(struct hog_cputime *c, uint32_t stack)
{
	if (c->n > 0 && c->waiting[c->n - 1].stack == stack)
		return &c->waiting[c->n - 1];
	if (c->n < HOG_CPUTIME_STACKS) {
		c->waiting[c->n] = (struct hog_cpuwait){ .stack = stack };
		return &c->waiting[c->n++];
	}
	for (unsigned i = 0; i < c->n; i++)
		if (c->waiting[i].stack == stack)
			return &c->waiting[i];
	return NULL; /* the time goes to those that have a place */
}

static void wait_for_move(struct hog_cputime *c, uint64_t time_ns,
			  uint32_t stack)
{
	struct hog_cpuwait *w = place(c, stack);

	if (!w)
		return;
	if (w->count++ == 0)
		w->first_ns = time_ns;
	w->last_ns = time_ns;
	c->total++;
}

/* Those of a run that were taken before since_ns, if they came evenly. */
static uint32_t count_before(const struct hog_cpuwait *w, uint64_t since_ns)
{
	if (w->last_ns < since_ns)
		return w->count;
	if (w->first_ns >= since_ns)
		return 0;
	return 1 + (uint32_t)((double)(w->count - 1) *
			      (double)(since_ns - w->first_ns) /
			      (double)(w->last_ns - w->first_ns + 1));
}

/* Samples taken since then saw the thread wait for a CPU. */
static void forget_since(struct hog_cputime *c, uint64_t since_ns)
{
	c->total = 0;
	for (unsigned i = 0; i < c->n; i++) {
		c->waiting[i].count = count_before(&c->waiting[i], since_ns);
		c->total += c->waiting[i].count;
	}
	while (c->n > 0 && c->waiting[c->n - 1].count == 0)
		c->n--;
}

/* It was given a CPU since the look before.  When it has used no time since the
 * samples that wait were taken, all of them saw it wait, else those of the time
 * that it waited: this ended now at the latest, so it began no later than that
 * long ago. */
static void forget_waits(struct hog_cputime *c, const struct hog_oscpu *now,
			 uint64_t time_ns)
{
	uint64_t waited = now->waited_ns - c->waited_ns;

	if (c->n == 0 || now->turns == c->turns)
		return;
	forget_since(c, now->ns <= c->seen_ns ? 0 : time_ns - waited);
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
			  uint64_t time_ns, uint32_t stack, bool running,
			  struct hog_cpushare *shares)
{
	unsigned n = 0;

	if (!running)
		c->asleep_turns = now->turns;
	else if (now->turns && now->turns == c->asleep_turns)
		running = false; /* woken, but not on a CPU since */
	c->stack = stack;
	if (!c->started) {
		c->started = true;
		c->last_ns = c->seen_ns = now->ns;
	} else {
		forget_waits(c, now, time_ns);
	}
	if (now->ns > c->seen_ns) {
		c->seen_ns = now->ns;
		n = c->n ? give_out(c, shares) : 0;
	}
	c->turns = now->turns;
	c->waited_ns = now->waited_ns;
	if (running)
		wait_for_move(c, time_ns, stack);
	return n;
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
		wait_for_move(c, 0, c->stack);
	return give_out(c, shares);
}
