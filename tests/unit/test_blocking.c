/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as blocking, in loops and without them. */
#include "analyze/blocking.h"

#include <stdlib.h>

#include "fake_calls.h"

#define LIB "/usr/lib/python3.11/asyncio/"
#define RUN "/srv/app.py:<module>:90;" LIB "base_events.py:_run_once:1900;"
#define TASK RUN LIB "events.py:_run:80;/srv/app.py:handle:12"
#define WAIT RUN "/usr/lib/python3.11/selectors.py:select:468"

static struct fake_calls f;
static struct hog_blocking *blocking;
static uint32_t process;

static int on_event(void *arg, const struct hog_event *ev)
{
	(void)arg;
	return hog_blocking_event(blocking, ev);
}

static void begin(void)
{
	fake_init(&f, on_event, NULL);
	process = fake_process(&f, 100);
	f.thread = fake_thread(&f, process, 100, "MainThread");
	blocking = hog_blocking_new(&f.run, HOG_LOOP_AUTO, 10 * FAKE_MS);
}

static void end(void)
{
	hog_blocking_free(blocking);
	fake_fini(&f);
}

TestSuite(blocking, .init = begin, .fini = end);

static void use_loop(enum hog_loop loop)
{
	hog_blocking_free(blocking);
	blocking = hog_blocking_new(&f.run, loop, 10 * FAKE_MS);
}

/* A call with one argument, of so many ms. */
static void call(const char *stack, const char *name, unsigned ms,
		 const char *arg)
{
	f.stack = fake_stack(&f, stack);
	f.duration_ns = ms * FAKE_MS;
	fake_call(&f, name, "1", arg, "0", NULL);
}

static size_t count(void)
{
	size_t n;

	hog_blocking_get(blocking, &n);
	return n;
}

static const struct hog_blocked *only(void)
{
	size_t n;
	const struct hog_blocked *v = hog_blocking_get(blocking, &n);

	cr_assert_eq(n, 1, "%zu of them", n);
	return v;
}

Test(blocking, tells_calls_over_the_threshold_and_what_they_waited_for)
{
	call("/srv/app.py:f:1", "fsync", 9, "3</tmp/x>");
	f.flags = HOG_EVF_GIL;
	call("/srv/app.py:f:1", "fsync", 30, "3</tmp/x>");
	cr_expect_eq(only()->duration_ns, 30 * FAKE_MS);
	cr_expect_str_eq(only()->what, "/tmp/x");
	cr_expect(only()->gil);
	cr_expect(!only()->in_loop);
	cr_expect_null(only()->task);
}

Test(blocking, names_locks_children_and_sleeps)
{
	static const struct {
		const char *call, *arg, *what;
	} rows[] = {
		{ "futex", "0x1234", "a lock" },
		{ "wait4", "42", "child 42" },
		{ "clock_nanosleep", "1", "a sleep" },
		{ "epoll_wait", "4<anon_inode:[eventpoll]>",
		  "events of 4<anon_inode:[eventpoll]>" },
		{ "recvfrom", "5<TCP 1.1.1.1:1->2.2.2.2:2>",
		  "TCP 1.1.1.1:1->2.2.2.2:2" },
	};
	size_t n;

	for (size_t i = 0; i < 5; i++)
		call("/srv/app.py:f:1", rows[i].call, 20, rows[i].arg);
	for (size_t i = 0; i < 5; i++)
		cr_expect_str_eq(hog_blocking_get(blocking, &n)[i].what,
				 rows[i].what);
}

Test(blocking, sums_up_by_line_and_call)
{
	const struct hog_blocked_line *lines;
	size_t n;

	for (unsigned i = 1; i <= 100; i++)
		call("/srv/app.py:f:1", "fsync", 10 * i, "3</tmp/x>");
	call("/srv/app.py:f:2", "fsync", 20, "3</tmp/x>");
	lines = hog_blocking_lines(blocking, &n);
	cr_assert_eq(n, 2);
	cr_expect_eq(lines[0].times.n, 100);
	cr_expect_eq(lines[0].times.max, 1000 * FAKE_MS);
	cr_expect_float_eq((double)hog_histogram_at(&lines[0].times, 0.5),
			   500.0 * FAKE_MS, 20.0 * FAKE_MS);
	cr_expect_eq(lines[0].longest.duration_ns, 1000 * FAKE_MS);
}

Test(blocking, is_not_the_wait_of_an_asyncio_loop)
{
	call(WAIT, "epoll_wait", 500, "4");
	cr_expect_eq(count(), 0);
	use_loop(HOG_LOOP_NONE);
	call(WAIT, "epoll_wait", 500, "4");
	cr_expect_eq(count(), 1);
}

Test(blocking, is_a_select_that_a_callback_makes)
{
	call(TASK ";/usr/lib/python3.11/selectors.py:select:468", "epoll_wait",
	     500, "4");
	cr_expect_str_eq(only()->task, "handle");
}

Test(blocking, in_a_task_is_told_with_its_coroutine)
{
	call(TASK ";/srv/db.py:query:5", "clock_nanosleep", 200, "1");
	cr_expect_str_eq(only()->task, "handle");
	cr_expect(only()->in_loop);
}

Test(blocking, in_a_task_is_told_with_its_name_where_there_is_one)
{
	call("/srv/app.py:<module>:90;[task main];/srv/app.py:main:1;"
	     "[task worker 3];/srv/app.py:work:2",
	     "clock_nanosleep", 200, "1");
	cr_expect_eq(count(), 1);
	use_loop(HOG_LOOP_AUTO);
	call(RUN "[task main];/srv/app.py:main:1;[task worker 3];"
		 "/srv/app.py:work:2",
	     "clock_nanosleep", 200, "1");
	cr_expect_str_eq(only()->task, "worker 3");
}

Test(blocking, is_not_the_wait_of_loops_in_c)
{
	call("/usr/lib/python3.11/asyncio/runners.py:run:118", "epoll_pwait",
	     500, "4");
	call("/x/site-packages/gevent/hub.py:run:649", "epoll_wait", 500, "4");
	call("/x/site-packages/tornado/ioloop.py:start:860", "epoll_wait", 500,
	     "4");
	cr_expect_eq(count(), 0);
	use_loop(HOG_LOOP_GEVENT);
	call("/x/site-packages/tornado/ioloop.py:start:860", "epoll_wait", 500,
	     "4");
	cr_expect_eq(count(), 1, "that is another loop than was asked for");
}

Test(blocking, in_a_loop_in_c_is_told_with_the_function_above_the_loop)
{
	call("/srv/app.py:main:3", "epoll_pwait", 500, "4");
	call("/srv/app.py:main:3;/srv/app.py:on_data:7", "read", 50, "4</x>");
	cr_expect_str_eq(only()->task, "on_data");
	cr_expect(only()->in_loop);
}

Test(blocking, is_work_of_a_callback_that_keeps_the_loop)
{
	call(WAIT, "epoll_wait", 5, "4");
	f.now_ns += 40 * FAKE_MS;
	call(TASK, "write", 0, "1");
	f.now_ns += 5 * FAKE_MS;
	call(WAIT, "epoll_wait", 5, "4");
	cr_expect_eq(only()->call, 0);
	cr_expect_eq(only()->duration_ns / FAKE_MS, 45);
	cr_expect_str_eq(only()->task, "handle",
			 "the call behind most of the work tells the stack");
}

Test(blocking, takes_the_hottest_stack_of_samples_for_work)
{
	uint32_t hot = fake_stack(&f, TASK ";/srv/app.py:crunch:44");

	call(WAIT, "epoll_wait", 5, "4");
	for (int i = 0; i < 5; i++) {
		f.now_ns += 5 * FAKE_MS;
		f.stack = i == 2 ? fake_stack(&f, TASK) : hot;
		fake_send(&f, HOG_EV_SAMPLE, HOG_SLOT, 0);
	}
	call(WAIT, "epoll_wait", 5, "4");
	cr_expect_eq(only()->stack, hot);
}

Test(blocking, does_not_take_waiting_in_calls_for_work)
{
	call(WAIT, "epoll_wait", 5, "4");
	call(TASK, "clock_nanosleep", 100, "1");
	call(WAIT, "epoll_wait", 5, "4");
	cr_expect_neq(only()->call, 0);
	cr_expect_eq(hog_blocking_worst(blocking), 100 * FAKE_MS);
}

Test(blocking, of_other_threads_is_shown_but_not_minded_beside_a_loop)
{
	call("/srv/app.py:work:5", "fsync", 300, "3</x>");
	cr_expect_eq(hog_blocking_worst(blocking), 300 * FAKE_MS);
	f.thread = fake_thread(&f, process, 101, "loop");
	call(WAIT, "epoll_wait", 5, "4");
	cr_expect_eq(hog_blocking_worst(blocking), 0);
	cr_expect(!hog_blocking_minds(blocking, only()));
	call(TASK, "clock_nanosleep", 20, "1");
	cr_expect_eq(hog_blocking_worst(blocking), 20 * FAKE_MS);
}

Test(blocking, is_not_an_executor_that_waits_for_work)
{
	call("/usr/lib/python3.11/threading.py:run:953;"
	     "/usr/lib/python3.11/concurrent/futures/thread.py:_worker:81",
	     "futex", 800, "0x1234");
	cr_expect_eq(count(), 0);
}

Test(blocking, keeps_the_longest_ones)
{
	size_t n;

	for (unsigned i = 0; i < 3 * HOG_BLOCKING_KEPT; i++) {
		call("/srv/app.py:f:1", "fsync", i % 100 == 0 ? 500 : 10, "3");
		if (i % 512 == 0)
			hog_model_forget_details(f.model);
	}
	hog_blocking_get(blocking, &n);
	cr_expect_eq(n, HOG_BLOCKING_KEPT);
	cr_expect_eq(hog_blocking_dropped(blocking), 2 * HOG_BLOCKING_KEPT);
	for (size_t i = 0, long_ones = 0; i < n; i++) {
		long_ones += hog_blocking_get(blocking, &n)[i].duration_ns ==
			     500 * FAKE_MS;
		if (i + 1 == n)
			cr_expect_eq(long_ones,
				     (3 * HOG_BLOCKING_KEPT + 99) / 100);
	}
}
