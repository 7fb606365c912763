/* SPDX-License-Identifier: Apache-2.0 */
/* What walk.c lends to others who read single frames. */
#ifndef HOG_PYTHON_WALK_H
#define HOG_PYTHON_WALK_H

#include <stdint.h>

struct hog_pycode;
struct hog_python;

/* Address of the first instruction that the instruction pointer of a frame
 * counts from; head: the bytes of the frame.  With thread-local byte code
 * (free-threaded 3.14+) it is that of a copy.  -EAGAIN: torn. */
int hog_pycode_base(const struct hog_python *py, const struct hog_pycode *code,
		    const unsigned char *head, uint64_t *ret);

#endif
