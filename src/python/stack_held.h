/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack of a thread that stands still for a moment: stopped by us, or asleep.
 * What its stack needed the last times is copied in one call (or nearly), and
 * the stack is followed in the copy, pointer by pointer, when the thread has
 * gone on.  No inference: what comes out is what stood there.
 */
#ifndef HOG_PYTHON_STACK_HELD_H
#define HOG_PYTHON_STACK_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "python/stack.h"

struct hog_pyheld;

/* stacks: borrowed.  NULL: no memory. */
struct hog_pyheld *hog_pyheld_new(const struct hog_pystacks *stacks,
				  uint64_t tstate);
void hog_pyheld_free(struct hog_pyheld *h);

/* While it stands.  whole: follows the pointers as well, and what was missing
 * is copied too: a read for each piece.  0, or -errno (-ESRCH, -EPERM). */
int hog_pyheld_copy(struct hog_pyheld *h, bool whole);
/* The stack as it was copied, valid until the next walk; common counts from the
 * last that was found here.  0; -ENODATA something was missing: copy it whole;
 * -EAGAIN the thread stood where no stack is whole; -ESRCH it has ended. */
int hog_pyheld_walk(struct hog_pyheld *h, struct hog_pystack *ret);
/* While it stands, when a copy whole did not do: the stack, all read now. */
int hog_pyheld_walk_now(struct hog_pyheld *h, struct hog_pystack *ret);
/* The runtime as it was copied: what is read through it is part of the copy
 * from the next one on. */
const struct hog_python *hog_pyheld_view(const struct hog_pyheld *h);

#endif
