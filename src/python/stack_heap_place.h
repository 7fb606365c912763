/* SPDX-License-Identifier: Apache-2.0 */
/* Where callers stand while they call, learnt from copies that cannot lie. */
#ifndef HOG_PYTHON_STACK_HEAP_PLACE_H
#define HOG_PYTHON_STACK_HEAP_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "python/stack_heap_walk.h"

struct hog_python;

/* May the instruction at which the frame stands call a function? */
bool hog_heapplace_may_call(const struct hog_python *py,
			    const struct hog_heaprec *rec);
/* Looks again at one call of the walk's stack, in one small copy: when the
 * thread did not move during it and the callee runs, its caller stands where it
 * called.  Over the whole stack's copy nothing like that can be said: it takes
 * as long as short loops do.  round counts
 * copies: with it the call changes, and calls that are known, or that have
 * resisted for long, are looked at in few rounds only. */
void hog_heapplace_learn(const struct hog_heapwalk *w,
			 const struct hog_heapview *view,
			 struct hog_heapmem *mem, uint64_t tstate,
			 unsigned round);

#endif
