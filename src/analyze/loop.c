/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/loop.h"

#include <string.h>

#include "analyze/call.h"
#include "analyze/place.h"
#include "profile/model.h"
#include "profile/run.h"

#define NEAR 4 /* frames above a loop's own function in which its wait is */
#define DEPTH_MAX 8192
#define TASK_MARK "[task "

static const char *const names[] = { "none",   "auto",   "asyncio",
				     "uvloop", "gevent", "tornado" };

int hog_loop_parse(const char *text)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], text))
			return (int)i;
	return -1;
}

struct where {
	enum hog_loop loop; /* AUTO: with --loop auto only */
	const char *file;   /* as it ends */
	const char *function;
};

/* Functions that run one turn of a loop: what they call waits, what they call
 * otherwise are callbacks. */
static const struct where turns[] = {
	{ HOG_LOOP_ASYNCIO, "/asyncio/base_events.py", "_run_once" },
	{ HOG_LOOP_TORNADO, "/tornado/ioloop.py", "start" },
	{ HOG_LOOP_AUTO, "/twisted/internet/base.py", "mainLoop" },
	{ HOG_LOOP_AUTO, "/trio/_core/_run.py", "unrolled_run" },
	{ HOG_LOOP_AUTO, "/eventlet/hubs/hub.py", "run" },
};

/* Functions of loops written in C in which their wait shows as the innermost
 * line. */
static const struct where waits[] = {
	{ HOG_LOOP_UVLOOP, "/asyncio/runners.py", "run" },
	{ HOG_LOOP_UVLOOP, "/uvloop/__init__.py", "run" },
	{ HOG_LOOP_GEVENT, "/gevent/hub.py", "run" },
	{ HOG_LOOP_GEVENT, "/gevent/_ffi/loop.py", "run" },
};

/* Functions in which a thread waits until there is work for it. */
static const struct where spares[] = {
	{ HOG_LOOP_AUTO, "/concurrent/futures/thread.py", "_worker" },
	{ HOG_LOOP_AUTO, "/gevent/threadpool.py", "_worker" },
	{ HOG_LOOP_AUTO, "/gevent/threadpool.py", "run" },
};

/* What a turn may call to wait; anything else in it is a callback. */
static const struct where selectors[] = {
	{ HOG_LOOP_AUTO, "selectors.py", "select" },
	{ HOG_LOOP_AUTO, "selectors.py", "_select" },
	{ HOG_LOOP_AUTO, "/tornado/platform/select.py", "poll" },
	{ HOG_LOOP_AUTO, "/tornado/platform/epoll.py", "poll" },
	{ HOG_LOOP_AUTO, "/twisted/internet/epollreactor.py", "doPoll" },
	{ HOG_LOOP_AUTO, "/twisted/internet/pollreactor.py", "doPoll" },
	{ HOG_LOOP_AUTO, "/twisted/internet/selectreactor.py", "doSelect" },
	{ HOG_LOOP_AUTO, "/twisted/internet/asyncioreactor.py", "run" },
	{ HOG_LOOP_AUTO, "/trio/_core/_io_epoll.py", "get_events" },
	{ HOG_LOOP_AUTO, "/eventlet/hubs/hub.py", "wait" },
	{ HOG_LOOP_AUTO, "/eventlet/hubs/poll.py", "do_poll" },
	{ HOG_LOOP_AUTO, "/eventlet/hubs/poll.py", "wait" },
	{ HOG_LOOP_AUTO, "/eventlet/hubs/epolls.py", "do_poll" },
};
#define N(table) (sizeof(table) / sizeof(*(table)))

static bool ends_with(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(text + len - n, end, n) == 0;
}

static bool in_table(const struct hog_model *m, const struct where *v, size_t n,
		     enum hog_loop loop, uint32_t function)
{
	const struct hog_function *f = hog_model_get_function(m, function);
	size_t name_len, file_len;
	const char *name = hog_model_text(m, f->name, &name_len);
	const char *file = hog_model_text(m, f->file, &file_len);

	if (f->kind != HOG_FRAME_PYTHON)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (loop != HOG_LOOP_AUTO && v[i].loop != HOG_LOOP_AUTO &&
		    v[i].loop != loop)
			continue;
		if (!strcmp(name, v[i].function) &&
		    ends_with(file, file_len, v[i].file))
			return true;
	}
	return false;
}

static uint32_t function_of(const struct hog_model *m, uint32_t stack)
{
	return hog_model_get_frame(m, hog_model_get_stack(m, stack).frame)
		->function;
}

static bool is_python(const struct hog_model *m, uint32_t stack)
{
	return hog_model_get_function(m, function_of(m, stack))->kind ==
	       HOG_FRAME_PYTHON;
}

/* The innermost frame of Python, from this one on towards the root; 0: none. */
static uint32_t python_from(const struct hog_model *m, uint32_t stack)
{
	while (stack && !is_python(m, stack))
		stack = hog_model_get_stack(m, stack).parent;
	return stack;
}

static uint32_t python_below(const struct hog_model *m, uint32_t stack)
{
	return python_from(m, hog_model_get_stack(m, stack).parent);
}

bool hog_loop_may_wait(const char *call, size_t len)
{
	static const char *const calls[] = {
		"epoll_wait", "epoll_pwait", "epoll_pwait2", "poll",
		"ppoll",      "select",      "pselect6",     "_newselect",
	};

	for (size_t i = 0; i < N(calls); i++)
		if (strlen(calls[i]) == len && !memcmp(calls[i], call, len))
			return true;
	return false;
}

/* A turn whose selector waits: nothing but selectors stand above it. */
static bool turn_waits(const struct hog_model *m, enum hog_loop loop,
		       uint32_t stack)
{
	for (int i = 0; stack && i < NEAR; i++) {
		uint32_t function = function_of(m, stack);

		if (in_table(m, turns, N(turns), loop, function))
			return true;
		if (!in_table(m, selectors, N(selectors), HOG_LOOP_AUTO,
			      function))
			return false;
		stack = python_below(m, stack);
	}
	return false;
}

/* libuv has no function of Python: select.epoll of a program calls epoll_wait on
 * x86-64, libuv epoll_pwait. */
static bool uv_waits(enum hog_loop loop, const struct hog_callview *v,
		     uint32_t stack)
{
	const struct hog_model *m = v->run->model;

	if (in_table(m, selectors, N(selectors), HOG_LOOP_AUTO,
		     function_of(m, stack)))
		return false;
	if (loop == HOG_LOOP_UVLOOP)
		return hog_calltext_is(v->name, "epoll_wait") ||
		       hog_calltext_is(v->name, "epoll_pwait");
	return loop == HOG_LOOP_AUTO && v->run->machine &&
	       !strcmp(v->run->machine, "x86_64") &&
	       hog_calltext_is(v->name, "epoll_pwait");
}

static bool is_spare(const struct hog_model *m, uint32_t stack)
{
	for (int i = 0; stack && i < NEAR; i++) {
		if (in_table(m, spares, N(spares), HOG_LOOP_AUTO,
			     function_of(m, stack)))
			return true;
		stack = python_below(m, stack);
	}
	return false;
}

enum hog_loop_part hog_loop_part_of(enum hog_loop loop,
				    const struct hog_callview *v)
{
	const struct hog_model *m = v->run->model;
	uint32_t stack = python_from(m, v->ev->stack);

	if (loop == HOG_LOOP_NONE || !stack)
		return HOG_LOOP_OUTSIDE;
	if (hog_loop_may_wait(v->name.text, v->name.len) &&
	    (turn_waits(m, loop, stack) || uv_waits(loop, v, stack) ||
	     in_table(m, waits, N(waits), loop, function_of(m, stack))))
		return HOG_LOOP_WAIT;
	if (hog_calltext_is(v->name, "futex") && is_spare(m, stack))
		return HOG_LOOP_SPARE;
	for (int i = 0; stack && i < DEPTH_MAX; i++) {
		if (in_table(m, turns, N(turns), loop, function_of(m, stack)))
			return HOG_LOOP_INSIDE;
		stack = python_below(m, stack);
	}
	return HOG_LOOP_OUTSIDE;
}

/* The text of "[task NAME]". */
static const char *marked_task(const struct hog_model *m, uint32_t stack,
			       size_t *ret_len)
{
	const struct hog_function *f =
		hog_model_get_function(m, function_of(m, stack));
	size_t len, head = strlen(TASK_MARK);
	const char *name = hog_model_text(m, f->name, &len);

	if (f->kind != HOG_FRAME_MARKER || len <= head + 1 ||
	    memcmp(name, TASK_MARK, head) != 0)
		return NULL;
	*ret_len = len - head - 1;
	return name + head;
}

/* Its wrappers are nobody's task. */
static bool is_of_asyncio(const struct hog_model *m, uint32_t stack)
{
	const struct hog_function *f =
		hog_model_get_function(m, function_of(m, stack));
	const char *file = hog_model_text(m, f->file, NULL);

	return (strstr(file, "/asyncio/") && hog_place_is_library(file)) ||
	       strstr(file, "/uvloop/__init__.py");
}

/* The function in which the loop was when it waited: callbacks are above. */
static uint32_t anchor_of(const struct hog_model *m, uint32_t wait_stack)
{
	uint32_t stack = python_from(m, wait_stack);

	while (stack && in_table(m, selectors, N(selectors), HOG_LOOP_AUTO,
				 function_of(m, stack)))
		stack = python_below(m, stack);
	return stack ? function_of(m, stack) : 0;
}

const char *hog_loop_task(const struct hog_model *m, uint32_t stack,
			  uint32_t wait_stack, size_t *ret_len)
{
	uint32_t anchor = anchor_of(m, wait_stack), own = 0, any = 0;
	const struct hog_function *f;

	for (int i = 0; stack && i < DEPTH_MAX; i++) {
		uint32_t function = function_of(m, stack);
		const char *mark = marked_task(m, stack, ret_len);

		if (mark)
			return mark;
		if (function == anchor ||
		    in_table(m, turns, N(turns), HOG_LOOP_AUTO, function))
			break;
		if (is_python(m, stack)) {
			any = stack;
			if (!is_of_asyncio(m, stack))
				own = stack;
		}
		stack = hog_model_get_stack(m, stack).parent;
	}
	f = hog_model_get_function(m, function_of(m, own ? own : any));
	return hog_model_text(m, f->qualname ? f->qualname : f->name, ret_len);
}
