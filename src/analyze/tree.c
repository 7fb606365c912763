/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/label.h"
#include "analyze/rows.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/intern.h"
#include "base/map.h"

#define NODES_MAX (1u << 28)
#define NO_PYTHON "[no python]"

struct way {
	uint32_t parent; /* node */
	uint32_t depth;
};

struct hog_tree {
	const struct hog_run *run; /* borrowed */
	struct hog_view view;
	bool share_threads;
	struct hog_map64 weights; /* thread << 32 | stack -> weight */
	int64_t sum;              /* of all weights: no total can overflow */

	struct hog_intern *labels;
	struct hog_buf scratch;    /* the label being made */
	uint32_t *frame_labels;    /* by frame; 0: not made yet */
	struct hog_map64 by_label; /* parent << 32 | label -> node */
	struct hog_map64 by_stack; /* top node << 32 | stack -> node */
	struct hog_map64 tops;     /* thread -> the node under which it goes */
	uint32_t *path;            /* stacks on the way to a known one */
	size_t path_cap;

	struct hog_tree_node *nodes;
	struct way *ways; /* by node */
	uint32_t n_nodes, cap_nodes;
	struct hog_tree_row *rows;
	uint32_t n_rows;
	struct hog_tree_entry *entries;
	uint32_t n_entries;
};

struct hog_tree *hog_tree_new(const struct hog_run *run,
			      const struct hog_view *view)
{
	struct hog_tree *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->run = run;
	t->view = *view;
	t->labels = hog_intern_new();
	t->nodes = calloc(1, sizeof(*t->nodes));
	t->ways = calloc(1, sizeof(*t->ways));
	t->n_nodes = t->cap_nodes = 1;
	if (!t->labels || !t->nodes || !t->ways) {
		hog_tree_free(t);
		return NULL;
	}
	return t;
}

/* What only the building needs. */
static void drop_scaffold(struct hog_tree *t)
{
	hog_map64_fini(&t->by_label);
	hog_map64_fini(&t->by_stack);
	hog_map64_fini(&t->tops);
	free(hog_move(t->frame_labels));
	free(hog_move(t->path));
	t->path_cap = 0;
	hog_buf_fini(&t->scratch);
	t->scratch = (struct hog_buf){ 0 };
}

void hog_tree_free(struct hog_tree *t)
{
	if (!t)
		return;
	drop_scaffold(t);
	hog_map64_fini(&t->weights);
	hog_intern_free(t->labels);
	free(t->nodes);
	free(t->ways);
	free(t->rows);
	free(t->entries);
	free(t);
}

void hog_tree_share_threads(struct hog_tree *t)
{
	t->share_threads = true;
}

int hog_tree_add(struct hog_tree *t, const struct hog_event *ev)
{
	uint64_t key = (uint64_t)ev->thread << 32 | ev->stack;
	int64_t weight = ev->value[0], sum;

	if (weight <= 0)
		return 0; /* it used no time: nothing to show */
	if (__builtin_add_overflow(t->sum, weight, &sum))
		return -EOVERFLOW;

	uint64_t *old = hog_map64_get(&t->weights, key);

	if (old) {
		*old += (uint64_t)weight;
	} else {
		int r = hog_map64_put(&t->weights, key, (uint64_t)weight);

		if (r < 0)
			return r;
	}
	t->sum = sum;
	return 0;
}

/* Interns what is in scratch. */
static int scratch_label(struct hog_tree *t, uint32_t *ret_label)
{
	if (t->scratch.failed)
		return -ENOMEM;
	return hog_intern_put(t->labels, hog_buf_str(&t->scratch),
			      t->scratch.len, ret_label);
}

static int frame_label(struct hog_tree *t, uint32_t frame, uint32_t *ret_label)
{
	if (t->frame_labels[frame] == 0) {
		hog_buf_clear(&t->scratch);
		hog_label_frame(&t->scratch, t->run->model, &t->view, frame);
		int r = scratch_label(t, &t->frame_labels[frame]);

		if (r < 0)
			return r;
	}
	*ret_label = t->frame_labels[frame];
	return 0;
}

static int node_new(struct hog_tree *t, uint32_t *ret_node)
{
	if (t->n_nodes == t->cap_nodes) {
		uint32_t cap = t->cap_nodes < 32 ? 64 : t->cap_nodes * 2;
		void *nodes, *ways;

		if (cap > NODES_MAX)
			return -EOVERFLOW;
		nodes = realloc(t->nodes, cap * sizeof(*t->nodes));
		if (nodes)
			t->nodes = nodes;
		ways = realloc(t->ways, cap * sizeof(*t->ways));
		if (ways)
			t->ways = ways;
		if (!nodes || !ways)
			return -ENOMEM;
		t->cap_nodes = cap;
	}
	*ret_node = t->n_nodes++;
	return 0;
}

/* The child of parent with this label, made when it is not there. */
static int child_of(struct hog_tree *t, uint32_t parent, uint32_t label,
		    uint32_t frame, uint32_t *ret_node)
{
	uint64_t key = (uint64_t)parent << 32 | label;
	uint64_t *known = hog_map64_get(&t->by_label, key);
	uint32_t node;
	int r;

	if (known) {
		*ret_node = (uint32_t)*known;
		return 0;
	}
	r = node_new(t, &node);
	if (r == 0)
		r = hog_map64_put(&t->by_label, key, node);
	if (r < 0)
		return r;
	t->nodes[node] =
		(struct hog_tree_node){ .label = label, .frame = frame };
	t->ways[node] = (struct way){ parent, t->ways[parent].depth + 1 };
	*ret_node = node;
	return 0;
}

/* Is it worth telling processes apart?  More than one, or a child. */
static bool has_process_frames(const struct hog_tree *t)
{
	const struct hog_model *m = t->run->model;
	uint32_t n = hog_model_count(m).processes;

	if (n > 2)
		return true;
	for (uint32_t i = 1; i < n && t->run->follow; i++)
		if (hog_model_get_process(m, i)->parent != 0)
			return true;
	return false;
}

static int made_child(struct hog_tree *t, uint32_t parent, uint32_t *ret_node)
{
	uint32_t label;
	int r = scratch_label(t, &label);

	return r < 0 ? r : child_of(t, parent, label, 0, ret_node);
}

/* The node that a thread's stacks hang under. */
static int top_of(struct hog_tree *t, uint32_t thread, bool processes,
		  uint32_t *ret_node)
{
	uint64_t *known = hog_map64_get(&t->tops, thread);
	const struct hog_model *m = t->run->model;
	uint32_t node = 0;
	int r = 0;

	if (known) {
		*ret_node = (uint32_t)*known;
		return 0;
	}
	hog_buf_clear(&t->scratch);
	if (processes) {
		hog_label_process(&t->scratch, m,
				  hog_model_get_thread(m, thread)->process);
		r = made_child(t, node, &node);
	}
	hog_buf_clear(&t->scratch);
	if (r == 0 && t->view.threads) {
		hog_label_thread(&t->scratch, m, thread);
		r = made_child(t, node, &node);
	}
	if (r == 0)
		r = hog_map64_put(&t->tops, thread, node);
	if (r == 0)
		*ret_node = node;
	return r;
}

static int path_room(struct hog_tree *t, size_t n)
{
	if (n < t->path_cap)
		return 0;

	size_t cap = t->path_cap ? t->path_cap * 2 : 256;
	uint32_t *path = realloc(t->path, cap * sizeof(*path));

	if (!path)
		return -ENOMEM;
	t->path = path;
	t->path_cap = cap;
	return 0;
}

/* Climbs from stack to one whose node is known (or past the root frame) and
 * leaves in t->path the stacks that were passed.  Their number, or < 0. */
static int climb(struct hog_tree *t, uint32_t top, uint32_t stack,
		 uint32_t *ret_node)
{
	size_t n = 0;

	*ret_node = top;
	while (stack) {
		uint64_t *known = hog_map64_get(&t->by_stack,
						(uint64_t)top << 32 | stack);

		if (known) {
			*ret_node = (uint32_t)*known;
			break;
		}
		if (path_room(t, n) < 0)
			return -ENOMEM;
		t->path[n++] = stack;

		uint32_t parent =
			hog_model_get_stack(t->run->model, stack).parent;

		if (parent >= stack)
			break; /* a caller is always the older entry */
		stack = parent;
	}
	return (int)n;
}

/* The node of a stack whose caller's node is `*node`.  What is deeper than a
 * reader can use ends in one [truncated]: with each of a chain of stacks in a
 * line of its own, an output would grow with the square of its length. */
static int step_down(struct hog_tree *t, uint32_t stack, uint32_t *node)
{
	const struct hog_model *m = t->run->model;
	uint32_t frame = hog_model_get_stack(m, stack).frame, label;
	uint32_t depth = t->ways[*node].depth;
	int r;

	if (depth >= HOG_TREE_DEPTH_MAX)
		return 0;
	if (depth == HOG_TREE_DEPTH_MAX - 1)
		frame = hog_model_truncated(m);
	else if (frame >= hog_model_count(m).frames)
		frame = 0;
	r = frame_label(t, frame, &label);
	return r < 0 ? r : child_of(t, *node, label, frame, node);
}

static int node_of(struct hog_tree *t, uint32_t top, uint32_t stack,
		   uint32_t *ret_node)
{
	uint32_t node;
	int n = climb(t, top, stack, &node);
	int r = n < 0 ? n : 0;

	while (r == 0 && n-- > 0) {
		r = step_down(t, t->path[n], &node);
		if (r == 0)
			r = hog_map64_put(&t->by_stack,
					  (uint64_t)top << 32 | t->path[n],
					  node);
	}
	if (r == 0)
		*ret_node = node;
	return r;
}

/* Does the stack begin with [no python]?  Asked per (thread, stack), so it
 * climbs: such stacks are one or two frames deep. */
static bool is_no_python(const struct hog_model *m, uint32_t stack)
{
	struct hog_stack_node s = hog_model_get_stack(m, stack);
	int depth = 0;

	while (s.parent && depth++ < 2)
		s = hog_model_get_stack(m, s.parent);
	if (s.parent)
		return false;

	const struct hog_frame *fr = hog_model_get_frame(m, s.frame);
	const struct hog_function *f = hog_model_get_function(m, fr->function);

	return f->kind == HOG_FRAME_MARKER &&
	       strcmp(hog_model_text(m, f->name, NULL), NO_PYTHON) == 0;
}

static int place(struct hog_tree *t, const struct hog_map64_slot *slot,
		 bool processes)
{
	uint32_t thread = (uint32_t)(slot->key >> 32);
	uint32_t stack = (uint32_t)slot->key;
	uint32_t top = 0, node = 0;
	int r = 0;

	if (!t->view.no_python && !t->run->idle &&
	    is_no_python(t->run->model, stack))
		return 0;
	if (!t->share_threads)
		r = top_of(t, thread, processes, &top);
	if (r == 0)
		r = node_of(t, top, stack, &node);
	if (r < 0)
		return r;
	t->nodes[node].self += (int64_t)slot->value;
	t->entries[t->n_entries++] = (struct hog_tree_entry){
		.thread = thread,
		.node = node,
		.weight = (int64_t)slot->value,
	};
	return 0;
}

static int by_bytes(const void *a, const void *b, void *tree)
{
	size_t len_a, len_b;
	const char *text_a = hog_tree_label(tree, *(const uint32_t *)a, &len_a);
	const char *text_b = hog_tree_label(tree, *(const uint32_t *)b, &len_b);
	int c = memcmp(text_a, text_b, len_a < len_b ? len_a : len_b);

	return c ? c : (len_a > len_b) - (len_a < len_b);
}

/* Chains every node's children in the order of their labels: all nodes are
 * dealt to their labels, then the labels are walked from the last to the
 * first, each node put before those of its siblings already there. */
static int chain_children(struct hog_tree *t)
{
	uint32_t n = hog_intern_count(t->labels);
	_cleanup_free_ uint32_t *order = malloc(n * sizeof(*order));
	_cleanup_free_ uint32_t *first = calloc(n, sizeof(*first));
	_cleanup_free_ uint32_t *next = calloc(t->n_nodes, sizeof(*next));

	if (!order || !first || !next)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof(*order), by_bytes, t);
	for (uint32_t node = 1; node < t->n_nodes; node++) {
		next[node] = first[t->nodes[node].label];
		first[t->nodes[node].label] = node;
	}
	for (uint32_t i = n; i-- > 0;) {
		for (uint32_t node = first[order[i]]; node; node = next[node]) {
			struct hog_tree_node *up =
				&t->nodes[t->ways[node].parent];

			t->nodes[node].next_sibling = up->first_child;
			up->first_child = node;
		}
	}
	return 0;
}

static void add_totals(struct hog_tree *t)
{
	for (uint32_t i = 0; i < t->n_nodes; i++)
		t->nodes[i].total = t->nodes[i].self;
	for (uint32_t i = t->n_nodes; i-- > 1;)
		t->nodes[t->ways[i].parent].total += t->nodes[i].total;
}

static int by_thread(const void *a, const void *b)
{
	const struct hog_tree_entry *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

/* The order of placing decides the ids of nodes; the map's own order depends
 * on its history, and equal runs shall give equal outputs. */
static int by_key(const void *a, const void *b)
{
	const struct hog_map64_slot *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static int place_all(struct hog_tree *t)
{
	size_t n = t->weights.count, k = 0;
	bool processes = has_process_frames(t);
	_cleanup_free_ struct hog_map64_slot *slots =
		malloc((n + 1) * sizeof(*slots));
	int r = 0;

	t->frame_labels =
		calloc((size_t)hog_model_count(t->run->model).frames + 1,
		       sizeof(*t->frame_labels));
	t->entries = malloc((n + 1) * sizeof(*t->entries));
	if (!slots || !t->frame_labels || !t->entries)
		return -ENOMEM;
	for (size_t i = 0; i < t->weights.cap; i++)
		if (t->weights.used[i])
			slots[k++] = t->weights.slots[i];
	qsort(slots, n, sizeof(*slots), by_key);
	for (size_t i = 0; i < n && r == 0; i++)
		r = place(t, &slots[i], processes);
	return r;
}

/* Stacks that the view shows alike have become one node: one entry too. */
static void merge_entries(struct hog_tree *t)
{
	uint32_t n = 0;

	qsort(t->entries, t->n_entries, sizeof(*t->entries), by_thread);
	for (uint32_t i = 0; i < t->n_entries; i++) {
		if (n && by_thread(&t->entries[n - 1], &t->entries[i]) == 0)
			t->entries[n - 1].weight += t->entries[i].weight;
		else
			t->entries[n++] = t->entries[i];
	}
	t->n_entries = n;
}

int hog_tree_build(struct hog_tree *t)
{
	int r = place_all(t);

	if (r == 0)
		r = chain_children(t);
	if (r == 0) {
		merge_entries(t);
		add_totals(t);
		r = hog_tree_rows_make(t->run->model, &t->view, t->labels,
				       t->nodes, t->n_nodes, &t->rows,
				       &t->n_rows);
	}
	drop_scaffold(t);
	return r;
}

const struct hog_tree_node *hog_tree_nodes(const struct hog_tree *t,
					   uint32_t *ret_n)
{
	*ret_n = t->n_nodes;
	return t->nodes;
}

const struct hog_tree_row *hog_tree_rows(const struct hog_tree *t,
					 uint32_t *ret_n)
{
	*ret_n = t->n_rows;
	return t->rows;
}

const struct hog_tree_entry *hog_tree_entries(const struct hog_tree *t,
					      uint32_t *ret_n)
{
	*ret_n = t->n_entries;
	return t->entries;
}

const char *hog_tree_label(const struct hog_tree *t, uint32_t label,
			   size_t *ret_len)
{
	return hog_intern_get(t->labels, label, ret_len);
}
