/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where events go: one output format, or the recording.  Implementations live
 * in export/ (and the recording's writer in profile/stream.c).
 */
#ifndef HOG_PROFILE_SINK_H
#define HOG_PROFILE_SINK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "profile/event.h"
#include "profile/run.h"

struct hog_err;
struct hog_sink;

/* What flame graphs of system calls weigh. */
enum hog_weight {
	HOG_WEIGHT_AUTO, /* samples; of a run that did not sample: time */
	HOG_WEIGHT_COUNT,
	HOG_WEIGHT_TIME,
	HOG_WEIGHT_BYTES,
};

/* By what calls are summed up. */
enum hog_group { HOG_GROUP_CALL, HOG_GROUP_LINE, HOG_GROUP_THREAD };

#define HOG_STACK_NONE UINT_MAX
#define HOG_STACK_FULL (UINT_MAX - 1)

/* How a person wants to see it; the recording holds all, this chooses. */
struct hog_view {
	bool function;     /* --function: no lines */
	bool full_paths;   /* --full-paths */
	bool threads;      /* -t: the thread as a frame */
	bool no_python;    /* show [no python] threads */
	unsigned limit;    /* rows of a table; 0: the sink's own */
	bool color;        /* the output is a terminal that takes colours */
	unsigned columns;  /* its width; 0: not a terminal */
	const char *title; /* borrowed; NULL: made from the run */
	unsigned stack;    /* lines under a call; 0: the sink's own number */
	enum hog_weight weight;
	enum hog_group group;
	bool json; /* of what is a table by default */
};

struct hog_sink_ops {
	const char *name;    /* as typed after --format= */
	const char *summary; /* one line for `hognose formats` and the man page */
	const char *suffix; /* ".html"; picks the format of -o; NULL: none */
	unsigned accepts;  /* bit per enum hog_event_kind; others are counted */
	bool binary;       /* refuse to write it to a terminal */
	size_t state_size; /* zeroed memory at sink->state, freed after close */

	/* Once, before any event.  May be NULL. */
	int (*begin)(struct hog_sink *sink, const struct hog_run *run,
		     struct hog_err *err);
	/* In time order per thread.  ev is only valid during the call. */
	int (*event)(struct hog_sink *sink, const struct hog_event *ev);
	/* About once a second, so that a kill -9 loses no more.  May be NULL. */
	int (*flush)(struct hog_sink *sink);
	/* Once, after the last event, also after an interrupt: run->stats is
	 * final now, and an output must say what it could not see. */
	int (*end)(struct hog_sink *sink, struct hog_err *err);
	/* Releases what state holds.  Runs even when begin failed. */
	void (*close)(struct hog_sink *sink);
};

struct hog_sink {
	const struct hog_sink_ops *ops;
	const struct hog_run *run; /* borrowed, set by hog_sink_begin */
	struct hog_view view;
	FILE *out;        /* borrowed: the caller opens and closes it */
	void *state;      /* ops->state_size bytes */
	uint64_t refused; /* events of a kind that it does not accept */
	int failed;       /* the first negative errno of event, flush or end */
};

/* Sets up a zeroed sink.  -ENOMEM. */
int hog_sink_init(struct hog_sink *sink, const struct hog_sink_ops *ops,
		  const struct hog_view *view, FILE *out);
int hog_sink_begin(struct hog_sink *sink, const struct hog_run *run,
		   struct hog_err *err);
int hog_sink_event(struct hog_sink *sink, const struct hog_event *ev);
int hog_sink_flush(struct hog_sink *sink);
/* Ends it and makes sure that out took every byte (full disk: -ENOSPC).  When
 * an event or a flush failed it only says why: what is written stays. */
int hog_sink_end(struct hog_sink *sink, struct hog_err *err);
void hog_sink_fini(struct hog_sink *sink);

#endif
