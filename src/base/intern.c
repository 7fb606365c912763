/* SPDX-License-Identifier: Apache-2.0 */
#include "base/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"

#define BYTES_MAX (1u << 31)

struct hog_intern {
	struct hog_buf bytes;   /* all strings, each with a NUL behind it */
	struct hog_buf offsets; /* uint32_t per id, and one past the last */
	struct hog_map64 ids;   /* hash of the bytes, probed -> id */
};

struct hog_intern *hog_intern_new(void)
{
	struct hog_intern *in = calloc(1, sizeof(*in));
	uint32_t zero = 0, id;

	if (!in)
		return NULL;
	hog_buf_add(&in->offsets, &zero, sizeof(zero));
	if (in->offsets.failed || hog_intern_put(in, "", 0, &id) < 0) {
		hog_intern_free(in);
		return NULL;
	}
	return in;
}

void hog_intern_free(struct hog_intern *in)
{
	if (!in)
		return;
	hog_buf_fini(&in->bytes);
	hog_buf_fini(&in->offsets);
	hog_map64_fini(&in->ids);
	free(in);
}

uint32_t hog_intern_count(const struct hog_intern *in)
{
	return (uint32_t)(in->offsets.len / sizeof(uint32_t) - 1);
}

size_t hog_intern_bytes(const struct hog_intern *in)
{
	return in->bytes.len;
}

static uint32_t offset_of(const struct hog_intern *in, uint32_t id)
{
	uint32_t offset;

	memcpy(&offset, in->offsets.data + (size_t)id * sizeof(offset),
	       sizeof(offset));
	return offset;
}

const char *hog_intern_get(const struct hog_intern *in, uint32_t id,
			   size_t *ret_len)
{
	if (id >= hog_intern_count(in)) {
		if (ret_len)
			*ret_len = 0;
		return "";
	}

	uint32_t at = offset_of(in, id);

	if (ret_len)
		*ret_len = offset_of(in, id + 1) - at - 1;
	return (const char *)in->bytes.data + at;
}

static int add_new(struct hog_intern *in, uint64_t hash, const char *text,
		   size_t len, uint32_t *ret_id)
{
	uint32_t id = hog_intern_count(in);

	if (len >= BYTES_MAX || in->bytes.len + len + 1 >= BYTES_MAX)
		return -EOVERFLOW;

	size_t old = in->bytes.len;

	hog_buf_add(&in->bytes, text, len);
	hog_buf_add_u8(&in->bytes, 0);

	uint32_t end = (uint32_t)in->bytes.len;

	hog_buf_add(&in->offsets, &end, sizeof(end));
	if (in->bytes.failed || in->offsets.failed ||
	    hog_map64_put(&in->ids, hash, id) < 0) {
		in->bytes.len = old;
		in->offsets.len = ((size_t)id + 1) * sizeof(end);
		in->bytes.failed = in->offsets.failed = false;
		return -ENOMEM;
	}
	*ret_id = id;
	return 0;
}

int hog_intern_put(struct hog_intern *in, const char *text, size_t len,
		   uint32_t *ret_id)
{
	uint64_t hash = hog_hash_bytes(text, len);

	/* Equal hashes of unequal strings take the next hash: bytes decide. */
	for (;; hash++) {
		uint64_t *slot = hog_map64_get(&in->ids, hash);
		size_t have_len;
		const char *have;

		if (!slot)
			return add_new(in, hash, text, len, ret_id);
		have = hog_intern_get(in, (uint32_t)*slot, &have_len);
		if (have_len == len && memcmp(have, text, len) == 0) {
			*ret_id = (uint32_t)*slot;
			return 0;
		}
	}
}
