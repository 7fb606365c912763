/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/counted.h"

#include "collect/process.h"

void hog_counted_add(struct hog_map64 *counts, uint32_t thread, uint32_t stack)
{
	uint64_t key = (uint64_t)thread << 32 | stack;
	uint64_t *known;

	if (!thread || !stack)
		return;
	known = hog_map64_get(counts, key);
	if (known)
		++*known;
	else
		(void)hog_map64_put(counts, key, 1);
}

void hog_counted_send(const struct hog_map64 *counts, struct hog_slot *slot,
		      double each)
{
	for (size_t i = 0; i < counts->cap; i++)
		if (counts->used[i])
			hog_slot_send(slot,
				      (uint32_t)(counts->slots[i].key >> 32),
				      (uint32_t)counts->slots[i].key,
				      (int64_t)(each *
						(double)counts->slots[i].value),
				      HOG_EVF_IDLE);
}
