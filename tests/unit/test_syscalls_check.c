/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of checks mean. */
#include "cli/syscalls_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/err.h"
#include "cli/args.h"
#include "cli/syscalls.h"
#include "profile/event.h"

static const struct hog_command fake = { .name = "syscalls",
					 .options = hog_syscalls_options };
static struct hog_checking checking;
static struct hog_err err;

/* Parses up to three words. */
static int parse(const char *a, const char *b, const char *c)
{
	static char words[3][64]; /* options point into them */
	char *argv[] = { words[0], words[1], words[2], NULL };
	struct hog_args *args;
	int n = !!a + !!b + !!c, r;

	snprintf(words[0], 64, "%s", a ? a : "");
	snprintf(words[1], 64, "%s", b ? b : "");
	snprintf(words[2], 64, "%s", c ? c : "");
	checking = (struct hog_checking){ 0 };
	cr_assert_eq(hog_args_parse(&fake, n, argv, 0, &args, &err), 0, "%s",
		     err.text);
	r = hog_checking_parse(args, &checking, &err);
	hog_args_free(args);
	return r;
}

Test(syscalls_check, asks_for_nothing_without_options)
{
	cr_expect_eq(parse(NULL, NULL, NULL), 0);
	cr_expect(!checking.asked);
}

Test(syscalls_check, takes_moments_by_commas)
{
	cr_assert_eq(parse("--fds=fork,exit,interval:2s", NULL, NULL), 0);
	cr_expect_eq(checking.what.show, 1u << HOG_FDS_FORK |
						 1u << HOG_FDS_EXIT |
						 1u << HOG_FDS_INTERVAL);
	cr_expect_eq(checking.what.fail, 0);
	cr_expect_float_eq(checking.interval_s, 2, 1e-9);
	cr_expect(checking.asked && checking.what.fds);
}

Test(syscalls_check, fails_at_a_fork_or_where_fds_says)
{
	cr_assert_eq(parse("--fail-on-open", NULL, NULL), 0);
	cr_expect_eq(checking.what.fail, 1u << HOG_FDS_FORK);
	cr_assert_eq(parse("--fail-on-open", "--fds=exit,signal", NULL), 0);
	cr_expect_eq(checking.what.fail, 1u << HOG_FDS_EXIT);
	cr_expect(checking.on_signal);
	cr_assert_eq(parse("--fail-on-open=exec", "--fds=exit", NULL), 0);
	cr_expect_eq(checking.what.fail, 1u << HOG_FDS_EXEC);
}

Test(syscalls_check, refuses_moments_that_there_are_not)
{
	cr_expect_eq(parse("--fds=birth", NULL, NULL), -EINVAL);
	cr_expect_eq(parse("--fds=interval", NULL, NULL), -EINVAL);
	cr_expect_eq(parse("--fds=interval:0", NULL, NULL), -EINVAL);
	cr_expect_eq(parse("--fds=fork:3", NULL, NULL), -EINVAL);
	cr_expect_eq(parse("--fds=,", NULL, NULL), -EINVAL);
	cr_expect_eq(parse("--fail-on-open=signal", NULL, NULL), -EINVAL);
}

Test(syscalls_check, takes_times_of_blocking)
{
	cr_assert_eq(parse("--blocking", NULL, NULL), 0);
	cr_expect_eq(checking.what.threshold_ns, 10000000);
	cr_expect_eq(checking.what.fail_ns, 0);
	cr_assert_eq(parse("--blocking=50ms", "--fail-on-blocking", NULL), 0);
	cr_expect_eq(checking.what.threshold_ns, 50000000);
	cr_expect_eq(checking.what.fail_ns, 100000000);
	cr_assert_eq(parse("--fail-on-blocking=2ms", NULL, NULL), 0);
	cr_expect_eq(checking.what.threshold_ns, 2000000,
		     "else it is not seen");
	cr_expect_eq(parse("--fail-on-blocking=0", NULL, NULL), -EINVAL);
}

Test(syscalls_check, takes_a_loop_only_for_blocking)
{
	cr_assert_eq(parse("--blocking", "--loop=gevent", NULL), 0);
	cr_expect_eq(checking.what.loop, HOG_LOOP_GEVENT);
	cr_expect_eq(parse("--loop=gevent", NULL, NULL), -EINVAL);
	cr_expect_eq(parse("--blocking", "--loop=twist", NULL), -EINVAL);
}

Test(syscalls_check, takes_allow_only_for_open_ones)
{
	cr_expect_eq(parse("--allow=/x", NULL, NULL), -EINVAL);
	cr_assert_eq(parse("--fail-on-open", "--allow=/x", "--allow=/y"), 0);
	cr_expect_eq(checking.what.n_allow, 2);
	cr_expect_str_eq(checking.what.allow[1].text, "/y");
	hog_checking_fini(&checking);
	cr_expect_lt(parse("--fail-on-open", "--allow-file=/nonexistent", NULL),
		     0);
	cr_expect_not_null(strstr(err.text, "/nonexistent"));
	hog_checking_fini(&checking);
}

Test(syscalls_check, chooses_its_form_by_name_or_suffix)
{
	cr_expect_eq(hog_checking_format(NULL, NULL), &hog_sink_check_text);
	cr_expect_eq(hog_checking_format("json", "x.txt"),
		     &hog_sink_check_json);
	cr_expect_eq(hog_checking_format(NULL, "x.xml"), &hog_sink_check_junit);
	cr_expect_null(hog_checking_format(NULL, "x.hog"));
	cr_expect_null(hog_checking_format("jsonl", NULL));
}
