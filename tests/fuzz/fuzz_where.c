/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions from any text, asked of a few calls. */
#include <stdlib.h>
#include <string.h>

#include "../unit/fixed_calls.h"
#include "analyze/call.h"
#include "analyze/where.h"
#include "base/err.h"

#define TEXT_MAX 400

static struct hog_model *model;
static struct hog_run run;
static struct hog_event events[FIXED_CALLS];

static void make_calls(void)
{
	struct fixed_who who;

	model = hog_model_new();
	run = fixed_calls_run(model);
	who = fixed_who(model);
	for (size_t i = 0; i < FIXED_CALLS; i++)
		events[i] = fixed_event(model, &who, &fixed_call_list[i]);
}

static bool constant(const char *name, int64_t *ret)
{
	*ret = (int64_t)strlen(name);
	return name[0] == 'O';
}

static const struct hog_where_words words = { constant, NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_where *w = NULL;
	struct hog_err err = { 0 };
	struct hog_callview v;
	char text[TEXT_MAX + 1];
	size_t at = 0;
	unsigned doublings = 0;

	if (!model)
		make_calls();
	/* Repetitions of the C library's expressions take all the memory they
	 * are asked to: each of them doubles what it repeats. */
	for (size_t i = 0; i < size; i++)
		doublings += data[i] == '+';
	if (size > TEXT_MAX || memchr(data, '{', size) || doublings > 8)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (hog_where_new(text, &words, &w, &at, &err) < 0) {
		if (at > size || !err.text[0])
			abort();
		return 0;
	}
	for (size_t i = 0; i < FIXED_CALLS; i++) {
		hog_callview_get(&run, &events[i], &v);
		if (hog_where_matches(w, &v) != 1 &&
		    hog_where_without_stack(w, &v) == HOG_WHERE_YES)
			abort();
	}
	hog_where_free(w);
	return 0;
}
