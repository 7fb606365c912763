/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/blocking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/call.h"
#include "analyze/place.h"
#include "analyze/waited.h"
#include "base/buf.h"
#include "base/map.h"
#include "profile/model.h"
#include "profile/run.h"

#define HOT_STACKS 16 /* of the samples between two waits */
#define THREADS_MAX (1u << 16)

/* A thread that runs a loop: what it did since the loop's last wait. */
struct looper {
	uint32_t wait_stack;
	uint64_t woke_ns;  /* end of the wait; 0: not yet */
	uint64_t at_ns;    /* end of the last call since */
	uint64_t calls_ns; /* in calls since */
	/* The call that came behind the longest stretch of work. */
	uint64_t stretch_ns;
	uint32_t stretch_stack;
	struct {
		uint32_t stack;
		int64_t weight;
	} hot[HOT_STACKS];
	unsigned n_hot;
};

/* The longest of a process, in a loop's callbacks and everywhere. */
struct worst {
	bool has_loop;
	uint64_t in_loop_ns, any_ns;
};

struct hog_blocking {
	const struct hog_run *run; /* borrowed */
	enum hog_loop loop;
	uint64_t threshold_ns;
	struct hog_map64 loopers;   /* thread -> struct looper *, owned */
	struct hog_map64 processes; /* process -> struct worst *, owned */
	struct hog_map64 index;     /* frame << 32 | call -> place in lines */
	struct hog_blocked_line *lines; /* owned */
	size_t n_lines, lines_cap;
	struct hog_blocked *kept; /* owned; up to twice HOG_BLOCKING_KEPT */
	size_t n_kept, kept_cap;
	uint64_t dropped;
	struct hog_buf text;
};

struct hog_blocking *hog_blocking_new(const struct hog_run *run,
				      enum hog_loop loop, uint64_t threshold_ns)
{
	struct hog_blocking *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->run = run;
	b->loop = loop;
	b->threshold_ns = threshold_ns;
	return b;
}

static void free_texts(struct hog_blocked *one)
{
	free(one->task);
	free(one->what);
}

static void free_values(struct hog_map64 *map)
{
	for (size_t i = 0; i < map->cap; i++)
		if (map->used[i])
			free((void *)(uintptr_t)map->slots[i].value);
	hog_map64_fini(map);
}

void hog_blocking_free(struct hog_blocking *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n_lines; i++) {
		hog_histogram_fini(&b->lines[i].times);
		free_texts(&b->lines[i].longest);
	}
	for (size_t i = 0; i < b->n_kept; i++)
		free_texts(&b->kept[i]);
	free(b->lines);
	free(b->kept);
	free_values(&b->loopers);
	free_values(&b->processes);
	hog_map64_fini(&b->index);
	hog_buf_fini(&b->text);
	free(b);
}

uint64_t hog_blocking_dropped(const struct hog_blocking *b)
{
	return b->dropped;
}

/* The object of a key, made of size zero bytes when it is new; NULL: no memory
 * or too many. */
static void *object_of(struct hog_map64 *map, uint64_t key, size_t size)
{
	uint64_t *at = hog_map64_get(map, key);
	void *made;

	if (at)
		return (void *)(uintptr_t)*at;
	made = map->count < THREADS_MAX ? calloc(1, size) : NULL;
	if (made && hog_map64_put(map, key, (uint64_t)(uintptr_t)made) < 0) {
		free(made);
		return NULL;
	}
	return made;
}

static struct worst *worst_of(struct hog_blocking *b, uint32_t thread)
{
	uint32_t process = hog_model_get_thread(b->run->model, thread)->process;

	return object_of(&b->processes, process, sizeof(struct worst));
}

static struct looper *looper_of(const struct hog_blocking *b, uint32_t thread)
{
	uint64_t *at = hog_map64_get(&b->loopers, thread);

	return at ? (struct looper *)(uintptr_t)*at : NULL;
}

/* ---- keeping ---- */

static int by_length(const void *a, const void *b)
{
	const struct hog_blocked *x = a, *y = b;

	return (x->duration_ns < y->duration_ns) -
	       (x->duration_ns > y->duration_ns);
}

static int by_time(const void *a, const void *b)
{
	const struct hog_blocked *x = a, *y = b;

	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

static void drop_short_ones(struct hog_blocking *b)
{
	if (b->n_kept <= HOG_BLOCKING_KEPT)
		return;
	qsort(b->kept, b->n_kept, sizeof(*b->kept), by_length);
	while (b->n_kept > HOG_BLOCKING_KEPT) {
		free_texts(&b->kept[--b->n_kept]);
		b->dropped++;
	}
}

static int keep_one(struct hog_blocking *b, const struct hog_blocked *one)
{
	struct hog_blocked copy = *one;

	if (b->n_kept == 2 * HOG_BLOCKING_KEPT)
		drop_short_ones(b);
	if (b->n_kept == b->kept_cap) {
		size_t more = b->kept_cap ? 2 * b->kept_cap : 64;
		struct hog_blocked *grown =
			realloc(b->kept, more * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		b->kept = grown;
		b->kept_cap = more;
	}
	copy.task = one->task ? strdup(one->task) : NULL;
	copy.what = one->what ? strdup(one->what) : NULL;
	b->kept[b->n_kept++] = copy;
	return 0;
}

static int find_line(struct hog_blocking *b, uint32_t frame, uint32_t call,
		     struct hog_blocked_line **ret)
{
	uint64_t key = (uint64_t)frame << 32 | call;
	uint64_t *at = hog_map64_get(&b->index, key);

	*ret = at ? &b->lines[*at] : NULL;
	if (at)
		return 0;
	if (b->n_lines >= HOG_BLOCKING_LINES) {
		b->dropped++;
		return 0;
	}
	if (b->n_lines == b->lines_cap) {
		size_t more = b->lines_cap ? 2 * b->lines_cap : 16;
		struct hog_blocked_line *grown =
			realloc(b->lines, more * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		b->lines = grown;
		b->lines_cap = more;
	}
	if (hog_map64_put(&b->index, key, b->n_lines) < 0)
		return -ENOMEM;
	*ret = &b->lines[b->n_lines++];
	**ret = (struct hog_blocked_line){ .frame = frame, .call = call };
	return 0;
}

/* Takes over the texts of `one`. */
static int note(struct hog_blocking *b, struct hog_blocked *one)
{
	struct worst *w = worst_of(b, one->thread);
	struct hog_blocked_line *line;
	uint32_t frame = hog_place_of(b->run->model, one->stack).frame;
	int r = keep_one(b, one);

	if (r == 0)
		r = find_line(b, frame, one->call, &line);
	if (w && one->duration_ns > w->any_ns)
		w->any_ns = one->duration_ns;
	if (w && one->in_loop && one->duration_ns > w->in_loop_ns)
		w->in_loop_ns = one->duration_ns;
	if (r < 0 || !line) {
		free_texts(one);
		return r;
	}
	line->with_gil += one->gil;
	if (one->duration_ns > line->longest.duration_ns) {
		free_texts(&line->longest);
		line->longest = *one;
	} else {
		free_texts(one);
	}
	return hog_histogram_add(&line->times, one->duration_ns);
}

/* ---- events ---- */

static char *task_of(const struct hog_blocking *b, uint32_t stack,
		     const struct looper *loop)
{
	size_t len;
	const char *name = hog_loop_task(b->run->model, stack,
					 loop ? loop->wait_stack : 0, &len);

	/* What a module does itself is no task: greenlets have no root. */
	if (!len || (len == 8 && !memcmp(name, "<module>", 8)))
		return NULL;
	return strndup(name, len);
}

static uint32_t hottest_of(const struct looper *loop)
{
	int64_t most = 0;
	uint32_t stack = loop->stretch_stack;

	for (unsigned i = 0; i < loop->n_hot; i++) {
		if (loop->hot[i].weight <= most)
			continue;
		most = loop->hot[i].weight;
		stack = loop->hot[i].stack;
	}
	return stack;
}

static void see_stretch(struct looper *loop, uint64_t until_ns, uint32_t stack)
{
	uint64_t length = until_ns > loop->at_ns ? until_ns - loop->at_ns : 0;

	if (length <= loop->stretch_ns)
		return;
	loop->stretch_ns = length;
	loop->stretch_stack = stack;
}

/* The loop waits again: what was the thread's own work since it woke? */
static int end_turn(struct hog_blocking *b, struct looper *loop,
		    const struct hog_event *ev)
{
	struct hog_blocked one = { .time_ns = loop->woke_ns,
				   .thread = ev->thread,
				   .in_loop = true };
	uint64_t length;

	see_stretch(loop, ev->time_ns, ev->stack);
	if (!loop->woke_ns || ev->time_ns <= loop->woke_ns)
		return 0;
	length = ev->time_ns - loop->woke_ns;
	if (length <= loop->calls_ns ||
	    length - loop->calls_ns < b->threshold_ns)
		return 0;
	one.duration_ns = length - loop->calls_ns;
	one.stack = hottest_of(loop);
	one.gil = true; /* it ran Python, or waited for that */
	if (one.stack != ev->stack)
		one.task = task_of(b, one.stack, loop);
	return note(b, &one);
}

static int on_wait(struct hog_blocking *b, const struct hog_event *ev)
{
	struct looper *loop = object_of(&b->loopers, ev->thread, sizeof(*loop));
	struct worst *w = worst_of(b, ev->thread);
	int r;

	if (!loop || !w)
		return 0;
	w->has_loop = true;
	r = end_turn(b, loop, ev);
	*loop = (struct looper){ .wait_stack = ev->stack,
				 .woke_ns = ev->time_ns + ev->duration_ns,
				 .at_ns = ev->time_ns + ev->duration_ns };
	if (ev->flags & HOG_EVF_UNFINISHED)
		loop->woke_ns = 0;
	return r;
}

static bool is_end(const struct hog_callview *v)
{
	return hog_calltext_is(v->name, "exit") ||
	       hog_calltext_is(v->name, "exit_group");
}

static int on_call(struct hog_blocking *b, const struct hog_event *ev)
{
	struct looper *loop = looper_of(b, ev->thread);
	struct hog_callview v;
	enum hog_loop_part part;
	struct hog_blocked one = { .time_ns = ev->time_ns,
				   .duration_ns = ev->duration_ns,
				   .thread = ev->thread,
				   .stack = ev->stack,
				   .gil = ev->flags & HOG_EVF_GIL };

	if (!hog_callview_get(b->run, ev, &v))
		return 0;
	part = hog_loop_part_of(b->loop, &v);
	if (part == HOG_LOOP_WAIT)
		return on_wait(b, ev);
	if (loop) {
		see_stretch(loop, ev->time_ns, ev->stack);
		loop->calls_ns += ev->duration_ns;
		loop->at_ns = ev->time_ns + ev->duration_ns;
	}
	if (ev->duration_ns < b->threshold_ns || part == HOG_LOOP_SPARE ||
	    is_end(&v))
		return 0;
	/* Loops in C leave no line of theirs below a callback. */
	one.in_loop = part == HOG_LOOP_INSIDE || loop;
	if (one.in_loop)
		one.task = task_of(b, ev->stack, loop);
	one.call = hog_detail_get(b->run->model, (uint32_t)ev->value[1]).name;
	hog_buf_clear(&b->text);
	hog_waited_for(&b->text, &v);
	if (b->text.len)
		one.what = strdup(hog_buf_str(&b->text));
	return note(b, &one);
}

static void on_sample(const struct hog_blocking *b, const struct hog_event *ev)
{
	struct looper *loop = looper_of(b, ev->thread);
	unsigned i = 0;

	if (!loop || !loop->woke_ns || ev->time_ns < loop->woke_ns)
		return;
	while (i < loop->n_hot && loop->hot[i].stack != ev->stack)
		i++;
	if (i == HOT_STACKS)
		return;
	if (i == loop->n_hot) {
		loop->hot[i].stack = ev->stack;
		loop->hot[i].weight = 0;
		loop->n_hot++;
	}
	loop->hot[i].weight += ev->value[0];
}

int hog_blocking_event(struct hog_blocking *b, const struct hog_event *ev)
{
	if (ev->kind == HOG_EV_SYSCALL)
		return on_call(b, ev);
	if (ev->kind == HOG_EV_SAMPLE && !(ev->flags & HOG_EVF_IDLE))
		on_sample(b, ev);
	return 0;
}

/* ---- answers ---- */

const struct hog_blocked *hog_blocking_get(struct hog_blocking *b,
					   size_t *ret_n)
{
	drop_short_ones(b);
	if (b->n_kept)
		qsort(b->kept, b->n_kept, sizeof(*b->kept), by_time);
	*ret_n = b->n_kept;
	return b->kept;
}

static int by_total(const void *a, const void *b)
{
	const struct hog_blocked_line *x = a, *y = b;

	return (x->times.total < y->times.total) -
	       (x->times.total > y->times.total);
}

const struct hog_blocked_line *hog_blocking_lines(struct hog_blocking *b,
						  size_t *ret_n)
{
	/* Places change: nothing is to be added from here on. */
	if (b->n_lines)
		qsort(b->lines, b->n_lines, sizeof(*b->lines), by_total);
	hog_map64_clear(&b->index);
	*ret_n = b->n_lines;
	return b->lines;
}

uint64_t hog_blocking_worst(const struct hog_blocking *b)
{
	uint64_t worst = 0;

	for (size_t i = 0; i < b->processes.cap; i++) {
		const struct worst *w;
		uint64_t mine;

		if (!b->processes.used[i])
			continue;
		w = (const struct worst *)(uintptr_t)b->processes.slots[i].value;
		mine = w->has_loop ? w->in_loop_ns : w->any_ns;
		if (mine > worst)
			worst = mine;
	}
	return worst;
}

bool hog_blocking_minds(const struct hog_blocking *b,
			const struct hog_blocked *one)
{
	uint32_t process =
		hog_model_get_thread(b->run->model, one->thread)->process;
	uint64_t *at = hog_map64_get(&b->processes, process);
	const struct worst *w =
		at ? (const struct worst *)(uintptr_t)*at : NULL;

	return one->in_loop || !w || !w->has_loop;
}
