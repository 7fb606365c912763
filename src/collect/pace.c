/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/pace.h"

#include <sys/prctl.h>

#include "base/clock.h"

#define SPIN_NS 50000 /* periods below this: 20 kHz */
/* Flat out there is no period to move in: a random gap of this much between
 * two reads does the same (measured on call chains: the distance of the depth
 * histogram from the truth falls from 5-11 to 2-3). */
#define FLAT_OUT_GAP_NS 2000

void hog_pace_start(struct hog_pace *p, double rate_hz)
{
	p->period = (double)HOG_NS_PER_SEC / rate_hz;
	p->period_ns = p->period < 1 ? 1 : (uint64_t)p->period;
	p->start_ns = hog_now_ns();
	p->slot = 0;
	p->deadline_ns = p->start_ns;
	p->random = p->start_ns | 1;
	/* The default slack of 50 us would make every slot that late. */
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

static uint64_t next_random(struct hog_pace *p)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return p->random;
}

/* A constant pace locks on to the target's own rhythm (a program that works and
 * sleeps in turns of some milliseconds showed one of its three functions only):
 * every slot is served at a random moment in the first half of its period. */
static uint64_t jitter(struct hog_pace *p)
{
	uint64_t most = p->period_ns / 2;

	return most ? next_random(p) % most : 0;
}

static void sleep_until(uint64_t when_ns)
{
	struct timespec ts = {
		.tv_sec = (time_t)(when_ns / HOG_NS_PER_SEC),
		.tv_nsec = (long)(when_ns % HOG_NS_PER_SEC),
	};

	/* A signal ends the sleep: the caller asks whether to stop. */
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static uint64_t deadline_of(const struct hog_pace *p, uint64_t slot)
{
	return p->start_ns + (uint64_t)((double)slot * p->period);
}

uint64_t hog_pace_wait(struct hog_pace *p, uint64_t *slots,
		       struct hog_loss *loss, bool *ret_late)
{
	uint64_t due = p->deadline_ns + jitter(p);
	uint64_t now = hog_now_ns();
	uint64_t passed;

	if (now < due && p->period_ns >= SPIN_NS) {
		sleep_until(due);
		now = hog_now_ns();
	}
	if (p->period_ns < SPIN_NS) {
		uint64_t until = due;

		if (due <= now)
			until = now + next_random(p) % FLAT_OUT_GAP_NS;
		while (now < until)
			now = hog_now_ns();
	}

	passed =
		now > p->deadline_ns
			? (uint64_t)((double)(now - p->deadline_ns) / p->period)
			: 0;
	loss->missed += passed;
	*ret_late = now > due + p->period_ns / 2;
	loss->late += *ret_late;
	p->slot_ns = *ret_late ? now : p->deadline_ns;
	*slots += passed + 1;
	p->slot += passed + 1;
	p->deadline_ns = deadline_of(p, p->slot);
	return now;
}
