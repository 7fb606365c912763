/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From Python frames of one process to frames and stacks of the model.  A
 * (code object, instruction) becomes a model frame once; its line is decoded
 * then and never again.
 */
#ifndef HOG_COLLECT_FRAMES_H
#define HOG_COLLECT_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "profile/model.h"
#include "python/stack.h"
#include "python/threads.h"

struct hog_frames {
	struct hog_model *model;     /* borrowed */
	const struct hog_python *py; /* borrowed */
	struct hog_map64 frames;     /* code serial, at -> model frame */
	struct hog_map64 functions;  /* code serial -> model function */
	char *syspath;               /* owned: see hog_pysyspath_read */
	uint64_t syspath_ns;         /* when it was read; 0 never */
	uint64_t syspath_gap_ns;     /* until a miss may read it again */
	/* Borrowed, may be NULL: string of a file -> of its short form, as any
	 * process of the session has found it.  A child that ends at once shows
	 * its files as its parent does. */
	struct hog_map64 *shorts;
};

void hog_frames_init(struct hog_frames *f, struct hog_model *model,
		     const struct hog_python *py);
void hog_frames_fini(struct hog_frames *f);
/* A forked child may end before its sys.path is read: until then it has that
 * of its parent, or its functions would be others than its parent's. */
void hog_frames_inherit(struct hog_frames *f, struct hog_frames *parent);

/* The model stack of a thread as it was last time, frame by frame, so that
 * only what changed above is looked up again. */
struct hog_stackmemo {
	uint32_t *nodes; /* owned: model stack of frames[0..i] */
	size_t n, cap;
	size_t valid;   /* nodes that still match the reader's frames */
	bool truncated; /* the root marker stands below nodes[0] */
	uint32_t root;  /* model stack below all: see hog_stackmemo_root */
};

void hog_stackmemo_fini(struct hog_stackmemo *memo);
/* To be called for each result of the reader, used or not. */
void hog_stackmemo_note(struct hog_stackmemo *memo,
			const struct hog_pystack *stack);
/* From now on stacks stand on this one; 0: on nothing. */
void hog_stackmemo_root(struct hog_stackmemo *memo, uint32_t root);
/* The model stack of a result, without its markers at the leaf. */
uint32_t hog_frames_stack(struct hog_frames *f, struct hog_stackmemo *memo,
			  const struct hog_pystack *stack);
/* stack + a frame. */
uint32_t hog_frames_push(struct hog_frames *f, uint32_t stack,
			 const struct hog_pyframe *frame);
/* stack + a marker frame such as "[gc]". */
uint32_t hog_frames_mark(struct hog_frames *f, uint32_t stack,
			 const char *marker);

#endif
