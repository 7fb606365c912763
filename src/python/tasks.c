/* SPDX-License-Identifier: Apache-2.0 */
/* What objects are to us, and one task by itself. */
#include "python/tasks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "python/dict.h"
#include "python/object.h"
#include "python/str.h"
#include "python/tasks_priv.h"
#include "python/threads.h"
#include "python/value_int.h"

#define BASES_MAX 8 /* classes made from _asyncio.Task, one from the other */
#define KINDS_MAX 4096
#define TYPE_NAME_MAX 48
#define TASK_BYTES_MAX 256

/* A type's tp_name.  heap: what a program could name so as well is only taken
 * when it is no class of Python code. */
struct named {
	const char *name;
	enum hog_pykind kind;
};

static const struct named statics[] = {
	{ "coroutine", HOG_PYKIND_GEN },
	{ "generator", HOG_PYKIND_GEN },
	{ "async_generator", HOG_PYKIND_GEN },
	{ "coroutine_wrapper", HOG_PYKIND_WRAPPER },
	{ "async_generator_asend", HOG_PYKIND_WRAPPER },
	{ "async_generator_athrow", HOG_PYKIND_WRAPPER },
	{ "anext_awaitable", HOG_PYKIND_WRAPPER },
	{ "builtin_function_or_method", HOG_PYKIND_CMETHOD },
	{ "method", HOG_PYKIND_METHOD },
	{ "function", HOG_PYKIND_FUNCTION },
	{ "TaskWakeupMethWrapper", HOG_PYKIND_WAKEUP },
	{ "set", HOG_PYKIND_SET },
	{ 0 },
};

/* Their names have a dot, which no class of Python code has. */
static const struct named dotted[] = {
	{ "_asyncio.Task", HOG_PYKIND_TASK },
	{ "_asyncio.Future", HOG_PYKIND_FUTURE },
	{ "_asyncio.FutureIter", HOG_PYKIND_FUTITER },
	{ "functools.partial", HOG_PYKIND_PARTIAL },
	{ 0 },
};

static enum hog_pykind by_name(const struct named *v, const char *name)
{
	for (; v->name; v++)
		if (!strcmp(v->name, name))
			return v->kind;
	return HOG_PYKIND_OTHER;
}

/* Classes of Python code are known by those they are made from. */
static enum hog_pykind by_bases(struct hog_pytasks *pt, uint64_t type)
{
	/* tp_base stands before tp_dict in every version. */
	int32_t base = pt->py.lay.type_dict - 8;
	bool named_task = false, gathering = false;

	for (int i = 0; i < BASES_MAX && type && base > 0; i++) {
		char name[TYPE_NAME_MAX] = "";
		struct hog_pytype t;
		enum hog_pykind kind;

		if (hog_pytype_read(&pt->py, type, &t) < 0 ||
		    hog_mem_read_cstr(pt->py.mem, t.name, name, sizeof(name)) <
			    0)
			break;
		gathering |= !strcmp(name, "_GatheringFuture");
		kind = by_name(dotted, name);
		if (kind == HOG_PYKIND_FUTURE && gathering)
			return HOG_PYKIND_GATHERING;
		if (kind != HOG_PYKIND_OTHER)
			return kind;
		if (t.flags & HOG_TPFLAG_HEAPTYPE && !strcmp(name, "Task"))
			named_task = true;
		if (t.flags & HOG_TPFLAG_HEAPTYPE && !strcmp(name, "Future"))
			return named_task ? HOG_PYKIND_PYTASK
					  : HOG_PYKIND_PYFUTURE;
		if (hog_pyread_ptr(&pt->py, type, base, &type) < 0)
			break;
	}
	return HOG_PYKIND_OTHER;
}

static enum hog_pykind classify(struct hog_pytasks *pt, uint64_t type)
{
	char name[TYPE_NAME_MAX] = "";
	struct hog_pytype t;

	if (hog_pytype_read(&pt->py, type, &t) < 0)
		return HOG_PYKIND_OTHER;
	if (t.flags & HOG_TPFLAG_STR)
		return HOG_PYKIND_STR;
	if (t.flags & HOG_TPFLAG_LONG)
		return HOG_PYKIND_INT;
	if (!(t.flags & HOG_TPFLAG_HEAPTYPE) &&
	    hog_mem_read_cstr(pt->py.mem, t.name, name, sizeof(name)) > 0 &&
	    by_name(statics, name) != HOG_PYKIND_OTHER)
		return by_name(statics, name);
	return by_bases(pt, type);
}

enum hog_pykind hog_pykind_of(struct hog_pytasks *pt, uint64_t object)
{
	struct hog_notes *notes = pt->journal.notes;
	uint64_t type, *known;
	enum hog_pykind kind;

	if (object == 0 ||
	    hog_pyread_ptr(&pt->py, object, pt->py.lay.object_type, &type) < 0)
		return HOG_PYKIND_OTHER;
	known = hog_map64_get(&pt->kinds, type);
	if (known)
		return (enum hog_pykind) * known;
	pt->journal.notes = NULL; /* types stay as they are */
	kind = classify(pt, type);
	pt->journal.notes = notes;
	if (pt->kinds.count > KINDS_MAX)
		hog_map64_clear(&pt->kinds);
	hog_map64_put(&pt->kinds, type, kind);
	return kind;
}

bool hog_pykind_is_task(enum hog_pykind kind)
{
	return kind == HOG_PYKIND_TASK || kind == HOG_PYKIND_PYTASK;
}

const char *hog_pytask_state_name(enum hog_pytask_state state)
{
	static const char *const names[] = {
		"running", "created",   "ready",   "waiting",
		"done",    "cancelled", "unknown",
	};

	return names[state];
}

const char *hog_pytasks_why_not(const struct hog_python *py)
{
	if (py->lay.major == 2)
		return "Python 2 has no asyncio";
	if (py->lay.task_coro == HOG_NO_FIELD)
		return "asyncio tasks can be read from 3.7 on";
	return NULL;
}

struct hog_pytasks *hog_pytasks_new(const struct hog_python *py,
				    struct hog_pycodes *codes)
{
	struct hog_pytasks *pt = calloc(1, sizeof(*pt));

	if (!pt)
		return NULL;
	hog_journal_init(&pt->journal, py->mem);
	pt->py = *py;
	pt->py.mem = &pt->journal.mem;
	pt->codes = codes;
	return pt;
}

void hog_pytasks_free(struct hog_pytasks *pt)
{
	if (!pt)
		return;
	hog_map64_fini(&pt->kinds);
	hog_journal_fini(&pt->journal);
	hog_notes_fini(&pt->notes);
	free(pt);
}

void hog_pytasks_look_anew(struct hog_pytasks *pt)
{
	hog_journal_forget(&pt->journal);
}

bool hog_pytasks_confirms(struct hog_pytasks *pt, const struct hog_notes *notes)
{
	return hog_journal_confirms(&pt->journal, notes);
}

/* ---- one task ---- */

/* A name that asyncio gave is a number, kept as such (3.12+) or made a str. */
static bool parse_number(const char *name, int64_t *ret)
{
	static const char prefix[] = "Task-";
	const size_t len = sizeof(prefix) - 1;
	char *end;

	if (strncmp(name, prefix, len) != 0 || name[len] < '1' ||
	    name[len] > '9' || strlen(name) > len + 18)
		return false;
	*ret = strtoll(name + len, &end, 10);
	return *end == '\0';
}

static void read_name(struct hog_pytasks *pt, uint64_t name,
		      struct hog_pytask *ret)
{
	switch (hog_pykind_of(pt, name)) {
	case HOG_PYKIND_INT:
		ret->has_number =
			hog_pyint_read64(&pt->py, name, &ret->number) == 0;
		if (ret->has_number)
			snprintf(ret->name, sizeof(ret->name), "Task-%" PRId64,
				 ret->number);
		break;
	case HOG_PYKIND_STR:
		if (hog_pystr_read(&pt->py, name, ret->name,
				   sizeof(ret->name)) < 0)
			ret->name[0] = '\0';
		ret->has_number = parse_number(ret->name, &ret->number);
		break;
	default:
		break;
	}
}

static enum hog_pytask_state c_state(uint32_t state)
{
	if (state == 0)
		return HOG_PYTASK_WAITING; /* or any that is not done */
	return state == 1 ? HOG_PYTASK_CANCELLED : HOG_PYTASK_FINISHED;
}

static int read_c_task(struct hog_pytasks *pt, struct hog_pytask *ret)
{
	const struct hog_pylayout *lay = &pt->py.lay;
	unsigned char bytes[TASK_BYTES_MAX];
	const int32_t first = lay->task_loop;
	int32_t last = lay->task_name == HOG_NO_FIELD ? lay->task_coro
						      : lay->task_name;
	int r;

	if (first < 0 || last < lay->task_coro || last + 8 > TASK_BYTES_MAX ||
	    lay->task_state < 0 || lay->task_fut_waiter < 0)
		return -EINVAL;
	/* Behind the header, whose count of references changes. */
	r = hog_mem_read(pt->py.mem, ret->addr + (uint64_t)first, bytes + first,
			 (size_t)(last + 8 - first));
	if (r < 0)
		return r;
	ret->loop = hog_load64(bytes + first);
	ret->coro = hog_load64(bytes + lay->task_coro);
	ret->waiter = hog_load64(bytes + lay->task_fut_waiter);
	ret->state = c_state(hog_load32(bytes + lay->task_state));
	if (lay->task_name != HOG_NO_FIELD)
		read_name(pt, hog_load64(bytes + lay->task_name), ret);
	return 0;
}

static enum hog_pytask_state py_state(struct hog_pytasks *pt, uint64_t task)
{
	uint64_t state;
	char text[16];

	if (hog_pyattr_get(&pt->py, task, "_state", &state) < 0 ||
	    hog_pystr_read(&pt->py, state, text, sizeof(text)) < 0 ||
	    !strcmp(text, "PENDING"))
		return HOG_PYTASK_WAITING;
	return !strcmp(text, "CANCELLED") ? HOG_PYTASK_CANCELLED
					  : HOG_PYTASK_FINISHED;
}

static int read_py_task(struct hog_pytasks *pt, struct hog_pytask *ret)
{
	uint64_t value;
	int r = hog_pyattr_get(&pt->py, ret->addr, "_coro", &ret->coro);

	if (r < 0)
		return r;
	ret->state = py_state(pt, ret->addr);
	if (hog_pyattr_get(&pt->py, ret->addr, "_fut_waiter", &value) == 0 &&
	    value != pt->py.sym.none)
		ret->waiter = value;
	if (hog_pyattr_get(&pt->py, ret->addr, "_loop", &value) == 0)
		ret->loop = value;
	if (hog_pyattr_get(&pt->py, ret->addr, "_name", &value) == 0)
		read_name(pt, value, ret);
	return 0;
}

int hog_pytask_read(struct hog_pytasks *pt, uint64_t addr,
		    struct hog_pytask *ret)
{
	enum hog_pykind kind = hog_pykind_of(pt, addr);
	int r = -ENOENT;

	*ret = (struct hog_pytask){ .addr = addr };
	if (kind == HOG_PYKIND_TASK)
		r = read_c_task(pt, ret);
	else if (kind == HOG_PYKIND_PYTASK)
		r = read_py_task(pt, ret);
	if (r == 0 && (ret->coro == 0 || ret->coro == pt->py.sym.none))
		return -ENOENT; /* it is being freed */
	return r;
}
