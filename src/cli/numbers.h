/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers from the command line: all of the text or nothing, a range, and words
 * when it does not fit.  Each returns 0, or -EINVAL with err saying why.
 */
#ifndef HOG_CLI_NUMBERS_H
#define HOG_CLI_NUMBERS_H

#include <stdint.h>
#include <sys/types.h>

struct hog_err;

/* What the kernel's pid_max can be at most. */
#define HOG_PID_MAX (1 << 22)
#define HOG_RATE_MAX 1000000.0
#define HOG_SECONDS_MAX 1e9

/* "1" to HOG_PID_MAX. */
int hog_parse_pid(const char *text, pid_t *ret, struct hog_err *err);
/* Hertz: "100", "99.5", "1k", "10khz".  Above 0. */
int hog_parse_rate(const char *text, double *ret, struct hog_err *err);
/* "1.5", "10s", "500ms", "2m", "1h".  0 is a number of seconds. */
int hog_parse_seconds(const char *text, double *ret, struct hog_err *err);
/* Per cent: "2.5", "50", "50%".  In [min, max]; what: "share of a core". */
int hog_parse_percent(const char *text, const char *what, double min,
		      double max, double *ret, struct hog_err *err);
/* A whole number in [min, max]; what: "number of rows", for the words. */
int hog_parse_count(const char *text, const char *what, uint64_t min,
		    uint64_t max, uint64_t *ret, struct hog_err *err);

#endif
