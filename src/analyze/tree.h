/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The weighted call tree of a run, as a view asks for it: with or without
 * lines, threads, processes; and the functions by own and total time.
 * Every sink that draws samples is made from this.
 */
#ifndef HOG_ANALYZE_TREE_H
#define HOG_ANALYZE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/event.h"
#include "profile/model.h"
#include "profile/sink.h"

struct hog_tree;

/* A node as shown.  Children are sorted by label bytes. */
struct hog_tree_node {
	uint32_t label;       /* string id of hog_tree_label: the folded frame */
	uint32_t frame;       /* a model frame that it stands for; 0: process,
			       * thread and marker nodes made by the view */
	uint32_t first_child, next_sibling; /* node ids, 0 none */
	int64_t self, total;  /* HOG_SLOT units */
};

/* A function (or file:line) over the whole tree; recursion counted once. */
struct hog_tree_row {
	uint32_t label;
	uint32_t frame;
	int64_t self, total;
};

struct hog_tree *hog_tree_new(const struct hog_run *run,
			      const struct hog_view *view); /* NULL: no memory */
void hog_tree_free(struct hog_tree *t);
/* Adds a sample's weight: cheap, a counter per (thread, stack). */
int hog_tree_add(struct hog_tree *t, const struct hog_event *ev);
/* Builds nodes and rows from what was added.  Once, at the end. */
int hog_tree_build(struct hog_tree *t);
/* Node 0 is the root of all: no label, total is the sum. */
const struct hog_tree_node *hog_tree_nodes(const struct hog_tree *t,
					   uint32_t *ret_n);
/* Sorted by own time, then total, then label.  by_function: lines merged. */
const struct hog_tree_row *hog_tree_rows(const struct hog_tree *t,
					 uint32_t *ret_n);
/* The frame as folded writes it (escaped: interface.md, Folded). */
const char *hog_tree_label(const struct hog_tree *t, uint32_t label,
			   size_t *ret_len);

#endif
