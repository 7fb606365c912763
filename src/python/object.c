/* SPDX-License-Identifier: Apache-2.0 */
#include "python/object.h"

#include <errno.h>

#include "python/dict.h"
#include "python/python.h"

#define TYPE_BYTES 320 /* tp_dictoffset is the last we want, + 16 when FT */
#define REF_TAGS ((uint64_t)3)

bool hog_pyversion_atleast(const struct hog_python *py, unsigned major,
			   unsigned minor)
{
	return py->version >> 16 >= (major << 8 | minor);
}

int hog_pyread_ptr(const struct hog_python *py, uint64_t base, int32_t field,
		   uint64_t *ret)
{
	if (field == HOG_NO_FIELD)
		return -EINVAL;
	return hog_mem_read_u64(py->mem, base + (uint64_t)field, ret);
}

int hog_pyread_u32(const struct hog_python *py, uint64_t base, int32_t field,
		   uint32_t *ret)
{
	if (field == HOG_NO_FIELD)
		return -EINVAL;
	return hog_mem_read_u32(py->mem, base + (uint64_t)field, ret);
}

uint64_t hog_pyref_object(const struct hog_python *py, uint64_t bits)
{
	return py->lay.tagged_refs ? bits & ~REF_TAGS : bits;
}

bool hog_pyref_is_int(const struct hog_python *py, uint64_t bits)
{
	return py->lay.tagged_refs && (bits & REF_TAGS) == REF_TAGS;
}

static bool in_head(int32_t field)
{
	return field >= 0 && field + 8 <= TYPE_BYTES;
}

int hog_pytype_read(const struct hog_python *py, uint64_t type,
		    struct hog_pytype *ret)
{
	const struct hog_pylayout *lay = &py->lay;
	unsigned char head[TYPE_BYTES];
	struct hog_pytype t = { .addr = type };
	int r;

	if (!in_head(lay->type_flags) || !in_head(lay->type_name) ||
	    !in_head(lay->type_basicsize))
		return -EINVAL;
	r = hog_mem_read(py->mem, type, head, sizeof(head));
	if (r < 0)
		return r;
	t.flags = hog_load64(head + lay->type_flags);
	t.basicsize = hog_load64(head + lay->type_basicsize);
	t.name = hog_load64(head + lay->type_name);
	if (in_head(lay->type_dict))
		t.dict = hog_load64(head + lay->type_dict);
	if (in_head(lay->type_dictoffset))
		t.dictoffset = (int64_t)hog_load64(head + lay->type_dictoffset);
	if (t.flags & HOG_TPFLAG_HEAPTYPE &&
	    lay->heaptype_cached_keys != HOG_NO_FIELD)
		(void)hog_pyread_ptr(py, type, lay->heaptype_cached_keys,
				     &t.cached_keys);
	if (t.basicsize > (uint64_t)1 << 31)
		return -EBADMSG;
	*ret = t;
	return 0;
}

int hog_pytype_of(const struct hog_python *py, uint64_t object,
		  struct hog_pytype *ret)
{
	uint64_t type;
	int r = hog_pyread_ptr(py, object, py->lay.object_type, &type);

	return r < 0 ? r : hog_pytype_read(py, type, ret);
}

/* Attributes of an object whose dict pointer lies at addr. */
static int find_in_dict_at(const struct hog_python *py, uint64_t addr,
			   const char *name, uint64_t *ret_value)
{
	uint64_t dict;
	int r = hog_mem_read_u64(py->mem, addr, &dict);

	if (r < 0)
		return r;
	return dict ? hog_pydict_get(py, dict, name, ret_value) : -ENOENT;
}

static int find_in_values(const struct hog_python *py,
			  const struct hog_pytype *t, uint64_t values,
			  const char *name, uint64_t *ret_value)
{
	struct hog_pydict_iter it;
	int r;

	if (t->cached_keys == 0 || values == 0)
		return -ENOENT;
	r = hog_pydict_open_split(py, t->cached_keys, values, &it);
	return r < 0 ? r : hog_pydict_find(&it, name, ret_value);
}

/* 3.11: values pointer at -32, dict pointer at -24.  3.12: one word at -24,
 * values + tag bit or dict. */
static int managed_311(const struct hog_python *py, const struct hog_pytype *t,
		       uint64_t object, const char *name, uint64_t *ret_value)
{
	uint64_t word;
	int r;

	if (!hog_pyversion_atleast(py, 3, 12)) {
		r = hog_mem_read_u64(py->mem, object - 32, &word);
		if (r == 0 && word)
			return find_in_values(py, t, word, name, ret_value);
		return r < 0 ? r
			     : find_in_dict_at(py, object - 24, name,
					       ret_value);
	}
	r = hog_mem_read_u64(py->mem, object - 24, &word);
	if (r < 0)
		return r;
	if (word & 1)
		return find_in_values(py, t, word + 1, name, ret_value);
	return word ? hog_pydict_get(py, word, name, ret_value) : -ENOENT;
}

/* 3.13 on: dict pointer in front of the object, else inline values behind. */
static int managed_313(const struct hog_python *py, const struct hog_pytype *t,
		       uint64_t object, const char *name, uint64_t *ret_value)
{
	uint64_t dict, values = object + t->basicsize;
	unsigned char head[4];
	int r;

	r = hog_mem_read_u64(py->mem, object - (py->lay.free_threaded ? 8 : 24),
			     &dict);
	if (r < 0)
		return r;
	if (dict)
		return hog_pydict_get(py, dict, name, ret_value);
	if (!(t->flags & HOG_TPFLAG_INLINE_VALUES))
		return -ENOENT;
	r = hog_mem_read(py->mem, values, head, sizeof(head));
	if (r < 0)
		return r;
	if (head[3] != 1) /* "valid": else they have moved into a dict */
		return -ENOENT;
	return find_in_values(py, t, values, name, ret_value);
}

int hog_pyattr_get(const struct hog_python *py, uint64_t object,
		   const char *name, uint64_t *ret_value)
{
	struct hog_pytype t;
	int r = hog_pytype_of(py, object, &t);

	if (r < 0)
		return r;
	if (hog_pyversion_atleast(py, 3, 13) &&
	    t.flags & HOG_TPFLAG_MANAGED_DICT)
		return managed_313(py, &t, object, name, ret_value);
	if (hog_pyversion_atleast(py, 3, 11) &&
	    t.flags & HOG_TPFLAG_MANAGED_DICT)
		return managed_311(py, &t, object, name, ret_value);
	if (t.dictoffset <= 0) /* none, or behind a variable part: not needed */
		return -ENOENT;
	return find_in_dict_at(py, object + (uint64_t)t.dictoffset, name,
			       ret_value);
}
