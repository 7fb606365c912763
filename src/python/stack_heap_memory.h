/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reader of heap frames (2.7-3.10) has learnt of one thread from earlier
 * samples: who called a generator, where a caller stood when it called, how far
 * recursion_depth is from the number of frames, and which stack a function had
 * at a depth.  All bounded; a table that is full starts anew.
 */
#ifndef HOG_PYTHON_STACK_HEAP_MEMORY_H
#define HOG_PYTHON_STACK_HEAP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "python/stack.h"

/* No place of a caller is known. */
#define HOG_HEAPSITE_NONE INT32_MIN

struct hog_heapparent {
	uint64_t addr;              /* of the frame; 0: free */
	uint64_t parent;            /* f_back at the last sight */
	uint32_t code, parent_code; /* serials */
	uint32_t streak;            /* sights since another parent was seen */
	bool several;               /* another parent was seen */
};

struct hog_heapnode {                  /* one frame of a remembered stack */
	const struct hog_pycode *code; /* borrowed: dies with the epoch */
	int32_t from;                  /* where its caller called it, last */
	uint32_t caller;               /* node; 0 is the root's caller */
	uint32_t depth;
	uint32_t hash; /* of the codes from the root to here */
};

struct hog_heapmem {
	struct hog_heapparent *parents; /* owned */
	size_t n_parents, cap_parents;
	struct hog_map64 edges;     /* caller, callee: sights, last site */
	struct hog_map64 sites;     /* caller, its f_lasti, callee: sights */
	struct hog_map64 ranges;    /* stack key: lowest, highest offset */
	struct hog_map64 stacks;    /* leaf, depth: node, hash, sights */
	struct hog_map64 index;     /* node by its caller and code */
	struct hog_heapnode *nodes; /* owned; [0] is not used */
	uint32_t n_nodes, cap_nodes;
	uint32_t era;    /* goes up when nodes die */
	uint32_t misses; /* looks for the place of a caller, in vain */
};

void hog_heapmem_fini(struct hog_heapmem *m);
/* Forgets what is kept by pointers to code objects: the stacks. */
void hog_heapmem_forget_stacks(struct hog_heapmem *m);

/* A running frame was seen with this caller. */
void hog_heapmem_note_parent(struct hog_heapmem *m, uint64_t addr,
			     uint32_t code, uint64_t parent,
			     uint32_t parent_code);
/* The caller that a frame had last, whatever ran in it; NULL: never seen. */
const struct hog_heapparent *hog_heapmem_parent(const struct hog_heapmem *m,
						uint64_t addr);
/* The same when this code has had no other caller lately, or NULL. */
const struct hog_heapparent *hog_heapmem_one_parent(const struct hog_heapmem *m,
						    uint64_t addr,
						    uint32_t code);

/* One function calls another: seen again.  Two functions whose frames were
 * mixed up by the race look like a call too, so a call counts as proven when it
 * was seen in a copy during which nothing moved (sure), in two copies one after
 * the other, or often.  try counts copies.  Returns whether it is proven. */
bool hog_heapmem_sight_edge(struct hog_heapmem *m, uint32_t caller,
			    uint32_t callee, unsigned try, bool sure);
/* The same without a sight. */
bool hog_heapmem_edge_proven(const struct hog_heapmem *m, uint32_t caller,
			     uint32_t callee);
/* The caller was seen at f_lasti while the callee ran in it.  Proves the call.
 * A place counts as known from its second sight on: once may be chance. */
void hog_heapmem_note_site(struct hog_heapmem *m, uint32_t caller,
			   uint32_t callee, int32_t lasti);
bool hog_heapmem_site_known(const struct hog_heapmem *m, uint32_t caller,
			    uint32_t callee, int32_t lasti);
/* The known place of the call that was seen last, or HOG_HEAPSITE_NONE.
 * *ret_several: it is not the only one. */
int32_t hog_heapmem_site(const struct hog_heapmem *m, uint32_t caller,
			 uint32_t callee, bool *ret_several);

enum hog_heaprange { HOG_HEAPRANGE_NEW, HOG_HEAPRANGE_IN, HOG_HEAPRANGE_OUT };
/* Is this difference of recursion_depth and frames one that stacks of this key
 * have?  One more is: a call is being entered. */
enum hog_heaprange hog_heapmem_range(const struct hog_heapmem *m, uint64_t key,
				     int off);
/* Returns whether off is what most stacks of this key have. */
bool hog_heapmem_note_range(struct hog_heapmem *m, uint64_t key, int off);

/* The node of a frame called by `caller` at `from` (-1: not known); 0: no
 * memory. */
uint32_t hog_heapmem_node(struct hog_heapmem *m, uint32_t caller,
			  const struct hog_pycode *code, int32_t from);
/* Notes that a thread at this depth had the stack that ends in node. */
void hog_heapmem_note_stack(struct hog_heapmem *m, uint32_t node, int depth);
/* The only stack seen at this leaf and depth, more than once, as its last node;
 * 0: none. */
uint32_t hog_heapmem_stack(const struct hog_heapmem *m, uint32_t leaf,
			   int depth);

#endif
