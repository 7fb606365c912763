/* SPDX-License-Identifier: Apache-2.0 */
/* Where callers stand while they call, learnt from small copies. */
#ifndef HOG_PYTHON_STACK_HEAP_PLACE_H
#define HOG_PYTHON_STACK_HEAP_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "python/stack_heap_walk.h"

struct hog_python;

/* Decides for every frame of the walk where it stood when it called the frame
 * that it called: rec->at.  What its own frame says counts when that place is
 * known for this call; else it has moved on since the callee was copied, or has
 * ended, or the place is a new one.  What is not known is looked at again: two
 * frames are copied in less time than loops take.  still: nothing moved while
 * the walk's frames were copied, so that their own words are the best guess.
 * false: nothing is known of some place; its at is a guess. */
bool hog_heapplace_find(struct hog_heapwalk *w, const struct hog_heapview *view,
			struct hog_heapmem *mem, uint64_t tstate, bool still);

#endif
