/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

#include <stdint.h>
#include <string.h>

/* One slip in three letters, and never more than this. */
#define SLIPS_MAX 3

void hog_suggest_init(struct hog_suggest *s, const char *typed, size_t len)
{
	memset(s, 0, sizeof(*s));
	s->distance = SIZE_MAX;
	if (len < sizeof(s->typed))
		memcpy(s->typed, typed, len);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Optimal string alignment: insert, delete, replace, swap of neighbours. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t d[HOG_SUGGEST_MAX + 1][HOG_SUGGEST_MAX + 1];

	for (size_t i = 0; i <= na; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		for (size_t j = 1; j <= nb; j++) {
			size_t cost = a[i - 1] != b[j - 1];

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
				       d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[na][nb];
}

void hog_suggest_try(struct hog_suggest *s, const char *name)
{
	size_t nt = strlen(s->typed), nn = strlen(name), slips;

	if (nt == 0 || nn >= HOG_SUGGEST_MAX)
		return;
	/* What was cut short is the likeliest of all. */
	if (nt >= 2 && nt < nn && !memcmp(name, s->typed, nt))
		slips = 1;
	else
		slips = distance(s->typed, nt, name, nn);
	if (slips > SLIPS_MAX || slips * 3 > (nt > nn ? nt : nn) ||
	    slips >= s->distance)
		return;
	s->distance = slips;
	memcpy(s->best, name, nn + 1);
}
