/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line per stack and its weight, sorted by bytes.  The lines are never all
 * in memory: the tree is walked in the order in which its lines sort.  That is
 * not quite the order of labels, since "a" goes on as "a 3" or as "a;b" and
 * "a!" sorts between the two; so a node is two items, its own line and what
 * lies under it.
 */
#include "export/sinks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/tree.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "export/tree_sink.h"

struct item {
	uint32_t node;
	bool own; /* its own line; else all lines below it */
};

struct walk {
	struct hog_tree *tree; /* borrowed */
	const struct hog_tree_node *nodes;
	int64_t *slots;     /* by node: own weight in whole slots */
	struct item *items; /* still to do, the next one last */
	size_t n_items, cap_items;
	uint32_t *lens; /* by node: bytes of the path in front of it */
	struct hog_buf path;
	FILE *out;
};

/* Rounds to whole slots, carrying what was cut off to the next stack (in the
 * order of the tree), so that the sum over all is right.  up[] is the way
 * back. */
static void round_weights(struct walk *w, uint32_t *up)
{
	uint32_t at = w->nodes[0].first_child, level = 0;
	int64_t carried = HOG_SLOT / 2;

	while (at) {
		carried += w->nodes[at].self;
		w->slots[at] = carried / HOG_SLOT;
		carried %= HOG_SLOT;
		if (w->nodes[at].first_child) {
			up[level++] = at;
			at = w->nodes[at].first_child;
			continue;
		}
		while (!w->nodes[at].next_sibling && level)
			at = up[--level];
		at = w->nodes[at].next_sibling;
	}
}

/* What follows the label in the item's lines. */
static size_t tail_of(const struct walk *w, const struct item *item,
		      char tail[24])
{
	if (item->own)
		return (size_t)snprintf(tail, 24, " %" PRId64,
					w->slots[item->node]);
	tail[0] = ';';
	return 1;
}

/* The i'th byte of "label tail", -1 past its end. */
static int byte_at(const char *label, size_t len, const char *tail,
		   size_t tail_len, size_t i)
{
	if (i < len)
		return (unsigned char)label[i];
	return i - len < tail_len ? (unsigned char)tail[i - len] : -1;
}

/* Backwards: the item to do first comes last. */
static int by_line(const void *pa, const void *pb, void *walk)
{
	const struct item *a = pa, *b = pb;
	const struct walk *w = walk;
	size_t len_a, len_b;
	const char *label_a =
		hog_tree_label(w->tree, w->nodes[a->node].label, &len_a);
	const char *label_b =
		hog_tree_label(w->tree, w->nodes[b->node].label, &len_b);
	size_t i = len_a < len_b ? len_a : len_b;
	int c = memcmp(label_b, label_a, i);
	char tail_a[24], tail_b[24];
	size_t tail_len_a = tail_of(w, a, tail_a);
	size_t tail_len_b = tail_of(w, b, tail_b);

	if (c)
		return c;
	for (;; i++) {
		int x = byte_at(label_a, len_a, tail_a, tail_len_a, i);
		int y = byte_at(label_b, len_b, tail_b, tail_len_b, i);

		if (x != y)
			return y - x;
		if (x < 0)
			return 0;
	}
}

static int push(struct walk *w, uint32_t node, bool own)
{
	if (w->n_items == w->cap_items) {
		size_t cap = w->cap_items ? w->cap_items * 2 : 256;
		struct item *items = realloc(w->items, cap * sizeof(*items));

		if (!items)
			return -ENOMEM;
		w->items = items;
		w->cap_items = cap;
	}
	w->items[w->n_items++] = (struct item){ .node = node, .own = own };
	return 0;
}

/* Puts what lies under a node on top of the items, sorted. */
static int push_children(struct walk *w, uint32_t parent)
{
	size_t first = w->n_items;
	int r = 0;

	for (uint32_t c = w->nodes[parent].first_child; c && r == 0;
	     c = w->nodes[c].next_sibling) {
		w->lens[c] = (uint32_t)w->path.len;
		if (w->slots[c])
			r = push(w, c, true);
		if (r == 0 && w->nodes[c].first_child)
			r = push(w, c, false);
	}
	if (w->n_items - first > 1)
		qsort_r(w->items + first, w->n_items - first, sizeof(*w->items),
			by_line, w);
	return r;
}

static int do_item(struct walk *w, struct item item)
{
	size_t len;
	const char *label =
		hog_tree_label(w->tree, w->nodes[item.node].label, &len);

	w->path.len = w->lens[item.node];
	hog_buf_add(&w->path, label, len);
	if (!item.own)
		hog_buf_add_u8(&w->path, ';');
	if (w->path.failed)
		return -ENOMEM;
	if (!item.own)
		return push_children(w, item.node);
	if (fwrite(w->path.data, 1, w->path.len, w->out) != w->path.len ||
	    fprintf(w->out, " %" PRId64 "\n", w->slots[item.node]) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

static int write_lines(struct walk *w)
{
	int r = push_children(w, 0);

	while (r == 0 && w->n_items)
		r = do_item(w, w->items[--w->n_items]);
	return r;
}

static int folded_end(struct hog_sink *sink, struct hog_err *err)
{
	struct hog_tree_sink *s = sink->state;
	struct walk w = { .tree = s->tree, .out = sink->out };
	uint32_t n;
	int r = hog_tree_build(s->tree);

	(void)err;
	if (r < 0)
		return r;
	w.nodes = hog_tree_nodes(s->tree, &n);

	_cleanup_free_ int64_t *slots = calloc(n, sizeof(*slots));
	_cleanup_free_ uint32_t *lens = calloc(n, sizeof(*lens));

	if (!slots || !lens)
		return -ENOMEM;
	w.slots = slots;
	w.lens = lens;
	round_weights(&w, lens); /* lens is free to use until the walk */
	r = write_lines(&w);
	hog_buf_fini(&w.path);
	free(w.items);
	return r;
}

const struct hog_sink_ops hog_sink_folded = {
	.name = "folded",
	.summary = "one line per stack with its weight, for flame graph tools",
	.suffix = ".folded",
	.accepts = HOG_TREE_SINK_ACCEPTS,
	.state_size = sizeof(struct hog_tree_sink),
	.begin = hog_tree_sink_begin,
	.event = hog_tree_sink_event,
	.end = folded_end,
	.close = hog_tree_sink_close,
};
