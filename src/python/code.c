/* SPDX-License-Identifier: Apache-2.0 */
#include "python/code.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "python/coderead.h"
#include "python/python.h"

/* Entries checked with one read: bounds the buffer, not the work. */
#define BATCH 256
/* Trimming goes so far below the limit that it is not soon due again. */
#define TRIM_NUMERATOR 7
#define TRIM_DENOMINATOR 8

struct entry {
	struct hog_pycodeprint print;
	size_t bytes;     /* of the whole allocation */
	size_t index;     /* in hog_pycodes.all */
	uint64_t checked; /* clock of the last check */
	bool ranged;      /* stands in hog_pycodes.ranges */
};

struct hog_pycodes {
	const struct hog_python *py; /* borrowed */
	struct hog_map64 by_addr;    /* -> index in all */
	struct entry **all;          /* owned, and each of them */
	struct entry **ranges;       /* by code_start; no two of them overlap */
	size_t n, cap, n_ranges;
	size_t bytes;
	size_t next_check;
	uint64_t clock, epoch;
	uint32_t serial;
};

static struct hog_pycode *code_of(struct entry *e)
{
	return (struct hog_pycode *)(e + 1);
}

static struct entry *entry_of(const struct hog_pycode *c)
{
	return (struct entry *)c - 1;
}

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
		const struct hog_pycode *c = code_of(codes->ranges[mid]);

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
static void range_add(struct hog_pycodes *codes, struct entry *e)
{
	const struct hog_pycode *c = code_of(e);
	size_t at, n = 0;

	if (!c->code_len)
		return;
	at = range_at(codes, c->code_start);
	while (at + n < codes->n_ranges &&
	       code_of(codes->ranges[at + n])->code_start <
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
	struct entry **all, **ranges;

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

static void forget(struct hog_pycodes *codes, struct entry *e)
{
	size_t at = e->index;

	if (e->ranged)
		range_remove(codes, range_at(codes, code_of(e)->code_start), 1);
	hog_map64_remove(&codes->by_addr, code_of(e)->addr);
	codes->n--;
	if (at != codes->n) {
		codes->all[at] = codes->all[codes->n];
		codes->all[at]->index = at;
		/* The key is there already: this cannot need memory. */
		*hog_map64_get(&codes->by_addr, code_of(codes->all[at])->addr) =
			at;
	}
	codes->bytes -= e->bytes;
	codes->epoch++;
	free(e);
}

const struct hog_pycode *hog_pycodes_peek(const struct hog_pycodes *codes,
					  uint64_t addr)
{
	const uint64_t *at = hog_map64_get(&codes->by_addr, addr);

	return at ? code_of(codes->all[*at]) : NULL;
}

const struct hog_pycode *hog_pycodes_get(struct hog_pycodes *codes,
					 uint64_t addr)
{
	const struct hog_pycode *known = hog_pycodes_peek(codes, addr);
	_cleanup_free_ struct entry *e = NULL;
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
	code_of(e)->serial = ++codes->serial;
	codes->bytes += bytes;
	codes->all[codes->n++] = e;
	range_add(codes, e);
	return code_of(hog_move(e));
}

const struct hog_pycode *hog_pycodes_by_instr(const struct hog_pycodes *codes,
					      uint64_t addr)
{
	size_t at = range_at(codes, addr);
	const struct hog_pycode *c;

	if (at == codes->n_ranges)
		return NULL;
	c = code_of(codes->ranges[at]);
	return addr >= c->code_start ? c : NULL;
}

static bool still_there(struct hog_pycodes *codes, struct entry *e,
			const void *object)
{
	struct hog_pycodeprint print;

	if (!hog_pycode_print(codes->py, object, &print) ||
	    !hog_pycode_print_equal(&print, &e->print))
		return false;
	e->checked = ++codes->clock;
	return true;
}

/* Checks the n <= BATCH entries from `from` on.  How many were forgotten. */
static unsigned recheck_batch(struct hog_pycodes *codes, size_t from,
			      unsigned n)
{
	size_t size = hog_pycode_object_size(codes->py);
	_cleanup_free_ unsigned char *objects = malloc(n * size);
	struct hog_span spans[BATCH];
	bool ok[BATCH];
	unsigned forgotten = 0;

	if (!objects)
		return 0;
	for (unsigned i = 0; i < n; i++)
		spans[i] =
			(struct hog_span){ code_of(codes->all[from + i])->addr,
					   objects + i * size, size };
	if (hog_spans_read(codes->py->mem, spans, n, ok))
		return 0; /* the target is gone: nothing holds anything else */
	/* Backwards, since the last one moves into a forgotten one's place. */
	for (unsigned i = n; i-- > 0;) {
		struct entry *e = codes->all[from + i];

		if (ok[i] && still_there(codes, e, objects + i * size))
			continue;
		forget(codes, e);
		forgotten++;
	}
	return forgotten;
}

unsigned hog_pycodes_recheck(struct hog_pycodes *codes, unsigned max)
{
	unsigned forgotten = 0;

	if (max > codes->n)
		max = (unsigned)codes->n;
	while (max && codes->n) {
		unsigned n = max < BATCH ? max : BATCH;
		unsigned gone;

		if (codes->next_check >= codes->n)
			codes->next_check = 0;
		if (n > codes->n - codes->next_check)
			n = (unsigned)(codes->n - codes->next_check);
		gone = recheck_batch(codes, codes->next_check, n);
		codes->next_check += n - gone;
		forgotten += gone;
		max -= n;
	}
	return forgotten;
}

bool hog_pycodes_verify(struct hog_pycodes *codes, const struct hog_pycode *c)
{
	unsigned char object[HOG_PYCODE_OBJECT_MAX];
	struct entry *e = entry_of(c);

	if (!hog_mem_read(codes->py->mem, c->addr, object,
			  hog_pycode_object_size(codes->py)) &&
	    still_there(codes, e, object))
		return true;
	forget(codes, e);
	return false;
}

static int by_checked(const void *left, const void *right)
{
	const struct entry *a = *(struct entry *const *)left;
	const struct entry *b = *(struct entry *const *)right;

	return (a->checked > b->checked) - (a->checked < b->checked);
}

unsigned hog_pycodes_trim(struct hog_pycodes *codes)
{
	size_t n_max =
		(size_t)HOG_PYCODES_MAX * TRIM_NUMERATOR / TRIM_DENOMINATOR;
	size_t bytes_max =
		(size_t)HOG_PYCODES_BYTES / TRIM_DENOMINATOR * TRIM_NUMERATOR;
	_cleanup_free_ struct entry **order = NULL;
	unsigned forgotten = 0;

	if (codes->n <= HOG_PYCODES_MAX && codes->bytes <= HOG_PYCODES_BYTES)
		return 0;
	order = malloc(codes->n * sizeof(*order));
	if (!order)
		return 0;
	memcpy(order, codes->all, codes->n * sizeof(*order));
	qsort(order, codes->n, sizeof(*order), by_checked);
	while (codes->n > n_max || codes->bytes > bytes_max)
		forget(codes, order[forgotten++]);
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
