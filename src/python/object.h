/* SPDX-License-Identifier: Apache-2.0 */
/* What all readers of objects share: loads, references, types. */
#ifndef HOG_PYTHON_OBJECT_H
#define HOG_PYTHON_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

struct hog_python;

/* tp_flags that CPython has kept since 2.6, and those of managed dicts. */
enum {
	HOG_TPFLAG_INLINE_VALUES = 1u << 2, /* 3.13+ */
	HOG_TPFLAG_MANAGED_DICT = 1u << 4,  /* 3.11+ */
	HOG_TPFLAG_HEAPTYPE = 1u << 9,
	HOG_TPFLAG_INT27 = 1u << 23, /* 2.7 int; long is LONG */
	HOG_TPFLAG_LONG = 1u << 24,
	HOG_TPFLAG_LIST = 1u << 25,
	HOG_TPFLAG_TUPLE = 1u << 26,
	HOG_TPFLAG_BYTES = 1u << 27, /* 2.7: str */
	HOG_TPFLAG_STR = 1u << 28,   /* 2.7: unicode */
	HOG_TPFLAG_DICT = 1u << 29,
};

/* Little-endian numbers at any alignment. */
static inline uint64_t hog_load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t hog_load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Is the target this version or a later one? */
bool hog_pyversion_atleast(const struct hog_python *py, unsigned major,
			   unsigned minor);

/* The 8 or 4 bytes of a field.  -EINVAL: this build has no such field. */
int hog_pyread_ptr(const struct hog_python *py, uint64_t base, int32_t field,
		   uint64_t *ret);
int hog_pyread_u32(const struct hog_python *py, uint64_t base, int32_t field,
		   uint32_t *ret);

/* The object behind a slot's bits: tags off, NULL as 0.  A small int that is
 * packed into the bits has no object: see hog_pyref_is_int. */
uint64_t hog_pyref_object(const struct hog_python *py, uint64_t bits);
bool hog_pyref_is_int(const struct hog_python *py, uint64_t bits);

/* What the readers of values want of a type, in one or two reads. */
struct hog_pytype {
	uint64_t addr;
	uint64_t flags;
	uint64_t basicsize;
	int64_t dictoffset;
	uint64_t name;        /* address of tp_name */
	uint64_t dict;        /* address of tp_dict; 0 not known */
	uint64_t cached_keys; /* heap types only; else 0 */
};

/* The type of an object.  0, -EFAULT, -EBADMSG. */
int hog_pytype_of(const struct hog_python *py, uint64_t object,
		  struct hog_pytype *ret);
int hog_pytype_read(const struct hog_python *py, uint64_t type,
		    struct hog_pytype *ret);

#endif
