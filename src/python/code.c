/* SPDX-License-Identifier: Apache-2.0 */
#include "python/code.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "python/code_cache.h"
#include "python/python.h"

/* Trimming goes so far below the limit that it is not soon due again. */
#define TRIM_NUMERATOR 7
#define TRIM_DENOMINATOR 8

struct hog_pycodes *hog_pycodes_new(const struct hog_python *py)
{
	struct hog_pycodes *codes = calloc(1, sizeof(*codes));

	if (codes)
		codes->py = py;
	return codes;
}

void hog_pycodes_free(struct hog_pycodes *codes)
{
	if (!codes)
		return;
	for (size_t i = 0; i < codes->n; i++)
		free(codes->all[i]);
	hog_pycodes_reap(codes);
	free(codes->check);
	free(codes->all);
	free(codes->ranges);
	hog_map64_fini(&codes->by_addr);
	free(codes);
}

/* The first range that ends behind addr. */
static size_t range_at(const struct hog_pycodes *codes, uint64_t addr)
{
	size_t lo = 0, hi = codes->n_ranges;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct hog_pycode *c = hog_code_of(codes->ranges[mid]);

		if (c->code_start + c->code_len <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void range_remove(struct hog_pycodes *codes, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		codes->ranges[i]->ranged = false;
	codes->n_ranges -= n;
	memmove(codes->ranges + at, codes->ranges + at + n,
		(codes->n_ranges - at) * sizeof(*codes->ranges));
}

/* Memory has one owner: what the new range overlaps has died unseen. */
static void range_add(struct hog_pycodes *codes, struct hog_codeentry *e)
{
	const struct hog_pycode *c = hog_code_of(e);
	size_t at, n = 0;

	if (!c->code_len)
		return;
	at = range_at(codes, c->code_start);
	while (at + n < codes->n_ranges &&
	       hog_code_of(codes->ranges[at + n])->code_start <
		       c->code_start + c->code_len)
		n++;
	range_remove(codes, at, n);
	memmove(codes->ranges + at + 1, codes->ranges + at,
		(codes->n_ranges - at) * sizeof(*codes->ranges));
	codes->ranges[at] = e;
	codes->n_ranges++;
	e->ranged = true;
}

static bool grow(struct hog_pycodes *codes)
{
	size_t cap = codes->cap ? codes->cap * 2 : 64;
	struct hog_codeentry **all, **ranges;

	if (codes->n < codes->cap)
		return true;
	all = realloc(codes->all, cap * sizeof(*all));
	if (all)
		codes->all = all;
	ranges = realloc(codes->ranges, cap * sizeof(*ranges));
	if (ranges)
		codes->ranges = ranges;
	if (!all || !ranges)
		return false;
	codes->cap = cap;
	return true;
}

void hog_pycodes_drop(struct hog_pycodes *codes, struct hog_codeentry *e)
{
	size_t at = e->index;

	if (e->ranged)
		range_remove(codes, range_at(codes, hog_code_of(e)->code_start),
			     1);
	hog_map64_remove(&codes->by_addr, hog_code_of(e)->addr);
	codes->n--;
	if (at != codes->n) {
		codes->all[at] = codes->all[codes->n];
		codes->all[at]->index = at;
		/* The key is there already: this cannot need memory. */
		*hog_map64_get(&codes->by_addr,
			       hog_code_of(codes->all[at])->addr) = at;
	}
	codes->bytes -= e->bytes;
	codes->epoch++;
	e->dead = true;
	e->next = codes->dead;
	codes->dead = e;
}

unsigned hog_pycodes_reap(struct hog_pycodes *codes)
{
	unsigned n = 0;

	while (codes->dead) {
		struct hog_codeentry *next = codes->dead->next;

		free(codes->dead);
		codes->dead = next;
		n++;
	}
	return n;
}

const struct hog_pycode *hog_pycodes_peek(const struct hog_pycodes *codes,
					  uint64_t addr)
{
	const uint64_t *at = hog_map64_get(&codes->by_addr, addr);

	return at ? hog_code_of(codes->all[*at]) : NULL;
}

const struct hog_pycode *hog_pycodes_get(struct hog_pycodes *codes,
					 uint64_t addr)
{
	const struct hog_pycode *known = hog_pycodes_peek(codes, addr);
	_cleanup_free_ struct hog_codeentry *e = NULL;
	struct hog_pycodeprint print;
	size_t bytes;

	if (known)
		return known;
	e = hog_pycode_read(codes->py, addr, sizeof(*e), &print, &bytes);
	if (!e || !grow(codes) ||
	    hog_map64_put(&codes->by_addr, addr, codes->n))
		return NULL;
	e->print = print;
	e->bytes = bytes;
	e->index = codes->n;
	e->checked = ++codes->clock;
	e->since_ns = codes->new_ns = hog_now_ns();
	hog_code_of(e)->serial = ++codes->serial;
	codes->bytes += bytes;
	codes->all[codes->n++] = e;
	range_add(codes, e);
	return hog_code_of(hog_move(e));
}

const struct hog_pycode *hog_pycodes_by_instr(const struct hog_pycodes *codes,
					      uint64_t addr)
{
	size_t at = range_at(codes, addr);
	const struct hog_pycode *c;

	if (at == codes->n_ranges)
		return NULL;
	c = hog_code_of(codes->ranges[at]);
	return addr >= c->code_start ? c : NULL;
}

static int by_checked(const void *left, const void *right)
{
	const struct hog_codeentry *a = *(struct hog_codeentry *const *)left;
	const struct hog_codeentry *b = *(struct hog_codeentry *const *)right;

	return (a->checked > b->checked) - (a->checked < b->checked);
}

unsigned hog_pycodes_trim(struct hog_pycodes *codes)
{
	size_t n_max =
		(size_t)HOG_PYCODES_MAX * TRIM_NUMERATOR / TRIM_DENOMINATOR;
	size_t bytes_max =
		(size_t)HOG_PYCODES_BYTES / TRIM_DENOMINATOR * TRIM_NUMERATOR;
	_cleanup_free_ struct hog_codeentry **order = NULL;
	unsigned forgotten = 0;

	if (codes->n <= HOG_PYCODES_MAX && codes->bytes <= HOG_PYCODES_BYTES)
		return 0;
	order = malloc(codes->n * sizeof(*order));
	if (!order)
		return 0;
	memcpy(order, codes->all, codes->n * sizeof(*order));
	qsort(order, codes->n, sizeof(*order), by_checked);
	while (codes->n > n_max || codes->bytes > bytes_max)
		hog_pycodes_drop(codes, order[forgotten++]);
	return forgotten;
}

uint64_t hog_pycodes_epoch(const struct hog_pycodes *codes)
{
	return codes->epoch;
}

void hog_pycode_place(const struct hog_python *py, const struct hog_pycode *c,
		      int32_t at, struct hog_pyplace *ret)
{
	if (hog_pylines_find(py->lay.lines, c->lines, c->lines_len,
			     c->firstlineno, at, ret) &&
	    ret->line < 0)
		ret->line = ret->end_line = 0;
}
