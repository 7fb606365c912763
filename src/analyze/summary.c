/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/call.h"
#include "base/map.h"
#include "profile/model.h"
#include "profile/run.h"

struct hog_summary {
	enum hog_group group;
	struct hog_map64 where; /* key to row */
	struct hog_summary_row *rows, all;
	uint32_t n, cap;
};

#define OTHERS UINT64_MAX

struct hog_summary *hog_summary_new(enum hog_group group)
{
	struct hog_summary *s = calloc(1, sizeof(*s));

	if (s)
		s->group = group;
	return s;
}

void hog_summary_free(struct hog_summary *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n; i++)
		hog_histogram_fini(&s->rows[i].times);
	hog_histogram_fini(&s->all.times);
	hog_map64_fini(&s->where);
	free(s->rows);
	free(s);
}

/* What makes two calls the same.  Frames may differ in their columns. */
static void identify(const struct hog_summary *s, const struct hog_callview *v,
		     struct hog_summary_row *ret)
{
	const struct hog_model *m = v->run->model;
	const struct hog_frame *fr;

	*ret = (struct hog_summary_row){ 0 };
	switch (s->group) {
	case HOG_GROUP_CALL:
		ret->name = hog_detail_get(m, (uint32_t)v->ev->value[1]).name;
		ret->key = ret->name;
		break;
	case HOG_GROUP_LINE:
		ret->frame = hog_callview_place(v).frame;
		fr = hog_model_get_frame(m, ret->frame);
		ret->key = (uint64_t)fr->function << 32 | (uint32_t)fr->line;
		break;
	case HOG_GROUP_THREAD:
		ret->thread = v->ev->thread;
		ret->key = ret->thread;
		break;
	}
}

static struct hog_summary_row *row_of(struct hog_summary *s,
				      const struct hog_callview *v)
{
	struct hog_summary_row row;
	uint64_t *at;

	identify(s, v, &row);
	at = hog_map64_get(&s->where, row.key);
	if (at)
		return &s->rows[*at];
	if (s->n >= HOG_SUMMARY_GROUPS_MAX) {
		row = (struct hog_summary_row){ .key = OTHERS };
		at = hog_map64_get(&s->where, OTHERS);
		if (at)
			return &s->rows[*at];
	}
	if (s->n == s->cap) {
		uint32_t cap = s->cap ? s->cap * 2 : 64;
		void *rows = realloc(s->rows, cap * sizeof(*s->rows));

		if (!rows)
			return NULL;
		s->rows = rows;
		s->cap = cap;
	}
	if (hog_map64_put(&s->where, row.key, s->n) < 0)
		return NULL;
	s->rows[s->n] = row;
	return &s->rows[s->n++];
}

static int count(struct hog_summary_row *row, const struct hog_callview *v)
{
	row->count++;
	row->errors += v->error > 0 && v->error < HOG_KERNEL_ERRNO;
	return v->timed ? hog_histogram_add(&row->times, v->ev->duration_ns)
			: 0;
}

int hog_summary_add(struct hog_summary *s, const struct hog_callview *v)
{
	struct hog_summary_row *row = row_of(s, v);
	int r = row ? count(row, v) : -ENOMEM;

	return r < 0 ? r : count(&s->all, v);
}

static int by_time(const void *pa, const void *pb)
{
	const struct hog_summary_row *a = pa, *b = pb;

	if (a->times.total != b->times.total)
		return a->times.total < b->times.total ? 1 : -1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return (a->key > b->key) - (a->key < b->key);
}

const struct hog_summary_row *hog_summary_rows(struct hog_summary *s,
					       uint32_t *ret_n)
{
	if (s->n > 1)
		qsort(s->rows, s->n, sizeof(*s->rows), by_time);
	hog_map64_clear(&s->where);
	for (uint32_t i = 0; i < s->n; i++)
		hog_map64_put(&s->where, s->rows[i].key, i);
	*ret_n = s->n;
	return s->rows;
}

const struct hog_summary_row *hog_summary_all(const struct hog_summary *s)
{
	return &s->all;
}
