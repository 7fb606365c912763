/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/summary.h"

#include <criterion/criterion.h>

#include "analyze/call.h"
#include "fixed_calls.h"

static const struct hog_summary_row *sum_up(struct hog_summary *s,
					    struct hog_model *m, uint32_t *n)
{
	struct hog_run run = fixed_calls_run(m);
	struct fixed_who who = fixed_who(m);

	for (size_t i = 0; i < FIXED_CALLS; i++) {
		struct hog_event ev = fixed_event(m, &who, &fixed_call_list[i]);
		struct hog_callview v;

		hog_callview_get(&run, &ev, &v);
		cr_assert_eq(hog_summary_add(s, &v), 0);
	}
	return hog_summary_rows(s, n);
}

Test(summary, counts_errors_and_times_by_call)
{
	struct hog_model *m = hog_model_new();
	struct hog_summary *s = hog_summary_new(HOG_GROUP_CALL);
	uint32_t n;
	const struct hog_summary_row *rows = sum_up(s, m, &n);
	const struct hog_summary_row *open = NULL;

	cr_assert_eq(n, 8);
	cr_assert_str_eq(hog_model_text(m, rows[0].name, NULL), "futex");
	/* The kernel starts it again: the program saw no error. */
	cr_assert_eq(rows[0].errors, 0);
	for (uint32_t i = 0; i < n; i++)
		if (rows[i].count == 2)
			open = &rows[i];
	cr_assert_str_eq(hog_model_text(m, open->name, NULL), "openat");
	cr_assert_eq(open->errors, 1);
	cr_assert_eq(open->times.total, 17500);
	cr_assert_eq(hog_summary_all(s)->count, FIXED_CALLS);
	cr_assert_eq(hog_summary_all(s)->errors, 3);
	/* Without those of which the beginning or the end was not seen. */
	cr_assert_eq(hog_summary_all(s)->times.n, FIXED_CALLS - 2);
	hog_summary_free(s);
	hog_model_free(m);
}

Test(summary, by_line_merges_columns)
{
	struct hog_model *m = hog_model_new();
	struct hog_summary *s = hog_summary_new(HOG_GROUP_LINE);
	struct hog_run run = fixed_calls_run(m);
	struct fixed_who who = fixed_who(m);
	struct hog_event ev = fixed_event(m, &who, &fixed_call_list[0]);
	struct hog_stack_node node = hog_model_get_stack(m, ev.stack);
	struct hog_frame other = *hog_model_get_frame(m, node.frame);
	struct hog_callview v;
	uint32_t n;

	hog_callview_get(&run, &ev, &v);
	hog_summary_add(s, &v);
	other.column = 7;
	ev.stack = hog_model_stack(m, node.parent, hog_model_frame(m, &other));
	hog_callview_get(&run, &ev, &v);
	hog_summary_add(s, &v);
	cr_assert_eq(hog_summary_rows(s, &n)[0].count, 2);
	cr_assert_eq(n, 1);
	/* Rows are still found after they were sorted. */
	hog_summary_add(s, &v);
	cr_assert_eq(hog_summary_rows(s, &n)[0].count, 3);
	hog_summary_free(s);
	hog_model_free(m);
}

Test(summary, of_nothing_has_no_rows)
{
	struct hog_summary *s = hog_summary_new(HOG_GROUP_THREAD);
	uint32_t n = 9;

	hog_summary_rows(s, &n);
	cr_assert_eq(n, 0);
	cr_assert_eq(hog_summary_all(s)->count, 0);
	hog_summary_free(s);
}

Test(summary, is_bounded)
{
	struct hog_model *m = hog_model_new();
	struct hog_summary *s = hog_summary_new(HOG_GROUP_THREAD);
	struct hog_run run = fixed_calls_run(m);
	struct fixed_who who = fixed_who(m);
	struct hog_event ev = fixed_event(m, &who, &fixed_call_list[0]);
	struct hog_callview v;
	uint32_t n;

	for (uint32_t i = 0; i < HOG_SUMMARY_GROUPS_MAX + 5; i++) {
		ev.thread = i;
		hog_callview_get(&run, &ev, &v);
		cr_assert_eq(hog_summary_add(s, &v), 0);
	}
	hog_summary_rows(s, &n);
	cr_assert_eq(n, HOG_SUMMARY_GROUPS_MAX + 1);
	cr_assert_eq(hog_summary_all(s)->count, HOG_SUMMARY_GROUPS_MAX + 5);
	hog_summary_free(s);
	hog_model_free(m);
}
