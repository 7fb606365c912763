/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From tstate.frame to the base frame of a running thread of CPython 2.7 and
 * 3.6-3.10, over copies taken within microseconds.  A frame that has finished
 * meanwhile keeps f_code and f_back (it stays with its code object for the
 * next call), so dead frames are followed like live ones.
 */
#ifndef HOG_PYTHON_STACK_HEAP_WALK_H
#define HOG_PYTHON_STACK_HEAP_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/stack_heap_memory.h"
#include "python/stack_heap_pages.h"
#include "python/stack.h"

struct hog_heaprec { /* one frame of a walk */
	uint64_t addr;
	uint64_t back; /* f_back; where it was NULL, the caller it had before */
	const struct hog_pycode *code; /* NULL only in last: it has died */
	int32_t lasti;
	int32_t at;   /* where it stood when it called (stack_heap_place.h) */
	bool guessed; /* at is the likeliest place, no more */
	bool running;
	bool inferred; /* back is from memory */
	bool same;     /* as it was in the last stack, at the same place */
};

enum hog_heapwalked {
	HOG_HEAPWALK_OK,
	HOG_HEAPWALK_SAME, /* every frame as in the last stack */
	HOG_HEAPWALK_TORN,
	HOG_HEAPWALK_UNREADABLE,
	HOG_HEAPWALK_GONE,
};

#define HOG_HEAPBASES 256u

struct hog_heapwalk {
	struct hog_heaprec *now, *last; /* owned; innermost first */
	size_t n_now, n_last, cap;
	unsigned rounds; /* now: further copies that were needed */
	bool truncated;  /* now: HOG_PYSTACK_MAX frames and more */
	/* Frames that stood at the bottom, by hash, and the one seen there just
	 * now. */
	struct hog_heapbase {
		uint64_t addr;
		uint32_t code;
	} bases[HOG_HEAPBASES], base;
	uint32_t must;  /* serial of the code that the next frame runs; 0 any */
	uint32_t piece; /* bytes of a frame that are looked at */
};

/* The reader of stack_heap.c as far as the walk needs it. */
struct hog_heapview {
	const struct hog_python *py;
	struct hog_pycodes *codes;
	struct hog_heappages *pages;
	const struct hog_heapmem *mem;
};

int hog_heapwalk_init(struct hog_heapwalk *w, const struct hog_python *py);
void hog_heapwalk_fini(struct hog_heapwalk *w);
/* Code objects have died: keeps the places of the frames alone. */
void hog_heapwalk_forget_codes(struct hog_heapwalk *w);
/* Fills now from the innermost frame at leaf. */
enum hog_heapwalked hog_heapwalk_run(struct hog_heapwalk *w,
				     const struct hog_heapview *view,
				     uint64_t leaf);
/* Takes a copy of a frame apart.  before: the same frame earlier, or NULL; saves
 * a look-up.  false: it is no frame. */
bool hog_heapwalk_decode(const struct hog_heapview *view,
			 const unsigned char *f,
			 const struct hog_heaprec *before,
			 struct hog_heaprec *rec);
/* Is the base of the last walk one that was there before? */
bool hog_heapwalk_base_known(const struct hog_heapwalk *w);
void hog_heapwalk_note_base(struct hog_heapwalk *w);

#endif
