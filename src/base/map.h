/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash map from a 64-bit key to a 64-bit value: open addressing, linear
 * probing, at most 3/4 full.  Any key and any value, 0 included.
 */
#ifndef HOG_BASE_MAP_H
#define HOG_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_map64_slot {
	uint64_t key, value;
};

struct hog_map64 {
	struct hog_map64_slot *slots; /* owned */
	uint8_t *used;                /* owned, one per slot */
	size_t count, cap;            /* cap is 0 or a power of two */
};

/* A zeroed struct is an empty map.  Takes zeroed or used. */
void hog_map64_fini(struct hog_map64 *map);
/* Forgets all keys, keeps the memory. */
void hog_map64_clear(struct hog_map64 *map);
/* Where the value of key is, or NULL.  Valid until the next put. */
uint64_t *hog_map64_get(const struct hog_map64 *map, uint64_t key);
/* Sets the value of key.  0 or -ENOMEM, and then nothing has changed. */
int hog_map64_put(struct hog_map64 *map, uint64_t key, uint64_t value);
/* Removes key; says whether it was there. */
bool hog_map64_remove(struct hog_map64 *map, uint64_t key);

/* A good mix of 64 bits into 64 bits, for those who hash on their own. */
static inline uint64_t hog_hash64(uint64_t x)
{
	x ^= x >> 32;
	x *= 0x9e3779b97f4a7c15ULL;
	x ^= x >> 29;
	return x;
}

uint64_t hog_hash_bytes(const void *bytes, size_t len);

#endif
