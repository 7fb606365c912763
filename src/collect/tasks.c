/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collect/exact.h"
#include "collect/process.h"
#include "collect/tasks_priv.h"

#define ENTRIES_MAX 16384
#define NAMES_MAX 1024 /* different ones shown of a process */
#define TRIES 3
#define LATE_NS 100000
#define SPLITS_MAX 8 /* tasks that run inside each other */
#define REFRESH_NS (HOG_NS_PER_SEC / 4)
#define COST_SHARE 64

/* ---- what was read, kept ---- */

struct hog_taskentry *hog_taskentry_of(struct hog_tasks *tasks,
				       const struct hog_map64 *map,
				       uint64_t key)
{
	const uint64_t *at = hog_map64_get(map, key);

	return at ? &tasks->entries[*at] : NULL;
}

bool hog_taskentry_alive(const struct hog_process *p,
			 const struct hog_taskentry *e)
{
	return e->epoch == hog_pycodes_epoch(p->stacks.codes);
}

static void forget_all(struct hog_tasks *tasks)
{
	for (unsigned i = 0; i < tasks->n_entries; i++)
		hog_notes_fini(&tasks->entries[i].notes);
	tasks->n_entries = 0;
	hog_map64_clear(&tasks->by_task);
	hog_map64_clear(&tasks->by_frame);
}

static struct hog_taskentry *new_entry(struct hog_tasks *tasks, uint64_t task)
{
	unsigned cap = tasks->cap_entries ? tasks->cap_entries * 2 : 32;
	void *grown;

	if (tasks->n_entries == ENTRIES_MAX)
		forget_all(tasks);
	if (tasks->n_entries == tasks->cap_entries) {
		grown = realloc(tasks->entries, cap * sizeof(*tasks->entries));
		if (!grown)
			return NULL;
		tasks->entries = grown;
		tasks->cap_entries = cap;
	}
	if (hog_map64_put(&tasks->by_task, task, tasks->n_entries) < 0)
		return NULL;
	tasks->entries[tasks->n_entries] = (struct hog_taskentry){ 0 };
	return &tasks->entries[tasks->n_entries++];
}

/* ---- names ---- */

static bool known_name(struct hog_tasks *tasks, const char *text)
{
	uint64_t hash = hog_hash_bytes(text, strlen(text));

	if (hog_map64_get(&tasks->names, hash))
		return true;
	if (tasks->names.count >= NAMES_MAX)
		return false;
	return hog_map64_put(&tasks->names, hash, 1) == 0;
}

static const char *coro_name(struct hog_process *p, const struct hog_pychain *c,
			     const struct hog_pytask *task)
{
	const struct hog_pycode *code = NULL;

	if (task->n > 0)
		code = c->frames[task->first].code;
	else if (task == &c->tasks[c->n_tasks - 1] && c->code) /* it runs */
		code = hog_pycodes_get(p->stacks.codes, c->code);
	return code ? code->qualname : "";
}

/* 3.7 has no names: there a task is called as its coroutine is. */
static uint32_t task_marker(struct hog_process *p, struct hog_tasks *tasks,
			    const struct hog_pytask *task)
{
	const struct hog_pychain *c = tasks->chain;
	char text[HOG_PYTASK_NAME_MAX + 16];
	const char *name = task->name;

	if (task->has_number && task->number > HOG_TASK_NUMBER_MAX)
		name = "Task-*";
	if (!name[0])
		name = coro_name(p, c, task);
	snprintf(text, sizeof(text), "[task %.*s]", HOG_PYTASK_NAME_MAX,
		 name[0] ? name : "?");
	if (!known_name(tasks, text))
		strcpy(text, "[task *]");
	return hog_model_marker(p->frames.model, text);
}

/* ---- stacks ---- */

static uint32_t push(struct hog_process *p, uint32_t stack, uint32_t frame)
{
	return frame ? hog_model_stack(p->frames.model, stack, frame) : stack;
}

static uint32_t push_frames(struct hog_process *p, const struct hog_pychain *c,
			    const struct hog_pytask *task, uint32_t stack)
{
	for (size_t i = 0; i < task->n; i++)
		stack = hog_frames_push(&p->frames, stack,
					&c->frames[task->first + i]);
	if (task->cut)
		stack = hog_frames_mark(&p->frames, stack, "[truncated]");
	return stack;
}

static uint32_t mark_wait(struct hog_process *p, const struct hog_pychain *c,
			  uint32_t stack)
{
	char text[sizeof(c->awaits) + 16];

	switch (c->tasks[c->n_tasks - 1].state) {
	case HOG_PYTASK_CREATED:
		return hog_frames_mark(&p->frames, stack, "[not started]");
	case HOG_PYTASK_READY:
		return hog_frames_mark(&p->frames, stack, "[ready]");
	default:
		break;
	}
	/* Numbers of tasks would tear apart what belongs together. */
	if (!c->awaits[0] || !strncmp(c->awaits, "task ", 5))
		return hog_frames_mark(&p->frames, stack,
				       c->awaits[0] ? "[awaiting task]"
						    : "[suspended]");
	snprintf(text, sizeof(text), "[awaiting %s]", c->awaits);
	return hog_frames_mark(&p->frames, stack, text);
}

/* The chain at hand becomes the entry's stacks. */
static void make_stacks(struct hog_process *p, struct hog_tasks *tasks,
			struct hog_taskentry *e)
{
	const struct hog_pychain *c = tasks->chain;
	const struct hog_pytask *last = &c->tasks[c->n_tasks - 1];
	uint32_t stack = 0;

	if (c->truncated)
		stack = hog_frames_mark(&p->frames, stack, "[truncated]");
	if (c->cycle)
		stack = hog_frames_mark(&p->frames, stack, "[cycle]");
	for (size_t i = 0; i + 1 < c->n_tasks; i++) {
		stack = push(p, stack, task_marker(p, tasks, &c->tasks[i]));
		stack = push_frames(p, c, &c->tasks[i], stack);
	}
	e->marker = task_marker(p, tasks, last);
	e->base = push(p, stack, e->marker);
	e->whole = 0;
	if (last->state == HOG_PYTASK_RUNNING)
		return;
	e->whole = mark_wait(p, c, push_frames(p, c, last, e->base));
}

int hog_taskentry_read(struct hog_process *p, uint64_t task,
		       struct hog_taskentry **ret)
{
	struct hog_tasks *tasks = p->tasks;
	struct hog_taskentry *e =
		hog_taskentry_of(tasks, &tasks->by_task, task);
	struct hog_pychain *c = tasks->chain;
	int r = hog_pychain_read(tasks->pt, task, HOG_PYCHAIN_TASKS_MAX,
				 &tasks->notes, c);

	if (r == -ESRCH || r == -EPERM)
		p->gone = true;
	if (r < 0 || c->torn)
		return r < 0 ? r : -EAGAIN;
	if (!e)
		e = new_entry(tasks, task);
	if (!e)
		return -ENOMEM;
	hog_notes_fini(&e->notes);
	e->task = task;
	e->epoch = hog_pycodes_epoch(p->stacks.codes);
	e->frame = hog_pycoro_frame(tasks->pt, c->tasks[c->n_tasks - 1].coro);
	e->code = c->code;
	make_stacks(p, tasks, e);
	r = hog_notes_seal(&tasks->notes, &e->notes);
	if (r == 0)
		r = hog_map64_put(&tasks->by_frame, e->frame,
				  (uint64_t)(e - tasks->entries));
	if (r == 0)
		*ret = e;
	return r;
}

/* ---- tasks in a sample ---- */

/* A frame of the sample where a task's coroutine begins. */
struct split {
	size_t at;
	struct hog_taskentry *entry; /* NULL: of a task that is not known */
};

struct splits {
	struct split v[SPLITS_MAX];
	unsigned n, known;
};

static bool is_coroutine(const struct hog_pyframe *f)
{
	return f->code &&
	       f->code->flags & (HOG_CO_COROUTINE | HOG_CO_ITERABLE_COROUTINE |
				 HOG_CO_ASYNC_GENERATOR);
}

/* Coroutines that no coroutine has called.  Of too many the innermost are
 * left out. */
static void find_splits(const struct hog_pystack *stack, struct splits *ret)
{
	bool below = false;

	*ret = (struct splits){ 0 };
	for (size_t i = 0; i < stack->n && ret->n < SPLITS_MAX; i++) {
		bool coroutine = is_coroutine(&stack->frames[i]);

		if (coroutine && !below)
			ret->v[ret->n++] = (struct split){ .at = i };
		below = coroutine;
	}
}

/* Coroutines end, and others get their memory: what is known of a frame's
 * address must be of the same code.  A frame that was inferred has no address:
 * there the code alone must do. */
static bool fits(const struct hog_taskentry *e, const struct hog_pyframe *f)
{
	return (f->addr == 0 || e->frame == f->addr) &&
	       e->code == f->code->addr;
}

/* The entry of the task whose coroutine has this frame, if it has been seen:
 * as it is now, or read again. */
static struct hog_taskentry *known_task(struct hog_process *p,
					const struct hog_pyframe *f)
{
	struct hog_tasks *tasks = p->tasks;
	struct hog_taskentry *e =
		hog_taskentry_of(tasks, &tasks->by_frame, f->addr);

	if (!f->addr || !e || e->frame != f->addr)
		return NULL;
	if (hog_taskentry_alive(p, e) &&
	    hog_notes_check(&e->notes, p->py.mem) > 0)
		return fits(e, f) ? e : NULL;
	if (hog_taskentry_read(p, e->task, &e) < 0)
		return NULL;
	return fits(e, f) ? e : NULL;
}

static void match_task(struct hog_process *p, const struct hog_pystack *s,
		       uint64_t task, struct splits *splits)
{
	uint64_t frame = hog_pytask_frame(p->tasks->pt, task);
	struct hog_taskentry *e;

	for (unsigned i = 0; i < splits->n; i++) {
		struct split *at = &splits->v[i];
		const struct hog_pyframe *f = &s->frames[at->at];

		if (at->entry || !frame || (f->addr && f->addr != frame))
			continue;
		if (hog_taskentry_read(p, task, &e) == 0 && fits(e, f)) {
			at->entry = e;
			splits->known++;
		}
	}
}

/* It has been suspended since: what it waits for knows it. */
static void match_suspended(struct hog_process *p, const struct hog_pystack *s,
			    struct splits *splits)
{
	for (unsigned i = 0; i < splits->n; i++) {
		uint64_t frame = s->frames[splits->v[i].at].addr, task;

		if (splits->v[i].entry || !frame)
			continue;
		task = hog_pytask_by_frame(p->tasks->pt, frame);
		if (task)
			match_task(p, s, task, splits);
	}
}

static void match_witnesses(struct hog_process *p, const struct hog_sampled *t,
			    struct splits *splits)
{
	const struct hog_tasks *tasks = p->tasks;

	for (unsigned i = 0; i < tasks->n_witnesses; i++)
		if (tasks->witnesses[i].tstate == 0 ||
		    tasks->witnesses[i].tstate == t->state.addr)
			match_task(p, &t->stack, tasks->witnesses[i].task,
				   splits);
}

static void match(struct hog_process *p, struct hog_sampled *t,
		  struct splits *splits)
{
	find_splits(&t->stack, splits);
	for (unsigned i = 0; i < splits->n; i++) {
		struct split *at = &splits->v[i];

		at->entry = known_task(p, &t->stack.frames[at->at]);
		splits->known += at->entry != NULL;
	}
	if (splits->known == splits->n)
		return;
	match_witnesses(p, t, splits);
	/* The copy of who ran was made at its end; now may be as near. */
	if (splits->known == 0) {
		hog_tasks_witness(p, &t, 1);
		match_witnesses(p, t, splits);
	}
	if (splits->known == 0)
		match_suspended(p, &t->stack, splits);
}

/* What was read behind the stack belongs to it when nothing can have happened
 * meanwhile: a loop needs longer to end one task and to begin another in its
 * memory. */
static bool too_late(const struct hog_process *p)
{
	return hog_now_ns() - p->copied_ns > LATE_NS;
}

static bool sample_again(struct hog_process *p, struct hog_slot *slot,
			 struct hog_sampled *t)
{
	if (slot->opt->exact)
		return false; /* all of it was read while it stood */
	hog_exact_unshow(t);
	t->verdict = HOG_PYSTACK_RETRY;
	hog_sampled_read_again(p, slot, t);
	return t->verdict == HOG_PYSTACK_OK || t->verdict == HOG_PYSTACK_SAME;
}

/* A coroutine that the event loop itself calls is a task's, be it over before
 * we could ask whose.  Others (trio's) are none of ours. */
static bool from_asyncio(const struct hog_pystack *s,
			 const struct splits *splits)
{
	const struct hog_pyframe *f = s->frames + splits->v[0].at;
	const char *file;
	size_t len;

	if (splits->v[0].at == 0 || !f[-1].code)
		return false;
	file = f[-1].code->filename;
	len = strlen(file);
	return len >= 17 && !strcmp(file + len - 17, "asyncio/events.py") &&
	       !strcmp(f[-1].code->name, "_run");
}

/* From the outermost coroutine on; what calls it is the event loop. */
static uint32_t put_together(struct hog_process *p, const struct hog_pystack *s,
			     const struct splits *splits)
{
	const struct split *next = splits->v, *end = next + splits->n;
	uint32_t stack = next->entry ? next->entry->base : 0;

	if (splits->known == 0)
		stack = hog_frames_mark(&p->frames, 0, "[task ?]");
	const struct split *first = next++;

	for (size_t i = first->at; i < s->n; i++) {
		if (next < end && next->at == i) {
			if (next->entry)
				stack = push(p, stack, next->entry->marker);
			next++;
		}
		stack = hog_frames_push(&p->frames, stack, &s->frames[i]);
	}
	return stack;
}

uint32_t hog_tasks_stack(struct hog_process *p, struct hog_slot *slot,
			 struct hog_sampled *t)
{
	struct splits splits = { 0 };

	for (int i = 0; p->tasks->n_asyncios > 0 && i < TRIES; i++) {
		match(p, t, &splits);
		if (splits.n == 0 || !too_late(p))
			break;
		splits.known = 0;
		if (!sample_again(p, slot, t))
			break;
	}
	if (splits.n > 0 && splits.known == 0 &&
	    from_asyncio(&t->stack, &splits))
		return put_together(p, &t->stack, &splits);
	if (splits.known == 0)
		return hog_frames_stack(&p->frames, hog_exact_memo(t),
					&t->stack);
	return put_together(p, &t->stack, &splits);
}

/* ---- now and then ---- */

static struct hog_tasks *tasks_new(struct hog_process *p)
{
	struct hog_tasks *tasks = calloc(1, sizeof(*tasks));

	if (!tasks)
		return NULL;
	tasks->chain = calloc(1, sizeof(*tasks->chain));
	tasks->pt = hog_pytasks_new(&p->py, p->stacks.codes);
	if (!tasks->chain || !tasks->pt) {
		hog_tasks_free(tasks);
		return NULL;
	}
	return tasks;
}

void hog_tasks_free(struct hog_tasks *tasks)
{
	if (!tasks)
		return;
	forget_all(tasks);
	free(tasks->entries);
	free(tasks->list);
	free(tasks->chain);
	hog_notes_fini(&tasks->notes);
	hog_map64_fini(&tasks->by_task);
	hog_map64_fini(&tasks->by_frame);
	hog_map64_fini(&tasks->names);
	hog_map64_fini(&tasks->weights);
	hog_pytasks_free(tasks->pt);
	free(tasks);
}

void hog_tasks_maintain(struct hog_process *p, struct hog_slot *slot)
{
	uint64_t start;
	int n;

	if (hog_pytasks_why_not(&p->py))
		return;
	if (!p->tasks)
		p->tasks = tasks_new(p);
	if (!p->tasks ||
	    (p->tasks->refresh_ns &&
	     slot->now_ns - p->tasks->refresh_ns < p->tasks->refresh_gap_ns))
		return;
	start = hog_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	n = hog_pytasks_refresh(p->tasks->pt, p->interps, p->n_interps);
	p->tasks->n_asyncios = n > 0 ? (unsigned)n : 0;
	p->tasks->refresh_ns = slot->now_ns;
	p->tasks->refresh_gap_ns =
		COST_SHARE * (hog_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start);
	if (p->tasks->refresh_gap_ns < REFRESH_NS)
		p->tasks->refresh_gap_ns = REFRESH_NS;
}
