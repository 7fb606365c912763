/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line on stderr: "hognose: record: WHAT: WHY; REMEDY".  Written with one
 * call so that lines of several programs do not mix; control characters (they
 * may come from file names or a target) are shown as \xNN.
 */
#ifndef HOG_CLI_SAY_H
#define HOG_CLI_SAY_H

#include <stddef.h>

struct hog_err;

/* For `return hog_fail("dump", &err);`: says it, gives HOG_EXIT_FAIL. */
int hog_fail(const char *command, const struct hog_err *err);
/* The same for bad usage: gives HOG_EXIT_USAGE. */
int hog_usage(const char *command, const struct hog_err *err);
/* A line that is no failure.  command may be NULL. */
void hog_say(const char *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* That a Python of this version is newer than all we know. */
/* --async shows no tasks of this version, for this reason. */
void hog_say_taskless(const char *command, const char *version,
		      const char *why);
void hog_say_guessed(const char *command, const char *version);

/* Copies text with control characters as \xNN, cut to cap - 1 bytes at a
 * character's border.  Bytes that are no UTF-8 become \xNN too.  Returns buf. */
char *hog_plain(const char *text, char *buf, size_t cap);

#endif
