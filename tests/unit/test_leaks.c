/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as a leak, and what is allowed. */
#include "analyze/leaks.h"

#include "analyze/place.h"
#include "fake_calls.h"

static struct fake_calls f;
static struct hog_ledger *ledger;
static struct hog_leaks *leaks;
static uint32_t process;

static int on_report(void *arg, const struct hog_ledger_moment *moment)
{
	(void)arg;
	return hog_leaks_add(leaks, moment);
}

static int on_event(void *arg, const struct hog_event *ev)
{
	(void)arg;
	return hog_ledger_event(ledger, ev);
}

static void begin(void)
{
	fake_init(&f, on_event, NULL);
	ledger = hog_ledger_new(&f.run, on_report, NULL);
	leaks = hog_leaks_new(&f.run, 1u << HOG_FDS_FORK | 1u << HOG_FDS_EXEC);
	process = fake_process(&f, 100);
	f.thread = fake_thread(&f, process, 100, "MainThread");
	f.stack = fake_stack(&f, "/srv/app.py:<module>:1;/srv/app.py:load:7");
	fake_fds(&f, HOG_FDS_START, "0 char /dev/null;1 char /dev/null");
	fake_call(&f, "open", "3</etc/hosts>", "\"/etc/hosts\"", "0", NULL);
	f.stack = fake_stack(&f, "/srv/app.py:<module>:2;"
				 "/usr/lib/python3.11/socket.py:__init__:9");
	fake_call(&f, "socket", "4", "2", "0x80001", "0", NULL);
}

static void end(void)
{
	hog_leaks_free(leaks);
	hog_ledger_free(ledger);
	fake_fini(&f);
}

TestSuite(leaks, .init = begin, .fini = end);

static size_t count(void)
{
	size_t n;

	hog_leaks_get(leaks, &n);
	return n;
}

static void look(enum hog_fds_when when)
{
	fake_fds(&f, when,
		 "0 char /dev/null;1 char /dev/null;3 file /etc/hosts;"
		 "4 socket cloexec TCP 10.0.0.1:80");
}

static void allow(const char *pattern)
{
	cr_assert_eq(hog_leaks_allow(leaks, pattern, strlen(pattern)), 0);
}

static struct hog_place line_of(size_t i)
{
	size_t n;
	const struct hog_leak *v = hog_leaks_get(leaks, &n);

	cr_assert_lt(i, n);
	return hog_place_of(f.model, v[i].stack);
}

Test(leaks, are_all_but_stdio_at_a_fork)
{
	look(HOG_FDS_FORK);
	hog_leaks_ended(leaks, 0);
	cr_assert_eq(count(), 2);
	cr_expect_eq(line_of(0).line, 7);
	cr_expect_str_eq(line_of(0).name, "load");
	cr_expect_str_eq(line_of(1).file, "/srv/app.py",
			 "not socket.py of the library");
	cr_expect_eq(line_of(1).line, 2);
}

Test(leaks, do_not_count_close_on_exec_ones_of_a_child_that_execs)
{
	look(HOG_FDS_FORK);
	hog_leaks_execed(leaks, process);
	hog_leaks_ended(leaks, 0);
	cr_assert_eq(count(), 1);
	cr_expect_eq(line_of(0).line, 7);
}

Test(leaks, are_only_those_that_stay_at_an_exec)
{
	look(HOG_FDS_EXEC);
	hog_leaks_ended(leaks, 0);
	cr_assert_eq(count(), 1);
	cr_expect_eq(line_of(0).line, 7);
}

Test(leaks, are_not_looked_for_at_other_moments)
{
	look(HOG_FDS_EXIT);
	look(HOG_FDS_INTERVAL);
	hog_leaks_ended(leaks, 0);
	cr_expect_eq(count(), 0);
}

Test(leaks, of_one_line_are_one_with_a_count)
{
	size_t n;

	look(HOG_FDS_FORK);
	look(HOG_FDS_FORK);
	cr_expect_eq(hog_leaks_get(leaks, &n)[0].count, 2);
	cr_expect_eq(n, 1, "the other one waits for what its child becomes");
}

Test(leaks, are_allowed_by_path)
{
	allow("/etc/*");
	look(HOG_FDS_EXEC);
	cr_expect_eq(count(), 0);
}

Test(leaks, are_allowed_by_address_with_and_without_protocol)
{
	allow("/etc/*");
	allow("10.0.0.*:80");
	look(HOG_FDS_FORK);
	hog_leaks_ended(leaks, 0);
	cr_expect_eq(count(), 0);
	allow("TCP 10.*");
	look(HOG_FDS_FORK);
	hog_leaks_ended(leaks, 0);
	cr_expect_eq(count(), 0);
}

Test(leaks, are_allowed_by_the_function_that_opened_them)
{
	allow("load");
	allow("socket.py:__init__");
	look(HOG_FDS_FORK);
	hog_leaks_ended(leaks, 0);
	cr_expect_eq(count(), 1, "socket.py is told by its full name here");
	allow("*/socket.py:__init__");
	look(HOG_FDS_EXEC);
	cr_expect_eq(count(), 1);
}

Test(leaks, are_not_allowed_by_a_path_that_fits_the_opener_s_file)
{
	allow("/srv/*");
	look(HOG_FDS_EXEC);
	cr_expect_eq(count(), 1);
	allow("/srv/*:load");
	look(HOG_FDS_EXEC);
	cr_expect_eq(count(), 1, "the one from before");
}

Test(leaks, are_not_allowed_by_a_caller_of_the_line_that_is_blamed)
{
	allow("<module>");
	look(HOG_FDS_EXEC);
	cr_expect_eq(count(), 1);
}

Test(leaks, are_allowed_by_the_lines_of_a_file)
{
	static const char text[] = "# logs\n\n  /etc/hosts \r\nTCP *";

	cr_assert_eq(hog_leaks_allow_lines(leaks, text, sizeof(text) - 1), 0);
	look(HOG_FDS_FORK);
	hog_leaks_ended(leaks, 0);
	cr_expect_eq(count(), 0);
}
