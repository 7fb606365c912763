/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of a tree by own and total time; private to this room. */
#ifndef HOG_ANALYZE_ROWS_H
#define HOG_ANALYZE_ROWS_H

#include <stdint.h>

#include "analyze/tree.h"

struct hog_intern;

/* The tree's chains and totals are in place.  The caller owns *ret_rows. */
int hog_tree_rows_make(const struct hog_model *m, const struct hog_view *view,
		       struct hog_intern *labels,
		       const struct hog_tree_node *nodes, uint32_t n_nodes,
		       struct hog_tree_row **ret_rows, uint32_t *ret_n);

#endif
