/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/call.h"

#include <criterion/criterion.h>

#include "base/buf.h"
#include "fixed_calls.h"

static struct hog_model *model;
static struct hog_run run;
static struct hog_event events[FIXED_CALLS];
static struct hog_buf buf;

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
	hog_buf_fini(&buf);
	hog_model_free(model);
}

TestSuite(call, .init = begin, .fini = done);

static struct hog_callview view_of(unsigned i)
{
	struct hog_callview v;

	cr_assert(hog_callview_get(&run, &events[i], &v));
	return v;
}

Test(call, is_taken_apart)
{
	struct hog_callview v = view_of(0);
	struct hog_callplace p = hog_callview_place(&v);

	cr_assert(hog_calltext_is(v.name, "openat"));
	cr_assert_eq(v.n_args, 3);
	cr_assert_eq(v.pid, 41);
	cr_assert_eq(v.tid, 41);
	cr_assert(v.ended && v.timed);
	cr_assert_eq(v.result, 3);
	cr_assert_eq(v.error, 0);
	cr_assert(hog_calltext_is(v.ret, "3</etc/hosts>"));
	cr_assert(hog_calltext_is(p.name, "Conf.read"));
	cr_assert(hog_calltext_is(p.file, "/srv/lib/conf.py"));
	cr_assert(hog_calltext_is(p.short_file, "lib/conf.py"));
	cr_assert_eq(p.line, 9);
	cr_assert_not_null(hog_callview_arg(&v, "flags", 5));
	cr_assert_null(hog_callview_arg(&v, "flag", 4));
	cr_assert_null(hog_callview_arg(&v, "return", 6));
}

Test(call, failed_as_the_program_sees_it)
{
	struct hog_callview v = view_of(1);

	cr_assert_eq(v.result, -1);
	cr_assert_eq(v.error, ENOENT);
	v = view_of(8);
	cr_assert_not(v.ended);
	cr_assert_not(v.timed);
	v = view_of(5);
	cr_assert(v.ended);
	cr_assert_not(v.timed);
}

static const char *words(unsigned i)
{
	struct hog_callview v = view_of(i);

	hog_buf_clear(&buf);
	hog_call_format(&buf, &v);
	hog_buf_add_str(&buf, " = ");
	hog_call_format_result(&buf, &v);
	return hog_buf_str(&buf);
}

Test(call, is_written_in_words)
{
	cr_expect_str_eq(words(0), "openat(AT_FDCWD, \"/etc/hosts\", "
				   "O_RDONLY|O_CLOEXEC) = 3</etc/hosts>");
	cr_expect_str_eq(words(6), "syscall_0x1f3() = -1 ENOSYS (Function not "
				   "implemented)");
	cr_expect_str_eq(words(8),
			 "clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=10, "
			 "tv_nsec=0}) = ?");
	cr_expect(strstr(words(3), ") = ? ERESTARTSYS ("));
}

Test(call, knows_its_path)
{
	struct hog_callview v = view_of(2);

	cr_expect(hog_calltext_is(hog_callview_path(&v), "/etc/hosts"));
	v = view_of(4);
	cr_expect(hog_calltext_is(hog_callview_path(&v), "TCP 127.0.0.1:4000"));
	v = view_of(8);
	cr_expect_eq(hog_callview_path(&v).len, 0);
}

static bool fd_text_is(const char *text, const char *want)
{
	return hog_calltext_is(hog_call_fd_text(text, strlen(text)), want);
}

Test(call, takes_descriptors_apart)
{
	cr_expect(fd_text_is("3</etc/hosts>", "/etc/hosts"));
	cr_expect(fd_text_is("AT_FDCWD</srv>", "/srv"));
	cr_expect(fd_text_is("5<TCP 1:2->3:4>", "TCP 1:2->3:4"));
	cr_expect(fd_text_is("3</a<b>>", "/a<b>"));
	cr_expect(fd_text_is("3", ""));
	cr_expect(fd_text_is("", ""));
	cr_expect(fd_text_is("<x>", ""));
	cr_expect(fd_text_is("{a=<x>", ""));
}

Test(call, counts_bytes_of_what_moves_some)
{
	struct hog_callview v = view_of(2);

	cr_expect_eq(hog_callview_bytes(&v), 220);
	v = view_of(0);
	cr_expect_eq(hog_callview_bytes(&v), 0); /* 3 is a descriptor */
	v = view_of(1);
	cr_expect_eq(hog_callview_bytes(&v), 0);
}

Test(call, text_cannot_break_a_line)
{
	struct hog_calltext t = { "a\nb\x1b[1m\xff\xc3\xa9", 10 };

	hog_call_plain(&buf, t);
	cr_expect_str_eq(hog_buf_str(&buf), "a\\x0ab\\x1b[1m\\xff\xc3\xa9");
}

Test(call, is_no_other_event)
{
	struct hog_event ev = { .kind = HOG_EV_SAMPLE, .value = { 1, 1 } };
	struct hog_callview v;

	cr_assert_not(hog_callview_get(&run, &ev, &v));
	ev.kind = HOG_EV_SYSCALL;
	ev.value[1] = -1;
	cr_assert_not(hog_callview_get(&run, &ev, &v));
	ev.value[1] = 1ll << 40;
	cr_assert_not(hog_callview_get(&run, &ev, &v));
	hog_buf_clear(&buf);
	hog_call_format(&buf, &v);
	cr_assert_str_eq(hog_buf_str(&buf), "?()");
}
