/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST 32

void hog_map64_fini(struct hog_map64 *map)
{
	free(map->slots);
	free(map->used);
	*map = (struct hog_map64){ 0 };
}

void hog_map64_clear(struct hog_map64 *map)
{
	if (map->used)
		memset(map->used, 0, map->cap);
	map->count = 0;
}

/* The slot that holds key, or the free one where it would go. */
static size_t find_slot(const struct hog_map64 *map, uint64_t key)
{
	size_t i = hog_hash64(key) & (map->cap - 1);

	while (map->used[i] && map->slots[i].key != key)
		i = (i + 1) & (map->cap - 1);
	return i;
}

uint64_t *hog_map64_get(const struct hog_map64 *map, uint64_t key)
{
	if (map->count == 0)
		return NULL;

	size_t i = find_slot(map, key);

	return map->used[i] ? &map->slots[i].value : NULL;
}

static int grow(struct hog_map64 *map)
{
	struct hog_map64 big = { .cap = map->cap ? map->cap * 2 : CAP_FIRST };

	big.slots = malloc(big.cap * sizeof(*big.slots));
	big.used = calloc(big.cap, 1);
	if (!big.slots || !big.used) {
		hog_map64_fini(&big);
		return -ENOMEM;
	}
	for (size_t i = 0; i < map->cap; i++) {
		if (!map->used[i])
			continue;

		size_t to = find_slot(&big, map->slots[i].key);

		big.slots[to] = map->slots[i];
		big.used[to] = 1;
	}
	big.count = map->count;
	hog_map64_fini(map);
	*map = big;
	return 0;
}

int hog_map64_put(struct hog_map64 *map, uint64_t key, uint64_t value)
{
	if (map->count + 1 > map->cap / 4 * 3) {
		int r = grow(map);

		if (r < 0)
			return r;
	}

	size_t i = find_slot(map, key);

	map->count += !map->used[i];
	map->used[i] = 1;
	map->slots[i] = (struct hog_map64_slot){ key, value };
	return 0;
}

/* Moves later members of the probe run forward, so that no hole splits it. */
static void close_hole(struct hog_map64 *map, size_t hole)
{
	size_t mask = map->cap - 1;

	for (size_t i = (hole + 1) & mask; map->used[i]; i = (i + 1) & mask) {
		size_t home = hog_hash64(map->slots[i].key) & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		map->slots[hole] = map->slots[i];
		map->used[hole] = 1;
		map->used[i] = 0;
		hole = i;
	}
}

bool hog_map64_remove(struct hog_map64 *map, uint64_t key)
{
	if (map->count == 0)
		return false;

	size_t i = find_slot(map, key);

	if (!map->used[i])
		return false;
	map->used[i] = 0;
	map->count--;
	close_hole(map, i);
	return true;
}

uint64_t hog_hash_bytes(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t h = len * 0x9e3779b97f4a7c15ULL;
	uint64_t word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		h = hog_hash64(h ^ word);
	}
	word = 0;
	memcpy(&word, p, len);
	return hog_hash64(h ^ word);
}
