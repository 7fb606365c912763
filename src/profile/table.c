/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_FIRST 64
#define SLOT_BITS_FIRST 7
#define HASH_FACTOR 0x9e3779b97f4a7c15ULL

int hog_table_init(struct hog_table *table, size_t row_size)
{
	*table = (struct hog_table){ .row_size = row_size,
				     .count = 1,
				     .cap = ROWS_FIRST,
				     .slot_bits = SLOT_BITS_FIRST };
	table->rows = calloc(ROWS_FIRST, row_size);
	table->slots = calloc((size_t)1 << SLOT_BITS_FIRST, sizeof(uint32_t));
	if (!table->rows || !table->slots) {
		hog_table_fini(table);
		return -ENOMEM;
	}
	return 0;
}

void hog_table_fini(struct hog_table *table)
{
	free(table->rows);
	free(table->slots);
	*table = (struct hog_table){ 0 };
}

/* Four bytes at a time: the rows are a few numbers, most of them small. */
static inline uint64_t hash_row(const unsigned char *row, size_t size)
{
	uint64_t hash = size;
	uint32_t word;

	for (; size >= sizeof(word);
	     row += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, row, sizeof(word));
		hash = (hash ^ word) * HASH_FACTOR;
		hash ^= hash >> 32;
	}
	return hash * HASH_FACTOR;
}

/* The slot that holds the row, or the free one where it would go.  size is a
 * constant in the callers that must be fast. */
static inline size_t find_slot(const struct hog_table *table,
			       const unsigned char *row, size_t size)
{
	size_t mask = ((size_t)1 << table->slot_bits) - 1;
	size_t i = hash_row(row, size) >> (64 - table->slot_bits);

	while (table->slots[i] &&
	       memcmp(table->rows + table->slots[i] * size, row, size) != 0)
		i = (i + 1) & mask;
	return i;
}

uint32_t hog_table_find(const struct hog_table *table, const void *row)
{
	/* Stacks, asked for by every sample, have rows of 8 bytes. */
	if (table->row_size == 8)
		return table->slots[find_slot(table, row, 8)];
	return table->slots[find_slot(table, row, table->row_size)];
}

static bool grow_rows(struct hog_table *table)
{
	uint32_t cap = table->cap * 2;
	unsigned char *rows = realloc(table->rows, cap * table->row_size);

	if (!rows)
		return false;
	table->rows = rows;
	table->cap = cap;
	return true;
}

static bool grow_slots(struct hog_table *table)
{
	uint32_t bits = table->slot_bits + 1;
	uint32_t *slots = calloc((size_t)1 << bits, sizeof(*slots));

	if (!slots)
		return false;
	free(table->slots);
	table->slots = slots;
	table->slot_bits = bits;
	for (uint32_t id = 1; id < table->count; id++) {
		const unsigned char *row = hog_table_row(table, id);

		slots[find_slot(table, row, table->row_size)] = id;
	}
	return true;
}

uint32_t hog_table_add(struct hog_table *table, const void *row)
{
	if (table->count == table->cap && !grow_rows(table))
		return 0;
	if (table->count >= ((size_t)1 << table->slot_bits) / 4 * 3 &&
	    !grow_slots(table))
		return 0;

	uint32_t id = table->count++;

	memcpy(table->rows + id * table->row_size, row, table->row_size);
	table->slots[find_slot(table, row, table->row_size)] = id;
	return id;
}
