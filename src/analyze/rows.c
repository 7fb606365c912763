/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/label.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/intern.h"

struct tally {
	const struct hog_model *model;
	const struct hog_tree_node *nodes;
	struct hog_tree_row *by_function; /* function 0: none of ours */
	uint32_t *depth; /* by function: how often it is on the path */
};

static uint32_t function_of(const struct tally *y, uint32_t node)
{
	return hog_model_get_frame(y->model, y->nodes[node].frame)->function;
}

static void enter(struct tally *y, uint32_t node)
{
	uint32_t f = function_of(y, node);

	y->by_function[f].self += y->nodes[node].self;
	if (y->depth[f]++ == 0)
		y->by_function[f].total += y->nodes[node].total;
}

/* Walks the tree depth first; up[] holds the way back. */
static void walk(struct tally *y, uint32_t *up)
{
	uint32_t at = y->nodes[0].first_child, level = 0;

	while (at) {
		enter(y, at);
		if (y->nodes[at].first_child) {
			up[level++] = at;
			at = y->nodes[at].first_child;
			continue;
		}
		y->depth[function_of(y, at)]--;
		while (!y->nodes[at].next_sibling && level) {
			at = up[--level];
			y->depth[function_of(y, at)]--;
		}
		at = y->nodes[at].next_sibling;
	}
}

static int by_own_time(const void *a, const void *b, void *labels)
{
	const struct hog_tree_row *x = a, *y = b;

	if (x->self != y->self)
		return x->self > y->self ? -1 : 1;
	if (x->total != y->total)
		return x->total > y->total ? -1 : 1;

	int c = strcmp(hog_intern_get(labels, x->label, NULL),
		       hog_intern_get(labels, y->label, NULL));

	return c ? c
		 : (x->function > y->function) - (x->function < y->function);
}

/* Moves the functions that took time to the front and labels them. */
static int keep_seen(struct tally *y, const struct hog_view *view,
		     struct hog_intern *labels, uint32_t n_functions,
		     uint32_t *ret_n)
{
	struct hog_buf buf = { 0 };
	uint32_t n = 0;
	int r = 0;

	for (uint32_t f = 1; f < n_functions && r == 0; f++) {
		struct hog_tree_row row = y->by_function[f];

		if (row.total == 0)
			continue;
		hog_buf_clear(&buf);
		hog_label_function(&buf, y->model, view, f);
		row.function = f;
		r = buf.failed ? -ENOMEM
			       : hog_intern_put(labels, hog_buf_str(&buf),
						buf.len, &row.label);
		y->by_function[n++] = row;
	}
	hog_buf_fini(&buf);
	*ret_n = n;
	return r;
}

int hog_tree_rows_make(const struct hog_model *m, const struct hog_view *view,
		       struct hog_intern *labels,
		       const struct hog_tree_node *nodes, uint32_t n_nodes,
		       struct hog_tree_row **ret_rows, uint32_t *ret_n)
{
	uint32_t n_functions = hog_model_count(m).functions, n;
	_cleanup_free_ struct hog_tree_row *rows =
		calloc((size_t)n_functions + 1, sizeof(*rows));
	_cleanup_free_ uint32_t *depth =
		calloc((size_t)n_functions + 1, sizeof(*depth));
	_cleanup_free_ uint32_t *up = malloc(n_nodes * sizeof(*up));
	struct tally y = {
		.model = m, .nodes = nodes, .by_function = rows, .depth = depth
	};

	if (!rows || !depth || !up)
		return -ENOMEM;
	walk(&y, up);

	int r = keep_seen(&y, view, labels, n_functions, &n);

	if (r < 0)
		return r;
	qsort_r(rows, n, sizeof(*rows), by_own_time, labels);
	*ret_rows = hog_move(rows);
	*ret_n = n;
	return 0;
}
