/* SPDX-License-Identifier: Apache-2.0 */
/* What the three forms of a check share. */
#ifndef HOG_EXPORT_CHECK_PRIV_H
#define HOG_EXPORT_CHECK_PRIV_H

#include <sys/types.h>

#include "analyze/blocking.h"
#include "analyze/growth.h"
#include "analyze/leaks.h"
#include "analyze/ledger.h"
#include "analyze/place.h"
#include "base/buf.h"
#include "base/map.h"
#include "export/check.h"

struct hog_check {
	struct hog_check_options opt;
	struct hog_ledger *ledger;
	struct hog_leaks *leaks;
	struct hog_growth *growth;
	struct hog_blocking *blocking;
	struct hog_map64 busy_since; /* thread -> end of its last call */
	/* Of the form: each moment as it comes. */
	int (*moment)(struct hog_sink *sink,
		      const struct hog_ledger_moment *moment);
	uint64_t moments;
	struct hog_buf text;
	bool failed, ended;
};

/* For the forms' own ops. */
int hog_check_begin(struct hog_sink *sink, const struct hog_run *run);
int hog_check_event(struct hog_sink *sink, const struct hog_event *ev);
int hog_check_flush(struct hog_sink *sink);
/* What is left to be decided, before the form writes its end; also ends the
 * sink beside. */
int hog_check_finish(struct hog_sink *sink, struct hog_err *err);
void hog_check_close(struct hog_sink *sink);
#define HOG_CHECK_ACCEPTS ((1u << HOG_EV_KINDS) - 1)

/* "fork"; of a table or leak. */
const char *hog_check_when(enum hog_fds_when when);
/* ns since the epoch of a time of an event. */
uint64_t hog_check_real(const struct hog_sink *sink, uint64_t time_ns);
pid_t hog_check_pid(const struct hog_sink *sink, uint32_t thread);
/* Appends "app.py:7 load", or "(no Python line)". */
void hog_check_place(struct hog_buf *buf, const struct hog_sink *sink,
		     struct hog_place place);
/* Its source line without the blanks in front, or NULL. */
const char *hog_check_source(const struct hog_sink *sink,
			     struct hog_place place, size_t *ret_len);
/* Appends "3 </etc/hosts>" as it was open, and where: one leak in words. */
void hog_check_leak(struct hog_buf *buf, const struct hog_sink *sink,
		    const struct hog_leak *leak);
/* Appends "12.3 ms". */
void hog_check_time(struct hog_buf *buf, uint64_t ns);
/* Appends text that breaks no line. */
void hog_check_plain(struct hog_buf *buf, const char *text);

#endif
