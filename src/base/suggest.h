/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the nearest of some names to a mistyped one. */
#ifndef HOG_BASE_SUGGEST_H
#define HOG_BASE_SUGGEST_H

#include <stddef.h>

#define HOG_SUGGEST_MAX 48

struct hog_suggest {
	char typed[HOG_SUGGEST_MAX]; /* "" when it is too long to be a slip */
	char best[HOG_SUGGEST_MAX];  /* "" while nothing is near */
	size_t distance;
};

void hog_suggest_init(struct hog_suggest *s, const char *typed, size_t len);
void hog_suggest_try(struct hog_suggest *s, const char *name);

#endif
