/* SPDX-License-Identifier: Apache-2.0 */
#include "target/mem_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* No page is smaller, so that a piece is mapped as a whole or not at all; and
 * to copy so much costs no more than to copy a word. */
#define PIECE 4096ull
#define PIECES_MAX 1024 /* copied each time; the rest is fetched when needed */
#define AGE_MAX 256     /* takes after which a piece that nobody read goes */

struct piece {
	uint64_t addr;        /* of its first byte */
	unsigned char *bytes; /* owned, PIECE of them */
	uint32_t used;        /* number of the last take in which it was read */
	bool here;            /* copied by the last take, or fetched since */
};

struct mem_copy {
	struct hog_mem base;
	struct hog_mem *under; /* borrowed */
	struct piece *pieces;  /* owned; ascending */
	unsigned n, cap, hint;
	uint32_t takes;
	bool fetch, missed;
	struct hog_span spans[PIECES_MAX];
};

static struct mem_copy *copy_of(struct hog_mem *mem)
{
	return (struct mem_copy *)mem; /* base is its first member */
}

/* Index of the first piece at or behind addr. */
static unsigned place_of(const struct mem_copy *c, uint64_t addr)
{
	unsigned lo = 0, hi = c->n;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (c->pieces[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct piece *find(struct mem_copy *c, uint64_t addr)
{
	if (c->hint >= c->n || c->pieces[c->hint].addr != addr)
		c->hint = place_of(c, addr);
	if (c->hint < c->n && c->pieces[c->hint].addr == addr)
		return &c->pieces[c->hint];
	return NULL;
}

static struct piece *add(struct mem_copy *c, uint64_t addr)
{
	unsigned char *bytes = malloc(PIECE);
	unsigned at;

	if (c->n == c->cap) {
		unsigned cap = c->cap ? c->cap * 2 : 16;
		struct piece *grown =
			bytes ? realloc(c->pieces, cap * sizeof(*grown)) : NULL;

		if (!grown) {
			free(bytes);
			return NULL;
		}
		c->pieces = grown;
		c->cap = cap;
	}
	if (!bytes)
		return NULL;
	at = place_of(c, addr);
	memmove(&c->pieces[at + 1], &c->pieces[at],
		(c->n - at) * sizeof(*c->pieces));
	c->n++;
	c->hint = at;
	c->pieces[at] = (struct piece){ .addr = addr, .bytes = bytes };
	return &c->pieces[at];
}

/* It is not mapped: what pointed there was no pointer, or is no more. */
static void forget_soon(const struct mem_copy *c, struct piece *p)
{
	p->used = c->takes - AGE_MAX - 1;
}

/* The piece that begins at addr, with its bytes. */
static int get(struct mem_copy *c, uint64_t addr, struct piece **ret)
{
	struct piece *p = find(c, addr);
	int r;

	if (!p || !p->here) {
		c->missed = true;
		if (!p && c->n < PIECES_MAX)
			p = add(c, addr);
		if (!p)
			return -ENOMEM;
	}
	p->used = c->takes;
	if (!p->here) {
		if (!c->fetch)
			return -EFAULT;
		r = hog_mem_read(c->under, addr, p->bytes, PIECE);
		if (r < 0) {
			forget_soon(c, p);
			return r;
		}
		p->here = true;
	}
	*ret = p;
	return 0;
}

static int copy_read(struct hog_mem *mem, uint64_t addr, void *buf, size_t len)
{
	struct mem_copy *c = copy_of(mem);
	unsigned char *to = buf;

	while (len > 0) {
		uint64_t off = addr % PIECE;
		size_t n = len < PIECE - off ? len : (size_t)(PIECE - off);
		struct piece *p;
		int r = get(c, addr - off, &p);

		if (r == -ENOMEM && c->fetch) /* too many to keep them */
			return hog_mem_read(c->under, addr, to, len);
		if (r < 0)
			return r == -ENOMEM ? -EFAULT : r;
		memcpy(to, p->bytes + off, n);
		to += n;
		addr += n;
		len -= n;
	}
	return 0;
}

static ssize_t copy_readv(struct hog_mem *mem, const struct hog_span *spans,
			  unsigned n)
{
	ssize_t got = 0;

	for (unsigned i = 0; i < n; i++) {
		if (copy_read(mem, spans[i].addr, spans[i].buf, spans[i].len) <
		    0)
			break;
		got += (ssize_t)spans[i].len;
	}
	return got;
}

static void copy_close(struct hog_mem *mem)
{
	struct mem_copy *c = copy_of(mem);

	for (unsigned i = 0; i < c->n; i++)
		free(c->pieces[i].bytes);
	free(c->pieces);
	free(c);
}

static const struct hog_mem_ops copy_ops = {
	.name = "copy",
	.read = copy_read,
	.readv = copy_readv,
	.close = copy_close,
};

struct hog_mem *hog_mem_copy_new(struct hog_mem *under)
{
	struct mem_copy *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->base.ops = &copy_ops;
	c->base.end = under->end;
	c->under = under;
	return &c->base;
}

/* Drops what nobody has read for long. */
static void age(struct mem_copy *c)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < c->n; i++) {
		struct piece *p = &c->pieces[i];

		if (c->takes - p->used > AGE_MAX) {
			free(p->bytes);
			continue;
		}
		p->here = false;
		c->pieces[kept++] = *p;
	}
	c->n = kept;
}

/* Bytes of spans[first, n): those that are whole are here now. */
static unsigned landed(struct mem_copy *c, unsigned first, size_t got)
{
	for (; first < c->n && got >= PIECE; first++, got -= PIECE)
		c->pieces[first].here = true;
	return first;
}

int hog_mem_copy_take(struct hog_mem *mem)
{
	struct mem_copy *c = copy_of(mem);
	unsigned at = 0;

	age(c);
	c->takes++;
	c->missed = false;
	for (unsigned i = 0; i < c->n; i++)
		c->spans[i] = (struct hog_span){ c->pieces[i].addr,
						 c->pieces[i].bytes, PIECE };
	while (at < c->n) {
		ssize_t got = hog_mem_readv(c->under, c->spans + at, c->n - at);

		if (got < 0)
			return (int)got;
		at = landed(c, at, (size_t)got);
		if (at < c->n)
			forget_soon(c, &c->pieces[at++]);
	}
	return 0;
}

void hog_mem_copy_fetch(struct hog_mem *mem, bool fetch)
{
	struct mem_copy *c = copy_of(mem);

	c->fetch = fetch;
	c->missed = c->missed && fetch;
}

bool hog_mem_copy_missed(const struct hog_mem *mem)
{
	return ((const struct mem_copy *)mem)->missed;
}
