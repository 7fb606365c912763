/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "collect/snapshot_greenlets.h"
#include "collect/snapshot_stack.h"
#include "collect/snapshot_tasks.h"
#include "syscalls/names.h"

/* One interpreter's thread states while they are read. */
struct listing {
	struct hog_pytstate *v;               /* owned */
	char (*names)[HOG_PYTHREAD_NAME_MAX]; /* owned */
	size_t n;
};

static void listing_fini(struct listing *l)
{
	free(l->v);
	free(l->names);
}

static int listing_read(struct hog_snapshot *s, const struct hog_pyinterp *in,
			struct listing *ret)
{
	struct hog_pytstate *fit;
	int n;

	ret->v = malloc(HOG_PYTHREADS_MAX * sizeof(*ret->v));
	if (!ret->v)
		return -ENOMEM;
	n = hog_pytstates_list(&s->py, in, ret->v, HOG_PYTHREADS_MAX);
	if (n <= 0)
		return n;
	fit = realloc(ret->v, (size_t)n * sizeof(*ret->v));
	if (fit)
		ret->v = fit;
	ret->names = calloc((size_t)n, sizeof(*ret->names));
	if (!ret->names)
		return -ENOMEM;
	ret->n = (size_t)n;
	/* Names that cannot be read are not: the kernel's serve. */
	(void)hog_pythread_names(&s->py, in, ret->v, ret->n, ret->names);
	return 0;
}

static void describe(struct hog_snapshot *s, const char *name,
		     struct hog_snapshot_thread *t)
{
	struct hog_target *target = s->py.target;

	memcpy(t->name, name, sizeof(t->name));
	t->os.state = HOG_OS_UNKNOWN;
	t->os.syscall = HOG_NO_SYSCALL;
	if (t->state.tid == 0)
		return;
	if (t->name[0] == '\0')
		hog_target_thread_comm(target, t->state.tid, t->name,
				       sizeof(t->name));
	hog_target_thread_state(target, t->state.tid, &t->os);
}

static void thread_fini(struct hog_snapshot_thread *t)
{
	hog_snapshot_frames_free(t->frames, t->n_frames);
}

static int add_thread(struct hog_snapshot *s,
		      const struct hog_snapshot_options *opt,
		      const struct hog_pyinterp *in,
		      const struct hog_pytstate *state, const char *name)
{
	struct hog_snapshot_thread *t, *grown;
	int r;

	grown = realloc(s->threads, (s->n_threads + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->threads = grown;
	t = &s->threads[s->n_threads];
	*t = (struct hog_snapshot_thread){ .state = *state,
					   .interp = in->id,
					   .greenlet = SIZE_MAX };
	describe(s, name, t);
	if (t->os.state == HOG_OS_GONE)
		return 0; /* it has ended; its state will follow */
	s->n_threads++;
	r = hog_snapshot_read_stack(s, opt, t);
	if (r < 0)
		return r;
	/* A state without thread and without frames is one that ends. */
	if (s->py.target->live && state->tid == 0 && t->n_frames == 0)
		s->n_threads--;
	return 0;
}

/* Who collects?  The holder of the GIL; without a GIL, who stopped the world. */
static uint64_t collector(const struct hog_python *py,
			  const struct hog_pyinterp *in,
			  const struct hog_pygil *gil)
{
	int32_t at = py->lay.interp_stw_requester;
	uint64_t who = 0;

	if (!gil->collecting)
		return 0;
	if (!py->lay.free_threaded)
		return gil->holder;
	if (at == HOG_NO_FIELD ||
	    hog_mem_read_u64(py->mem, in->addr + (uint64_t)at, &who) < 0)
		return 0;
	return who;
}

/* The lock last: all that is said of it is of one moment. */
static void set_roles(struct hog_snapshot *s, const struct hog_pyinterp *in,
		      size_t from)
{
	struct hog_pygil gil;
	uint64_t collects;

	if (hog_pygil_read(&s->py, in, &gil) < 0)
		return;
	collects = collector(&s->py, in, &gil);
	for (size_t i = from; i < s->n_threads; i++) {
		struct hog_snapshot_thread *t = &s->threads[i];

		t->collecting = collects != 0 && t->state.addr == collects;
		if (!gil.used)
			continue;
		bool waits = hog_pygil_is_wait(&s->py, in, &t->os);

		if (t->state.addr != gil.holder) {
			t->gil = waits ? HOG_GIL_WAITS : HOG_GIL_NONE;
			continue;
		}
		t->gil = HOG_GIL_HOLDS;
		if (waits) /* it has got it since we looked */
			hog_target_thread_state(s->py.target, t->state.tid,
						&t->os);
	}
}

/* Thread states and idents are used again: what was read of one that is another
 * thread's by now has a name and a stack that do not belong together. */
static void drop_changed(struct hog_snapshot *s, const struct hog_pyinterp *in,
			 size_t from)
{
	_cleanup_free_ struct hog_pytstate *now =
		malloc(HOG_PYTHREADS_MAX * sizeof(*now));
	size_t kept = from;
	int n = -ENOMEM, next = 0;

	if (now && s->py.target->live)
		n = hog_pytstates_list(&s->py, in, now, HOG_PYTHREADS_MAX);
	if (n < 0)
		return; /* it cannot be told */
	for (size_t i = from; i < s->n_threads; i++) {
		const struct hog_pytstate *was = &s->threads[i].state;
		int at = next;

		while (at < n && now[at].addr != was->addr)
			at++; /* both lists are in the same order */
		if (at < n && now[at].tid == was->tid &&
		    now[at].thread_id == was->thread_id) {
			s->threads[kept++] = s->threads[i];
			next = at + 1;
		} else {
			thread_fini(&s->threads[i]);
		}
	}
	s->n_threads = kept;
}

static int read_interp(struct hog_snapshot *s,
		       const struct hog_snapshot_options *opt,
		       const struct hog_pyinterp *in)
{
	struct listing list = { 0 };
	size_t from = s->n_threads;
	int r = listing_read(s, in, &list);

	for (size_t i = 0; r == 0 && i < list.n; i++)
		r = add_thread(s, opt, in, &list.v[i], list.names[i]);
	drop_changed(s, in, from);
	set_roles(s, in, from);
	listing_fini(&list);
	return r;
}

static int main_first(const void *a, const void *b)
{
	const struct hog_snapshot_thread *x = a, *y = b;

	if (x->state.main != y->state.main)
		return x->state.main ? -1 : 1;
	if (x->state.tid != y->state.tid)
		return x->state.tid < y->state.tid ? -1 : 1;
	return (x->interp > y->interp) - (x->interp < y->interp);
}

static int read_all(struct hog_snapshot *s,
		    const struct hog_snapshot_options *opt, struct hog_err *err)
{
	_cleanup_free_ struct hog_pyinterp *interps =
		malloc(HOG_PYINTERPS_MAX * sizeof(*interps));
	int n = -ENOMEM, r;

	if (interps)
		n = hog_pyinterps_list(&s->py, interps, HOG_PYINTERPS_MAX);
	if (n < 0)
		return hog_err_set(err, n, "list the interpreters");
	r = 0;
	for (int i = 0; r == 0 && i < n; i++) {
		r = read_interp(s, opt, &interps[i]);
		if (r < 0 && r != -ENOMEM && r != -ESRCH && n > 1)
			r = 0; /* an interpreter that ends must not hide all */
	}
	if (r < 0)
		return hog_err_set(err, r, "read the threads");
	if (s->n_threads == 0)
		return hog_err_say(err, -EAGAIN, NULL,
				   "no thread of it runs Python just now");
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].os.syscall != HOG_NO_SYSCALL)
			s->threads[i].syscall =
				hog_syscall_name(s->py.target->machine,
						 s->threads[i].os.syscall);
	qsort(s->threads, s->n_threads, sizeof(*s->threads), main_first);
	if (opt->async != HOG_ASYNC_NONE)
		r = hog_snapshot_read_tasks(s, opt, interps, (unsigned)n);
	if (r == 0 && opt->async != HOG_ASYNC_NONE)
		r = hog_snapshot_read_greenlets(s, opt);
	return r < 0 ? hog_err_set(err, r, "read the tasks") : 0;
}

int hog_snapshot_take(struct hog_target *target,
		      const struct hog_snapshot_options *opt,
		      struct hog_snapshot **ret, struct hog_err *err)
{
	struct hog_snapshot *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return hog_err_set(err, -ENOMEM, "take a snapshot");
	r = hog_python_find(target, &s->py, err);
	if (r == 0) {
		r = hog_pystacks_init(&s->stacks, &s->py);
		if (r < 0)
			hog_err_set(err, r, "take a snapshot");
	}
	if (r == 0)
		r = read_all(s, opt, err);
	if (r < 0) {
		hog_snapshot_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void hog_snapshot_free(struct hog_snapshot *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_threads; i++)
		thread_fini(&s->threads[i]);
	free(s->threads);
	hog_snapshot_tasks_free(s);
	hog_snapshot_greenlets_free(s);
	hog_pystacks_fini(&s->stacks);
	free(s);
}
