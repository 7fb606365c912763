/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_heap_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

#define CAP_FIRST 64u

void hog_heapkeys_fini(struct hog_heapkeys *k)
{
	free(k->keys);
	free(k->stamps);
	*k = (struct hog_heapkeys){ 0 };
}

static bool reset(struct hog_heapkeys *k, size_t n)
{
	size_t cap = k->cap ? k->cap : CAP_FIRST;

	while (cap < 2 * n)
		cap *= 2;
	if (cap != k->cap) {
		uint64_t *keys = calloc(cap, sizeof(*keys));
		uint32_t *stamps = calloc(cap, sizeof(*stamps));

		if (!keys || !stamps) {
			free(keys);
			free(stamps);
			return false;
		}
		hog_heapkeys_fini(k);
		*k = (struct hog_heapkeys){ keys, stamps, cap, 0 };
	}
	if (++k->stamp == 0) { /* wrapped: old stamps could come back */
		memset(k->stamps, 0, k->cap * sizeof(*k->stamps));
		k->stamp = 1;
	}
	return true;
}

/* false: it was there. */
static bool add(struct hog_heapkeys *k, uint64_t key)
{
	size_t i = hog_hash64(key) & (k->cap - 1);

	for (; k->stamps[i] == k->stamp; i = (i + 1) & (k->cap - 1))
		if (k->keys[i] == key)
			return false;
	k->stamps[i] = k->stamp;
	k->keys[i] = key;
	return true;
}

uint64_t hog_heapkeys_key(struct hog_heapkeys *k, const struct hog_heaprec *v,
			  size_t n)
{
	uint64_t key = hog_hash64(v[0].code->serial);

	if (!reset(k, n))
		return 0;
	for (size_t i = 1; i < n; i++) {
		uint64_t pair = (uint64_t)v[i].code->serial << 32 |
				v[i - 1].code->serial;

		if (add(k, pair))
			key ^= hog_hash64(pair * 0x9e3779b97f4a7c15ULL);
	}
	return key ? key : 1;
}

bool hog_heapkeys_recursive(struct hog_heapkeys *k, const struct hog_heaprec *v,
			    size_t n)
{
	if (!reset(k, n))
		return true;
	for (size_t i = 0; i < n; i++)
		if (!add(k, v[i].code->serial))
			return true;
	return false;
}
