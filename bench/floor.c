/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs on this machine to wake at an asked rate, and to read a little
 * memory each time: no sampler can be cheaper.
 *
 *     floor sleep|timers|read HZ SECONDS [PID ADDRESS]
 *
 * sleep: clock_nanosleep to absolute deadlines, and nothing else.  timers: the
 * same by two timers in turn, each armed one period ahead, as hognose does it.
 * read: that, and one read of 3 spans (3 kB) of the process's memory.
 * Prints one line: wake-ups and seconds.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define SPANS 3
#define SPAN_BYTES 1024

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){ (time_t)(ns / SECOND), (long)(ns % SECOND) };
}

static void arm(int timer, uint64_t due)
{
	struct itimerspec at = { .it_value = to_timespec(due) };

	timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void read_memory(pid_t pid, uintptr_t address)
{
	static char bytes[SPANS][SPAN_BYTES];
	struct iovec here[SPANS], there[SPANS];

	for (int i = 0; i < SPANS; i++) {
		here[i] = (struct iovec){ bytes[i], SPAN_BYTES };
		there[i] = (struct iovec){
			(void *)(address + (uintptr_t)i * SPAN_BYTES),
			SPAN_BYTES,
		};
	}
	if (process_vm_readv(pid, here, SPANS, there, SPANS, 0) < 0) {
		perror("process_vm_readv");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	const char *how = argc > 3 ? argv[1] : "";
	bool timers = strcmp(how, "sleep") != 0, reads = !strcmp(how, "read");
	double hz = argc > 3 ? atof(argv[2]) : 0;
	double seconds = argc > 3 ? atof(argv[3]) : 0;
	uint64_t start, period, end, wakes = 0, slot = 1, now = 0, ticks;
	int timer[2];

	if (hz <= 0 || seconds <= 0 || (reads && argc < 6)) {
		fprintf(stderr, "usage: floor sleep|timers|read HZ SECONDS "
				"[PID ADDRESS]\n");
		return 2;
	}
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	period = (uint64_t)((double)SECOND / hz);
	start = now_ns();
	end = start + (uint64_t)(seconds * (double)SECOND);
	for (int i = 0; i < 2; i++)
		timer[i] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	arm(timer[1], start + period);
	while (now < end) {
		struct timespec due = to_timespec(start + slot * period);

		if (!timers) {
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due,
					NULL);
		} else {
			arm(timer[(slot + 1) & 1], start + (slot + 1) * period);
			if (read(timer[slot & 1], &ticks, sizeof(ticks)) < 0)
				return 1;
		}
		now = now_ns();
		wakes++;
		slot++;
		if (reads)
			read_memory((pid_t)atoi(argv[4]),
				    (uintptr_t)strtoull(argv[5], NULL, 16));
		if (now >
		    start + (slot + 1) * period) { /* woken far too late */
			slot = (now - start) / period + 1;
			arm(timer[slot & 1], start + slot * period);
		}
	}
	printf("%llu %.6f\n", (unsigned long long)wakes,
	       (double)(now_ns() - start) / (double)SECOND);
	return 0;
}
