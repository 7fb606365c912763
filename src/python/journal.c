/* SPDX-License-Identifier: Apache-2.0 */
#include "python/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/map.h"

#define FIRST_NOTES 16
#define FIRST_BYTES 1024

void hog_notes_fini(struct hog_notes *notes)
{
	free(notes->v);
	free(notes->bytes);
	*notes = (struct hog_notes){ 0 };
}

void hog_notes_clear(struct hog_notes *notes)
{
	notes->n = notes->len = 0;
	notes->full = notes->sealed = false;
}

int hog_notes_seal(const struct hog_notes *from, struct hog_notes *ret)
{
	struct hog_note *v = malloc((from->n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	if (from->n > 0)
		memcpy(v, from->v, from->n * sizeof(*v));
	*ret = (struct hog_notes){
		.v = v,
		.n = from->n,
		.cap = from->n + 1,
		.len = from->len,
		.full = from->full,
		.sealed = true,
		.hash = hog_hash_bytes(from->bytes, from->len),
	};
	return 0;
}

static bool room(struct hog_notes *notes, size_t len)
{
	uint32_t cap = notes->cap ? notes->cap : FIRST_NOTES;
	size_t cap_bytes = notes->cap_bytes ? notes->cap_bytes : FIRST_BYTES;
	void *grown;

	if (notes->n == HOG_NOTES_MAX || len > HOG_NOTES_BYTES_MAX ||
	    notes->len + len > HOG_NOTES_BYTES_MAX)
		return false;
	while (cap <= notes->n)
		cap *= 2;
	while (cap_bytes < notes->len + len)
		cap_bytes *= 2;
	if (cap != notes->cap) {
		grown = realloc(notes->v, cap * sizeof(*notes->v));
		if (!grown)
			return false;
		notes->v = grown;
		notes->cap = cap;
	}
	if (cap_bytes != notes->cap_bytes) {
		grown = realloc(notes->bytes, cap_bytes);
		if (!grown)
			return false;
		notes->bytes = grown;
		notes->cap_bytes = (uint32_t)cap_bytes;
	}
	return true;
}

static void note(struct hog_notes *notes, uint64_t addr, const void *buf,
		 size_t len)
{
	if (notes->full || !room(notes, len)) {
		notes->full = true;
		return;
	}
	notes->v[notes->n++] =
		(struct hog_note){ addr, (uint32_t)len, notes->len };
	memcpy(notes->bytes + notes->len, buf, len);
	notes->len += (uint32_t)len;
}

/* ---- reading again ---- */

/* One batch: spans of notes [first, end), and what comes back. */
struct batch {
	struct hog_span spans[HOG_SPANS_MAX];
	unsigned n;
	size_t len;
};

static void batch_add(struct batch *b, const struct hog_notes *notes)
{
	for (uint32_t i = 0; i < notes->n; i++) {
		b->spans[b->n++] = (struct hog_span){ notes->v[i].addr, NULL,
						      notes->v[i].len };
		b->len += notes->v[i].len;
	}
}

static ssize_t batch_read(struct batch *b, struct hog_mem *mem,
			  unsigned char *bytes)
{
	size_t at = 0;

	for (unsigned i = 0; i < b->n; i++) {
		b->spans[i].buf = bytes + at;
		at += b->spans[i].len;
	}
	return hog_mem_readv(mem, b->spans, b->n);
}

static bool same_bytes(const struct hog_notes *notes, const unsigned char *now)
{
	if (notes->sealed)
		return hog_hash_bytes(now, notes->len) == notes->hash;
	return notes->len == 0 || !memcmp(now, notes->bytes, notes->len);
}

/* Reads notes[0..n) in one call.  How many got an answer, at least one; what
 * stops the kernel stands in the last of them. */
static int check_batch(const struct hog_notes *const *notes, unsigned n,
		       struct hog_mem *mem, struct batch *b, bool *ret_same)
{
	_cleanup_free_ unsigned char *bytes = malloc(b->len + 1);
	size_t at = 0;
	ssize_t got;

	if (!bytes)
		return -ENOMEM;
	got = batch_read(b, mem, bytes);
	if (got < 0 && got != -EFAULT)
		return (int)got;
	for (unsigned i = 0; i < n; i++) {
		size_t len = notes[i]->len;

		ret_same[i] = got >= 0 && at + len <= (size_t)got &&
			      same_bytes(notes[i], bytes + at);
		at += len;
		if (got < 0 || at > (size_t)got)
			return (int)i + 1;
	}
	return (int)n;
}

/* More than one call takes. */
static int check_long(const struct hog_notes *notes, struct hog_mem *mem,
		      struct batch *b, bool *ret_same)
{
	struct hog_notes piece = *notes;

	*ret_same = !notes->sealed; /* so long a one is read anew */
	for (uint32_t i = 0; *ret_same && i < notes->n; i += piece.n) {
		const struct hog_notes *one = &piece;
		int r;

		piece.v = notes->v + i;
		piece.n = notes->n - i < HOG_SPANS_MAX ? notes->n - i
						       : HOG_SPANS_MAX;
		piece.bytes = notes->bytes + piece.v[0].at;
		piece.len = piece.v[piece.n - 1].at + piece.v[piece.n - 1].len -
			    piece.v[0].at;
		b->n = 0;
		b->len = 0;
		batch_add(b, one);
		r = check_batch(&one, 1, mem, b, ret_same);
		if (r < 0)
			return r;
	}
	return 1;
}

int hog_notes_check_all(const struct hog_notes *const *notes, unsigned n,
			struct hog_mem *mem, bool *ret_same)
{
	_cleanup_free_ struct batch *b = malloc(sizeof(*b));
	unsigned i = 0;

	if (!b)
		return -ENOMEM;
	while (i < n) {
		unsigned end = i;
		int r;

		b->n = 0;
		b->len = 0;
		while (end < n && b->n + notes[end]->n <= HOG_SPANS_MAX)
			batch_add(b, notes[end++]);
		if (end == i)
			r = check_long(notes[i], mem, b, ret_same + i);
		else
			r = check_batch(notes + i, end - i, mem, b,
					ret_same + i);
		if (r < 0)
			return r;
		for (unsigned k = i; k < i + (unsigned)r; k++)
			ret_same[k] = ret_same[k] && !notes[k]->full;
		i += (unsigned)r;
	}
	return 0;
}

int hog_notes_check(const struct hog_notes *notes, struct hog_mem *mem)
{
	bool same = false;
	int r;

	if (notes->full)
		return 0;
	r = hog_notes_check_all(&notes, 1, mem, &same);
	return r < 0 ? r : same;
}

/* ---- the memory that notes ---- */

static const unsigned char *page_at(struct hog_journal *j, uint64_t addr)
{
	struct hog_journal_page *page =
		&j->pages[hog_hash64(addr) % HOG_JOURNAL_PAGES];

	if (page->age == j->age && page->addr == addr)
		return page->bytes;
	page->age = 0;
	if (hog_mem_read(j->of, addr, page->bytes, HOG_JOURNAL_PAGE) < 0)
		return NULL;
	page->addr = addr;
	page->age = j->age;
	return page->bytes;
}

/* Out of pages; false: it does not lie in whole ones that can be read. */
static bool read_pages(struct hog_journal *j, uint64_t addr, unsigned char *buf,
		       size_t len)
{
	if (!j->pages || len > HOG_JOURNAL_PAGE)
		return false;
	while (len > 0) {
		uint64_t at = addr % HOG_JOURNAL_PAGE;
		size_t n = HOG_JOURNAL_PAGE - (size_t)at;
		const unsigned char *page = page_at(j, addr - at);

		if (!page)
			return false;
		if (n > len)
			n = len;
		memcpy(buf, page + at, n);
		buf += n;
		addr += n;
		len -= n;
	}
	return true;
}

static int journal_read(struct hog_mem *mem, uint64_t addr, void *buf,
			size_t len)
{
	struct hog_journal *j = (struct hog_journal *)mem;
	int r = 0;

	if (!read_pages(j, addr, buf, len))
		r = hog_mem_read(j->of, addr, buf, len);

	if (r == 0 && j->notes)
		note(j->notes, addr, buf, len);
	return r;
}

static ssize_t journal_readv(struct hog_mem *mem, const struct hog_span *spans,
			     unsigned n)
{
	struct hog_journal *j = (struct hog_journal *)mem;
	ssize_t got = hog_mem_readv(j->of, spans, n);
	size_t left = got > 0 ? (size_t)got : 0;

	for (unsigned i = 0; i < n && j->notes && left >= spans[i].len; i++) {
		note(j->notes, spans[i].addr, spans[i].buf, spans[i].len);
		left -= spans[i].len;
	}
	return got;
}

static void journal_close(struct hog_mem *mem)
{
	(void)mem; /* it is embedded, and what it reads is borrowed */
}

static const struct hog_mem_ops journal_ops = {
	.name = "journal",
	.read = journal_read,
	.readv = journal_readv,
	.close = journal_close,
};

void hog_journal_init(struct hog_journal *j, struct hog_mem *of)
{
	*j = (struct hog_journal){
		.mem = { .ops = &journal_ops, .end = of->end },
		.of = of,
		.pages = calloc(HOG_JOURNAL_PAGES, sizeof(*j->pages)),
		.age = 1,
	};
}

void hog_journal_fini(struct hog_journal *j)
{
	free(j->pages);
	j->pages = NULL;
}

void hog_journal_forget(struct hog_journal *j)
{
	j->age++;
}

bool hog_journal_confirms(struct hog_journal *j, const struct hog_notes *notes)
{
	_cleanup_free_ unsigned char *bytes = NULL;

	if (notes->full)
		return false;
	bytes = malloc(notes->len + 1);
	for (uint32_t i = 0; bytes && i < notes->n; i++)
		if (!read_pages(j, notes->v[i].addr, bytes + notes->v[i].at,
				notes->v[i].len))
			return false;
	return bytes && same_bytes(notes, bytes);
}
