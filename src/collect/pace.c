/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/pace.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

#define SPIN_NS 50000 /* periods below this: 20 kHz */
/* Flat out there is no period to move in: a random gap of this much between
 * two reads does the same (measured on call chains: the distance of the depth
 * histogram from the truth falls from 5-11 to 2-3). */
#define FLAT_OUT_GAP_NS 2000

static void set_period(struct hog_pace *p, double rate_hz)
{
	p->period = (double)HOG_NS_PER_SEC / rate_hz;
	p->period_ns = p->period < 1 ? 1 : (uint64_t)p->period;
}

static bool sleeps(const struct hog_pace *p)
{
	return p->period_ns >= SPIN_NS;
}

void hog_pace_start(struct hog_pace *p, double rate_hz, double jitter)
{
	memset(p, 0, sizeof(*p));
	set_period(p, rate_hz);
	p->asked_period = p->period;
	p->jitter = jitter / 100;
	p->base_ns = hog_now_ns();
	p->random = p->base_ns | 1;
	/* The default slack of 50 us would make every slot that late. */
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	for (int i = 0; i < 2; i++)
		p->timers[i] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

void hog_pace_end(struct hog_pace *p)
{
	for (int i = 0; i < 2; i++) {
		if (p->timers[i] >= 0)
			close(p->timers[i]);
		p->timers[i] = -1;
	}
}

static uint64_t next_random(struct hog_pace *p)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return p->random;
}

static uint64_t deadline_of(const struct hog_pace *p, uint64_t slot)
{
	return p->base_ns + (uint64_t)((double)(slot - p->base) * p->period);
}

uint64_t hog_pace_deadline(const struct hog_pace *p)
{
	return deadline_of(p, p->slot);
}

void hog_pace_change(struct hog_pace *p, double rate_hz)
{
	p->base_ns = deadline_of(p, p->slot);
	p->base = p->planned = p->slot;
	set_period(p, rate_hz);
}

/* A constant pace locks on to the target's own rhythm (a program that works and
 * sleeps in turns of some milliseconds showed one of its three functions only):
 * every slot is served at a random moment in a part of its period. */
static uint64_t jitter(struct hog_pace *p)
{
	uint64_t most = (uint64_t)(p->period * p->jitter);

	return most ? next_random(p) % most : 0;
}

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / HOG_NS_PER_SEC),
		.tv_nsec = (long)(ns % HOG_NS_PER_SEC),
	};
}

static void set_timer(int timer, uint64_t due)
{
	struct itimerspec at = { .it_value = to_timespec(due) };

	timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

/* The timers of the next two slots run always.  When the kernel wakes us for
 * one, the next is in its queue: the one write to the clock's register that
 * every interrupt ends with arms it, and we need none of our own.  Measured in
 * a virtual machine: 11 us for a sleep instead of 16 to 23. */
static void plan_slots(struct hog_pace *p)
{
	if (p->planned < p->slot)
		p->planned = p->slot;
	for (; p->planned < p->slot + 2; p->planned++) {
		unsigned i = p->planned & 1;

		p->due_ns[i] = deadline_of(p, p->planned) + jitter(p);
		if (sleeps(p) && p->timers[i] >= 0)
			set_timer(p->timers[i], p->due_ns[i]);
	}
}

/* A signal ends the sleep: the caller asks whether to stop. */
static uint64_t sleep_until(const struct hog_pace *p, uint64_t due)
{
	int timer = p->timers[p->slot & 1];
	struct timespec at = to_timespec(due);
	uint64_t ticks;

	if (timer < 0)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	else if (read(timer, &ticks, sizeof(ticks)) < 0)
		return hog_now_ns();
	return hog_now_ns();
}

static uint64_t spin_until(struct hog_pace *p, uint64_t due, uint64_t now)
{
	if (due <= now)
		due = now + next_random(p) % FLAT_OUT_GAP_NS;
	while (now < due)
		now = hog_now_ns();
	return now;
}

/* Slots whose period is over are missed.  Returns how many. */
static uint64_t skip_past(struct hog_pace *p, uint64_t now)
{
	uint64_t deadline = deadline_of(p, p->slot), passed = 0;

	if (now > deadline)
		passed = (uint64_t)((double)(now - deadline) / p->period);
	p->slot += passed;
	plan_slots(p);
	return passed;
}

uint64_t hog_pace_next(const struct hog_pace *p)
{
	return p->planned > p->slot ? p->due_ns[p->slot & 1] : 0;
}

uint64_t hog_pace_wait(struct hog_pace *p, uint64_t *slots,
		       struct hog_loss *loss, bool *ret_late)
{
	uint64_t now = hog_now_ns();
	uint64_t missed = skip_past(p, now);
	uint64_t due = p->due_ns[p->slot & 1];

	if (!sleeps(p))
		now = spin_until(p, due, now);
	else if (now < due)
		now = sleep_until(p, due);

	p->delay_ns = now > due ? now - due : 0;
	loss->missed += missed;
	*ret_late = now > due + p->period_ns / 2;
	loss->late += *ret_late;
	p->slot_ns = *ret_late ? now : deadline_of(p, p->slot);
	*slots += missed + 1;
	p->slot++;
	return now;
}
