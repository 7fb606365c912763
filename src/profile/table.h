/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of one size, each different, found by their bytes: the model's ids are
 * row numbers.  Row 0 is all zero and never found.  Kept small: the rows in
 * one array, the index four bytes a slot, both grown by doubling.
 */
#ifndef HOG_PROFILE_TABLE_H
#define HOG_PROFILE_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct hog_table {
	unsigned char *rows; /* owned */
	uint32_t *slots;     /* owned; row numbers, 0 is free */
	size_t row_size;     /* a multiple of 4, and no padding in the rows */
	uint32_t count, cap; /* rows, row 0 included */
	uint32_t slot_bits;  /* log2 of the slots */
};

/* -ENOMEM. */
int hog_table_init(struct hog_table *table, size_t row_size);
/* Takes zeroed or used. */
void hog_table_fini(struct hog_table *table);
/* The number of the row with these bytes, or 0. */
uint32_t hog_table_find(const struct hog_table *table, const void *row);
/* Adds a row that find did not find.  Its number, or 0: no memory. */
uint32_t hog_table_add(struct hog_table *table, const void *row);
/* A row; an unknown number gives row 0.  Valid until the next add. */
static inline const void *hog_table_row(const struct hog_table *table,
					uint32_t id)
{
	return table->rows + (id < table->count ? id : 0) * table->row_size;
}

#endif
