/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/traced.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collect/process.h"
#include "python/stack_held.h"

/* Looking for a Python that comes up, and for the state of a new thread: each
 * may cost such a share of the time ... */
#define TRY_SHARE 3
#define LIST_SHARE 4
/* ... and less when a program has run for long without being Python. */
#define HOPE_NS HOG_NS_PER_SEC
#define SOON_NS (HOG_NS_PER_SEC / 1000)
#define HOPELESS_SHARE 200
#define STATES_MAX 16384
#define NAME_NS HOG_NS_PER_SEC
#define NAME_SOON_NS                                                           \
	(HOG_NS_PER_SEC / 100) /* a thread is named after its start */
#define CODES_NS (HOG_NS_PER_SEC / 10)
#define CODES_EACH 512

/* ---- the process ---- */

static void forget_python(struct hog_traced *p)
{
	if (p->has_python) {
		hog_frames_fini(&p->frames);
		hog_pystacks_fini(&p->stacks);
	}
	p->has_python = false;
}

void hog_traced_free(struct hog_traced *p)
{
	if (!p)
		return;
	forget_python(p);
	hog_target_close(p->target);
	free(p->interps);
	free(p->states);
	free(p->state_interp);
	free(p);
}

static void open_target(struct hog_traced *p, const struct hog_traced *from)
{
	int r = -ESTALE;

	if (from && from->target && from->image)
		r = hog_target_open_fork(p->pid, from->target, from->image,
					 &p->target);
	if (r == 0)
		p->image = from->image;
	else if (hog_target_open_pid(p->pid, &p->target, NULL) == 0)
		p->image = hog_target_image(p->target);
	else
		p->target = NULL;
}

static bool use_python(struct hog_traced *p)
{
	if (hog_pystacks_init(&p->stacks, &p->py) < 0)
		return false;
	hog_frames_init(&p->frames, p->model, &p->py);
	p->has_python = true;
	return true;
}

static void name_process(struct hog_traced *p)
{
	struct hog_process_info info = { .pid = p->pid,
					 .parent = p->parent,
					 .start_ns = p->now_ns };
	char name[256] = "";

	if (p->target) {
		hog_target_script_name(p->target, name, sizeof(name));
		info.cmdline =
			hog_cmdline_in_model(p->model, p->target->cmdline);
	}
	info.name = hog_model_cstr(p->model, name);
	if (p->has_python)
		info.python = hog_model_cstr(p->model, p->py.version_text);
	p->model_process = hog_model_process(p->model, &info);
}

struct hog_traced *hog_traced_new(pid_t pid, pid_t parent, uint64_t now_ns,
				  struct hog_model *model,
				  const struct hog_traced *from)
{
	struct hog_traced *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pid = pid;
	p->parent = parent;
	p->model = model;
	p->now_ns = p->opened_ns = now_ns;
	p->interps = malloc(HOG_PYINTERPS_MAX * sizeof(*p->interps));
	p->states = malloc(STATES_MAX * sizeof(*p->states));
	p->state_interp = malloc(STATES_MAX * sizeof(*p->state_interp));
	if (!p->interps || !p->states || !p->state_interp) {
		hog_traced_free(p);
		return NULL;
	}
	open_target(p, from);
	if (p->target && from && from->has_python &&
	    hog_python_of_fork(p->target, &from->py, &p->py) == 0)
		use_python(p);
	name_process(p);
	return p;
}

struct hog_mem *hog_traced_mem(struct hog_traced *p)
{
	return p->target ? p->target->mem : NULL;
}

/* A program that is just starting maps its Python, then sets it up. */
static void look_for_python(struct hog_traced *p)
{
	bool old = p->now_ns - p->opened_ns > HOPE_NS && p->hopeless;
	uint64_t share = old ? HOPELESS_SHARE : TRY_SHARE;
	uint64_t start = hog_now_ns();
	int r;

	if (p->tried_ns && start - p->tried_ns < share * p->try_cost_ns)
		return;
	if (!p->target)
		open_target(p, NULL);
	else
		(void)hog_target_refresh_maps(p->target, NULL);
	r = p->target ? hog_python_find(p->target, &p->py, NULL) : -ESRCH;
	if (r == 0)
		use_python(p);
	p->tried_ns = hog_now_ns();
	p->try_cost_ns = p->tried_ns - start;
	/* A library that is mapped and not in its place yet looks like none that
	 * is known.  Finding that out costs much, but only once. */
	if (r == -ENOTSUP && p->now_ns - p->opened_ns < HOPE_NS &&
	    p->try_cost_ns > SOON_NS)
		p->try_cost_ns = SOON_NS;
	p->hopeless = r != -EAGAIN;
}

/* ---- its threads ---- */

static void list_states(struct hog_traced *p)
{
	uint64_t start = hog_now_ns();
	int n = hog_pyinterps_list(&p->py, p->interps, HOG_PYINTERPS_MAX);

	p->n_interps = n > 0 ? (unsigned)n : 0;
	p->n_states = 0;
	for (unsigned i = 0; i < p->n_interps; i++) {
		n = hog_pytstates_list(&p->py, &p->interps[i],
				       p->states + p->n_states,
				       STATES_MAX - p->n_states);
		for (int k = 0; k < n; k++)
			p->state_interp[p->n_states++] = i;
	}
	p->listed_ns = hog_now_ns();
	p->list_cost_ns = p->listed_ns - start;
}

/* The oldest of those with its id: up to 3.11 a state is its creator's, by what
 * it says, until the new thread runs (the newest come first). */
static bool find_state(struct hog_tracedthread *t)
{
	const struct hog_traced *p = t->process;
	bool found = false;

	for (unsigned i = 0; i < p->n_states; i++) {
		if (p->states[i].tid != t->tid ||
		    (found && p->state_interp[i] != t->interp))
			continue;
		t->tstate = p->states[i].addr;
		t->interp = p->state_interp[i];
		found = true;
	}
	return found;
}

static void drop_held(struct hog_tracedthread *t)
{
	hog_pyheld_free(t->held);
	hog_pyreader_free(t->reader);
	hog_stackmemo_fini(&t->memo);
	hog_stackmemo_fini(&t->moving);
	t->held = NULL;
	t->reader = NULL;
	t->memo = t->moving = (struct hog_stackmemo){ 0 };
	t->tstate = 0;
}

static bool have_state(struct hog_tracedthread *t)
{
	struct hog_traced *p = t->process;

	if (t->tstate)
		return true;
	if (p->listed_ns > t->born_ns && find_state(t))
		return true;
	if (p->listed_ns &&
	    hog_now_ns() - p->listed_ns < LIST_SHARE * p->list_cost_ns)
		return false;
	list_states(p);
	return find_state(t);
}

struct hog_tracedthread *hog_tracedthread_new(struct hog_traced *p, pid_t tid,
					      uint64_t now_ns)
{
	struct hog_tracedthread *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->process = p;
	t->tid = tid;
	t->born_ns = now_ns;
	return t;
}

void hog_tracedthread_free(struct hog_tracedthread *t)
{
	if (!t)
		return;
	drop_held(t);
	hog_call_fini(&t->call);
	free(t);
}

/* Its Python, and its thread state there. */
static bool is_known(struct hog_tracedthread *t)
{
	bool had = t->tstate != 0;

	if (!t->process->has_python)
		look_for_python(t->process);
	if (!t->process->has_python || !have_state(t))
		return false;
	if (!had)
		t->named_ns = 0; /* it has a name now */
	return true;
}

static const struct hog_pytstate *state_of(const struct hog_tracedthread *t)
{
	const struct hog_traced *p = t->process;

	for (unsigned i = 0; i < p->n_states; i++)
		if (p->states[i].addr == t->tstate)
			return &p->states[i];
	return NULL;
}

static bool python_name(struct hog_tracedthread *t,
			char (*ret)[HOG_PYTHREAD_NAME_MAX])
{
	struct hog_traced *p = t->process;
	const struct hog_pytstate *state;

	if (!is_known(t))
		return false;
	state = state_of(t);
	if (!state) { /* a fork has its state from its parent */
		list_states(p);
		state = state_of(t);
	}
	return state && t->interp < p->n_interps &&
	       hog_pythread_names(&p->py, &p->interps[t->interp], state, 1,
				  ret) == 0 &&
	       ret[0][0];
}

static uint32_t name_of(struct hog_tracedthread *t)
{
	struct hog_traced *p = t->process;
	char name[1][HOG_PYTHREAD_NAME_MAX] = { "" };
	char comm[32] = "";

	t->has_name = python_name(t, name);
	if (t->has_name)
		return hog_model_cstr(p->model, name[0]);
	if (p->target)
		hog_target_thread_comm(p->target, t->tid, comm, sizeof(comm));
	return hog_model_cstr(p->model, comm);
}

uint32_t hog_tracedthread_id(struct hog_tracedthread *t)
{
	struct hog_traced *p = t->process;
	struct hog_thread_info info = { .process = p->model_process,
					.tid = t->tid };
	bool soon = p->has_python && !t->has_name;
	uint64_t gap = soon ? NAME_SOON_NS : NAME_NS;

	if (t->model_thread && p->now_ns - t->named_ns < gap)
		return t->model_thread;
	t->named_ns = p->now_ns;
	info.name = name_of(t);
	t->model_thread = hog_model_thread(p->model, &info);
	return t->model_thread;
}

/* ---- stacks ---- */

/* Code objects die: what is kept by pointer is forgotten with them. */
static void recheck_codes(struct hog_traced *p)
{
	if (p->now_ns - p->codes_ns < CODES_NS)
		return;
	p->codes_ns = p->now_ns;
	hog_pycodes_recheck(p->stacks.codes, CODES_EACH);
	hog_pycodes_trim(p->stacks.codes);
	if (hog_pycodes_reap(p->stacks.codes) > 0)
		p->generation++;
}

static bool have_held(struct hog_tracedthread *t)
{
	if (t->held && t->held_generation != t->process->generation) {
		hog_pyheld_free(t->held);
		t->held = NULL;
		t->memo.valid = 0;
		if (t->reader)
			t->reader->ops->forget(t->reader);
		t->moving.valid = 0;
	}
	if (!t->held)
		t->held = hog_pyheld_new(&t->process->stacks, t->tstate);
	t->held_generation = t->process->generation;
	return t->held != NULL;
}

static int read_stack(struct hog_tracedthread *t, struct hog_pystack *ret)
{
	int r = hog_pyheld_copy(t->held, false);

	if (r == 0)
		r = hog_pyheld_walk(t->held, ret);
	if (r == -ENODATA) {
		r = hog_pyheld_copy(t->held, true);
		if (r == 0)
			r = hog_pyheld_walk(t->held, ret);
	}
	if (r == -ENODATA || r == -EAGAIN)
		r = hog_pyheld_walk_now(t->held, ret);
	return r;
}

uint32_t hog_tracedthread_stack(struct hog_tracedthread *t)
{
	struct hog_traced *p = t->process;
	struct hog_pystack stack;
	int r;

	if (!is_known(t))
		return 0;
	recheck_codes(p);
	if (!have_held(t))
		return 0;
	r = read_stack(t, &stack);
	if (r == -ESRCH) { /* the state is no more: another may be there */
		drop_held(t);
		return 0;
	}
	if (r < 0)
		return hog_frames_mark(&p->frames, 0, "[unreadable]");
	hog_stackmemo_note(&t->memo, &stack);
	return stack.n ? hog_frames_stack(&p->frames, &t->memo, &stack) : 0;
}

uint32_t hog_tracedthread_waiting_stack(struct hog_tracedthread *t)
{
	struct hog_target *target = t->process->target;
	uint32_t stack = hog_tracedthread_stack(t);
	struct hog_osthread os;

	if (!stack || !target)
		return 0;
	/* Who is still in the call has not moved. */
	hog_target_thread_state(target, t->tid, &os);
	return os.syscall == t->call.raw.number ? stack : 0;
}

uint32_t hog_tracedthread_moving_stack(struct hog_tracedthread *t)
{
	struct hog_traced *p = t->process;
	struct hog_pystack stack;
	enum hog_pyverdict verdict;

	if (!is_known(t))
		return 0;
	recheck_codes(p);
	if (!have_held(t)) /* forgets what codes that died are part of */
		return 0;
	if (!t->reader)
		t->reader = hog_pyreader_new(&p->stacks, t->tstate);
	if (!t->reader)
		return 0;
	verdict =
		hog_pyreader_sample(t->reader, HOG_SAMPLE_TRIES, &stack, NULL);
	if (verdict == HOG_PYSTACK_GONE)
		return 0;
	hog_stackmemo_note(&t->moving, &stack);
	if (stack.torn || stack.unreadable || stack.n == 0)
		return 0;
	return hog_frames_stack(&p->frames, &t->moving, &stack);
}

bool hog_tracedthread_has_gil(struct hog_tracedthread *t)
{
	struct hog_pygil gil;

	return t->process->has_python && have_state(t) &&
	       hog_pygil_read(&t->process->py, &t->process->interps[t->interp],
			      &gil) == 0 &&
	       gil.used && gil.holder == t->tstate;
}
