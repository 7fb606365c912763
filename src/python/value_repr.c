/* SPDX-License-Identifier: Apache-2.0 */
/* One object to its value and its repr. */
#include "python/value_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "python/dict.h"
#include "python/python.h"
#include "python/value_int.h"

#define ITEMS_MAX 10000               /* of one container, whatever the limit */
#define SLOTS_MAX ((uint64_t)1 << 24) /* of a set, looked at */
#define SIZE_MAX_ITEMS ((uint64_t)1 << 40)

void hog_pyvalue_fini(struct hog_pyvalue *v)
{
	for (size_t i = 0; i < v->n_items; i++)
		free(v->items[i].text); /* items hold no items: one level */
	free(v->items);
	free(v->text);
	*v = (struct hog_pyvalue){ 0 };
}

/* ---- what an object is ---- */

struct builtin {
	const char *name;
	uint64_t flag; /* that its type carries; 0: told by the name alone */
	int (*read)(struct hog_pyvalues *ctx, uint64_t object,
		    struct hog_pyvalue *ret, struct hog_buf *repr);
};

static int add_item(struct hog_pyvalues *ctx, uint64_t bits,
		    struct hog_pyvalue *list, struct hog_buf *repr)
{
	char type[HOG_PYTYPE_NAME_MAX];

	if ((list->n_items & (list->n_items - 1)) == 0) { /* 0, 1, 2, 4, 8 */
		size_t cap = list->n_items ? list->n_items * 2 : 1;
		struct hog_pyvalue *grown;

		grown = realloc(list->items, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		list->items = grown;
	}
	list->items[list->n_items] = (struct hog_pyvalue){ 0 };
	return hog_pyvalue_read_ref(ctx, bits, 1, &list->items[list->n_items++],
				    repr, type);
}

/* Has the text grown past what will be shown? */
static bool full(const struct hog_pyvalues *ctx, const struct hog_pyvalue *v,
		 const struct hog_buf *repr, size_t from)
{
	return v->n_items >= ITEMS_MAX ||
	       repr->len - from > 4 * (ctx->limit + 8);
}

static int read_none(struct hog_pyvalues *ctx, uint64_t object,
		     struct hog_pyvalue *ret, struct hog_buf *repr)
{
	(void)ctx;
	(void)object;
	ret->kind = HOG_PYVALUE_NONE;
	hog_buf_add_str(repr, "None");
	return 0;
}

static int read_int_as(struct hog_pyvalues *ctx, uint64_t object, bool int27,
		       struct hog_pyvalue *ret, struct hog_buf *repr)
{
	struct hog_pyint v;
	int r = hog_pyint_read(ctx->py, object, int27, &v);

	if (r < 0)
		return r;
	if (hog_pyint_to64(&v, &ret->integer))
		ret->kind = HOG_PYVALUE_INT;
	hog_pyint_text(&v, repr);
	return 0;
}

static bool is_27(const struct hog_pyvalues *ctx)
{
	return ctx->py->lay.major == 2;
}

static int read_bool(struct hog_pyvalues *ctx, uint64_t object,
		     struct hog_pyvalue *ret, struct hog_buf *repr)
{
	struct hog_buf digits = { 0 };
	int r = read_int_as(ctx, object, is_27(ctx), ret, &digits);

	hog_buf_fini(&digits);
	if (r < 0)
		return r;
	ret->kind = HOG_PYVALUE_BOOL;
	hog_buf_add_str(repr, ret->integer ? "True" : "False");
	return 0;
}

static int read_int(struct hog_pyvalues *ctx, uint64_t object,
		    struct hog_pyvalue *ret, struct hog_buf *repr)
{
	return read_int_as(ctx, object, is_27(ctx), ret, repr);
}

static int read_long(struct hog_pyvalues *ctx, uint64_t object,
		     struct hog_pyvalue *ret, struct hog_buf *repr)
{
	int r = read_int_as(ctx, object, false, ret, repr);

	hog_buf_add_u8(repr, 'L');
	return r;
}

static int read_float(struct hog_pyvalues *ctx, uint64_t object,
		      struct hog_pyvalue *ret, struct hog_buf *repr)
{
	uint64_t bits;
	int r = hog_pyread_ptr(ctx->py, object, ctx->py->lay.object_type + 8,
			       &bits);

	if (r < 0)
		return r;
	memcpy(&ret->real, &bits, sizeof(ret->real));
	if (ret->real - ret->real == 0.0) /* neither infinite nor NaN */
		ret->kind = HOG_PYVALUE_FLOAT;
	hog_pyvalue_float(ret->real, repr);
	return 0;
}

/* Keeps the text itself, as many characters as a repr may have. */
static int keep_text(struct hog_pyvalues *ctx, size_t n, uint64_t len,
		     struct hog_pyvalue *ret)
{
	struct hog_buf text = { 0 };
	size_t keep = n < ctx->limit ? n : ctx->limit;

	hog_pyvalue_utf8(ctx->text, keep, &text);
	hog_buf_add_u8(&text, 0);
	if (text.failed) {
		hog_buf_fini(&text);
		return -ENOMEM;
	}
	ret->kind = HOG_PYVALUE_STR;
	ret->text = (char *)hog_move(text.data);
	ret->text_len = text.len - 1;
	ret->cut = keep < len;
	return 0;
}

static int read_str(struct hog_pyvalues *ctx, uint64_t object,
		    struct hog_pyvalue *ret, struct hog_buf *repr)
{
	uint64_t len;
	ssize_t n = hog_pyvalue_str(ctx, object, &len);

	if (n < 0)
		return (int)n;
	if (is_27(ctx))
		hog_buf_add_u8(repr, 'u');
	hog_pyvalue_quote(ctx->text, (size_t)n, is_27(ctx), ctx->limit, repr);
	return keep_text(ctx, (size_t)n, len, ret);
}

/* Bytes have no JSON of their own; 2.7's are its text. */
static int read_bytes(struct hog_pyvalues *ctx, uint64_t object,
		      struct hog_pyvalue *ret, struct hog_buf *repr)
{
	uint64_t len;
	ssize_t n = hog_pyvalue_bytes(ctx, object, &len);

	if (n < 0)
		return (int)n;
	if (!is_27(ctx))
		hog_buf_add_u8(repr, 'b');
	hog_pyvalue_quote(ctx->text, (size_t)n, true, ctx->limit, repr);
	if (!is_27(ctx))
		return 0;
	n = hog_pyvalue_decode(ctx->text, (size_t)n);
	return n < 0 ? 0 : keep_text(ctx, (size_t)n, len, ret);
}

/* ---- containers, one level ---- */

/* Items of an array of references at addr. */
static int read_items(struct hog_pyvalues *ctx, uint64_t addr, uint64_t size,
		      struct hog_pyvalue *ret, struct hog_buf *repr)
{
	size_t from = repr->len;

	ret->kind = HOG_PYVALUE_LIST;
	for (uint64_t i = 0; i < size; i++) {
		uint64_t item;
		int r;

		if (full(ctx, ret, repr, from)) {
			ret->cut = true;
			return 0;
		}
		if (i)
			hog_buf_add_str(repr, ", ");
		r = hog_mem_read_u64(ctx->py->mem, addr + 8 * i, &item);
		if (r == 0)
			r = add_item(ctx, item, ret, repr);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_sized(struct hog_pyvalues *ctx, uint64_t object, uint64_t *ret)
{
	int r = hog_pyread_ptr(ctx->py, object, ctx->py->lay.bytes_size, ret);

	return r == 0 && *ret > SIZE_MAX_ITEMS ? -EBADMSG : r;
}

static int read_list(struct hog_pyvalues *ctx, uint64_t object,
		     struct hog_pyvalue *ret, struct hog_buf *repr)
{
	uint64_t size, items;
	int r = read_sized(ctx, object, &size);

	if (r == 0)
		r = hog_pyread_ptr(ctx->py, object, ctx->py->lay.list_items,
				   &items);
	if (r < 0)
		return r;
	hog_buf_add_u8(repr, '[');
	r = read_items(ctx, items, size, ret, repr);
	hog_buf_add_u8(repr, ']');
	return r;
}

static int read_tuple(struct hog_pyvalues *ctx, uint64_t object,
		      struct hog_pyvalue *ret, struct hog_buf *repr)
{
	uint64_t size;
	int r = read_sized(ctx, object, &size);

	if (r < 0)
		return r;
	if (ctx->py->lay.tuple_items < 0)
		return -EINVAL;
	hog_buf_add_u8(repr, '(');
	r = read_items(ctx, object + (uint64_t)ctx->py->lay.tuple_items, size,
		       ret, repr);
	hog_buf_add_str(repr, size == 1 ? ",)" : ")");
	return r;
}

static int read_dict(struct hog_pyvalues *ctx, uint64_t object,
		     struct hog_pyvalue *ret, struct hog_buf *repr)
{
	struct hog_pydict_iter it;
	uint64_t key, value;
	size_t from = repr->len;
	int r = hog_pydict_open(ctx->py, object, &it);

	if (r < 0)
		return r;
	ret->kind = HOG_PYVALUE_DICT;
	hog_buf_add_u8(repr, '{');
	while ((r = hog_pydict_next(&it, &key, &value)) > 0) {
		if (full(ctx, ret, repr, from)) {
			ret->cut = true;
			r = 0;
			break;
		}
		if (ret->n_items)
			hog_buf_add_str(repr, ", ");
		r = add_item(ctx, key, ret, repr);
		hog_buf_add_str(repr, ": ");
		if (r == 0)
			r = add_item(ctx, value, ret, repr);
		if (r < 0)
			break;
	}
	hog_buf_add_u8(repr, '}');
	return r;
}

/* 2.7 marks a removed entry by a str of its own, whose hash stays. */
static bool is_dummy_27(struct hog_pyvalues *ctx, uint64_t key)
{
	static const char dummy[] = "<dummy key>";
	char text[sizeof(dummy) - 1];
	uint64_t size;

	return is_27(ctx) &&
	       hog_pyread_ptr(ctx->py, key, ctx->py->lay.bytes_size, &size) ==
		       0 &&
	       size == sizeof(text) &&
	       hog_mem_read(ctx->py->mem,
			    key + (uint64_t)ctx->py->lay.bytes_data, text,
			    sizeof(text)) == 0 &&
	       memcmp(text, dummy, sizeof(text)) == 0;
}

static int read_set_items(struct hog_pyvalues *ctx, uint64_t object,
			  struct hog_pyvalue *ret, struct hog_buf *repr)
{
	const struct hog_pylayout *lay = &ctx->py->lay;
	unsigned key_at = is_27(ctx) ? 1 : 0; /* {hash, key} there */
	uint64_t used, mask, table, entry[2];
	size_t from = repr->len;
	int r = hog_pyread_ptr(ctx->py, object, lay->set_used, &used);

	if (r == 0)
		r = hog_pyread_ptr(ctx->py, object, lay->set_mask, &mask);
	if (r == 0)
		r = hog_pyread_ptr(ctx->py, object, lay->set_table, &table);
	if (r < 0)
		return r;
	if (used > mask || mask > SIZE_MAX_ITEMS)
		return -EBADMSG;
	ret->kind = HOG_PYVALUE_LIST;
	for (uint64_t i = 0; i <= mask && i < SLOTS_MAX; i++) {
		if (ret->n_items >= used)
			break;
		if (full(ctx, ret, repr, from)) {
			ret->cut = true;
			break;
		}
		r = hog_mem_read(ctx->py->mem, table + 16 * i, entry,
				 sizeof(entry));
		if (r < 0)
			return r;
		if (entry[key_at] == 0 ||
		    (key_at == 0 && entry[1] == UINT64_MAX) ||
		    is_dummy_27(ctx, entry[key_at]))
			continue;
		if (ret->n_items)
			hog_buf_add_str(repr, ", ");
		r = add_item(ctx, entry[key_at], ret, repr);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_set_as(struct hog_pyvalues *ctx, uint64_t object,
		       const char *name, bool named, struct hog_pyvalue *ret,
		       struct hog_buf *repr)
{
	struct hog_buf items = { 0 };
	int r = read_set_items(ctx, object, ret, &items);
	bool empty = ret->n_items == 0;

	if (named || empty)
		hog_buf_printf(repr, "%s(", name);
	if (!empty || is_27(ctx)) {
		hog_buf_add_u8(repr, is_27(ctx) ? '[' : '{');
		hog_buf_add(repr, items.data, items.len);
		hog_buf_add_u8(repr, is_27(ctx) ? ']' : '}');
	}
	if (named || empty)
		hog_buf_add_u8(repr, ')');
	if (items.failed)
		r = -ENOMEM;
	hog_buf_fini(&items);
	return r;
}

static int read_set(struct hog_pyvalues *ctx, uint64_t object,
		    struct hog_pyvalue *ret, struct hog_buf *repr)
{
	return read_set_as(ctx, object, "set", is_27(ctx), ret, repr);
}

static int read_frozenset(struct hog_pyvalues *ctx, uint64_t object,
			  struct hog_pyvalue *ret, struct hog_buf *repr)
{
	return read_set_as(ctx, object, "frozenset", true, ret, repr);
}

static const struct builtin builtins_3[] = {
	{ "NoneType", 0, read_none },
	{ "bool", HOG_TPFLAG_LONG, read_bool },
	{ "int", HOG_TPFLAG_LONG, read_int },
	{ "float", 0, read_float },
	{ "str", HOG_TPFLAG_STR, read_str },
	{ "bytes", HOG_TPFLAG_BYTES, read_bytes },
	{ "list", HOG_TPFLAG_LIST, read_list },
	{ "tuple", HOG_TPFLAG_TUPLE, read_tuple },
	{ "dict", HOG_TPFLAG_DICT, read_dict },
	{ "set", 0, read_set },
	{ "frozenset", 0, read_frozenset },
	{ NULL, 0, NULL },
};

static const struct builtin builtins_27[] = {
	{ "NoneType", 0, read_none },
	{ "bool", HOG_TPFLAG_INT27, read_bool },
	{ "int", HOG_TPFLAG_INT27, read_int },
	{ "long", HOG_TPFLAG_LONG, read_long },
	{ "float", 0, read_float },
	{ "unicode", HOG_TPFLAG_STR, read_str },
	{ "str", HOG_TPFLAG_BYTES, read_bytes },
	{ "list", HOG_TPFLAG_LIST, read_list },
	{ "tuple", HOG_TPFLAG_TUPLE, read_tuple },
	{ "dict", HOG_TPFLAG_DICT, read_dict },
	{ "set", 0, read_set },
	{ "frozenset", 0, read_frozenset },
	{ NULL, 0, NULL },
};

/* The reader of an object whose type is exactly a builtin one: a subclass
 * prints itself as it likes, which we cannot know. */
static const struct builtin *find_builtin(const struct hog_pyvalues *ctx,
					  const struct hog_pytype *type,
					  const char *name)
{
	const struct builtin *b = is_27(ctx) ? builtins_27 : builtins_3;

	if (type->flags & HOG_TPFLAG_HEAPTYPE)
		return NULL;
	for (; b->name; b++)
		if (strcmp(b->name, name) == 0 &&
		    (b->flag == 0 || type->flags & b->flag))
			return b;
	return NULL;
}

static bool is_container(const struct builtin *b)
{
	return b->read == read_list || b->read == read_tuple ||
	       b->read == read_dict || b->read == read_set ||
	       b->read == read_frozenset;
}

int hog_pyvalue_read(struct hog_pyvalues *ctx, uint64_t object, int depth,
		     struct hog_pyvalue *ret, struct hog_buf *repr, char *type)
{
	const struct hog_pytype *t;
	const struct builtin *b = NULL;
	const char *name = "?";
	size_t before = repr->len;
	int r = hog_pyvalue_type(ctx, object, &t, &name);

	if (r == 0)
		b = find_builtin(ctx, t, name);
	memcpy(type, name, strlen(name) + 1);
	if (b && !(depth > 0 && is_container(b)))
		r = b->read(ctx, object, ret, repr);
	else
		r = -ENOTSUP;
	if (r == 0 || r == -ENOMEM)
		return r;
	/* Not one we read, or it changed under us: type and address. */
	hog_pyvalue_fini(ret);
	repr->len = before;
	hog_buf_printf(repr, "<%s at 0x%llx>", type,
		       (unsigned long long)object);
	return 0;
}

int hog_pyvalue_read_ref(struct hog_pyvalues *ctx, uint64_t bits, int depth,
			 struct hog_pyvalue *ret, struct hog_buf *repr,
			 char *type)
{
	if (hog_pyref_is_int(ctx->py, bits)) {
		ret->kind = HOG_PYVALUE_INT;
		ret->integer = (int64_t)bits >> 2;
		hog_buf_printf(repr, "%lld", (long long)ret->integer);
		memcpy(type, "int", 4);
		return 0;
	}
	return hog_pyvalue_read(ctx, hog_pyref_object(ctx->py, bits), depth,
				ret, repr, type);
}
