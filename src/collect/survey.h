/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which Pythons run here: one look at all processes.  Most of a machine's are
 * none and must not cost much: what a set of program files has turned out not
 * to be is remembered.
 */
#ifndef HOG_COLLECT_SURVEY_H
#define HOG_COLLECT_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"

struct hog_err;
struct hog_match;

/* Sets of program files without a Python in them.  Zeroed: none. */
struct hog_nopython {
	struct hog_map64 sets;
};

void hog_nopython_fini(struct hog_nopython *no);
/* key: as hog_pid_images gives it. */
bool hog_nopython_knows(const struct hog_nopython *no, uint64_t key);
void hog_nopython_note(struct hog_nopython *no, uint64_t key);

struct hog_seen { /* a Python process */
	pid_t pid;
	int why;          /* 0, or why it cannot be read: -EPERM ... */
	char version[40]; /* "" while unknown */
	char name[64];    /* of its script, module or program */
	char reason[256]; /* why in words */
};

struct hog_survey {
	struct hog_seen *v; /* owned */
	size_t n;
	size_t refused; /* of them, for lack of rights */
	bool cut;       /* not all processes were looked at */
};

/* Those that fit (NULL: all), by pid.  Ends looking after limit_ns (0: never).
 * 0 or -ENOMEM, -errno of /proc. */
int hog_survey_take(struct hog_match *match, uint64_t limit_ns,
		    struct hog_survey *ret, struct hog_err *err);
void hog_survey_fini(struct hog_survey *s);
/* "3: 17 app.py, 18 worker.py, ..." or "none". */
void hog_survey_describe(const struct hog_survey *s, char *buf, size_t cap);
/* Why none fits, with what there is instead; refused: so many that fit may not
 * be read.  -ENOENT or -EPERM. */
int hog_survey_why_none(const struct hog_match *match, size_t refused,
			struct hog_err *err);

#endif
