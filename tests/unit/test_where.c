/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/where.h"

#include <criterion/criterion.h>

#include "analyze/call.h"
#include "base/err.h"
#include "fixed_calls.h"

static struct hog_model *model;
static struct hog_run run;
static struct hog_event events[FIXED_CALLS];

static void begin(void)
{
	struct fixed_who who;

	model = hog_model_new();
	run = fixed_calls_run(model);
	who = fixed_who(model);
	for (size_t i = 0; i < FIXED_CALLS; i++)
		events[i] = fixed_event(model, &who, &fixed_call_list[i]);
}

static void done(void)
{
	hog_model_free(model);
}

TestSuite(where, .init = begin, .fini = done);

static bool constant(const char *name, int64_t *ret)
{
	static const struct {
		const char *name;
		int64_t value;
	} all[] = { { "O_CREAT", 0100 },
		    { "O_WRONLY", 1 },
		    { "O_CLOEXEC", 02000000 },
		    { "AT_FDCWD", -100 } };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, name)) {
			*ret = all[i].value;
			return true;
		}
	return false;
}

static bool argument(const char *name, char *near, size_t cap)
{
	snprintf(near, cap, "%s", strcmp(name, "flasg") ? "" : "flags");
	return strcmp(name, "flasg") != 0 && strcmp(name, "xyzzy") != 0 &&
	       strcmp(name, "nmae") != 0;
}

static const struct hog_where_words words = { constant, argument };

/* Bit i: the i-th call fulfils it. */
static unsigned chosen(const char *text)
{
	struct hog_where *w = NULL;
	struct hog_callview v;
	struct hog_err err = { 0 };
	unsigned bits = 0;

	cr_assert_eq(hog_where_new(text, &words, &w, NULL, &err), 0, "%s: %s",
		     text, err.text);
	for (unsigned i = 0; i < FIXED_CALLS; i++) {
		hog_callview_get(&run, &events[i], &v);
		bits |= (unsigned)hog_where_matches(w, &v) << i;
	}
	hog_where_free(w);
	return bits;
}

#define CALLS(bits, text)                                                      \
	cr_expect_eq(chosen(text), bits, "%s: %x", text, chosen(text))

enum {
	OPEN = 1,
	FAILED = 2,
	READ = 4,
	FUTEX = 8,
	CONNECT = 16,
	EPOLL = 32,
	UNKNOWN = 64,
	WRITE = 128,
	SLEEP = 256,
	ALL = 511,
};

Test(where, chooses_by_name_and_text)
{
	CALLS(OPEN | FAILED, "name == \"openat\"");
	CALLS(OPEN | FAILED, "name == openat");
	CALLS(ALL & ~(OPEN | FAILED), "name != 'openat'");
	CALLS(READ | WRITE, "name ~ '^(read|write)$'");
	CALLS(READ | FUTEX | SLEEP, "thread ~ \"^worker\"");
	CALLS(UNKNOWN | WRITE, "pid == 50");
	CALLS(READ | FUTEX | SLEEP, "tid == 42");
}

Test(where, knows_the_path_of_an_argument_or_of_a_descriptor)
{
	CALLS(OPEN | READ, "path == '/etc/hosts'");
	CALLS(CONNECT, "path ~ '^TCP 127'");
	CALLS(OPEN, "filename == '/etc/hosts'");
	CALLS(READ, "fd ~ 'hosts'");
	CALLS(FAILED, "path ~ 'x$'");
	CALLS(WRITE, "path == 'pipe:[77]'");
}

Test(where, compares_numbers_and_constants)
{
	CALLS(OPEN | FAILED, "dirfd == AT_FDCWD");
	CALLS(OPEN | FAILED, "dirfd == -100");
	CALLS(FAILED, "flags & O_CREAT");
	CALLS(FAILED, "flags & O_CREAT|O_WRONLY");
	CALLS(0, "flags & O_CREAT|O_CLOEXEC");
	CALLS(FAILED, "mode == 0644");
	CALLS(READ, "count == 0x1000");
	CALLS(READ, "count > 12 && count <= 4096");
	CALLS(READ | CONNECT, "fd >= 3");
	CALLS(READ | WRITE | CONNECT, "fd");
}

Test(where, compares_results_and_errors)
{
	CALLS(FAILED, "errno == ENOENT");
	CALLS(FAILED, "errno == 'ENOENT'");
	CALLS(FAILED, "errno == 2");
	CALLS(FAILED | CONNECT | UNKNOWN | FUTEX, "result == -1");
	CALLS(FAILED | CONNECT | UNKNOWN | FUTEX, "errno");
	CALLS(FUTEX, "errno == ERESTARTSYS");
	CALLS(OPEN, "result == 3");
	CALLS(OPEN, "result ~ 'hosts'");
	CALLS(OPEN | READ | EPOLL | WRITE, "result >= 0");
}

Test(where, takes_times_with_units)
{
	CALLS(FUTEX, "duration > 5ms");
	CALLS(FUTEX | READ, "duration >= 1ms");
	CALLS(READ, "duration == 1000000ns");
	CALLS(READ, "duration == 1000us");
	CALLS(OPEN, "duration == 12.5us");
	CALLS(0, "duration > 1s");
	/* Not seen from beginning to end: nobody knows. */
	CALLS(0, "name == clock_nanosleep && duration > 0ns");
	CALLS(0, "name == epoll_wait && duration > 0ns");
}

Test(where, knows_the_innermost_line)
{
	CALLS(OPEN | READ | SLEEP, "function == 'Conf.read'");
	CALLS(OPEN | READ | SLEEP, "function == read");
	CALLS(OPEN | READ | SLEEP, "file == 'lib/conf.py' && line == 9");
	CALLS(OPEN | READ | SLEEP, "file == '/srv/lib/conf.py'");
	CALLS(FAILED | FUTEX | CONNECT | EPOLL | WRITE, "line == 12");
	/* A call without a line of Python fulfils nothing about it. */
	CALLS(ALL & ~UNKNOWN, "function != 'x'");
}

Test(where, joins_conditions)
{
	CALLS(OPEN, "name == openat && result >= 0");
	CALLS(OPEN | FAILED | READ, "name == openat || name == read");
	CALLS(OPEN | FAILED, "name == openat || name == read && fd == 4");
	CALLS(0, "(name == openat || name == read) && fd == 4");
	CALLS(ALL & ~OPEN, "!(name == openat && !errno)");
	CALLS(ALL, "!!(name ~ '')");
}

Test(where, takes_what_is_not_there_for_false)
{
	CALLS(0, "nothing == 1");
	CALLS(0, "nothing != 1");
	CALLS(ALL, "!(nothing == 1)");
	CALLS(0, "uaddr == 5"); /* could not be read */
	CALLS(0, "uaddr != 5");
	CALLS(0, "filename & 1"); /* a text */
	CALLS(0, "arg.name == 1");
}

Test(where, does_not_know_an_event_whose_detail_is_gone)
{
	struct hog_callview v;

	hog_model_forget_details(model);
	cr_assert_not(hog_callview_get(&run, &events[0], &v));
	cr_assert_eq(v.n_args, 0);
	cr_assert_eq(v.result, 3);
	cr_assert_eq(v.tid, 41);
	CALLS(0, "name == openat");
	CALLS(OPEN, "result == 3");
}

static void refuses(const char *text, size_t at, const char *why)
{
	struct hog_where *w = NULL;
	struct hog_err err = { 0 };
	size_t where = 999;

	cr_assert_eq(hog_where_new(text, &words, &w, &where, &err), -EINVAL,
		     "%s", text);
	cr_expect_eq(where, at, "%s: at %zu", text, where);
	cr_expect(strstr(err.text, why), "%s: %s", text, err.text);
}

Test(where, points_at_what_is_wrong)
{
	refuses("", 0, "a condition is needed");
	refuses("name ==", 7, "a value is needed");
	refuses("name = 'x'", 5, "write ==");
	refuses("name == 'x", 8, "never closed");
	refuses("name == 5", 8, "text in quotes");
	refuses("(name == x", 0, "never closed");
	refuses("name == x)", 9, "never opened");
	refuses("name == x fd == 3", 10, "&& or ||");
	refuses("fd == O_NOPE", 6, "unknown constant 'O_NOPE'");
	refuses("errno == ENOPE", 9, "there is no error 'ENOPE'");
	refuses("duration > 5", 11, "needs a unit");
	refuses("duration > 5m", 11, "ns, us, ms and s");
	refuses("fd > 5ms", 5, "only a duration");
	refuses("fd > 1.5", 5, "fraction");
	refuses("fd == 99999999999999999999", 6, "too large");
	refuses("duration > 99999999999s", 11, "too large");
	refuses("fd == 09", 6, "octal");
	refuses("name < 'x'", 8, "==, != or ~");
	refuses("name ~ '('", 8, "bad regular expression");
	refuses("fd ~ O_CREAT", 5, "in quotes");
	refuses("name & 5", 5, "flags are of a number");
	refuses("flags & 'x'", 9, "a flag is needed");
	refuses("pid == 'x'", 8, "a number is needed");
	refuses("name == x && $", 13, "no meaning");
	refuses("flasg & 1", 0, "did you mean 'flags'");
	refuses("nmae == x", 0, "did you mean 'name'");
	refuses("name == x && xyzzy", 13, "no call has an argument 'xyzzy'");
	refuses("name == x &&", 12, "a condition is needed");
}

Test(where, bounds_what_it_takes)
{
	static char text[20000];
	struct hog_where *w = NULL;
	struct hog_err err = { 0 };

	memset(text, '(', 5000);
	cr_assert_eq(hog_where_new(text, &words, &w, NULL, &err), -EINVAL);
	memset(text, '!', 5000);
	cr_assert_eq(hog_where_new(text, &words, &w, NULL, &err), -EINVAL);
	text[0] = '\0';
	memcpy(text, "fd", 2);
	for (int i = 0; i < 2000; i++)
		memcpy(text + 2 + i * 4, "||fd", 5);
	cr_assert_eq(hog_where_new(text, &words, &w, NULL, &err), -EINVAL);
	cr_assert(strstr(err.text, "too many"));
}

static void without_stack(const char *text, enum hog_where_answer want)
{
	struct hog_where *w = NULL;
	struct hog_callview v;

	cr_assert_eq(hog_where_new(text, &words, &w, NULL, NULL), 0);
	hog_callview_get(&run, &events[0], &v);
	cr_expect_eq(hog_where_without_stack(w, &v), want, "%s", text);
	hog_where_free(w);
}

Test(where, says_when_the_stack_decides)
{
	without_stack("name == openat", HOG_WHERE_YES);
	without_stack("name == read", HOG_WHERE_NO);
	without_stack("function == f", HOG_WHERE_BY_STACK);
	without_stack("!(function == f)", HOG_WHERE_BY_STACK);
	without_stack("name == openat && function == f", HOG_WHERE_BY_STACK);
	without_stack("function == f && name == openat", HOG_WHERE_BY_STACK);
	without_stack("name == read && line == 1", HOG_WHERE_NO);
	without_stack("line == 1 && name == read", HOG_WHERE_NO);
	without_stack("name == openat || line == 1", HOG_WHERE_YES);
	without_stack("line == 1 || name == openat", HOG_WHERE_YES);
	without_stack("line == 1 || name == read", HOG_WHERE_BY_STACK);
	without_stack("name == read || line == 1", HOG_WHERE_BY_STACK);
}
