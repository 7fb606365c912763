/* SPDX-License-Identifier: Apache-2.0 */
/* Names of types as Python shows them: "int", "module.Name". */
#include "python/value_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "python/dict.h"
#include "python/python.h"
#include "python/str.h"

/* Puts "module." before a bare name, unless it is a builtin. */
static void add_module(const struct hog_python *py, uint64_t dict, char *name)
{
	char module[HOG_PYTYPE_NAME_MAX], bare[HOG_PYTYPE_NAME_MAX];
	struct hog_pytype type;
	uint64_t text;

	if (dict == 0 || hog_pydict_get(py, dict, "__module__", &text) < 0 ||
	    hog_pytype_of(py, text, &type) < 0 ||
	    !(type.flags & (HOG_TPFLAG_STR | HOG_TPFLAG_BYTES)) ||
	    hog_pystr_read(py, text, module, sizeof(module)) <= 0)
		return;
	if (strcmp(module, "builtins") == 0 ||
	    strcmp(module, "__builtin__") == 0)
		return;
	snprintf(bare, sizeof(bare), "%s", name);
	snprintf(name, HOG_PYTYPE_NAME_MAX, "%.*s.%.*s", 120, module, 120,
		 bare);
}

static int read_name(const struct hog_python *py, const struct hog_pytype *type,
		     char *name)
{
	ssize_t n = hog_mem_read_cstr(py->mem, type->name, name,
				      HOG_PYTYPE_NAME_MAX);

	if (n < 0)
		return (int)n;
	if (n == 0)
		return -EBADMSG;
	/* Heap types keep the bare name; made by C code, often the full one. */
	if (type->flags & HOG_TPFLAG_HEAPTYPE && !strchr(name, '.'))
		add_module(py, type->dict, name);
	return 0;
}

/* 2.7's old-style instances: all of one type, their class beside. */
static int old_style(const struct hog_python *py, uint64_t object, char *name)
{
	const struct hog_pylayout *lay = &py->lay;
	uint64_t class, text, dict = 0;
	ssize_t n;
	int r = hog_pyread_ptr(py, object, lay->instance_class, &class);

	if (r == 0)
		r = hog_pyread_ptr(py, class, lay->class_name, &text);
	if (r < 0)
		return r;
	n = hog_pystr_read(py, text, name, HOG_PYTYPE_NAME_MAX);
	if (n <= 0)
		return n < 0 ? (int)n : -EBADMSG;
	(void)hog_pyread_ptr(py, class, lay->class_dict, &dict);
	add_module(py, dict, name);
	return 0;
}

static int load_type(const struct hog_python *py, uint64_t addr,
		     uint64_t object, struct hog_pytype *type, char *name)
{
	int r = hog_pytype_read(py, addr, type);

	if (r == 0)
		r = read_name(py, type, name);
	if (r == 0 && py->lay.major == 2 && strcmp(name, "instance") == 0) {
		type->addr = 0; /* of this object only: not to be found again */
		r = old_style(py, object, name);
	}
	return r;
}

int hog_pyvalue_type(struct hog_pyvalues *ctx, uint64_t object,
		     const struct hog_pytype **ret_type, const char **ret_name)
{
	struct hog_pytypes *t = &ctx->types;
	uint64_t addr;
	unsigned i = 0;
	int r = hog_pyread_ptr(ctx->py, object, ctx->py->lay.object_type,
			       &addr);

	if (r < 0)
		return r;
	while (i < t->n && (t->v[i].addr != addr || addr == 0))
		i++;
	if (i == t->n) {
		if (t->n == HOG_PYTYPES_KEPT)
			i = t->n = 0; /* start over: they are few */
		r = load_type(ctx->py, addr, object, &t->v[i], t->names[i]);
		if (r < 0)
			return r;
		t->n = i + 1;
	}
	*ret_type = &t->v[i];
	*ret_name = t->names[i];
	return 0;
}
