/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/hottest.h"

#include <stdio.h>
#include <string.h>

void hog_hottest_note(struct hog_hottest *h, uint32_t stack)
{
	unsigned i = stack % HOG_HOTTEST_SLOTS;

	if (h->v[i].stack != stack) {
		h->v[i].stack = stack;
		h->v[i].count = 0;
	}
	h->v[i].count++;
	h->total++;
}

static uint32_t function_of(const struct hog_model *model, uint32_t stack)
{
	struct hog_stack_node node = hog_model_get_stack(model, stack);

	return hog_model_get_frame(model, node.frame)->function;
}

void hog_hottest_take(struct hog_hottest *h, const struct hog_model *model,
		      struct hog_progress *p)
{
	uint32_t best = 0, function = 0;

	/* Lines of one function count together. */
	for (unsigned i = 0; i < HOG_HOTTEST_SLOTS; i++) {
		uint32_t sum = 0;
		uint32_t fn;

		if (h->v[i].count == 0)
			continue;
		fn = function_of(model, h->v[i].stack);
		for (unsigned k = 0; k < HOG_HOTTEST_SLOTS; k++)
			if (h->v[k].count &&
			    function_of(model, h->v[k].stack) == fn)
				sum += h->v[k].count;
		if (sum > best) {
			best = sum;
			function = fn;
		}
	}
	h->text[0] = '\0';
	if (best) {
		const struct hog_function *fn =
			hog_model_get_function(model, function);

		snprintf(h->text, sizeof(h->text), "%s",
			 hog_model_text(model, fn->qualname, NULL));
	}
	p->hottest = h->text;
	p->hottest_share = h->total ? (double)best / h->total : 0;
	memset(h->v, 0, sizeof(h->v));
	h->total = 0;
}
