/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of heap frames from inside: for stack_heap.c, which copies and
 * judges, and stack_heap_recall.c, which remembers whole stacks. */
#ifndef HOG_PYTHON_STACK_HEAP_H
#define HOG_PYTHON_STACK_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/stack.h"
#include "python/stack_heap_key.h"
#include "python/stack_heap_memory.h"
#include "python/stack_heap_pages.h"
#include "python/stack_heap_walk.h"

struct hog_heap {
	struct hog_pyreader base;
	struct hog_heappages pages;
	struct hog_heapmem mem;
	struct hog_heapwalk walk;
	struct hog_heapkeys keys;
	unsigned char head[16]; /* tstate.frame, recursion_depth */
	unsigned char tail[16]; /* the same, copied last */
	uint64_t *addrs;        /* owned: frames of walk.last */
	uint32_t *nodes;        /* owned: of base.stack.frames, root first */
	size_t cap;             /* of addrs, nodes, base.stack.frames */
	size_t n_nodes;         /* so many of nodes are valid */
	uint32_t nodes_era;
	int depth, last_depth; /* recursion_depth now, of the last result */
	int least; /* depth minus frames, of stacks without calls from C */
	bool has_depth, has_least;
	bool repeatable;  /* an equal copy gives the last result again */
	uint64_t key;     /* of walk.last's codes; 0: not known */
	uint64_t pending; /* hash of a stack that waits to be seen twice */
	struct hog_heapbase pending_base;
	uint64_t interp; /* of the thread state; 0 not known */
	uint64_t epoch;  /* of the code cache */
	unsigned attempt;
	unsigned copies;     /* so far */
	uint64_t planned_ns; /* when */
	uint64_t fast_ns;    /* what a copy takes that nothing interrupts */
	bool still;          /* nothing moved while the last copy was made */
};

/* Room for n frames of the result; false: no memory. */
bool hog_heap_grow(struct hog_heap *h, size_t n);
/* Frame k from the root of the result; counts those that have not changed. */
void hog_heap_put_frame(struct hog_heap *h, size_t k, size_t old_n,
			struct hog_pyframe frame);
/* Remembers the result as the stack of its leaf and depth, and its callers'
 * where their depth can be told: one whole stack of a deep recursion, which is
 * rarely caught whole, teaches all of its depths. */
void hog_heap_learn_stack(struct hog_heap *h);
/* The one stack that this leaf has had at this depth, instead of the walk. */
bool hog_heap_put_remembered(struct hog_heap *h);

#endif
