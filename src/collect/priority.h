/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the sampler is given no CPU in time, its samples are not only late: they
 * come when the program lets go of the CPU, so system calls and whatever makes
 * the scheduler look (measured: a function that asks for its CPU time) are seen
 * far too often.  On such a machine the sampler asks for real-time priority,
 * for some seconds at a time and only while it itself uses little CPU.
 *
 * Not always: who has it is woken on the CPU where it slept, even when the
 * program runs there and another CPU is idle.
 */
#ifndef HOG_COLLECT_PRIORITY_H
#define HOG_COLLECT_PRIORITY_H

#include <stdbool.h>
#include <stdint.h>

enum hog_priority_advice {
	HOG_PRIORITY_KEEP,
	HOG_PRIORITY_RAISE,
	HOG_PRIORITY_LOWER,
};

struct hog_priority {
	bool off; /* not wanted, not allowed, or it used too much CPU */
	bool raised;
	unsigned slots, delayed; /* of the span under way */
	uint64_t since_ns, cpu_ns;
	uint64_t until_ns; /* raised: when to try without */
	uint64_t hold_ns;  /* for how long it is raised next time */
	uint64_t raises;
};

void hog_priority_start(struct hog_priority *p, double rate_hz, uint64_t now_ns,
			uint64_t cpu_ns);
/* A slot was served so long after it was due. */
void hog_priority_note(struct hog_priority *p, uint64_t delay_ns);
bool hog_priority_due(const struct hog_priority *p, uint64_t now_ns);
/* What the span that ends now asks for; it is taken as done. */
enum hog_priority_advice hog_priority_look(struct hog_priority *p,
					   uint64_t now_ns, uint64_t cpu_ns);
/* It could not be raised. */
void hog_priority_refused(struct hog_priority *p);

#endif
