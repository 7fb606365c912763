/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments and locals of a frame: which slots there are, what they hold. */
#include "python/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "python/code.h"
#include "python/dict.h"
#include "python/python.h"
#include "python/str.h"
#include "python/value_read.h"

#define LOCALS_MAX 4096 /* of one frame */
#define NAME_MAX_BYTES 256
#define CO_OPTIMIZED 1u
#define LIMIT_MIN 4
#define SLOT_TRIES 8     /* of a frame that moves */
#define KIND_HIDDEN 0x10 /* 3.12+: of an inlined comprehension */
#define KIND_CELL 0x40
#define KIND_FREE 0x80

/* One variable of a code object and what its slot holds. */
struct slot {
	char name[NAME_MAX_BYTES];
	enum hog_pylocal_kind kind;
	bool cell;     /* the slot holds a cell object, or will */
	bool shadowed; /* an argument that lives on in a cell further down */
	uint64_t bits;
};

struct frame_slots {
	struct slot *v; /* owned */
	size_t n;
};

void hog_pylocals_free(struct hog_pylocal *locals, size_t n)
{
	for (size_t i = 0; locals && i < n; i++) {
		free(locals[i].name);
		free(locals[i].type);
		free(locals[i].repr);
		hog_pyvalue_fini(&locals[i].value);
	}
	free(locals);
}

/* ---- which slots ---- */

static int read_count(const struct hog_python *py, uint64_t code, int32_t field,
		      uint32_t *total)
{
	uint32_t n;
	int r;

	if (field == HOG_NO_FIELD)
		return 0;
	r = hog_pyread_u32(py, code, field, &n);
	if (r < 0)
		return r;
	if (n > LOCALS_MAX)
		return -EBADMSG;
	*total += n;
	return 0;
}

static int count_args(const struct hog_python *py,
		      const struct hog_pycode *code, uint32_t *ret)
{
	uint32_t n = 0;
	int r = read_count(py, code->addr, py->lay.code_argcount, &n);

	if (r == 0)
		r = read_count(py, code->addr, py->lay.code_kwonlyargcount, &n);
	n += (code->flags & HOG_CO_VARARGS) != 0;
	n += (code->flags & HOG_CO_VARKEYWORDS) != 0;
	*ret = n;
	return r;
}

/* Appends a slot for every name of a tuple of names. */
static int add_names(const struct hog_python *py, uint64_t tuple,
		     enum hog_pylocal_kind kind, bool cell,
		     struct frame_slots *slots)
{
	_cleanup_free_ uint64_t *items = NULL;
	struct slot *grown;
	uint64_t n;
	int r = hog_pyread_ptr(py, tuple, py->lay.bytes_size, &n);

	if (r < 0 || n == 0)
		return r;
	if (n > LOCALS_MAX - slots->n || py->lay.tuple_items < 0)
		return -EBADMSG;
	items = malloc((size_t)n * sizeof(*items));
	grown = realloc(slots->v, (slots->n + (size_t)n) * sizeof(*grown));
	if (grown)
		slots->v = grown;
	if (!grown || !items)
		return -ENOMEM;
	r = hog_mem_read(py->mem, tuple + (uint64_t)py->lay.tuple_items, items,
			 (size_t)n * sizeof(*items));
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct slot *s = &slots->v[slots->n++];

		*s = (struct slot){ .kind = kind, .cell = cell };
		if (hog_pystr_read(py, items[i], s->name, sizeof(s->name)) < 0)
			memcpy(s->name, "?", 2);
	}
	return r;
}

static int add_named_field(const struct hog_python *py, uint64_t code,
			   int32_t field, enum hog_pylocal_kind kind,
			   struct frame_slots *slots)
{
	uint64_t tuple;
	int r = hog_pyread_ptr(py, code, field, &tuple);

	return r < 0 ? r
		     : add_names(py, tuple, kind, kind != HOG_PYLOCAL_LOCAL,
				 slots);
}

/* 2.7-3.10: names, then cells, then free variables.  An argument that is also
 * a cell stands in both; the cell is the one that lives. */
static int slots_by_groups(const struct hog_python *py,
			   const struct hog_pycode *code,
			   struct frame_slots *slots)
{
	const struct hog_pylayout *lay = &py->lay;
	size_t plain;
	int r = add_named_field(py, code->addr, lay->code_varnames,
				HOG_PYLOCAL_LOCAL, slots);

	plain = slots->n;
	if (r == 0)
		r = add_named_field(py, code->addr, lay->code_cellvars,
				    HOG_PYLOCAL_CELL, slots);
	if (r < 0)
		return r;
	for (size_t i = 0; i < plain; i++)
		for (size_t k = plain; k < slots->n; k++)
			if (strcmp(slots->v[i].name, slots->v[k].name) == 0)
				slots->v[i].shadowed = true;
	return add_named_field(py, code->addr, lay->code_freevars,
			       HOG_PYLOCAL_FREE, slots);
}

/* 3.11 on: one list of names, one byte of kind for each. */
static int slots_by_kinds(const struct hog_python *py,
			  const struct hog_pycode *code,
			  struct frame_slots *slots)
{
	_cleanup_free_ unsigned char *kinds = NULL;
	uint64_t names, bytes;
	ssize_t n;
	int r = hog_pyread_ptr(py, code->addr, py->lay.code_localsplusnames,
			       &names);

	if (r == 0)
		r = hog_pyread_ptr(py, code->addr, py->lay.code_localspluskinds,
				   &bytes);
	if (r == 0)
		r = add_names(py, names, HOG_PYLOCAL_LOCAL, false, slots);
	if (r < 0 || slots->n == 0)
		return r;
	kinds = calloc(slots->n, 1);
	if (!kinds)
		return -ENOMEM;
	n = hog_pybytes_read(py, bytes, kinds, slots->n);
	if (n != (ssize_t)slots->n)
		return n < 0 ? (int)n : -EBADMSG;
	for (size_t i = 0; i < slots->n; i++) {
		struct slot *s = &slots->v[i];

		s->cell = kinds[i] & (KIND_CELL | KIND_FREE);
		s->shadowed = kinds[i] & KIND_HIDDEN;
		if (kinds[i] & KIND_FREE)
			s->kind = HOG_PYLOCAL_FREE;
		else if (kinds[i] & KIND_CELL)
			s->kind = HOG_PYLOCAL_CELL;
	}
	return 0;
}

static int find_slots(const struct hog_python *py,
		      const struct hog_pycode *code, struct frame_slots *slots)
{
	return py->lay.frames == HOG_PYFRAMES_HEAP
		       ? slots_by_groups(py, code, slots)
		       : slots_by_kinds(py, code, slots);
}

static int read_bits(const struct hog_python *py,
		     const struct hog_pyframe *frame, uint64_t *bits, size_t n)
{
	const struct hog_pylayout *lay = &py->lay;
	bool heap = lay->frames == HOG_PYFRAMES_HEAP;
	int32_t at = heap ? lay->frame_localsplus : lay->iframe_localsplus;

	return at < 0 ? -EINVAL
		      : hog_mem_read(py->mem, frame->addr + (uint64_t)at, bits,
				     n * sizeof(*bits));
}

/* ---- what they hold ---- */

/* A list of locals that grows. */
struct out {
	struct hog_pylocal *v; /* owned */
	size_t n, cap;
};

static int add_local(struct hog_pyvalues *ctx, struct out *out,
		     const char *name, enum hog_pylocal_kind kind,
		     uint64_t bits)
{
	char type[HOG_PYTYPE_NAME_MAX];
	struct hog_buf repr = { 0 };
	struct hog_pylocal *l;
	int r;

	if (out->n == out->cap) {
		size_t cap = out->cap ? out->cap * 2 : 8;

		l = realloc(out->v, cap * sizeof(*l));
		if (!l)
			return -ENOMEM;
		out->v = l;
		out->cap = cap;
	}
	l = &out->v[out->n];
	*l = (struct hog_pylocal){ .kind = kind };
	r = hog_pyvalue_read_ref(ctx, bits, 0, &l->value, &repr, type);
	hog_pyvalue_cut(&repr, ctx->limit);
	(void)hog_buf_str(&repr); /* a NUL behind it */
	l->name = strdup(name);
	l->type = strdup(type);
	out->n++;
	if (r < 0 || repr.failed || !l->name || !l->type || !repr.data) {
		hog_buf_fini(&repr);
		return r < 0 ? r : -ENOMEM;
	}
	l->repr = (char *)repr.data;
	return 0;
}

/* Is it a cell object?  An argument's slot holds the plain value until the
 * function's first instructions have made the cell. */
static bool is_cell(struct hog_pyvalues *ctx, uint64_t object)
{
	const struct hog_pytype *type;
	const char *name;

	return hog_pyvalue_type(ctx, object, &type, &name) == 0 &&
	       strcmp(name, "cell") == 0;
}

static int add_slot(struct hog_pyvalues *ctx, struct out *out,
		    const struct slot *s)
{
	uint64_t bits = s->bits;

	if (hog_pyref_is_int(ctx->py, bits))
		return add_local(ctx, out, s->name, s->kind, bits);
	bits = hog_pyref_object(ctx->py, bits);
	if (bits && s->cell && is_cell(ctx, bits)) {
		if (hog_pyread_ptr(ctx->py, bits, ctx->py->lay.cell_ref,
				   &bits) < 0)
			return 0;
	}
	return bits ? add_local(ctx, out, s->name, s->kind, bits) : 0;
}

/* The living twin of an argument that is also a cell (2.7-3.10). */
static struct slot *find_cell(struct frame_slots *slots, size_t from,
			      const char *name)
{
	for (size_t i = from; i < slots->n; i++)
		if (slots->v[i].kind == HOG_PYLOCAL_CELL &&
		    strcmp(slots->v[i].name, name) == 0)
			return &slots->v[i];
	return NULL;
}

static int add_slots(struct hog_pyvalues *ctx, struct frame_slots *slots,
		     uint32_t n_args, struct out *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < slots->n; i++) {
		struct slot *s = &slots->v[i];

		if (i < n_args && s->shadowed) {
			struct slot *cell = find_cell(slots, i + 1, s->name);

			if (cell) {
				s->bits = cell->bits;
				s->cell = true;
				cell->shadowed = true;
				s->shadowed = false;
			}
		}
		if (i < n_args)
			s->kind = HOG_PYLOCAL_ARG;
		if (!s->shadowed)
			r = add_slot(ctx, out, s);
	}
	return r;
}

/* ---- class bodies and exec with a namespace of its own ---- */

static int add_namespace(struct hog_pyvalues *ctx, uint64_t dict,
			 struct out *out)
{
	struct hog_pydict_iter it;
	uint64_t key, value;
	char name[NAME_MAX_BYTES];
	struct hog_pytype type;
	int r = hog_pytype_of(ctx->py, dict, &type);

	if (r < 0 || !(type.flags & HOG_TPFLAG_DICT))
		return r; /* a mapping of the program's own making */
	r = hog_pydict_open(ctx->py, dict, &it);
	while (r == 0 && out->n < LOCALS_MAX) {
		r = hog_pydict_next(&it, &key, &value);
		if (r <= 0)
			break;
		if (hog_pystr_read(ctx->py, key, name, sizeof(name)) < 0)
			memcpy(name, "?", 2);
		r = add_local(ctx, out, name, HOG_PYLOCAL_LOCAL, value);
	}
	return r < 0 ? r : 0;
}

/* The names of a module are its globals: not listed. */
static int add_body(struct hog_pyvalues *ctx, uint64_t frame, struct out *out)
{
	const struct hog_pylayout *lay = &ctx->py->lay;
	bool heap = lay->frames == HOG_PYFRAMES_HEAP;
	uint64_t locals, globals;
	int r = hog_pyread_ptr(ctx->py, frame,
			       heap ? lay->frame_locals : lay->iframe_locals,
			       &locals);

	if (r == 0)
		r = hog_pyread_ptr(ctx->py, frame,
				   heap ? lay->frame_globals
					: lay->iframe_globals,
				   &globals);
	if (r < 0 || locals == 0 || locals == globals)
		return r;
	return add_namespace(ctx, locals, out);
}

/* One look at the slots and what they refer to.  -EAGAIN: the frame has gone
 * on meanwhile, so a value may be another object's. */
static int try_slots(struct hog_pyvalues *ctx, const struct hog_pyframe *frame,
		     uint32_t n_args, struct out *out)
{
	struct frame_slots slots = { 0 };
	_cleanup_free_ uint64_t *bits = NULL; /* before, and after */
	int r = find_slots(ctx->py, frame->code, &slots);
	size_t n = slots.n;

	if (r == 0) {
		bits = calloc(2 * n + 1, sizeof(*bits));
		r = bits ? read_bits(ctx->py, frame, bits, n) : -ENOMEM;
	}
	if (r == 0) {
		for (size_t i = 0; i < n; i++)
			slots.v[i].bits = bits[i];
		r = add_slots(ctx, &slots, n_args, out);
	}
	if (r == 0)
		r = read_bits(ctx->py, frame, bits + n, n);
	if (r == 0 && memcmp(bits, bits + n, n * sizeof(*bits)) != 0)
		r = -EAGAIN;
	free(slots.v);
	return r;
}

static int read_frame(struct hog_pyvalues *ctx, const struct hog_pyframe *frame,
		      struct out *out)
{
	uint32_t n_args = 0;
	int r;

	if (!(frame->code->flags & CO_OPTIMIZED))
		return add_body(ctx, frame->addr, out);
	r = count_args(ctx->py, frame->code, &n_args);
	if (r < 0)
		return r;
	for (int i = 0; i < SLOT_TRIES; i++) {
		hog_pylocals_free(out->v, out->n);
		*out = (struct out){ 0 };
		r = try_slots(ctx, frame, n_args, out);
		if (r != -EAGAIN)
			break;
	}
	return r == -EAGAIN ? 0 : r; /* it never stood: the last look */
}

int hog_pylocals_read(const struct hog_python *py,
		      const struct hog_pyframe *frame, size_t limit,
		      struct hog_pylocal **ret)
{
	_cleanup_free_ struct hog_pyvalues *ctx = NULL;
	struct out out = { 0 };
	int r;

	if (!frame->code || frame->addr == 0) {
		*ret = NULL;
		return 0;
	}
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	ctx->py = py;
	ctx->limit = limit < LIMIT_MIN ? LIMIT_MIN : limit;
	r = read_frame(ctx, frame, &out);
	if (r < 0) {
		hog_pylocals_free(out.v, out.n);
		return r;
	}
	*ret = out.v;
	return (int)out.n;
}
