/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_heap_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "python/stack.h"
#include "target/mem.h"

#define PAGES_FIRST 16u
#define WINDOW_MAX 64u /* ticks, and between two prunings */
/* A copy of more than this (20 us) narrows the window to what the last stacks
 * used: frames beyond it cost a second call when they come back. */
#define BYTES_MAX (96u << 10)
#define FETCH_MAX 64u /* pages of one fetch */

static unsigned index_mask(const struct hog_heappages *p)
{
	return 2 * p->cap - 1;
}

static void index_put(struct hog_heappages *p, unsigned slot)
{
	size_t i = hog_hash64(p->v[slot].no) & index_mask(p);

	while (p->index[i])
		i = (i + 1) & index_mask(p);
	p->index[i] = (uint16_t)(slot + 1);
}

static void index_rebuild(struct hog_heappages *p)
{
	memset(p->index, 0, 2 * (size_t)p->cap * sizeof(*p->index));
	for (unsigned i = 0; i < p->n; i++)
		index_put(p, i);
	p->hint = 0;
}

static int set_cap(struct hog_heappages *p, unsigned cap)
{
	unsigned char *arena = realloc(p->arena, (size_t)cap * HOG_HEAPPAGE);

	if (arena)
		p->arena = arena;

	struct hog_heappage *v = realloc(p->v, cap * sizeof(*v));

	if (v)
		p->v = v;

	uint16_t *order = realloc(p->order, cap * sizeof(*order));

	if (order)
		p->order = order;

	uint16_t *index = calloc(2 * (size_t)cap, sizeof(*index));

	if (!arena || !v || !order || !index) {
		free(index);
		return -ENOMEM; /* the old cap still holds */
	}
	free(p->index);
	p->index = index;
	p->cap = cap;
	index_rebuild(p);
	return 0;
}

int hog_heappages_init(struct hog_heappages *p)
{
	*p = (struct hog_heappages){ .window = WINDOW_MAX };
	return set_cap(p, PAGES_FIRST);
}

void hog_heappages_fini(struct hog_heappages *p)
{
	free(p->v);
	free(p->arena);
	free(p->index);
	free(p->order);
	*p = (struct hog_heappages){ 0 };
}

/* The page's slot, or -1. */
static int find(struct hog_heappages *p, uint64_t no)
{
	if (p->hint < p->n && p->v[p->hint].no == no)
		return (int)p->hint;

	size_t i = hog_hash64(no) & index_mask(p);

	for (; p->index[i]; i = (i + 1) & index_mask(p)) {
		unsigned slot = p->index[i] - 1u;

		if (p->v[slot].no == no) {
			p->hint = slot;
			return (int)slot;
		}
	}
	return -1;
}

static int add(struct hog_heappages *p, uint64_t no)
{
	if (p->n == p->cap) {
		if (p->cap * 2 > 1024 || set_cap(p, p->cap * 2) < 0)
			return -1;
	}
	if (p->n == HOG_HEAPPAGES_MAX)
		return -1;
	p->v[p->n] = (struct hog_heappage){
		.no = no,
		.used = p->tick,
		.lo = HOG_HEAPPAGE,
		.era_lo = HOG_HEAPPAGE,
	};
	index_put(p, p->n);
	return (int)p->n++;
}

static void use(struct hog_heappages *p, struct hog_heappage *page, uint16_t lo,
		uint16_t hi)
{
	page->used = p->tick;
	if (lo < page->lo)
		page->lo = lo;
	if (hi > page->hi)
		page->hi = hi;
	if (lo < page->era_lo)
		page->era_lo = lo;
	if (hi > page->era_hi)
		page->era_hi = hi;
}

/* Drops pages, and edges of pages, that nothing has used for an era. */
static void prune(struct hog_heappages *p)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < p->n; i++) {
		struct hog_heappage *page = &p->v[i];

		if (page->era_hi == 0)
			continue;
		page->lo = page->era_lo;
		page->hi = page->era_hi;
		page->era_lo = HOG_HEAPPAGE;
		page->era_hi = 0;
		p->v[kept++] = *page;
	}
	p->n = kept;
	p->pruned = p->tick;
	if (p->window < WINDOW_MAX)
		p->window *= 2;
	index_rebuild(p);
}

static int plan_page(struct hog_heappages *p, int slot, size_t *bytes,
		     struct hog_spans *spans)
{
	struct hog_heappage *page = &p->v[slot];

	if (page->planned == p->plan_no || page->hi == 0)
		return 0;
	page->planned = p->plan_no;
	*bytes += page->hi - page->lo;
	if (!hog_spans_add(spans, page->no * HOG_HEAPPAGE + page->lo,
			   p->arena + (size_t)slot * HOG_HEAPPAGE + page->lo,
			   page->hi - page->lo))
		return -ENOMEM;
	p->order[p->n_order++] = (uint16_t)slot;
	return 0;
}

int hog_heappages_plan(struct hog_heappages *p, const uint64_t *addrs, size_t n,
		       size_t len, struct hog_spans *spans)
{
	size_t bytes = 0, needed;

	if (p->tick - p->pruned >= WINDOW_MAX)
		prune(p);
	p->plan_no++;
	p->n_order = 0;
	for (unsigned i = 0; i < p->n; i++)
		p->v[i].got_lo = p->v[i].got_hi = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t last = (addrs[i] + len - 1) / HOG_HEAPPAGE;

		for (uint64_t no = addrs[i] / HOG_HEAPPAGE; no <= last; no++) {
			int slot = find(p, no);

			if (slot >= 0 && plan_page(p, slot, &bytes, spans) < 0)
				return -ENOMEM;
		}
	}
	needed = bytes;
	for (unsigned i = 0; i < p->n; i++)
		if (p->tick - p->v[i].used <= p->window &&
		    plan_page(p, (int)i, &bytes, spans) < 0)
			return -ENOMEM;
	if (bytes > BYTES_MAX && bytes > needed && p->window > 1)
		p->window /= 2;
	return 0;
}

size_t hog_heappages_landed(struct hog_heappages *p, size_t got)
{
	for (unsigned i = 0; i < p->n_order; i++) {
		struct hog_heappage *page = &p->v[p->order[i]];
		size_t len = page->hi - page->lo;

		if (got < len) { /* gone: not in the next plan */
			page->lo = page->era_lo = HOG_HEAPPAGE;
			page->hi = page->era_hi = 0;
			return 0;
		}
		page->got_lo = page->lo;
		page->got_hi = page->hi;
		got -= len;
	}
	return got;
}

/* [lo, hi) of the page in the copy, or NULL. */
static const unsigned char *part(struct hog_heappages *p, uint64_t no,
				 uint16_t lo, uint16_t hi)
{
	int slot = find(p, no);

	if (slot < 0)
		return NULL;

	struct hog_heappage *page = &p->v[slot];

	if (lo < page->got_lo || hi > page->got_hi)
		return NULL;
	use(p, page, lo, hi);
	return p->arena + (size_t)slot * HOG_HEAPPAGE + lo;
}

const unsigned char *hog_heappages_get(struct hog_heappages *p, uint64_t addr,
				       size_t len)
{
	uint64_t no = addr / HOG_HEAPPAGE;
	size_t lo = addr % HOG_HEAPPAGE;

	if (lo + len <= HOG_HEAPPAGE)
		return part(p, no, (uint16_t)lo, (uint16_t)(lo + len));

	size_t first = HOG_HEAPPAGE - lo;
	const unsigned char *a = part(p, no, (uint16_t)lo, HOG_HEAPPAGE);
	const unsigned char *b = part(p, no + 1, 0, (uint16_t)(len - first));

	if (!a || !b || len > sizeof(p->joint))
		return NULL;
	memcpy(p->joint, a, first);
	memcpy(p->joint + first, b, len - first);
	return p->joint;
}

static bool want_page(struct hog_heappages *p, uint64_t no)
{
	int slot = find(p, no);

	if (slot < 0)
		slot = add(p, no);
	if (slot < 0)
		return false;

	struct hog_heappage *page = &p->v[slot];

	if (!page->wanted && p->n_wanted < FETCH_MAX) {
		page->wanted = true;
		p->n_wanted++;
	}
	return page->wanted;
}

bool hog_heappages_want(struct hog_heappages *p, uint64_t addr, size_t len)
{
	uint64_t no = addr / HOG_HEAPPAGE;
	uint64_t last = (addr + len - 1) / HOG_HEAPPAGE;

	return want_page(p, no) && (no == last || want_page(p, last));
}

/* Whole pages: the neighbours of a frame are often its callers, and a page is
 * mapped or not as one.  Behind one that is not, the call is repeated. */
int hog_heappages_fetch(struct hog_heappages *p, struct hog_mem *mem)
{
	struct hog_span spans[FETCH_MAX];
	uint16_t slots[FETCH_MAX];
	unsigned n = 0, done = 0;
	int read = 0;

	for (unsigned i = 0; i < p->n; i++) {
		if (!p->v[i].wanted)
			continue;
		p->v[i].wanted = false;
		p->v[i].got_lo = p->v[i].got_hi = 0;
		slots[n] = (uint16_t)i;
		spans[n++] =
			(struct hog_span){ p->v[i].no * HOG_HEAPPAGE,
					   p->arena + (size_t)i * HOG_HEAPPAGE,
					   HOG_HEAPPAGE };
	}
	p->n_wanted = 0;
	while (done < n) {
		ssize_t got = hog_mem_readv(mem, spans + done, n - done);

		if (got < 0 && got != -EFAULT)
			return (int)got;
		for (; got >= (ssize_t)HOG_HEAPPAGE; got -= HOG_HEAPPAGE) {
			p->v[slots[done++]].got_hi = HOG_HEAPPAGE;
			read++;
		}
		done++; /* the one that could not be read */
	}
	return read;
}
