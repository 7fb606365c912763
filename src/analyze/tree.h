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

/* Nodes on one another; deeper stacks end in [truncated].  More than the 4096
 * frames that are read of a thread, with its process, thread and markers. */
#define HOG_TREE_DEPTH_MAX 8192

struct hog_tree;

/* A node as shown.  Children are sorted by label bytes.  A parent's id is
 * smaller than its children's. */
struct hog_tree_node {
	uint32_t label; /* string id of hog_tree_label: the folded frame */
	uint32_t frame; /* a model frame that it stands for; 0: process
			       * and thread nodes made by the view */
	uint32_t first_child, next_sibling; /* node ids, 0 none */
	int64_t self, total;                /* HOG_SLOT units */
};

/* A function over the whole tree, its lines merged; recursion counted once.
 * Markers have rows too. */
struct hog_tree_row {
	uint32_t label;    /* as folded writes it with --function */
	uint32_t function; /* of the model */
	int64_t self, total;
};

/* What one thread did at one node, for those who choose threads later. */
struct hog_tree_entry {
	uint32_t thread; /* of the model */
	uint32_t node;
	int64_t weight;
};

struct hog_tree *hog_tree_new(const struct hog_run *run,
			      const struct hog_view *view); /* NULL: no memory */
void hog_tree_free(struct hog_tree *t);
/* No process and thread frames, whatever the view says: threads share their
 * nodes and hog_tree_entries tells them apart.  Before hog_tree_build. */
void hog_tree_share_threads(struct hog_tree *t);
/* Adds a sample's weight: cheap, a counter per (thread, stack).  -ENOMEM;
 * -EOVERFLOW when the sum of all would not fit, and then it is not added. */
int hog_tree_add(struct hog_tree *t, const struct hog_event *ev);
/* Builds nodes, rows and entries from what was added.  Once, at the end. */
int hog_tree_build(struct hog_tree *t);
/* Node 0 is the root of all: no label, total is the sum. */
const struct hog_tree_node *hog_tree_nodes(const struct hog_tree *t,
					   uint32_t *ret_n);
/* Sorted by own time, then total, then label. */
const struct hog_tree_row *hog_tree_rows(const struct hog_tree *t,
					 uint32_t *ret_n);
/* Sorted by thread, then node. */
const struct hog_tree_entry *hog_tree_entries(const struct hog_tree *t,
					      uint32_t *ret_n);
/* The frame as folded writes it (escaped: interface.md, Folded). */
const char *hog_tree_label(const struct hog_tree *t, uint32_t label,
			   size_t *ret_len);

#endif
