/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/err.h"
#include "cli/command.h"

static const struct hog_opt options[] = {
	{ 'p', "pid", "PID", "", false },
	{ 'q', "quiet", NULL, "", false },
	{ 'v', "verbose", NULL, "", false },
	{ 256, "follow", NULL, "", true },
	{ 257, "no-repair", NULL, "", false },
	{ 258, "async", "WHICH", "", false, true },
	{ 0 },
};

static const struct hog_command command = {
	.name = "test",
	.options = options,
};

static struct hog_args *args;
static struct hog_err err;

/* The words are split at blanks, "hognose test" goes before them. */
static int parse(const char *words)
{
	static char text[256];
	static char *argv[32];
	int argc = 0;

	snprintf(text, sizeof(text), "hognose test %s", words);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return hog_args_parse(&command, argc, argv, 2, &args, &err);
}

static void done(void)
{
	hog_args_free(args);
	args = NULL;
}

TestSuite(args, .fini = done);

Test(args, takes_a_value_in_all_four_ways)
{
	static const char *const ways[] = { "-p 42", "-p42", "--pid 42",
					    "--pid=42" };

	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(parse(ways[i]), 0);
		cr_assert_str_eq(hog_args_value(args, 'p'), "42");
		done();
	}
}

Test(args, splits_a_cluster_and_gives_its_tail_to_the_value)
{
	cr_assert_eq(parse("-qvp7"), 0);
	cr_assert(hog_args_has(args, 'q'));
	cr_assert(hog_args_has(args, 'v'));
	cr_assert_str_eq(hog_args_value(args, 'p'), "7");
}

Test(args, keeps_repeated_values_in_order)
{
	cr_assert_eq(parse("-p 1 --pid=2 -p3"), 0);
	cr_assert_str_eq(hog_args_nth(args, 'p', 0), "1");
	cr_assert_str_eq(hog_args_nth(args, 'p', 1), "2");
	cr_assert_str_eq(hog_args_nth(args, 'p', 2), "3");
	cr_assert_null(hog_args_nth(args, 'p', 3));
	cr_assert_str_eq(hog_args_value(args, 'p'), "3");
}

Test(args, lets_the_last_of_a_switch_and_its_negation_win)
{
	cr_assert_eq(parse("--follow --no-follow"), 0);
	cr_assert_eq(hog_args_switch(args, 256), -1);
	done();
	cr_assert_eq(parse("-q"), 0);
	cr_assert_eq(hog_args_switch(args, 256), 0);
}

Test(args, takes_an_option_whose_own_name_begins_with_no)
{
	cr_assert_eq(parse("--no-repair"), 0);
	cr_assert_eq(hog_args_switch(args, 257), 1);
	cr_assert_eq(parse("--repair"), -EINVAL);
}

Test(args, negates_only_what_can_be_negated)
{
	cr_assert_eq(parse("--no-quiet"), -EINVAL);
}

Test(args, leaves_the_program_behind_two_dashes_alone)
{
	cr_assert_eq(parse("-q a -- ls -p --nonsense"), 0);
	cr_assert_eq(hog_args_count(args), 1);
	cr_assert_str_eq(hog_args_operand(args, 0), "a");
	cr_assert_str_eq(hog_args_program(args)[0], "ls");
	cr_assert_str_eq(hog_args_program(args)[2], "--nonsense");
	cr_assert_null(hog_args_program(args)[3]);
	cr_assert_not(hog_args_has(args, 'p'));
}

Test(args, tells_no_program_from_an_empty_one)
{
	cr_assert_eq(parse("-q"), 0);
	cr_assert_null(hog_args_program(args));
	done();
	cr_assert_eq(parse("-q --"), 0);
	cr_assert_not_null(hog_args_program(args));
	cr_assert_null(hog_args_program(args)[0]);
}

Test(args, refuses_two_dashes_as_a_value)
{
	cr_assert_eq(parse("-p -- ls"), -EINVAL);
	cr_assert(strstr(err.text, "needs a value"));
}

Test(args, refuses_a_missing_value)
{
	cr_assert_eq(parse("--pid"), -EINVAL);
	cr_assert_str_eq(err.text, "option '--pid' needs a value: give it as "
				   "'--pid PID'");
}

Test(args, refuses_a_value_for_a_switch)
{
	cr_assert_eq(parse("--quiet=1"), -EINVAL);
}

Test(args, takes_no_abbreviation_but_suggests_the_whole)
{
	cr_assert_eq(parse("--verb"), -EINVAL);
	cr_assert_str_eq(err.text, "unknown option '--verb'; did you mean "
				   "'--verbose'?");
}

Test(args, suggests_the_negated_name_of_a_near_miss)
{
	cr_assert_eq(parse("--no-folow"), -EINVAL);
	cr_assert(strstr(err.text, "'--no-follow'"));
}

Test(args, suggests_nothing_for_what_is_far_from_all)
{
	cr_assert_eq(parse("--xyzzy-plugh"), -EINVAL);
	cr_assert_not(strstr(err.text, "did you mean"));
	cr_assert(strstr(err.text, "hognose test --help"));
}

Test(args, survives_an_option_of_any_length)
{
	char long_one[200];

	memset(long_one, '-', sizeof(long_one));
	long_one[sizeof(long_one) - 1] = '\0';
	cr_assert_eq(parse(long_one), -EINVAL);
	memset(long_one + 2, 'x', sizeof(long_one) - 3);
	cr_assert_eq(parse(long_one), -EINVAL);
}

Test(args, takes_a_single_dash_as_an_operand)
{
	cr_assert_eq(parse("-"), 0);
	cr_assert_str_eq(hog_args_operand(args, 0), "-");
}

Test(args, knows_help_without_a_row_for_it)
{
	cr_assert_eq(parse("--help"), 0);
	cr_assert(hog_args_has(args, 'h'));
}

Test(args, keeps_the_line_as_typed)
{
	cr_assert_eq(parse("-q -- ls -l"), 0);
	cr_assert_str_eq(hog_args_line(args), "hognose test -q -- ls -l");
}

Test(args, take_an_optional_value_behind_the_sign_only)
{
	cr_assert_eq(parse("--async 42"), 0);
	cr_assert(hog_args_has(args, 258));
	cr_assert_null(hog_args_value(args, 258));
	cr_assert_str_eq(hog_args_operand(args, 0), "42");
	done();
	cr_assert_eq(parse("--async=all"), 0);
	cr_assert_str_eq(hog_args_value(args, 258), "all");
}
