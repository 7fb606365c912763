/* SPDX-License-Identifier: Apache-2.0 */
/* What compiling and evaluating conditions share. */
#ifndef HOG_ANALYZE_WHERE_PRIV_H
#define HOG_ANALYZE_WHERE_PRIV_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOG_WHERE_NODES_MAX 1024
#define HOG_WHERE_DEPTH_MAX 64 /* brackets in one another */

enum hog_where_field {
	HOG_WHERE_NAME,
	HOG_WHERE_PATH,
	HOG_WHERE_THREAD,
	HOG_WHERE_FUNCTION,
	HOG_WHERE_FILE, /* the last one that is text */
	HOG_WHERE_LINE,
	HOG_WHERE_PID,
	HOG_WHERE_TID,
	HOG_WHERE_RESULT,
	HOG_WHERE_ERRNO,
	HOG_WHERE_DURATION,
	HOG_WHERE_ARG, /* what it is differs from call to call */
};

enum hog_where_op {
	HOG_WHERE_TRUTH, /* it is there, and neither 0 nor "" */
	HOG_WHERE_EQ,
	HOG_WHERE_NE,
	HOG_WHERE_LT,
	HOG_WHERE_LE,
	HOG_WHERE_GT,
	HOG_WHERE_GE,
	HOG_WHERE_MATCH, /* ~ */
	HOG_WHERE_BITS,  /* &: all of them are set */
};

struct hog_where_cond {
	enum hog_where_field field;
	enum hog_where_op op;
	char *arg; /* owned: of HOG_WHERE_ARG */
	size_t arg_len;
	char *string; /* owned; NULL: a number is compared with */
	size_t string_len;
	int64_t number;
	regex_t regex; /* of HOG_WHERE_MATCH */
	bool has_regex;
};

enum hog_where_kind {
	HOG_WHERE_COND,
	HOG_WHERE_AND,
	HOG_WHERE_OR,
	HOG_WHERE_NOT, /* of left */
};

struct hog_where_node {
	enum hog_where_kind kind;
	unsigned left, right; /* nodes; left of COND: the condition */
};

struct hog_where {
	struct hog_where_node *nodes; /* owned */
	struct hog_where_cond *conds; /* owned */
	unsigned n_nodes, n_conds, root;
};

#endif
