/* SPDX-License-Identifier: Apache-2.0 */
#include "export/sinks.h"

#include <stdlib.h>

#include <criterion/criterion.h>

#include "fixed_run.h"

struct stack {
	const char *frames[4]; /* function names; NULL ends */
	double slots;
};

/* The folded output of these stacks, file "f", line 1. */
static char *folded(const struct stack *stacks, size_t n)
{
	struct hog_model *m = hog_model_new();
	struct hog_run run = fixed_run(m);
	struct hog_view view = { .function = true };
	struct hog_sink sink;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	uint32_t t = fixed_thread(m, fixed_process(m, 1, "x"), 1, "t");

	cr_assert_eq(hog_sink_init(&sink, &hog_sink_folded, &view, out), 0);
	cr_assert_eq(hog_sink_begin(&sink, &run, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		uint32_t frames[5] = { 0 };

		for (int k = 0; k < 4 && stacks[i].frames[k]; k++)
			frames[k] = fixed_frame(m, stacks[i].frames[k], "f", 1);

		struct hog_event ev = fixed_sample(t, fixed_stack(m, frames),
						   stacks[i].slots);

		cr_assert_eq(hog_sink_event(&sink, &ev), 0);
	}
	cr_assert_eq(hog_sink_end(&sink, NULL), 0);
	hog_sink_fini(&sink);
	fclose(out);
	hog_model_free(m);
	return text;
}

Test(folded, one_line_per_stack_with_its_weight)
{
	struct stack s[] = { { { "a", "b" }, 2 },
			     { { "a" }, 1 },
			     { { "a", "b" }, 3 } };
	char *text = folded(s, 3);

	cr_expect_str_eq(text, "f:a 1\nf:a;f:b 5\n");
	free(text);
}

Test(folded, lines_are_sorted_by_bytes_even_where_names_go_on)
{
	/* ' ' < '!' < ';', so "a!" stands between "a"'s own line and those
	 * under it; and a name may end like a line does. */
	struct stack s[] = {
		{ { "a", "b" }, 1 }, { { "a" }, 7 },   { { "a!" }, 1 },
		{ { "a 1" }, 2 },    { { "a 7" }, 1 }, { { "a0", "c" }, 1 },
		{ { "a:" }, 1 },     { { "a~" }, 1 },
	};
	char *text = folded(s, 8);

	cr_expect_str_eq(text, "f:a 1 2\nf:a 7\nf:a 7 1\nf:a! 1\nf:a0;f:c 1\n"
			       "f:a: 1\nf:a;f:b 1\nf:a~ 1\n");
	free(text);
}

Test(folded, rounding_keeps_the_sum)
{
	struct stack s[] = { { { "a" }, 0.4 },
			     { { "b" }, 0.4 },
			     { { "c" }, 0.4 },
			     { { "d" }, 1.4 },
			     { { "e" }, 2.4 } };
	char *text = folded(s, 5);

	/* 5.0 in all; what is cut off one is given to a later one. */
	cr_expect_str_eq(text, "f:b 1\nf:d 2\nf:e 2\n");
	free(text);
}

Test(folded, no_sample_is_an_empty_file)
{
	char *text = folded(NULL, 0);

	cr_expect_str_eq(text, "");
	free(text);
}
