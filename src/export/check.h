/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sinks that check a run of system calls: which descriptors are open when, which
 * of them are leaks, which calls block.  In text, as JSON or as JUnit's XML.
 * They are made with options, so they are none of the formats that -f alone can
 * choose: hog_check_set comes between hog_sink_init and hog_sink_begin.
 */
#ifndef HOG_EXPORT_CHECK_H
#define HOG_EXPORT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/loop.h"
#include "profile/sink.h"

struct hog_check_allow {
	const char *text; /* of --allow, or of a whole file */
	size_t len;
	bool file;
};

struct hog_check_options { /* all borrowed until the sink is freed */
	bool fds;          /* the ledger is kept */
	bool launched;     /* the program, by hognose */
	unsigned show;     /* a bit for each enum hog_fds_when: --fds */
	unsigned fail;     /* the same: --fail-on-open */
	const struct hog_check_allow *allow;
	size_t n_allow;
	bool blocking; /* --blocking */
	enum hog_loop loop;
	uint64_t threshold_ns;
	uint64_t fail_ns; /* --fail-on-blocking; 0: no check */
	/* A line of a source file, or NULL.  May be NULL itself. */
	const char *(*source)(void *arg, const char *file, int32_t line,
			      size_t *ret_len);
	void *source_arg;
	/* Gets all events that shown() lets through: a trace beside the check.
	 * NULL: none.  Begun, flushed and ended with the check. */
	struct hog_sink *next;
	bool (*shown)(void *arg, const struct hog_event *ev);
	void *shown_arg;
};

extern const struct hog_sink_ops hog_sink_check_text;
extern const struct hog_sink_ops hog_sink_check_json;
extern const struct hog_sink_ops hog_sink_check_junit;

void hog_check_set(struct hog_sink *sink, const struct hog_check_options *opt);
/* Is that call worth its stack?  Asked for each call before it becomes an event;
 * ev has no stack yet. */
bool hog_check_wants(struct hog_sink *sink, const struct hog_run *run,
		     const struct hog_event *ev);
/* After the end: did a check that was asked for fail? */
bool hog_check_failed(const struct hog_sink *sink);

#endif
