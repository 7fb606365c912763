/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/callset.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "syscalls/names.h"

static struct hog_callset parse(const char *text)
{
	struct hog_callset set;
	struct hog_err err = { 0 };

	cr_assert_eq(hog_callset_parse(EM_X86_64, text, &set, &err), 0, "%s",
		     err.text);
	return set;
}

static bool has(const struct hog_callset *set, const char *name)
{
	int64_t number = hog_syscall_number(EM_X86_64, name);

	cr_assert_geq(number, 0, "%s", name);
	return hog_callset_has(set, false, number);
}

static struct hog_err fails(const char *text)
{
	struct hog_callset set;
	struct hog_err err = { 0 };

	cr_assert_eq(hog_callset_parse(EM_X86_64, text, &set, &err), -EINVAL,
		     "%s", text);
	return err;
}

Test(callset, takes_names)
{
	struct hog_callset set = parse("openat, close");

	cr_expect(has(&set, "openat"));
	cr_expect(has(&set, "close"));
	cr_expect_not(has(&set, "read"));
	cr_expect_not(hog_callset_is_all(&set));
}

Test(callset, means_32_bit_calls_too)
{
	struct hog_callset set = parse("openat,waitpid");

	cr_expect(hog_callset_has(&set, true,
				  hog_syscall_number(EM_386, "openat")));
	cr_expect(hog_callset_has(&set, true,
				  hog_syscall_number(EM_386, "waitpid")));
	cr_expect_not(hog_callset_has(&set, true,
				      hog_syscall_number(EM_386, "read")));
}

Test(callset, takes_classes_with_and_without_percent)
{
	struct hog_callset set = parse("trace=%file,network");

	cr_expect(has(&set, "openat"));
	cr_expect(has(&set, "execve"));
	cr_expect(has(&set, "connect"));
	cr_expect(has(&set, "sendmmsg"));
	cr_expect_not(has(&set, "read"));
	cr_expect_not(has(&set, "getpid"));
}

Test(callset, knows_what_takes_or_gives_a_descriptor)
{
	struct hog_callset set = parse("%desc");
	const char *const in[] = { "read",        "poll",
				   "pipe2",       "socketpair",
				   "mmap",        "epoll_wait",
				   "pidfd_open",  "memfd_create",
				   "close_range", "io_uring_setup" };
	const char *const out[] = { "stat", "getpid", "nanosleep", "munmap" };

	for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++)
		cr_expect(has(&set, in[i]), "%s", in[i]);
	for (size_t i = 0; i < sizeof(out) / sizeof(*out); i++)
		cr_expect_not(has(&set, out[i]), "%s", out[i]);
}

Test(callset, tells_the_stat_classes_apart)
{
	struct hog_callset stat = parse("%stat"), lstat = parse("%lstat"),
			   fstat = parse("%fstat"), all = parse("%%stat");

	cr_expect(has(&stat, "stat") && !has(&stat, "lstat"));
	cr_expect(has(&lstat, "lstat") && !has(&lstat, "fstat"));
	cr_expect(has(&fstat, "fstat") && has(&fstat, "newfstatat"));
	cr_expect(has(&all, "stat") && has(&all, "lstat") &&
		  has(&all, "fstat") && !has(&all, "statfs"));
}

Test(callset, takes_away_what_is_negated)
{
	struct hog_callset set = parse("%network,!/^send/,!bind");

	cr_expect(has(&set, "connect"));
	cr_expect_not(has(&set, "sendto"));
	cr_expect_not(has(&set, "bind"));
}

Test(callset, is_all_but_what_stands_after_a_first_negation)
{
	const char *const texts[] = { "!futex,read", "!futex,!read",
				      "trace=!read,futex" };

	for (size_t i = 0; i < 3; i++) {
		struct hog_callset set = parse(texts[i]);

		cr_expect_not(has(&set, "futex"), "%s", texts[i]);
		cr_expect_not(has(&set, "read"), "%s", texts[i]);
		cr_expect(has(&set, "write"), "%s", texts[i]);
		cr_expect(hog_callset_has(&set, false, 999), "%s", texts[i]);
	}
}

Test(callset, takes_regular_expressions_with_commas)
{
	struct hog_callset set = parse("/^p(read|write){1,2}64$/,dup");

	cr_expect(has(&set, "pread64"));
	cr_expect(has(&set, "pwrite64"));
	cr_expect(has(&set, "dup"));
	cr_expect_not(has(&set, "preadv"));
}

Test(callset, all_holds_numbers_nobody_knows)
{
	struct hog_callset all = parse("all"), none = parse("none"), made;

	hog_callset_all(&made);
	cr_expect(hog_callset_is_all(&all));
	cr_expect(hog_callset_is_all(&made));
	cr_expect(hog_callset_has(&all, false, 5000));
	cr_expect(hog_callset_has(&all, true, 700));
	cr_expect_not(hog_callset_has(&none, false, 0));
	cr_expect_not(hog_callset_has(&none, false, 5000));
	cr_expect_not(hog_callset_has(&none, false, -1));
}

Test(callset, takes_numbers)
{
	struct hog_callset set = parse("3,600");

	cr_expect(has(&set, "close"));
	cr_expect(hog_callset_has(&set, false, 600));
	cr_expect_not(hog_callset_has(&set, true, 3));
}

Test(callset, names_the_part_that_is_wrong_and_the_nearest_name)
{
	cr_expect(strstr(fails("read,opnat").text, "openat"));
	cr_expect(strstr(fails("%netwrok").text, "%network"));
	cr_expect(strstr(fails("read,,write").text, "empty"));
	cr_expect(strstr(fails("").text, "empty"));
	cr_expect(strstr(fails("/a(/").text, "/a(/"));
	cr_expect(strstr(fails("/zzz/").text, "matches no"));
	cr_expect(strstr(fails("/open").text, "/open"));
	cr_expect(strstr(fails("1024").text, "1024"));
	cr_expect_not(strstr(fails("qqqqqqqqq").text, "did you mean"));
}

Test(callset, a_question_mark_forgives_an_unknown_name)
{
	struct hog_callset set = parse("?newest_call,read");

	cr_expect(has(&set, "read"));
}

Test(callset, leaves_the_result_alone_when_it_fails)
{
	struct hog_callset set = parse("read"), before = set;

	cr_assert_eq(hog_callset_parse(EM_X86_64, "write,nothing", &set, NULL),
		     -EINVAL);
	cr_expect_eq(memcmp(&set, &before, sizeof(set)), 0);
}

Test(callset, classes_that_a_machine_has_no_call_of_are_no_error)
{
	struct hog_callset set;

	cr_expect_eq(hog_callset_parse(EM_AARCH64, "%lstat", &set, NULL), 0);
	cr_expect_eq(hog_callset_compat(EM_AARCH64), EM_ARM);
	cr_expect_eq(hog_callset_compat(EM_386), 0);
}
