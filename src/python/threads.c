/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interpreters and their thread states.  Both lists change while they are
 * read: each member must point back (to its interpreter, to the member before
 * it), else the walk starts again.
 */
#include "python/threads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "python/object.h"
#include "python/python.h"

#define LIST_TRIES 8
#define TSTATE_HEAD_MAX 256 /* all ids of a tstate lie below, in 2.7-3.15 */

static uint64_t field_addr(uint64_t base, int32_t field)
{
	return base && field != HOG_NO_FIELD ? base + (uint64_t)field : 0;
}

/* The GIL struct that an interpreter uses; 0: 2.7, 3.6, or none yet. */
static uint64_t gil_struct(const struct hog_python *py, uint64_t interp)
{
	const struct hog_pylayout *lay = &py->lay;
	uint64_t gil = 0;

	if (lay->interp_gil != HOG_NO_FIELD)
		(void)hog_pyread_ptr(py, interp, lay->interp_gil, &gil);
	else if (py->runtime_addr && lay->runtime_gil_locked != HOG_NO_FIELD &&
		 lay->gil_locked != HOG_NO_FIELD)
		gil = py->runtime_addr + (uint64_t)lay->runtime_gil_locked -
		      (uint64_t)lay->gil_locked;
	return gil;
}

static void interp_addresses(const struct hog_python *py,
			     struct hog_pyinterp *in)
{
	const struct hog_pylayout *lay = &py->lay;

	in->threads_head_addr = field_addr(in->addr, lay->interp_threads_head);
	in->gil_addr = gil_struct(py, in->addr);
	in->gil_locked_addr = field_addr(in->gil_addr, lay->gil_locked);
	in->gil_holder_addr = field_addr(in->gil_addr, lay->gil_last_holder);
	if (lay->free_threaded)
		in->gil_enabled_addr =
			field_addr(in->gil_addr, lay->gil_enabled);
	if (in->gil_addr == 0)
		in->gil_holder_addr = py->tstate_current_addr;
	if (lay->major == 2 && py->gil_lock_addr)
		hog_mem_read_u64(py->mem, py->gil_lock_addr, &in->gil_lock);
	in->collecting_addr = py->collecting_addr;
	if (in->collecting_addr == 0)
		in->collecting_addr =
			field_addr(in->addr, lay->interp_gc_collecting);
}

static int by_id(const void *a, const void *b)
{
	const struct hog_pyinterp *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

int hog_pyinterps_list(const struct hog_python *py, struct hog_pyinterp *ret,
		       size_t max)
{
	const struct hog_pylayout *lay = &py->lay;
	uint64_t addr;
	size_t n = 0;
	int r = hog_mem_read_u64(py->mem, py->interp_head_addr, &addr);

	if (r < 0)
		return r;
	if (max > HOG_PYINTERPS_MAX)
		max = HOG_PYINTERPS_MAX;
	for (; addr && n < max; n++) {
		struct hog_pyinterp in = { .addr = addr };
		uint64_t id = 0;

		r = hog_pyread_ptr(py, addr, lay->interp_next, &addr);
		if (r == 0 && lay->interp_id != HOG_NO_FIELD)
			r = hog_pyread_ptr(py, in.addr, lay->interp_id, &id);
		if (r < 0)
			break;
		in.id = (int64_t)id;
		interp_addresses(py, &in);
		ret[n] = in;
	}
	if (n == 0)
		return r < 0 ? r : -EAGAIN;
	if (lay->interp_id == HOG_NO_FIELD) /* newest first: main is the tail */
		for (size_t i = 0; i < n; i++)
			ret[i].id = (int64_t)(n - 1 - i);
	qsort(ret, n, sizeof(*ret), by_id);
	return (int)n;
}

/* One thread state, checked; *ret_prev is 0 where the build keeps none. */
static int read_tstate(const struct hog_python *py, uint64_t addr,
		       struct hog_pytstate *ret, uint64_t *ret_prev,
		       uint64_t *ret_native)
{
	const struct hog_pylayout *lay = &py->lay;
	unsigned char head[TSTATE_HEAD_MAX];
	const int32_t fields[] = { lay->tstate_next, lay->tstate_interp,
				   lay->tstate_thread_id, lay->tstate_prev,
				   lay->tstate_native_thread_id };
	uint64_t v[5] = { 0 };
	size_t len = 0;
	int r;

	for (size_t i = 0; i < 5; i++)
		if (fields[i] >= 0 && (size_t)fields[i] + 8 > len)
			len = (size_t)fields[i] + 8;
	if (len > sizeof(head))
		return -EINVAL;
	r = hog_mem_read(py->mem, addr, head, len);
	if (r < 0)
		return r;
	for (size_t i = 0; i < 5; i++)
		if (fields[i] >= 0)
			v[i] = hog_load64(head + fields[i]);
	*ret = (struct hog_pytstate){
		.addr = addr, .next = v[0], .interp = v[1], .thread_id = v[2]
	};
	*ret_prev = v[3];
	*ret_native = v[4];
	return 0;
}

/* One walk over the list.  How many, or -EAGAIN when a member moved. */
static int walk_tstates(const struct hog_python *py,
			const struct hog_pyinterp *interp,
			struct hog_pytstate *ret, uint64_t *natives, size_t max)
{
	bool has_prev = py->lay.tstate_prev != HOG_NO_FIELD;
	uint64_t addr, prev = 0, back;
	size_t n = 0, seen = 0;
	int r = hog_mem_read_u64(py->mem, interp->threads_head_addr, &addr);

	if (r < 0)
		return r;
	for (; addr && n < max && seen < HOG_PYTHREADS_MAX; seen++) {
		r = read_tstate(py, addr, &ret[n], &back, &natives[n]);
		if (r < 0)
			return r == -EFAULT ? -EAGAIN : r;
		if (ret[n].interp != interp->addr || (has_prev && back != prev))
			return -EAGAIN;
		prev = addr;
		addr = ret[n].next;
		if (ret[n].thread_id) /* else its thread has not begun */
			n++;
	}
	/* Without back links (2.7) a loop shows only as a list without end. */
	return seen == HOG_PYTHREADS_MAX && !has_prev ? -EAGAIN : (int)n;
}

/* Native ids of the target in our PID namespace and in its own. */
struct tids {
	pid_t *ours; /* owned */
	int n;
	bool same; /* the two namespaces number alike */
};

static int by_pid(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static pid_t translate(const struct hog_python *py, const struct tids *t,
		       uint64_t native)
{
	pid_t tid = (pid_t)native;

	if (native == 0 || native > INT32_MAX)
		return 0;
	if (t->same)
		return bsearch(&tid, t->ours, (size_t)t->n, sizeof(tid), by_pid)
			       ? tid
			       : 0;
	return hog_target_host_tid(py->target, tid);
}

/* The id that libc keeps in the thread's own structure. */
static uint64_t libc_tid(const struct hog_python *py, uint64_t thread_id)
{
	uint32_t tid = 0;

	if (py->pthread_tid_offset && thread_id)
		(void)hog_mem_read_u32(
			py->mem, thread_id + py->pthread_tid_offset, &tid);
	return tid;
}

static void native_ids(const struct hog_python *py, struct hog_pytstate *v,
		       const uint64_t *natives, size_t n)
{
	struct hog_target *target = py->target;
	struct tids t = { 0 };

	if (!target)
		return;
	t.n = hog_target_threads(target, &t.ours);
	if (t.n < 0)
		return;
	t.same = hog_target_ns_tid(target, target->pid) == target->pid;
	for (size_t i = 0; i < n; i++) {
		v[i].tid = translate(py, &t, natives[i]);
		if (v[i].tid == 0) /* none kept, or stale since a fork */
			v[i].tid =
				translate(py, &t, libc_tid(py, v[i].thread_id));
		v[i].main = v[i].tid == target->pid && v[i].tid != 0;
	}
	if (n == 1 && t.n == 1 && v[0].tid == 0) {
		v[0].tid = t.ours[0];
		v[0].main = v[0].tid == target->pid;
	}
	free(t.ours);
}

int hog_pytstates_list(const struct hog_python *py,
		       const struct hog_pyinterp *interp,
		       struct hog_pytstate *ret, size_t max)
{
	_cleanup_free_ uint64_t *natives = NULL;
	int n = -EAGAIN;

	if (max > HOG_PYTHREADS_MAX)
		max = HOG_PYTHREADS_MAX;
	natives = calloc(max ? max : 1, sizeof(*natives));
	if (!natives)
		return -ENOMEM;
	for (int i = 0; n == -EAGAIN && i < LIST_TRIES; i++)
		n = walk_tstates(py, interp, ret, natives, max);
	if (n > 0)
		native_ids(py, ret, natives, (size_t)n);
	return n;
}
