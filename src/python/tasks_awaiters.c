/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who awaits a task.  3.14 on says so itself.  Before, and for libraries that
 * do not tell asyncio, it is read off what is called when the task is done: the
 * wake-up of another task, or a function of gather(), wait(), wait_for(),
 * shield(), TaskGroup that ends in one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "python/code.h"
#include "python/dict.h"
#include "python/object.h"
#include "python/str.h"
#include "python/tasks_priv.h"

#define DEPTH_MAX 4      /* futures between a task and its awaiter */
#define CALLBACKS_MAX 16 /* looked at of one future */
#define CELLS_MAX 16     /* of one function */
#define FRAMES_MAX 64

/* What a walk over callbacks carries along. */
struct search {
	struct hog_pytasks *pt;
	struct hog_pytask *task;
	int depth;
};

static void from_future(struct search *s, uint64_t future);

static void add_awaiter(struct hog_pytask *task, uint64_t awaiter)
{
	if (awaiter == task->addr)
		return;
	for (unsigned i = 0; i < task->n_awaiters; i++)
		if (task->awaiters[i] == awaiter)
			return;
	if (task->n_awaiters == HOG_PYTASK_AWAITERS_MAX)
		task->more_awaiters = true;
	else
		task->awaiters[task->n_awaiters++] = awaiter;
}

/* A task that waits, or a future that others wait for. */
static void from_object(struct search *s, uint64_t object)
{
	enum hog_pykind kind = hog_pykind_of(s->pt, object);

	if (hog_pykind_is_task(kind))
		add_awaiter(s->task, object);
	else if (kind == HOG_PYKIND_FUTURE || kind == HOG_PYKIND_PYFUTURE ||
		 kind == HOG_PYKIND_GATHERING)
		from_future(s, object);
}

static uint64_t read_u64(struct hog_pytasks *pt, uint64_t addr)
{
	uint64_t value = 0;

	(void)hog_mem_read_u64(pt->py.mem, addr, &value);
	return value;
}

/* An attribute that a class keeps by __slots__: a descriptor in the class says
 * at which offset {type, name, qualname, then the C description of it}. */
static int get_slot(struct hog_pytasks *pt, uint64_t object, const char *name,
		    uint64_t *ret)
{
	uint64_t descriptor, member, offset;
	struct hog_pytype type;
	int r = hog_pytype_of(&pt->py, object, &type);

	if (r == 0)
		r = hog_pydict_get(&pt->py, type.dict, name, &descriptor);
	if (r == 0)
		r = hog_mem_read_u64(pt->py.mem,
				     descriptor + hog_pyhead(pt) + 24, &member);
	if (r == 0) /* name, type code, offset */
		r = hog_mem_read_u64(pt->py.mem, member + 16, &offset);
	if (r == 0 && (offset < hog_pyhead(pt) || offset >= type.basicsize))
		r = -EBADMSG;
	return r < 0 ? r : hog_mem_read_u64(pt->py.mem, object + offset, ret);
}

static int get_attr(struct hog_pytasks *pt, uint64_t object, const char *name,
		    uint64_t *ret)
{
	return hog_pyattr_get(&pt->py, object, name, ret) == 0
		       ? 0
		       : get_slot(pt, object, name, ret);
}

/* The task behind a group: asyncio's own, or anyio's. */
static void from_group(struct search *s, uint64_t group)
{
	uint64_t parent, scope;

	if (get_attr(s->pt, group, "_parent_task", &parent) == 0)
		from_object(s, parent);
	else if (get_attr(s->pt, group, "cancel_scope", &scope) == 0 &&
		 get_attr(s->pt, scope, "_host_task", &parent) == 0)
		from_object(s, parent);
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && !strcmp(text + len - n, end);
}

/* Functions inside gather(), wait() and shield() keep the future that they will
 * finish in a cell, and so does anyio with its group.  Only theirs are looked
 * at: a program's own callback may hold any task. */
static void from_function(struct search *s, uint64_t function)
{
	const struct hog_pylayout *lay = &s->pt->py.lay;
	const struct hog_pycode *code;
	uint64_t closure, cells[CELLS_MAX], n = 0, at;
	bool anyio;

	if (hog_pyread_ptr(&s->pt->py, function, lay->func_code, &at) < 0)
		return;
	code = hog_pycodes_get(s->pt->codes, at);
	if (!code)
		return;
	anyio = ends_in(code->filename, "anyio/_backends/_asyncio.py");
	if (!anyio && !ends_in(code->filename, "asyncio/tasks.py"))
		return;
	if (hog_pyread_ptr(&s->pt->py, function, lay->func_closure, &closure) <
		    0 ||
	    closure == 0 ||
	    hog_pyread_ptr(&s->pt->py, closure, lay->bytes_size, &n) < 0)
		return;
	n = n > CELLS_MAX ? CELLS_MAX : n;
	if (hog_mem_read(s->pt->py.mem, closure + (uint64_t)lay->tuple_items,
			 cells, n * 8) < 0)
		return;
	for (uint64_t i = 0; i < n; i++) {
		at = read_u64(s->pt, cells[i] + (uint64_t)lay->cell_ref);
		if (anyio)
			from_group(s, at);
		else if (!hog_pykind_is_task(hog_pykind_of(s->pt, at)))
			from_object(s, at);
	}
}

static void from_callback(struct search *s, uint64_t callback)
{
	const struct hog_pylayout *lay = &s->pt->py.lay;
	uint64_t head = hog_pyhead(s->pt), self;

	switch (hog_pykind_of(s->pt, callback)) {
	case HOG_PYKIND_WAKEUP:
		from_object(s, read_u64(s->pt, callback + head));
		break;
	case HOG_PYKIND_CMETHOD: /* m_self, behind m_ml */
		from_object(s, read_u64(s->pt, callback + head + 8));
		break;
	case HOG_PYKIND_METHOD: /* im_self, behind im_func */
		self = read_u64(s->pt, callback + head + 8);
		if (hog_pykind_of(s->pt, self) == HOG_PYKIND_OTHER)
			from_group(s, self);
		else
			from_object(s, self);
		break;
	case HOG_PYKIND_PARTIAL: /* of wait_for(): its first argument */
		self = read_u64(s->pt, callback + head + 8);
		from_object(s,
			    read_u64(s->pt, self + (uint64_t)lay->tuple_items));
		break;
	case HOG_PYKIND_FUNCTION:
		from_function(s, callback);
		break;
	default:
		break;
	}
}

/* A list of (callback, context). */
static void from_list(struct search *s, uint64_t list)
{
	const struct hog_pylayout *lay = &s->pt->py.lay;
	uint64_t items, n = 0, tuples[CALLBACKS_MAX];

	if (list == 0 || list == s->pt->py.sym.none ||
	    hog_pyread_ptr(&s->pt->py, list, lay->bytes_size, &n) < 0 ||
	    hog_pyread_ptr(&s->pt->py, list, lay->list_items, &items) < 0)
		return;
	n = n > CALLBACKS_MAX ? CALLBACKS_MAX : n;
	if (n == 0 || hog_mem_read(s->pt->py.mem, items, tuples, n * 8) < 0)
		return;
	for (uint64_t i = 0; i < n; i++)
		from_callback(s,
			      read_u64(s->pt,
				       tuples[i] + (uint64_t)lay->tuple_items));
}

static void from_future(struct search *s, uint64_t future)
{
	const struct hog_pylayout *lay = &s->pt->py.lay;
	enum hog_pykind kind = hog_pykind_of(s->pt, future);
	uint64_t v[3] = { 0 }; /* callback, its context, further callbacks */

	if (s->depth == DEPTH_MAX)
		return;
	s->depth++;
	if (kind == HOG_PYKIND_PYTASK || kind == HOG_PYKIND_PYFUTURE) {
		if (hog_pyattr_get(&s->pt->py, future, "_callbacks", &v[2]) ==
		    0)
			from_list(s, v[2]);
	} else if (lay->task_callbacks == lay->task_callback0 + 16 &&
		   hog_mem_read(s->pt->py.mem,
				future + (uint64_t)lay->task_callback0, v,
				sizeof(v)) == 0) {
		if (v[0])
			from_callback(s, v[0]);
		from_list(s, v[2]);
	}
	s->depth--;
}

/* ---- 3.14 on ---- */

static void from_set(struct search *s, uint64_t set)
{
	_cleanup_free_ uint64_t *members = NULL;
	int n = hog_pyset_read(&s->pt->py, set, HOG_PYTASK_AWAITERS_MAX + 1,
			       &members);

	for (int i = 0; i < n; i++)
		from_object(s, members[i]);
}

static void from_awaited_by(struct search *s, uint64_t task)
{
	const struct hog_pylayout *lay = &s->pt->py.lay;
	uint8_t is_set = 0;
	uint64_t by;

	if (hog_pykind_of(s->pt, task) == HOG_PYKIND_PYTASK) {
		if (hog_pyattr_get(&s->pt->py, task,
				   "_Future__asyncio_awaited_by", &by) == 0 &&
		    hog_pykind_of(s->pt, by) == HOG_PYKIND_SET)
			from_set(s, by);
		return;
	}
	if (lay->task_awaited_by_is_set == HOG_NO_FIELD ||
	    hog_pyread_ptr(&s->pt->py, task, lay->task_awaited_by, &by) < 0 ||
	    by == 0 ||
	    hog_mem_read(s->pt->py.mem,
			 task + (uint64_t)lay->task_awaited_by_is_set, &is_set,
			 1) < 0)
		return;
	if (is_set)
		from_set(s, by);
	else
		from_object(s, by);
}

void hog_pytask_awaiters(struct hog_pytasks *pt, struct hog_pytask *task)
{
	struct search s = { .pt = pt, .task = task };

	if (pt->py.lay.task_awaited_by != HOG_NO_FIELD)
		from_awaited_by(&s, task->addr);
	if (task->n_awaiters == 0)
		from_future(&s, task->addr);
}

/* The coroutine that a frame is embedded in, or belongs to. */
static uint64_t coro_of(struct hog_pytasks *pt, uint64_t frame)
{
	const struct hog_pylayout *lay = &pt->py.lay;
	uint64_t coro = 0;

	if (lay->frames != HOG_PYFRAMES_HEAP)
		return frame - (uint64_t)lay->gen_iframe;
	(void)hog_pyread_ptr(&pt->py, frame, lay->frame_gen, &coro);
	return coro;
}

uint64_t hog_pytask_by_frame(struct hog_pytasks *pt, uint64_t frame)
{
	struct hog_pyframe frames[FRAMES_MAX];
	struct hog_pytask woken = { 0 };
	struct search s = { .pt = pt, .task = &woken };
	uint64_t coro = coro_of(pt, frame);
	struct hog_pyawait await;

	if (hog_pyawait_read(pt, coro, frames, FRAMES_MAX, &await) < 0 ||
	    hog_pykind_of(pt, await.end) != HOG_PYKIND_FUTITER)
		return 0;
	from_future(&s, read_u64(pt, await.end + hog_pyhead(pt)));
	for (unsigned i = 0; i < woken.n_awaiters; i++)
		if (hog_pytask_frame(pt, woken.awaiters[i]) == frame)
			return woken.awaiters[i];
	return 0;
}
