/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The chunks that a thread's data stack consists of: which there are, and how
 * much of each is worth copying.
 */
#define CHUNK_HEAD 24
#define COPY_MIN 1024u

struct ds_chunk *ds_chunk_of(struct ds_reader *r, uint64_t addr)
{
	for (unsigned i = r->n_chunks; i-- > 0;) {
		struct ds_chunk *c = &r->chunks[i];

		if (addr - c->addr < c->size)
			return c;
	}
	return NULL;
}

/* Chunk i is another one now: what stood in it is gone. */
static void forget_from(struct ds_reader *r, unsigned i)
{
	uint32_t n = r->valid;

	while (n > 0 && r->f[n - 1].chunk >= i)
		n--;
	ds_keep(r, n);
}

static bool chunk_room(struct ds_chunk *c, uint32_t want)
{
	unsigned char *grown;
	uint32_t cap = c->cap ? c->cap : 4096;

	if (want <= c->cap)
		return true;
	while (cap < want)
		cap *= 2;
	grown = realloc(c->buf, cap);
	if (!grown)
		return false;
	c->buf = grown;
	c->cap = cap;
	return true;
}

void ds_chunk_free(struct ds_chunk *c)
{
	free(c->buf);
	free(c->old);
}

static void chunk_want(struct ds_chunk *c)
{
	uint32_t high = c->high > c->high_before ? c->high : c->high_before;

	c->want = high + DS_SLACK < COPY_MIN ? COPY_MIN : high + DS_SLACK;
	if (c->want > c->size)
		c->want = c->size;
	if (c->want > DS_COPY_MAX)
		c->want = DS_COPY_MAX;
}

/* Sets slot i to a chunk; its buffer stays for whoever stands there. */
static void chunk_set(struct ds_reader *r, unsigned i, uint64_t addr,
		      const unsigned char *head, bool newest, uint64_t top)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	struct ds_chunk *c = &r->chunks[i];
	uint64_t size = ds_word(head + lay->chunk_size);

	forget_from(r, i);
	c->addr = addr;
	c->size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
	c->old_got = 0;
	c->got = 0;
	c->high_before = 0;
	c->high = c->size;
	if (newest && top > addr && top - addr < c->size)
		c->high = (uint32_t)(top - addr);
	chunk_want(c);
}

/* A slot's contents move; buffers change places. */
static void chunks_drop_oldest(struct ds_reader *r, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		struct ds_chunk first = r->chunks[0];

		memmove(&r->chunks[0], &r->chunks[1],
			(DS_CHUNKS_MAX - 1) * sizeof(first));
		r->chunks[DS_CHUNKS_MAX - 1] = first;
	}
	r->n_chunks -= n;
	ds_keep(r, 0);
	r->cut = true;
}

static int chunk_index(const struct ds_reader *r, uint64_t addr)
{
	for (unsigned i = r->n_chunks; i-- > 0;)
		if (r->chunks[i].addr == addr)
			return (int)i;
	return -1;
}

struct chunk_head {
	uint64_t addr;
	unsigned char bytes[CHUNK_HEAD];
};

/* Reads heads from the newest back to one that is known (its index in
 * *ret_known) or to the first of all (-1).  How many, or -errno. */
static int read_heads(struct ds_reader *r, uint64_t newest,
		      struct chunk_head *heads, int *ret_known, bool *ret_more)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	uint64_t addr = newest;
	int n = 0;

	*ret_more = false;
	*ret_known = -1;
	while (addr) {
		uint64_t size;

		*ret_known = chunk_index(r, addr);
		if (*ret_known >= 0)
			return n;
		if (n == DS_CHUNKS_MAX) {
			*ret_more = true;
			return n;
		}
		heads[n].addr = addr;
		if (hog_mem_read(r->base.py->mem, addr, heads[n].bytes,
				 CHUNK_HEAD) < 0)
			return -EAGAIN;
		size = ds_word(heads[n].bytes + lay->chunk_size);
		if (size < CHUNK_HEAD || (addr & 7))
			return -EAGAIN;
		addr = ds_word(heads[n++].bytes + lay->chunk_previous);
	}
	return n;
}

static void take_heads(struct ds_reader *r, const struct chunk_head *heads,
		       int n, int known, uint64_t top)
{
	r->n_chunks = (unsigned)(known + 1);
	forget_from(r, r->n_chunks);
	if (r->n_chunks + (unsigned)n > DS_CHUNKS_MAX)
		chunks_drop_oldest(r,
				   r->n_chunks + (unsigned)n - DS_CHUNKS_MAX);
	while (n-- > 0) {
		chunk_set(r, r->n_chunks, heads[n].addr, heads[n].bytes, n == 0,
			  top);
		r->n_chunks++;
	}
}

int ds_chunks_load(struct ds_reader *r, uint64_t newest, uint64_t top)
{
	struct chunk_head heads[DS_CHUNKS_MAX];
	int known, n;
	bool more;

	n = read_heads(r, newest, heads, &known, &more);
	if (n < 0)
		return n;
	if (known < 0) {
		ds_sides_put(r);
		r->cut = more;
	}
	take_heads(r, heads, n, known, top);
	return 0;
}

/* The thread has gone over to chunks that are not known. */
static enum hog_pyverdict unknown_newest(struct ds_reader *r, uint64_t newest,
					 uint64_t top)
{
	struct chunk_head heads[DS_CHUNKS_MAX];
	int known, n;
	bool more;

	n = read_heads(r, newest, heads, &known, &more);
	if (n < 0)
		return HOG_PYSTACK_RETRY;
	/* Greenlets that switch faster than we can follow: what was copied is
	 * the stack of one that ran a moment ago, and it stands. */
	if (known < 0 && r->fresh == r->sample && r->n_chunks > 0) {
		r->elsewhere = true;
		return HOG_PYSTACK_OK;
	}
	if (known < 0) {
		ds_sides_put(r);
		r->cut = more;
		r->fresh = r->sample;
	}
	take_heads(r, heads, n, known, top);
	return HOG_PYSTACK_RETRY;
}

enum hog_pyverdict ds_chunks_check(struct ds_reader *r)
{
	const struct hog_pylayout *lay = &r->base.py->lay;
	uint64_t newest = ds_word(r->state + lay->tstate_datastack_chunk);
	uint64_t top = ds_word(r->state + lay->tstate_datastack_top);
	bool copied;
	int known;

	r->elsewhere = false;
	if (newest == 0) {
		ds_sides_put(r);
		r->n_chunks = 0;
		ds_keep(r, 0);
		return HOG_PYSTACK_OK;
	}
	known = chunk_index(r, newest);
	if (known < 0 && ds_sides_take(r, newest, &copied)) {
		r->fresh = r->sample;
		if (!copied)
			return HOG_PYSTACK_RETRY;
		known = (int)r->n_chunks - 1;
	}
	if (known < 0)
		return unknown_newest(r, newest, top);
	/* Younger ones were freed since: their copies say nothing. */
	r->n_chunks = (unsigned)known + 1;
	forget_from(r, r->n_chunks);
	return HOG_PYSTACK_OK;
}

void ds_chunks_roll(struct ds_reader *r)
{
	ds_keep(r, 0); /* only frames that are looked at tell their height */
	for (unsigned i = 0; i < r->n_chunks; i++) {
		r->chunks[i].high_before = r->chunks[i].high;
		r->chunks[i].high = 0;
	}
}

int ds_chunk_plan(struct ds_chunk *c, struct hog_spans *spans)
{
	chunk_want(c);
	if (!chunk_room(c, c->want) ||
	    !hog_spans_add(spans, c->addr, c->buf, c->want))
		return -ENOMEM;
	c->planned = c->want;
	c->got = 0;
	return 0;
}

int ds_chunks_plan(struct ds_reader *r, struct hog_spans *spans)
{
	for (unsigned i = 0; i < r->n_chunks; i++)
		if (ds_chunk_plan(&r->chunks[i], spans) < 0)
			return -ENOMEM;
	return ds_sides_plan(r, spans);
}

void ds_chunks_place(struct ds_reader *r, size_t got)
{
	for (unsigned i = 0; i < r->n_chunks; i++) {
		struct ds_chunk *c = &r->chunks[i];

		c->got = got < c->planned ? (uint32_t)got : c->planned;
		got -= c->got;
	}
	ds_sides_place(r, got);
}

/* ---- what has changed since the last copy ---- */

#define STRIDE 256u

/* Offset of the first word that differs; n: none does. */
static uint32_t first_difference(const unsigned char *a, const unsigned char *b,
				 uint32_t n)
{
	uint32_t i = 0;

	while (i + STRIDE <= n && memcmp(a + i, b + i, STRIDE) == 0)
		i += STRIDE;
	while (i + 8 <= n && memcmp(a + i, b + i, 8) == 0)
		i += 8;
	return i + 8 <= n ? i : n;
}

static bool bytes_same(const struct ds_chunk *c, uint64_t off, uint32_t len)
{
	return off + len <= c->got && off + len <= c->old_got &&
	       memcmp(c->buf + off, c->old + off, len) == 0;
}

static bool head_same(const struct ds_reader *r, const struct ds_frame *f)
{
	const struct ds_chunk *c = &r->chunks[f->chunk];

	return bytes_same(c, f->addr - c->addr, r->head_len);
}

uint32_t ds_chunks_unchanged(struct ds_reader *r)
{
	uint32_t keep = r->valid;
	uint32_t same = 0;
	unsigned i = 0;

	while (keep > 0 && i < r->n_chunks) {
		const struct ds_chunk *c = &r->chunks[i];
		uint32_t n = c->got < c->old_got ? c->got : c->old_got;

		same = first_difference(c->buf, c->old, n);
		if (same < c->got)
			break;
		i++;
	}
	/* Changes are near the leaf, mostly: so from there. */
	while (keep > 0 && r->f[keep - 1].chunk >= i &&
	       (r->f[keep - 1].chunk > i ||
		r->f[keep - 1].addr - r->chunks[i].addr + r->head_len > same))
		keep--;
	/* What changed in between may be but a local variable. */
	while (keep < r->valid && head_same(r, &r->f[keep]))
		keep++;
	return keep;
}

bool ds_chunks_leaf_holds(struct ds_reader *r)
{
	const struct ds_frame *f = &r->f[r->n_f - 1];
	const struct ds_chunk *c = &r->chunks[f->chunk];

	return f->chunk + 1u == r->n_chunks &&
	       bytes_same(c, f->addr - c->addr + f->code->frame_bytes,
			  DS_FRAME_HEAD);
}

void ds_chunks_settle(struct ds_reader *r)
{
	for (unsigned i = 0; i < r->n_chunks; i++) {
		struct ds_chunk *c = &r->chunks[i];
		unsigned char *buf = c->buf;
		uint32_t cap = c->cap;

		c->buf = c->old;
		c->cap = c->old_cap;
		c->old = buf;
		c->old_cap = cap;
		c->old_got = c->got;
	}
}
