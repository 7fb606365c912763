/* SPDX-License-Identifier: Apache-2.0 */
/* Python strings (and 2.7's byte strings as names) to UTF-8. */
#ifndef HOG_PYTHON_STR_H
#define HOG_PYTHON_STR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_pylayout;
struct hog_python;

/* Longest text read; longer ones are cut and end in "...". */
#define HOG_PYSTR_CHARS_MAX 4096
/* Bytes of a str object that hog_pystr_parse may look at, in any build. */
#define HOG_PYSTR_HEAD_MAX 128

/* Text of the str at addr as UTF-8, NUL-terminated, cut at a character to at
 * most cap - 1 bytes.  Lone surrogates become U+FFFD.  Returns the bytes
 * written, or -EFAULT unreadable, -EBADMSG not a str CPython would make. */
ssize_t hog_pystr_read(const struct hog_python *py, uint64_t addr, char *buf,
		       size_t cap);
/* The contents of a bytes object, cut to cap.  The object's whole length (may
 * be more than cap), or -errno. */
ssize_t hog_pybytes_read(const struct hog_python *py, uint64_t addr, void *buf,
			 size_t cap);

/* For those who read many at once: where the characters of a str are. */
struct hog_pystrdata {
	uint64_t addr;  /* of the first character */
	uint64_t chars; /* length of the str; may be over HOG_PYSTR_CHARS_MAX */
	uint32_t bytes; /* to read for what is shown of it */
	uint8_t width;  /* bytes per character: 1, 2, 4; 0: 2.7's bytes */
};

/* How many bytes every str object has at least, and so can be asked for
 * without touching what lies behind it. */
size_t hog_pystr_head(const struct hog_pylayout *lay);
/* Tells from the first len bytes of the object at addr where its characters
 * are.  0; -ENODATA: len is too short for this one (HOG_PYSTR_HEAD_MAX is
 * enough for all); -EBADMSG. */
int hog_pystr_parse(const struct hog_pylayout *lay, uint64_t addr,
		    const void *head, size_t len, struct hog_pystrdata *ret);
/* UTF-8 of the str->bytes bytes at data; as hog_pystr_read. */
size_t hog_pystr_utf8(const struct hog_pystrdata *str, const void *data,
		      char *buf, size_t cap);

#endif
