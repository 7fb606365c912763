/* SPDX-License-Identifier: Apache-2.0 */
#include "python/dict.h"

#include <errno.h>
#include <string.h>

#include "python/object.h"
#include "python/python.h"

#define KEY_LEN_MAX 64 /* of names that we look for */
#define KEY_HEAD_MAX 80
#define MASK_MAX ((uint64_t)1 << 40)

/* The keys object, by version: it is in no debug table and has moved once. */
struct keys_layout {
	uint8_t log2_index_bytes; /* 0: sized by dk_size instead */
	uint8_t kind, size, nentries, indices;
};

static const struct keys_layout keys_36 = { 0, 0, 8, 32, 40 };
static const struct keys_layout keys_311 = { 9, 10, 8, 24, 32 };

static const struct keys_layout *keys_layout(const struct hog_python *py)
{
	return hog_pyversion_atleast(py, 3, 11) ? &keys_311 : &keys_36;
}

/* Bytes of the index table in front of the entries, before 3.11. */
static uint64_t index_bytes_36(uint64_t size)
{
	if (size <= 0xff)
		return size;
	if (size <= 0xffff)
		return 2 * size;
	return size <= 0xffffffff ? 4 * size : 8 * size;
}

/* head: as far as the indices. */
static int parse_keys(struct hog_pydict_iter *it, uint64_t keys,
		      const unsigned char *head)
{
	const struct keys_layout *kl = keys_layout(it->py);
	uint64_t skip;

	it->n = hog_load64(head + kl->nentries);
	it->stride = 24;
	it->key_at = 8;
	it->value_at = 16;
	if (kl->log2_index_bytes) {
		if (head[kl->log2_index_bytes] > 40 || head[kl->kind] > 2)
			return -EBADMSG;
		skip = (uint64_t)1 << head[kl->log2_index_bytes];
		if (head[kl->kind] != 0) { /* all keys are str: no hashes */
			it->stride = 16;
			it->key_at = 0;
			it->value_at = 8;
		}
	} else {
		uint64_t size = hog_load64(head + kl->size);

		if (size > MASK_MAX)
			return -EBADMSG;
		skip = index_bytes_36(size);
	}
	if (it->n > MASK_MAX)
		return -EBADMSG;
	it->entries = keys + kl->indices + skip;
	return 0;
}

static int open_keys(struct hog_pydict_iter *it, uint64_t keys)
{
	unsigned char head[40];
	int r = hog_mem_read(it->py->mem, keys, head,
			     keys_layout(it->py)->indices);

	return r < 0 ? r : parse_keys(it, keys, head);
}

int hog_pydict_small_values(const struct hog_python *py,
			    const unsigned char keys[HOG_PYDICT_SMALL_BYTES],
			    uint64_t ret[HOG_PYDICT_SMALL_ITEMS])
{
	struct hog_pydict_iter it = { .py = py };
	int n = 0, r = parse_keys(&it, 0, keys);

	if (r < 0)
		return r;
	/* From address 0 on, what are addresses are offsets. */
	if (it.n > HOG_PYDICT_SMALL_ITEMS ||
	    it.entries + it.n * it.stride > HOG_PYDICT_SMALL_BYTES)
		return -EBADMSG;
	for (uint64_t i = 0; i < it.n; i++) {
		const unsigned char *e = keys + it.entries + i * it.stride;

		if (hog_load64(e + it.key_at) && hog_load64(e + it.value_at))
			ret[n++] = hog_load64(e + it.value_at);
	}
	return n;
}

static int open_27(struct hog_pydict_iter *it, uint64_t dict)
{
	const struct hog_pylayout *lay = &it->py->lay;
	uint64_t used, mask;
	int r;

	r = hog_pyread_ptr(it->py, dict, lay->dict_used, &used);
	if (r == 0)
		r = hog_pyread_ptr(it->py, dict, lay->dict_mask, &mask);
	if (r == 0)
		r = hog_pyread_ptr(it->py, dict, lay->dict_table, &it->entries);
	if (r < 0)
		return r;
	if (mask > MASK_MAX || used > mask)
		return -EBADMSG;
	it->used = used;
	it->n = mask + 1;
	it->stride = 24;
	it->key_at = 8;
	it->value_at = 16;
	return 0;
}

/* Where the values of a values object start: 3.13 gave it a head. */
static uint64_t values_start(const struct hog_python *py, uint64_t values)
{
	return values + (hog_pyversion_atleast(py, 3, 13) ? 8 : 0);
}

int hog_pydict_open_split(const struct hog_python *py, uint64_t keys,
			  uint64_t values, struct hog_pydict_iter *ret)
{
	*ret = (struct hog_pydict_iter){ .py = py };
	if (py->lay.dict_keys == HOG_NO_FIELD)
		return -EBADMSG;
	if (values)
		ret->values = values_start(py, values);
	return open_keys(ret, keys);
}

int hog_pydict_open(const struct hog_python *py, uint64_t dict,
		    struct hog_pydict_iter *ret)
{
	const struct hog_pylayout *lay = &py->lay;
	uint64_t used, keys, values;
	int r;

	*ret = (struct hog_pydict_iter){ .py = py };
	if (lay->dict_keys == HOG_NO_FIELD)
		return open_27(ret, dict);
	r = hog_pyread_ptr(py, dict, lay->dict_used, &used);
	if (r == 0)
		r = hog_pyread_ptr(py, dict, lay->dict_keys, &keys);
	if (r == 0)
		r = hog_pyread_ptr(py, dict, lay->dict_values, &values);
	if (r == 0)
		r = hog_pydict_open_split(py, keys, values, ret);
	if (r < 0)
		return r;
	if (used > ret->n)
		return -EBADMSG;
	ret->used = used;
	return 0;
}

/* Copies the window that starts at it->pos. */
static int fill(struct hog_pydict_iter *it)
{
	uint64_t left = it->n - it->pos;
	unsigned want =
		left < HOG_PYDICT_WINDOW ? (unsigned)left : HOG_PYDICT_WINDOW;
	int r;

	r = hog_mem_read(it->py->mem, it->entries + it->pos * it->stride,
			 it->window, (size_t)want * it->stride);
	if (r == 0 && it->values)
		r = hog_mem_read(it->py->mem, it->values + it->pos * 8,
				 it->split, (size_t)want * 8);
	if (r < 0)
		return r;
	it->first = it->pos;
	it->held = want;
	return 0;
}

int hog_pydict_next(struct hog_pydict_iter *it, uint64_t *ret_key,
		    uint64_t *ret_value)
{
	while (it->pos < it->n && it->pos < HOG_PYDICT_ENTRIES_MAX) {
		if (it->pos >= it->first + it->held) {
			int r = fill(it);

			if (r < 0)
				return r;
		}

		unsigned i = (unsigned)(it->pos++ - it->first);
		const unsigned char *e = it->window + (size_t)i * it->stride;
		uint64_t key = hog_load64(e + it->key_at);
		uint64_t value = it->values ? it->split[i]
					    : hog_load64(e + it->value_at);

		if (key == 0 || value == 0)
			continue;
		*ret_key = key;
		*ret_value = value;
		return 1;
	}
	return 0;
}

/* Is the str (2.7: byte string) whose first bytes these are the text? */
static bool key_is(const struct hog_python *py, const unsigned char *head,
		   const char *text, size_t len)
{
	const struct hog_pylayout *lay = &py->lay;

	if (lay->strings == HOG_PYSTR_27)
		return hog_load64(head + lay->bytes_size) == len &&
		       memcmp(head + lay->bytes_data, text, len) == 0;
	return hog_load64(head + lay->str_length) == len &&
	       memcmp(head + lay->str_ascii_data, text, len) == 0;
}

static int key_data_at(const struct hog_python *py)
{
	return py->lay.strings == HOG_PYSTR_27 ? py->lay.bytes_data
					       : py->lay.str_ascii_data;
}

struct batch {
	uint64_t keys[HOG_PYDICT_WINDOW], values[HOG_PYDICT_WINDOW];
	unsigned char heads[HOG_PYDICT_WINDOW][KEY_HEAD_MAX + KEY_LEN_MAX];
	struct hog_span spans[HOG_PYDICT_WINDOW];
	unsigned n;
};

/* Reads the heads of all keys of a batch in as few calls as possible and looks
 * for the text.  A key that cannot be read is shorter than what we look for (or
 * garbage): not ours either way. */
static int find_in_batch(const struct hog_python *py, struct batch *b,
			 const char *text, size_t len, uint64_t *ret_value)
{
	size_t want = (size_t)key_data_at(py) + len;
	unsigned from = 0;

	for (unsigned i = 0; i < b->n; i++)
		b->spans[i] =
			(struct hog_span){ b->keys[i], b->heads[i], want };
	while (from < b->n) {
		ssize_t got =
			hog_mem_readv(py->mem, b->spans + from, b->n - from);

		if (got < 0 && got != -EFAULT)
			return (int)got;

		unsigned whole = got < 0 ? 0 : (unsigned)((size_t)got / want);

		for (unsigned i = from; i < from + whole; i++) {
			if (key_is(py, b->heads[i], text, len)) {
				*ret_value = b->values[i];
				return 0;
			}
		}
		from += whole + 1;
	}
	return -ENOENT;
}

int hog_pydict_find(struct hog_pydict_iter *it, const char *key,
		    uint64_t *ret_value)
{
	size_t len = strlen(key);
	struct batch b;
	int r, data_at = key_data_at(it->py);

	if (len > KEY_LEN_MAX || data_at < 0 || data_at > KEY_HEAD_MAX)
		return -EINVAL;
	do {
		b.n = 0;
		while (b.n < HOG_PYDICT_WINDOW) {
			r = hog_pydict_next(it, &b.keys[b.n], &b.values[b.n]);
			if (r < 0)
				return r;
			if (r == 0)
				break;
			b.n++;
		}

		int found = find_in_batch(it->py, &b, key, len, ret_value);

		if (found != -ENOENT)
			return found;
	} while (r > 0);
	return -ENOENT;
}

int hog_pydict_get(const struct hog_python *py, uint64_t dict, const char *key,
		   uint64_t *ret_value)
{
	struct hog_pydict_iter it;
	int r = hog_pydict_open(py, dict, &it);

	return r < 0 ? r : hog_pydict_find(&it, key, ret_value);
}
