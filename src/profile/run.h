/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of hognose: what was asked, and what came of it.  A sink gets it at
 * its begin; the statistics are final only at its end.
 */
#ifndef HOG_PROFILE_RUN_H
#define HOG_PROFILE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/event.h"

struct hog_model;

enum hog_mode { HOG_MODE_WALL, HOG_MODE_CPU, HOG_MODE_GIL };
const char *hog_mode_name(enum hog_mode mode); /* "wall" ... */

/* interface.md, Statistics; written by --stats and kept in the recording. */
struct hog_stats {
	double asked_hz;
	uint64_t slots, samples, stacks;
	struct hog_loss loss;
	double estimated_wrong; /* share of stacks, 0..1 */
	double cpu_seconds;     /* of hognose itself */
	uint64_t max_rss_bytes; /* VmHWM of hognose itself */
	double wall_seconds;
	uint64_t processes, threads;
	/* --max-cpu: asked slots that were left out by lowering the rate (they
	 * weigh in the samples next to them), and the lowest rate. */
	uint64_t lowered;
	double lowest_hz;
	double mean_hz;         /* samples a second of the whole run */
	double stopped_seconds; /* that threads were held, in all */
};

struct hog_run {
	struct hog_model *model; /* borrowed */
	enum hog_mode mode;
	bool idle;   /* idle threads are in the samples */
	bool follow; /* children were followed: processes get root frames */
	double rate_hz;
	uint64_t start_ns;      /* CLOCK_MONOTONIC of the first slot */
	uint64_t start_real_ns; /* the same moment since the epoch */
	const char *version;    /* of hognose */
	const char *machine;    /* "x86_64" */
	const char *command;    /* the command line of hognose, borrowed */
	struct hog_stats stats; /* filled in at the end */
};

/* The time that a sample of weight HOG_SLOT stands for.  Slots that were missed
 * are part of the time that passed, so those that were served stand for them;
 * CPU time is measured, and nothing of it is missed. */
double hog_run_slot_seconds(const struct hog_run *run);

/* Why a run may have no sample, for "no sample: ...": an empty result is
 * always explained. */
const char *hog_run_why_empty(const struct hog_run *run);

#endif
