/* SPDX-License-Identifier: Apache-2.0 */
/* Python strings (and 2.7's byte strings as names) to UTF-8. */
#ifndef HOG_PYTHON_STR_H
#define HOG_PYTHON_STR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_python;

/* Longest text read; longer ones are cut and end in "...". */
#define HOG_PYSTR_CHARS_MAX 4096

/* Text of the str at addr as UTF-8, NUL-terminated, cut at a character to at
 * most cap - 1 bytes.  Lone surrogates become U+FFFD.  Returns the bytes
 * written, or -EFAULT unreadable, -EBADMSG not a str CPython would make. */
ssize_t hog_pystr_read(const struct hog_python *py, uint64_t addr, char *buf,
		       size_t cap);
/* The contents of a bytes object, cut to cap.  The object's whole length (may
 * be more than cap), or -errno. */
ssize_t hog_pybytes_read(const struct hog_python *py, uint64_t addr, void *buf,
			 size_t cap);

#endif
