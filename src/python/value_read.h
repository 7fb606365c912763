/* SPDX-License-Identifier: Apache-2.0 */
/* One object to a value and its text: the parts of value.c, private. */
#ifndef HOG_PYTHON_VALUE_READ_H
#define HOG_PYTHON_VALUE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "python/object.h"
#include "python/value.h"

struct hog_python;

#define HOG_PYTYPE_NAME_MAX 256
#define HOG_PYTYPES_KEPT 64
/* Characters looked at of one str or bytes object: they decide the quotes. */
#define HOG_PYTEXT_MAX 65536

/* Types met while one frame is read. */
struct hog_pytypes {
	struct hog_pytype v[HOG_PYTYPES_KEPT];
	char names[HOG_PYTYPES_KEPT][HOG_PYTYPE_NAME_MAX];
	unsigned n;
};

struct hog_pyvalues {
	const struct hog_python *py; /* borrowed */
	size_t limit;                /* characters of a repr */
	struct hog_pytypes types;
	uint32_t text[HOG_PYTEXT_MAX]; /* scratch */
};

/* Type of an object and its full name ("int", "module.Type"), remembered.
 * *ret_type is valid until the next call. */
int hog_pyvalue_type(struct hog_pyvalues *ctx, uint64_t object,
		     const struct hog_pytype **ret_type, const char **ret_name);

/* Reads an object into a value, its repr (uncut) appended to repr.  The type's
 * name goes into type (HOG_PYTYPE_NAME_MAX bytes).  depth 0: containers are
 * opened.  Never fails but for memory: what cannot be read says so. */
int hog_pyvalue_read(struct hog_pyvalues *ctx, uint64_t object, int depth,
		     struct hog_pyvalue *ret, struct hog_buf *repr, char *type);
/* The same for what stands in a slot: untags, and knows packed ints. */
int hog_pyvalue_read_ref(struct hog_pyvalues *ctx, uint64_t bits, int depth,
			 struct hog_pyvalue *ret, struct hog_buf *repr,
			 char *type);
void hog_pyvalue_fini(struct hog_pyvalue *v);

/* Code points of a str (2.7: unicode) into ctx->text, at most HOG_PYTEXT_MAX.
 * How many; *ret_len is its whole length. */
ssize_t hog_pyvalue_str(struct hog_pyvalues *ctx, uint64_t addr,
			uint64_t *ret_len);
/* Bytes of a bytes object (2.7: str) into ctx->text, one each. */
ssize_t hog_pyvalue_bytes(struct hog_pyvalues *ctx, uint64_t addr,
			  uint64_t *ret_len);
/* Appends the repr of code points: at most limit characters and some. */
void hog_pyvalue_quote(const uint32_t *text, size_t n, bool ascii_only,
		       size_t limit, struct hog_buf *out);
/* Bytes, one per element, that are UTF-8: to code points, in place.  How many,
 * or -EBADMSG: they are not. */
ssize_t hog_pyvalue_decode(uint32_t *text, size_t n);
/* As UTF-8; lone surrogates become U+FFFD. */
void hog_pyvalue_utf8(const uint32_t *text, size_t n, struct hog_buf *out);

/* Cuts UTF-8 text to limit characters, the last three of them "...". */
void hog_pyvalue_cut(struct hog_buf *text, size_t limit);

#endif
