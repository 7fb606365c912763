/* SPDX-License-Identifier: Apache-2.0 */
/* One number for all stacks that are made of the same calls. */
#ifndef HOG_PYTHON_STACK_HEAP_KEY_H
#define HOG_PYTHON_STACK_HEAP_KEY_H

#include "python/stack_heap_walk.h"

struct hog_heapkeys {     /* a hash set that its stamp empties */
	uint64_t *keys;   /* owned */
	uint32_t *stamps; /* owned */
	size_t cap;       /* a power of two */
	uint32_t stamp;
};

/* Takes zeroed or used. */
void hog_heapkeys_fini(struct hog_heapkeys *k);
/* The set of the calls in a stack of n > 0 frames, innermost first, and of its
 * innermost frame: equal for all depths of one recursion.  0: no memory. */
uint64_t hog_heapkeys_key(struct hog_heapkeys *k, const struct hog_heaprec *v,
			  size_t n);
/* Does any code stand in the stack twice?  true when memory is out. */
bool hog_heapkeys_recursive(struct hog_heapkeys *k, const struct hog_heaprec *v,
			    size_t n);

#endif
