/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One code object, from the target's memory to an owned copy: the part of the
 * cache (code.c) that reads.  Only for code.c and the finder.
 */
#ifndef HOG_PYTHON_CODEREAD_H
#define HOG_PYTHON_CODEREAD_H

#include "python/code.h"
#include "target/mem.h"

struct hog_python;

/* Bytes of the object itself, in any build. */
#define HOG_PYCODE_OBJECT_MAX 320
/* Instructions of one code object; more is no code object. */
#define HOG_PYCODE_CODE_MAX (1u << 26)

/* Of file name, name, qualified name: what its object holds. */
#define HOG_PYCODE_TEXTS 3
#define HOG_PYCODE_TEXT_MAX 128 /* bytes of it that are compared */

struct hog_pycodetext {
	uint64_t addr, hash;
	uint32_t len; /* 0: nothing is known of it */
};

/* What does not change while a code object lives, and hardly is the same in
 * the one that gets its memory next. */
struct hog_pycodeprint {
	uint64_t type, filename, name, qualname, lines, code;
	int32_t firstlineno, flags;
	int32_t nlocals, stacksize; /* 3.11+: nlocalsplus */
	int32_t traceable;
	uint32_t units; /* 3.11+: instructions */
	/* Not of the object's own bytes: hog_pycode_read alone fills them. */
	struct hog_pycodetext texts[HOG_PYCODE_TEXTS];
};

/* Bytes to read of an object for its print. */
size_t hog_pycode_object_size(const struct hog_python *py);
/* The print of an object's bytes; false: it is no code object. */
bool hog_pycode_print(const struct hog_python *py, const void *object,
		      struct hog_pycodeprint *ret);
bool hog_pycode_print_equal(const struct hog_pycodeprint *a,
			    const struct hog_pycodeprint *b);

/* Of the len bytes at the start of a str, without its reference count. */
uint64_t hog_pycode_text_hash(const struct hog_python *py, const void *object,
			      size_t len);

/* Reads the code object at addr, in two or three system calls.  The result is
 * one allocation of *ret_bytes with room for `before` bytes in front of the
 * struct (the caller's own; zeroed); free that.  NULL: no code object, or no
 * memory.  serial is left 0. */
void *hog_pycode_read(const struct hog_python *py, uint64_t addr, size_t before,
		      struct hog_pycodeprint *ret_print, size_t *ret_bytes);

/* Reads spans even when some of them are bad: ok[i] tells.  -ESRCH, -EPERM:
 * nothing can be read any more. */
int hog_spans_read(struct hog_mem *mem, const struct hog_span *spans,
		   unsigned n, bool *ok);

#endif
