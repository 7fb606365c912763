/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread of CPython 3.13 made from bytes: a thread state, one or two data
 * stack chunks, code objects and frames, as the interpreter would leave them.
 */
#ifndef HOG_TESTS_FAKE_STACK_H
#define HOG_TESTS_FAKE_STACK_H

#include <stdint.h>

#include "fake_mem.h"
#include "python/python.h"
#include "python/stack.h"

#define FAKE_TSTATE 0x10000
#define FAKE_INTERP 0x20000
#define FAKE_CHUNK 0x100000
#define FAKE_CHUNK_SIZE 16384
#define FAKE_CODES 8
#define FAKE_CODE_BYTES 64
/* What the code of every fake function holds: a call at 8, a return at 20. */
#define FAKE_AT_CALL 8
#define FAKE_AT_RETURN 20

struct fake_stack {
	struct fake_mem mem;
	struct hog_python py;
	struct hog_pystacks stacks;
	struct hog_pyreader *reader;
	uint64_t code[FAKE_CODES]; /* of functions "f0" ... */
};

void fake_stack_init(struct fake_stack *f);
void fake_stack_fini(struct fake_stack *f);

struct fake_frame {
	unsigned code; /* index */
	uint64_t previous;
	int32_t at, stacktop; /* -1: running */
	int callee;           /* code whose function lies on its stack; -1 */
};

/* Puts a frame at addr; returns where the next one goes. */
uint64_t fake_stack_frame(struct fake_stack *f, uint64_t addr,
			  const struct fake_frame *frame);
/* A chain of n frames f0 ... calling each other, the last one running. */
void fake_stack_chain(struct fake_stack *f, unsigned n);
/* Address of frame i of such a chain. */
uint64_t fake_stack_addr(const struct fake_stack *f, unsigned i);
enum hog_pyverdict fake_stack_sample(struct fake_stack *f,
				     struct hog_pystack *ret);

#endif
