/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/tree.h"

#include <errno.h>

#include <criterion/criterion.h>

#include "fixed_run.h"

struct made {
	struct hog_model *m;
	struct hog_run run;
	struct hog_view view;
	struct hog_tree *t;
};

static void add(void *tree, struct hog_event ev)
{
	cr_assert_eq(hog_tree_add(tree, &ev), 0);
}

static void make(struct made *d, struct hog_view view)
{
	d->m = hog_model_new();
	d->run = fixed_run(d->m);
	d->view = view;
	d->t = hog_tree_new(&d->run, &d->view);
}

static void unmake(struct made *d)
{
	hog_tree_free(d->t);
	hog_model_free(d->m);
}

static const char *label(const struct made *d, uint32_t node)
{
	uint32_t n;

	return hog_tree_label(d->t, hog_tree_nodes(d->t, &n)[node].label, NULL);
}

Test(tree, totals_are_the_sum_of_what_is_below)
{
	struct made d;
	uint32_t n;

	make(&d, (struct hog_view){ 0 });
	fixed_samples(d.m, add, d.t);
	cr_assert_eq(hog_tree_build(d.t), 0);

	const struct hog_tree_node *nodes = hog_tree_nodes(d.t, &n);

	cr_expect_eq(nodes[0].total, 19 * (int64_t)HOG_SLOT);
	for (uint32_t i = 0; i < n; i++) {
		int64_t sum = nodes[i].self;

		for (uint32_t c = nodes[i].first_child; c;
		     c = nodes[c].next_sibling)
			sum += nodes[c].total;
		cr_expect_eq(nodes[i].total, sum);
	}
	unmake(&d);
}

Test(tree, children_are_sorted_by_label_bytes)
{
	struct made d;
	uint32_t n;

	make(&d, (struct hog_view){ 0 });
	fixed_samples(d.m, add, d.t);
	cr_assert_eq(hog_tree_build(d.t), 0);

	const struct hog_tree_node *nodes = hog_tree_nodes(d.t, &n);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t c = nodes[i].first_child;

		for (; c && nodes[c].next_sibling; c = nodes[c].next_sibling)
			cr_expect_lt(strcmp(label(&d, c),
					    label(&d, nodes[c].next_sibling)),
				     0);
	}
	unmake(&d);
}

Test(tree, recursion_counts_once_in_total_time)
{
	struct made d;
	uint32_t n, seen = 0;

	make(&d, (struct hog_view){ 0 });
	fixed_samples(d.m, add, d.t);
	cr_assert_eq(hog_tree_build(d.t), 0);

	const struct hog_tree_row *rows = hog_tree_rows(d.t, &n);

	for (uint32_t i = 0; i < n; i++) {
		const char *text = hog_tree_label(d.t, rows[i].label, NULL);

		if (strcmp(text, "lib/fib 2.py:fib") != 0)
			continue;
		seen++;
		cr_expect_eq(rows[i].self, 11 * (int64_t)HOG_SLOT);
		cr_expect_eq(rows[i].total, 11 * (int64_t)HOG_SLOT);
	}
	cr_expect_eq(seen, 1);
	unmake(&d);
}

Test(tree, function_view_merges_lines)
{
	struct made d;
	uint32_t n;

	make(&d, (struct hog_view){ .function = true });

	uint32_t t = fixed_thread(d.m, fixed_process(d.m, 1, "x"), 1, "t");

	for (int line = 1; line <= 3; line++) {
		uint32_t f[] = { fixed_frame(d.m, "f", "/srv/f.py", line), 0 };

		add(d.t, fixed_sample(t, fixed_stack(d.m, f), 1));
	}
	cr_assert_eq(hog_tree_build(d.t), 0);
	cr_expect_eq(hog_tree_nodes(d.t, &n)[1].self, 3 * (int64_t)HOG_SLOT);
	cr_expect_eq(n, 2);
	unmake(&d);
}

Test(tree, processes_are_roots_only_when_there_are_several)
{
	for (int several = 0; several < 2; several++) {
		struct made d;
		uint32_t n;

		make(&d, (struct hog_view){ 0 });

		uint32_t p = fixed_process(d.m, 7, "a.py");
		uint32_t f[] = { fixed_frame(d.m, "f", "/srv/f.py", 1), 0 };

		if (several)
			fixed_process(d.m, 8, "b.py");
		add(d.t, fixed_sample(fixed_thread(d.m, p, 7, "t"),
				      fixed_stack(d.m, f), 1));
		cr_assert_eq(hog_tree_build(d.t), 0);
		hog_tree_nodes(d.t, &n);
		cr_expect_str_eq(label(&d, 1),
				 several ? "[process 7 a.py]" : "f.py:f:1");
		cr_expect_eq(n, several ? 3 : 2);
		unmake(&d);
	}
}

Test(tree, a_followed_child_makes_processes_roots)
{
	struct made d;

	make(&d, (struct hog_view){ .threads = true });
	d.run.follow = true;

	struct hog_process_info info = { .pid = 9,
					 .parent = 3,
					 .name = hog_model_cstr(d.m, "c.py") };
	uint32_t p = hog_model_process(d.m, &info);
	uint32_t f[] = { fixed_frame(d.m, "f", "/srv/f.py", 1), 0 };

	add(d.t, fixed_sample(fixed_thread(d.m, p, 9, "t;1"),
			      fixed_stack(d.m, f), 1));
	cr_assert_eq(hog_tree_build(d.t), 0);
	cr_expect_str_eq(label(&d, 1), "[process 9 c.py]");
	cr_expect_str_eq(label(&d, 2), "[thread 9 t%3B1]");
	unmake(&d);
}

Test(tree, threads_without_python_show_only_on_request)
{
	for (int shown = 0; shown < 2; shown++) {
		struct made d;
		uint32_t n;

		make(&d, (struct hog_view){ .no_python = shown });

		uint32_t t =
			fixed_thread(d.m, fixed_process(d.m, 1, "x"), 1, "t");
		uint32_t f[] = { hog_model_marker(d.m, "[no python]"), 0 };

		add(d.t, fixed_sample(t, fixed_stack(d.m, f), 1));
		cr_assert_eq(hog_tree_build(d.t), 0);
		cr_expect_eq(hog_tree_nodes(d.t, &n)[0].total,
			     shown ? HOG_SLOT : 0);
		unmake(&d);
	}
}

Test(tree, a_weight_that_would_overflow_is_refused)
{
	struct made d;
	struct hog_event ev = fixed_sample(0, 0, 1);

	make(&d, (struct hog_view){ 0 });
	ev.value[0] = INT64_MAX;
	cr_expect_eq(hog_tree_add(d.t, &ev), 0);
	cr_expect_eq(hog_tree_add(d.t, &ev), -EOVERFLOW);
	cr_expect_eq(hog_tree_build(d.t), 0);
	unmake(&d);
}

Test(tree, shared_threads_are_told_apart_by_entries)
{
	struct made d;
	uint32_t n_nodes, n;
	int64_t by_thread[3] = { 0 };

	make(&d, (struct hog_view){ .threads = true });
	hog_tree_share_threads(d.t);
	fixed_samples(d.m, add, d.t);
	cr_assert_eq(hog_tree_build(d.t), 0);
	hog_tree_nodes(d.t, &n_nodes);

	const struct hog_tree_entry *e = hog_tree_entries(d.t, &n);

	for (uint32_t i = 0; i < n; i++) {
		cr_assert_lt(e[i].node, n_nodes);
		cr_assert_lt(e[i].thread, 3);
		by_thread[e[i].thread] += e[i].weight;
	}
	cr_expect_eq(by_thread[1], 11 * (int64_t)HOG_SLOT);
	cr_expect_eq(by_thread[2], 8 * (int64_t)HOG_SLOT);
	unmake(&d);
}

Test(tree, a_million_nodes_are_built, .timeout = 60)
{
	struct made d;
	uint32_t n;

	make(&d, (struct hog_view){ 0 });

	uint32_t t = fixed_thread(d.m, fixed_process(d.m, 1, "x"), 1, "t");
	uint32_t frames[100];

	for (int i = 0; i < 100; i++)
		frames[i] = fixed_frame(d.m, "f", "/srv/f.py", i + 1);
	for (int i = 0; i < 1000000; i++) {
		uint32_t s = hog_model_stack(d.m, 0, frames[i / 10000]);

		s = hog_model_stack(d.m, s, frames[i / 100 % 100]);
		add(d.t,
		    fixed_sample(t, hog_model_stack(d.m, s, frames[i % 100]),
				 1));
	}
	cr_assert_eq(hog_tree_build(d.t), 0);
	cr_expect_eq(hog_tree_nodes(d.t, &n)[0].total, 1000000LL * HOG_SLOT);
	cr_expect_eq(n, 1 + 100 + 10000 + 1000000);
	unmake(&d);
}

Test(tree, what_is_too_deep_ends_in_one_marker_and_loses_no_time)
{
	struct made d;
	uint32_t n, at, depth = 0, stack = 0;

	make(&d, (struct hog_view){ .function = true });

	uint32_t frame = fixed_frame(d.m, "a", "f", 1);

	for (uint32_t i = 1; i <= HOG_TREE_DEPTH_MAX + 1000; i++) {
		stack = hog_model_stack(d.m, stack, frame);
		add(d.t, fixed_sample(1, stack, 1));
	}
	cr_assert_eq(hog_tree_build(d.t), 0);

	const struct hog_tree_node *nodes = hog_tree_nodes(d.t, &n);

	cr_expect_eq(nodes[0].total,
		     (HOG_TREE_DEPTH_MAX + 1000) * (int64_t)HOG_SLOT);
	for (at = 0; nodes[at].first_child; at = nodes[at].first_child)
		depth++;
	cr_expect_eq(depth, HOG_TREE_DEPTH_MAX);
	cr_expect_str_eq(label(&d, at), "[truncated]");
	cr_expect_eq(nodes[at].self, 1001 * (int64_t)HOG_SLOT);
	unmake(&d);
}
