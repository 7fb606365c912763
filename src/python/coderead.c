/* SPDX-License-Identifier: Apache-2.0 */
#include "python/coderead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "python/python.h"
#include "python/str.h"

/* Read of each string, table and run of instructions before its length is
 * known: enough for nine of ten. */
#define GUESS 512
/* Slots of a frame, or what else a code object counts: more is damage. */
#define COUNT_MAX (1 << 20)
#define TEXT_MAX 4096 /* bytes of UTF-8 kept of a name */

/* Objects that a code object points to, in the order they are read. */
enum piece_id { FILENAME, NAME, QUALNAME, LINES, CODE, N_PIECES };

struct piece {
	uint64_t addr; /* of the object; 0: there is none */
	size_t least;  /* bytes that the object has at least */
	bool readable;
	size_t have; /* of bytes */
	unsigned char bytes[GUESS];
	uint64_t data_addr; /* contents of the object */
	size_t data_len;
	const unsigned char *data; /* in bytes or in big; NULL: not to be had */
	unsigned char *big;        /* owned */
	struct hog_pystrdata str;
};

struct job {
	const struct hog_python *py;
	uint64_t addr;
	struct hog_pycodeprint print;
	struct piece pieces[N_PIECES];
	struct hog_pycode code; /* numbers, and pointers into the pieces */
	char text[3][TEXT_MAX];
};

static int32_t field_i32(const void *object, int32_t at)
{
	int32_t value;

	if (at == HOG_NO_FIELD)
		return 0;
	memcpy(&value, (const unsigned char *)object + at, sizeof(value));
	return value;
}

static uint64_t field_u64(const void *object, int32_t at)
{
	uint64_t value;

	if (at == HOG_NO_FIELD)
		return 0;
	memcpy(&value, (const unsigned char *)object + at, sizeof(value));
	return value;
}

size_t hog_pycode_object_size(const struct hog_python *py)
{
	size_t size = (size_t)py->lay.code_size;

	return size < HOG_PYCODE_OBJECT_MAX ? size : HOG_PYCODE_OBJECT_MAX;
}

static bool is_count(int32_t n)
{
	return n >= 0 && n <= COUNT_MAX;
}

/*
 * Somebody holds the object.  A freed one keeps its fields until the memory is
 * given away again, but its first word, the count, is the allocator's at once:
 * 0 or the next free block's address, which has bits above the 32 of a count
 * (the top 16 are flags since 3.14).  Free-threaded counts are spread.
 */
static bool is_held(const struct hog_pylayout *lay, const void *object)
{
	uint64_t count;

	if (lay->free_threaded || lay->object_type < 8)
		return true;
	count = field_u64(object, lay->object_type - 8);
	return (uint32_t)count && !(uint16_t)(count >> 32);
}

bool hog_pycode_print(const struct hog_python *py, const void *object,
		      struct hog_pycodeprint *ret)
{
	const struct hog_pylayout *lay = &py->lay;
	bool data_stack = lay->frames != HOG_PYFRAMES_HEAP;
	struct hog_pycodeprint print = {
		.type = field_u64(object, lay->object_type),
		.filename = field_u64(object, lay->code_filename),
		.name = field_u64(object, lay->code_name),
		.qualname = field_u64(object, lay->code_qualname),
		.lines = field_u64(object, lay->code_linetable),
		.code = field_u64(object, lay->code_code),
		.firstlineno = field_i32(object, lay->code_firstlineno),
		.flags = field_i32(object, lay->code_flags),
		.nlocals = field_i32(object, data_stack ? lay->code_nlocalsplus
							: lay->code_nlocals),
		.stacksize = field_i32(object, lay->code_stacksize),
		.traceable = field_i32(object, lay->code_firsttraceable),
	};

	if (py->sym.code_type && print.type != py->sym.code_type)
		return false;
	if (!is_held(lay, object))
		return false;
	if (!is_count(print.nlocals) || !is_count(print.stacksize) ||
	    !print.name || !print.filename)
		return false;
	if (data_stack) {
		/* A var object: ob_size stands where that of bytes does. */
		uint64_t units = field_u64(object, lay->bytes_size);

		if (units > HOG_PYCODE_CODE_MAX / 2)
			return false;
		print.units = (uint32_t)units;
	}
	*ret = print;
	return true;
}

bool hog_pycode_print_equal(const struct hog_pycodeprint *a,
			    const struct hog_pycodeprint *b)
{
	return a->type == b->type && a->filename == b->filename &&
	       a->name == b->name && a->qualname == b->qualname &&
	       a->lines == b->lines && a->code == b->code &&
	       a->firstlineno == b->firstlineno && a->flags == b->flags &&
	       a->nlocals == b->nlocals && a->stacksize == b->stacksize &&
	       a->traceable == b->traceable && a->units == b->units;
}

int hog_spans_read(struct hog_mem *mem, const struct hog_span *spans,
		   unsigned n, bool *ok)
{
	memset(ok, 0, n * sizeof(*ok));
	for (unsigned i = 0; i < n;) {
		ssize_t got = hog_mem_readv(mem, spans + i, n - i);

		if (got == -ESRCH || got == -EPERM)
			return (int)got;
		for (; got >= 0 && i < n && (size_t)got >= spans[i].len; i++) {
			got -= (ssize_t)spans[i].len;
			ok[i] = true;
		}
		i++; /* the one that stopped it */
	}
	return 0;
}

/* The guesses of all pieces in one system call. */
static int read_guesses(struct job *job)
{
	struct hog_span spans[N_PIECES * 2];
	bool ok[N_PIECES * 2];
	unsigned n = 0;
	int r;

	for (unsigned i = 0; i < N_PIECES; i++) {
		struct piece *p = &job->pieces[i];

		if (!p->addr)
			continue;
		/* Behind the head the page may end, and with it the memory. */
		spans[n++] = (struct hog_span){ p->addr, p->bytes, p->least };
		spans[n++] = (struct hog_span){ p->addr + p->least,
						p->bytes + p->least,
						GUESS - p->least };
	}
	r = hog_spans_read(job->py->mem, spans, n, ok);
	if (r)
		return r;
	n = 0;
	for (unsigned i = 0; i < N_PIECES; i++) {
		struct piece *p = &job->pieces[i];

		if (!p->addr)
			continue;
		p->readable = ok[n];
		p->have = !ok[n] ? 0 : ok[n + 1] ? GUESS : p->least;
		n += 2;
	}
	return 0;
}

/* Where the contents of each piece are, now that their heads are known. */
static void locate(struct job *job, enum piece_id id)
{
	const struct hog_pylayout *lay = &job->py->lay;
	struct piece *p = &job->pieces[id];
	uint64_t size;
	size_t max = id == CODE ? HOG_PYCODE_CODE_MAX : HOG_PYLINES_MAX;

	if (!p->readable)
		return;
	if (id <= QUALNAME) {
		p->readable = !hog_pystr_parse(lay, p->addr, p->bytes, p->have,
					       &p->str);
		p->data_addr = p->str.addr;
		p->data_len = p->str.bytes;
		return;
	}
	if (id == CODE && job->print.units) { /* not an object of its own */
		p->data_addr = p->addr;
		p->data_len = (size_t)job->print.units * 2;
		return;
	}
	size = field_u64(p->bytes, lay->bytes_size);
	p->readable = size <= max;
	p->data_addr = p->addr + (uint64_t)lay->bytes_data;
	p->data_len = p->readable ? size : 0;
}

/* What the guesses did not cover, again in one system call. */
static int read_rest(struct job *job)
{
	struct hog_span spans[N_PIECES];
	bool ok[N_PIECES];
	unsigned n = 0;
	int r;

	for (unsigned i = 0; i < N_PIECES; i++) {
		struct piece *p = &job->pieces[i];
		uint64_t at = p->data_addr - p->addr;

		if (!p->readable)
			continue;
		if (at <= p->have && p->data_len <= p->have - at) {
			p->data = p->bytes + at;
			continue;
		}
		p->big = malloc(p->data_len + 1);
		if (!p->big)
			return -ENOMEM;
		spans[n++] =
			(struct hog_span){ p->data_addr, p->big, p->data_len };
	}
	if (!n)
		return 0;
	r = hog_spans_read(job->py->mem, spans, n, ok);
	n = 0;
	for (unsigned i = 0; i < N_PIECES && !r; i++)
		if (job->pieces[i].big && ok[n++])
			job->pieces[i].data = job->pieces[i].big;
	return r;
}

static void set_pieces(struct job *job)
{
	const struct hog_pylayout *lay = &job->py->lay;
	const struct hog_pycodeprint *print = &job->print;
	const uint64_t addrs[N_PIECES] = {
		print->filename,
		print->name,
		print->qualname == print->name ? 0 : print->qualname,
		print->lines,
		print->units ? job->addr + (uint64_t)lay->code_code_adaptive
			     : print->code,
	};

	for (unsigned i = 0; i < N_PIECES; i++) {
		struct piece *p = &job->pieces[i];

		p->addr = addrs[i];
		p->least = i <= QUALNAME ? hog_pystr_head(lay)
					 : (size_t)lay->bytes_data;
	}
	if (!print->units)
		return;
	/* A short function has fewer instruction bytes than a head. */
	if (job->pieces[CODE].least > (size_t)print->units * 2)
		job->pieces[CODE].least = (size_t)print->units * 2;
}

static const char *text_of(struct job *job, enum piece_id id)
{
	struct piece *p = &job->pieces[id];

	if (!p->data) {
		job->code.degraded = true;
		return "?";
	}
	hog_pystr_utf8(&p->str, p->data, job->text[id], TEXT_MAX);
	return job->text[id];
}

static void fill(struct job *job)
{
	const struct hog_pylayout *lay = &job->py->lay;
	const struct hog_pycodeprint *print = &job->print;
	struct piece *pieces = job->pieces;
	struct hog_pycode *code = &job->code;

	code->addr = job->addr;
	code->flags = (uint32_t)print->flags;
	code->firstlineno = print->firstlineno;
	code->filename = text_of(job, FILENAME);
	code->name = text_of(job, NAME);
	code->qualname =
		pieces[QUALNAME].addr ? text_of(job, QUALNAME) : code->name;
	code->lines = pieces[LINES].data;
	code->lines_len = code->lines ? (uint32_t)pieces[LINES].data_len : 0;
	code->code = pieces[CODE].data;
	code->code_len = (uint32_t)pieces[CODE].data_len;
	code->code_start = pieces[CODE].data_addr;
	if (!code->lines || !code->code)
		code->degraded = true;
	if (lay->frames == HOG_PYFRAMES_HEAP)
		return;
	code->code_start = job->addr + (uint64_t)lay->code_code_adaptive;
	code->code_len = print->units * 2;
	code->frame_bytes = 8 * (uint32_t)(print->nlocals + print->stacksize) +
			    (uint32_t)lay->iframe_localsplus;
	if (print->traceable > 0 && is_count(print->traceable))
		code->firsttraceable = (uint32_t)print->traceable * 2;
}

static const void *append(char **end, const void *bytes, size_t len)
{
	char *at = *end;

	if (!bytes)
		return NULL;
	memcpy(at, bytes, len);
	*end += len;
	return at;
}

/* All in one block: the caller's part, the struct, then what it points to. */
static void *pack(const struct job *job, size_t before, size_t *ret_bytes)
{
	const struct hog_pycode *from = &job->code;
	bool own_qualname = from->qualname != from->name;
	size_t filename = strlen(from->filename) + 1;
	size_t name = strlen(from->name) + 1;
	size_t qualname = own_qualname ? strlen(from->qualname) + 1 : 0;
	size_t code = from->code ? from->code_len : 0;
	size_t bytes = before + sizeof(*from) + filename + name + qualname +
		       from->lines_len + code;
	char *block = calloc(1, bytes);
	struct hog_pycode *to;
	char *end;

	if (!block)
		return NULL;
	to = (struct hog_pycode *)(block + before);
	*to = *from;
	end = (char *)(to + 1);
	to->filename = append(&end, from->filename, filename);
	to->name = append(&end, from->name, name);
	to->qualname = own_qualname ? append(&end, from->qualname, qualname)
				    : to->name;
	to->lines = append(&end, from->lines, from->lines_len);
	to->code = append(&end, from->code, code);
	*ret_bytes = bytes;
	return block;
}

uint64_t hog_pycode_text_hash(const struct hog_python *py, const void *object,
			      size_t len)
{
	size_t skip = (size_t)py->lay.object_type;

	if (len <= skip)
		return 0;
	return hog_hash_bytes((const char *)object + skip, len - skip);
}

/* The next owner of the memory may have a name where this one has its name. */
static void mark_text(const struct job *job, const struct piece *p,
		      struct hog_pycodetext *ret)
{
	unsigned char bytes[HOG_PYCODE_TEXT_MAX];
	size_t len = p->have, off = (size_t)(p->data_addr - p->addr);

	if (!p->readable || len == 0)
		return;
	if (len > sizeof(bytes))
		len = sizeof(bytes);
	memcpy(bytes, p->bytes, len);
	if (p->data && p->data_addr > p->addr && off <= len) {
		len = off + p->data_len;
		if (len > sizeof(bytes))
			len = sizeof(bytes);
		memcpy(bytes + off, p->data, len - off);
	}
	ret->addr = p->addr;
	ret->len = (uint32_t)len;
	ret->hash = hog_pycode_text_hash(job->py, bytes, len);
}

static int read_pieces(struct job *job)
{
	int r;

	set_pieces(job);
	r = read_guesses(job);
	for (unsigned i = 0; i < N_PIECES && !r; i++)
		locate(job, i);
	if (!r)
		r = read_rest(job);
	for (unsigned i = FILENAME; i <= QUALNAME && !r; i++)
		mark_text(job, &job->pieces[i], &job->print.texts[i]);
	return r;
}

void *hog_pycode_read(const struct hog_python *py, uint64_t addr, size_t before,
		      struct hog_pycodeprint *ret_print, size_t *ret_bytes)
{
	unsigned char object[HOG_PYCODE_OBJECT_MAX];
	struct job job = { .py = py, .addr = addr };
	void *block = NULL;

	if (hog_mem_read(py->mem, addr, object, hog_pycode_object_size(py)) ||
	    !hog_pycode_print(py, object, &job.print))
		return NULL;
	if (!read_pieces(&job)) {
		fill(&job);
		block = pack(&job, before, ret_bytes);
		if (block)
			*ret_print = job.print;
	}
	for (unsigned i = 0; i < N_PIECES; i++)
		free(job.pieces[i].big);
	return block;
}
