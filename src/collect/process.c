/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "collect/exact.h"
#include "collect/greens.h"
#include "collect/tasks.h"
#include "collect/twins.h"

#define LISTS_NS (HOG_NS_PER_SEC / 10)
/* Listing and naming thousands of threads: such a share of a core each.  Where
 * threads come and go all the time they are listed more often. */
#define LISTS_SHARE 512
#define RELISTS_SHARE 8
#define NAMES_SHARE 128
#define NAMES_NS HOG_NS_PER_SEC
#define NAMES_SOON_NS (HOG_NS_PER_SEC / 50)
#define NAMES_ROUNDS 3 /* a new thread gets its name a little later */
#define UNBORN_NS (HOG_NS_PER_SEC / 50)
#define RECHECK_NS (HOG_NS_PER_SEC / 10)
#define RECHECK_CODES 512

static void sampled_free(struct hog_sampled *t)
{
	if (!t)
		return;
	hog_pyreader_free(t->reader);
	hog_stackmemo_fini(&t->memo);
	hog_exact_forget_thread(t);
	hog_oswatch_close(&t->watch);
	free(t);
}

void hog_process_free(struct hog_process *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->n_threads; i++)
		sampled_free(p->threads[i]);
	free(p->threads);
	free(p->probes);
	hog_tasks_free(p->tasks);
	hog_greens_free(p->greens);
	hog_map64_fini(&p->tids);
	hog_spans_fini(&p->spans);
	hog_frames_fini(&p->frames);
	hog_pystacks_fini(&p->stacks);
	hog_target_close(p->target);
	if (p->pidfd >= 0)
		close(p->pidfd);
	free(p);
}

/* "python app.py --port 80": arguments joined by blanks. */
uint32_t hog_cmdline_in_model(struct hog_model *model, char *const *argv)
{
	char line[1024];
	size_t n = 0;

	line[0] = '\0';
	for (; argv && *argv && n + 1 < sizeof(line); argv++) {
		size_t len = strnlen(*argv, sizeof(line) - n - 2);

		if (n > 0)
			line[n++] = ' ';
		memcpy(line + n, *argv, len);
		n += len;
		line[n] = '\0';
	}
	return hog_model_string(model, line, n);
}

/* A copy of its parent's memory: everything lies where it lies there. */
static int open_fork(struct hog_process *p, const struct hog_process *parent)
{
	int r = hog_target_open_fork(p->pid, parent->target, parent->image,
				     &p->target);

	if (r == 0)
		r = hog_python_of_fork(p->target, &parent->py, &p->py);
	if (r < 0) {
		hog_target_close(p->target);
		p->target = NULL;
	} else {
		p->image = parent->image;
		p->forked = true;
	}
	return r;
}

static int open_anew(struct hog_process *p, struct hog_err *err)
{
	int r = hog_target_open_pid(p->pid, &p->target, err);

	if (r < 0)
		return r;
	p->image = hog_target_image(p->target);
	return hog_python_find(p->target, &p->py, err);
}

uint32_t hog_process_name(const struct hog_process *p, uint32_t *ret_python)
{
	char name[256];

	hog_target_script_name(p->target, name, sizeof(name));
	*ret_python = hog_model_cstr(p->frames.model, p->py.version_text);
	return hog_model_cstr(p->frames.model, name);
}

static uint32_t model_process(const struct hog_process *p)
{
	struct hog_process_info info = { .pid = p->pid,
					 .parent = p->parent,
					 .start_ns = p->opened_ns };
	struct hog_model *model = p->frames.model;

	info.name = hog_process_name(p, &info.python);
	info.cmdline = hog_cmdline_in_model(model, p->target->cmdline);
	return hog_model_process(model, &info);
}

uint32_t hog_process_in_model(struct hog_process *p)
{
	if (!p->model_process)
		p->model_process = model_process(p);
	return p->model_process;
}

static int open_process(struct hog_process *p, const struct hog_origin *origin,
			struct hog_model *model, struct hog_err *err)
{
	int r = -ESTALE;

	p->opened_ns = hog_now_ns();
	if (origin->forked_from)
		r = open_fork(p, origin->forked_from);
	if (r < 0)
		r = open_anew(p, err);
	if (r < 0)
		return r;
	p->pid = p->target->pid;
	r = hog_pystacks_init(&p->stacks, &p->py);
	if (r < 0)
		return hog_err_set(err, r, "read stacks of %d", p->pid);
	hog_frames_init(&p->frames, model, &p->py);
	p->parent = origin->parent;
	p->ends = (struct hog_ends){
		.whole = origin->whole,
		.known = origin->whole,
		.start_ns = origin->given_ns,
		.given_ns = origin->given_ns,
	};
	if (origin->looked_ns > origin->given_ns) {
		p->ends.given_ns = origin->looked_ns;
		p->ends.blank_ns = origin->looked_ns - origin->given_ns;
	}
	p->relist = true;
	p->names_rounds = NAMES_ROUNDS;
	return 0;
}

int hog_process_new(pid_t pid, const struct hog_origin *origin,
		    struct hog_model *model, struct hog_process **ret,
		    struct hog_err *err)
{
	struct hog_process *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return hog_err_set(err, -ENOMEM, "watch process %d", pid);
	p->pid = pid;
	p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	r = open_process(p, origin, model, err);
	if (r < 0) {
		hog_process_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

/* ---- the list of threads ---- */

/* Looks among the first known ones.  Lists come in the order of the one before:
 * *hint, where the next one should be, makes the search short with thousands of
 * threads. */
static struct hog_sampled *find_thread(struct hog_process *p,
				       const struct hog_pytstate *state,
				       unsigned known, unsigned *hint)
{
	for (unsigned i = 0; i < known; i++) {
		unsigned k = (*hint + i) % known;
		struct hog_sampled *t = p->threads[k];

		if (t->state.addr == state->addr &&
		    t->state.thread_id == state->thread_id &&
		    t->state.tid == state->tid && !t->ended) {
			*hint = k + 1;
			return t;
		}
	}
	return NULL;
}

static uint32_t model_thread(struct hog_process *p, struct hog_sampled *t,
			     const char *name)
{
	struct hog_thread_info info = {
		.process = p->model_process,
		.tid = t->state.tid,
		.interp = (uint32_t)p->interps[t->interp].id,
	};
	char comm[32];

	if (name[0] == '\0') {
		hog_target_thread_comm(p->target, t->state.tid, comm,
				       sizeof(comm));
		name = comm;
	}
	info.name = hog_model_cstr(p->frames.model, name);
	return hog_model_thread(p->frames.model, &info);
}

/* A new thread began at 0 CPU time; one that was only lost from sight did not,
 * and what it used has been given out already. */
static bool is_new(struct hog_process *p, pid_t tid)
{
	if (hog_map64_get(&p->tids, (uint64_t)tid))
		return false;
	if (p->tids.count > HOG_PYTHREADS_MAX) /* of very many, all long gone */
		hog_map64_clear(&p->tids);
	hog_map64_put(&p->tids, (uint64_t)tid, 1);
	return true;
}

static void begin_cpu(struct hog_process *p, struct hog_sampled *t)
{
	bool new = is_new(p, t->state.tid);

	if (t->state.tid == p->pid) {
		p->ends.thread = t->model_thread;
		if (p->ends.known)
			hog_cputime_begin(&t->cpu, p->ends.given_ns);
	} else if (new && (p->listed_once || p->ends.whole)) {
		hog_cputime_begin(&t->cpu, 0);
	}
}

static bool add_thread(struct hog_process *p, const struct hog_pytstate *state,
		       unsigned interp)
{
	struct hog_sampled *t;

	if (p->n_threads == p->cap_threads) {
		unsigned cap = p->cap_threads ? p->cap_threads * 2 : 16;
		struct hog_sampled **grown;

		grown = realloc(p->threads, cap * sizeof(*grown));
		if (!grown)
			return false;
		p->threads = grown;
		p->cap_threads = cap;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return false;
	t->state = *state;
	t->interp = interp;
	t->listed = true;
	t->watch = (struct hog_oswatch){ 0, 0, -1, -1, -1 };
	t->reader = hog_pyreader_new(&p->stacks, state->addr);
	if (!t->reader || hog_oswatch_open(&t->watch, p->pid, state->tid) < 0) {
		sampled_free(t);
		return false;
	}
	/* A program that was only just forked and execs something else has no
	 * threads of its own and shall not show as a Python process. */
	hog_process_in_model(p);
	p->threads[p->n_threads++] = t;
	t->model_thread = model_thread(p, t, "");
	begin_cpu(p, t);
	p->names_rounds = NAMES_ROUNDS;
	return true;
}

static bool stays(const struct hog_sampled *t)
{
	return t->listed && !t->ended;
}

static void drop_unlisted(struct hog_process *p, struct hog_slot *slot)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < p->n_threads; i++)
		if (!stays(p->threads[i]))
			hog_twins_part(p, p->threads[i]);
	for (unsigned i = 0; i < p->n_threads; i++) {
		struct hog_sampled *t = p->threads[i];

		if (stays(t)) {
			p->threads[kept++] = t;
			continue;
		}
		hog_sampled_settle(p, t, slot);
		sampled_free(t);
	}
	p->n_threads = kept;
}

/* Up to 3.11 a new thread's state has its creator's ident until the thread runs
 * (_PyThreadState_Init): for that moment it would pass as the creator. */
static bool is_unborn(struct hog_process *p, const struct hog_pytstate *v,
		      int n, int i)
{
	for (int k = i + 1; k < n; k++) {
		if (v[k].thread_id != v[i].thread_id)
			continue;
		if (!p->unborn_ns)
			p->unborn_ns = p->lists_ns;
		p->relist = true;
		/* An embedder may have left it like this for good. */
		return p->lists_ns - p->unborn_ns < UNBORN_NS;
	}
	return false;
}

/* The list moved while it was read: those known stay, and it is read again. */
static void keep_listed(struct hog_process *p, unsigned interp)
{
	for (unsigned i = 0; i < p->n_threads; i++)
		if (p->threads[i]->interp == interp)
			p->threads[i]->listed = true;
	p->relist = true;
}

static void list_interp(struct hog_process *p, unsigned index)
{
	_cleanup_free_ struct hog_pytstate *states = NULL;
	const struct hog_pyinterp *interp = &p->interps[index];
	unsigned hint = 0, known = p->n_threads;
	uint64_t head;
	int n;

	states = malloc(HOG_PYTHREADS_MAX * sizeof(*states));
	if (!states ||
	    hog_mem_read_u64(p->py.mem, interp->threads_head_addr, &head) < 0) {
		keep_listed(p, index);
		return;
	}
	n = hog_pytstates_list(&p->py, interp, states, HOG_PYTHREADS_MAX);
	if (n < 0) {
		keep_listed(p, index);
		return;
	}
	p->heads[index] = head;
	for (int i = 0; i < n; i++) {
		struct hog_sampled *t;

		if (states[i].tid == 0)
			continue; /* just ended */
		t = find_thread(p, &states[i], known, &hint);
		if (t)
			t->listed = true;
		else if (!is_unborn(p, states, n, i))
			add_thread(p, &states[i], index);
	}
}

/* Nobody tells of an exec where the kernel's records are refused. */
static bool runs_another_program(struct hog_process *p)
{
	uint64_t image = hog_target_image(p->target);

	return image && p->image && image != p->image;
}

static void list_threads(struct hog_process *p, struct hog_slot *slot)
{
	int n = hog_pyinterps_list(&p->py, p->interps, HOG_PYINTERPS_MAX);

	p->lists_ns = slot->now_ns;
	if (runs_another_program(p)) {
		p->gone = true;
		return;
	}
	if (n < 0) {
		p->gone = n == -ESRCH;
		return;
	}
	if ((unsigned)n != p->n_interps)
		memset(p->heads, 0, sizeof(p->heads));
	p->n_interps = (unsigned)n;
	p->relist = false;
	for (unsigned i = 0; i < p->n_threads; i++)
		p->threads[i]->listed = false;
	for (unsigned i = 0; i < p->n_interps; i++)
		list_interp(p, i);
	if (!p->relist)
		p->unborn_ns = 0;
	drop_unlisted(p, slot);
	hog_twins_find(p);
	p->listed_once = p->n_threads > 0;
}

/* Whether it is the same thread still: idents and addresses are used again.
 * *hint is as with find_thread. */
static bool still_is(const struct hog_pytstate *state,
		     const struct hog_pytstate *now, int n, int *hint)
{
	for (int i = 0; i < n; i++) {
		int k = (*hint + i) % n;

		if (now[k].addr != state->addr)
			continue;
		*hint = k + 1;
		return now[k].tid == state->tid &&
		       now[k].thread_id == state->thread_id;
	}
	return false;
}

static void name_threads(struct hog_process *p, unsigned interp)
{
	_cleanup_free_ struct hog_pytstate *states = NULL, *now = NULL;
	_cleanup_free_ char(*names)[HOG_PYTHREAD_NAME_MAX] = NULL;
	_cleanup_free_ unsigned *index = NULL;
	size_t n = 0;
	int n_now, hint = 0;

	states = malloc((p->n_threads + 1) * sizeof(*states));
	names = malloc((p->n_threads + 1) * sizeof(*names));
	index = malloc((p->n_threads + 1) * sizeof(*index));
	now = malloc(HOG_PYTHREADS_MAX * sizeof(*now));
	if (!states || !names || !index || !now)
		return;
	for (unsigned i = 0; i < p->n_threads; i++) {
		if (p->threads[i]->interp != interp)
			continue;
		states[n] = p->threads[i]->state;
		index[n++] = i;
	}
	if (n == 0 || hog_pythread_names(&p->py, &p->interps[interp], states, n,
					 names) < 0)
		return;
	n_now = hog_pytstates_list(&p->py, &p->interps[interp], now,
				   HOG_PYTHREADS_MAX);
	for (size_t k = 0; k < n; k++)
		if (names[k][0] && still_is(&states[k], now, n_now, &hint))
			model_thread(p, p->threads[index[k]], names[k]);
}

static void refresh_names(struct hog_process *p, uint64_t now)
{
	uint64_t gap = p->names_rounds ? NAMES_SOON_NS : NAMES_NS;
	uint64_t start;

	if (gap < p->names_gap_ns)
		gap = p->names_gap_ns;
	if (p->names_ns && now - p->names_ns < gap)
		return;
	p->names_ns = now;
	p->names_rounds -= p->names_rounds > 0;
	start = hog_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (unsigned i = 0; i < p->n_interps; i++)
		name_threads(p, i);
	p->names_gap_ns =
		NAMES_SHARE * (hog_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start);
}

/* Code objects die.  What samples show is checked with them; here go the ones
 * that have not shown for long, in turn, and the memory of all that died. */
static void recheck_codes(struct hog_process *p, struct hog_slot *slot)
{
	uint64_t now = slot->now_ns;

	slot->doubt += hog_pycodes_doubt(p->stacks.codes);
	if (now - p->recheck_ns >= RECHECK_NS) {
		p->recheck_ns = now;
		hog_pycodes_recheck(p->stacks.codes, RECHECK_CODES);
		hog_pycodes_trim(p->stacks.codes);
	}
	if (hog_pycodes_reap(p->stacks.codes) == 0)
		return;
	for (unsigned i = 0; i < p->n_threads; i++) {
		p->threads[i]->reader->ops->forget(p->threads[i]->reader);
		p->threads[i]->copy_switches = 0; /* its stack is gone, too */
	}
}

static bool must_list(const struct hog_process *p, uint64_t now)
{
	uint64_t age = now - p->lists_ns, gap = LISTS_SHARE * p->lists_cost_ns;

	if (p->relist)
		return age >= RELISTS_SHARE * p->lists_cost_ns;
	return age > (gap < LISTS_NS ? LISTS_NS : gap);
}

void hog_process_maintain(struct hog_process *p, struct hog_slot *slot)
{
	uint64_t now = slot->now_ns;

	if (must_list(p, now)) {
		uint64_t start = hog_clock_ns(CLOCK_THREAD_CPUTIME_ID);

		list_threads(p, slot);
		p->lists_cost_ns =
			hog_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	}
	refresh_names(p, now);
	recheck_codes(p, slot);
	if (slot->opt->async == HOG_ASYNC_NONE)
		return;
	hog_tasks_maintain(p, slot);
	hog_greens_maintain(p, slot);
}
