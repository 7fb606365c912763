/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/err.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/record.h"

extern const struct hog_command hog_cmd_record;

static struct hog_args *args;
static struct hog_record_options opt;
static struct hog_err err;

static int parse(const char *words)
{
	static char text[256];
	static char *argv[32];
	int argc = 0;

	snprintf(text, sizeof(text), "hognose record %s", words);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	cr_assert_eq(
		hog_args_parse(&hog_cmd_record, argc, argv, 2, &args, &err), 0);
	return hog_record_parse(args, &opt, &err);
}

static void done(void)
{
	hog_record_options_fini(&opt);
	hog_args_free(args);
	args = NULL;
}

TestSuite(record_options, .fini = done);

Test(record_options, have_the_defaults_of_the_manual)
{
	cr_assert_eq(parse("-p 42"), 0);
	cr_assert_eq(opt.choice.n_pids, 1);
	cr_assert_eq(opt.choice.pids[0], 42);
	cr_assert_null(opt.program);
	cr_assert_float_eq(opt.session.rate_hz, 100, 0);
	cr_assert_float_eq(opt.session.duration_s, 0, 0);
	cr_assert_float_eq(opt.session.jitter, 50, 0);
	cr_assert_float_eq(opt.session.max_cpu, 0, 0);
	cr_assert_eq(opt.session.mode, HOG_MODE_WALL);
	cr_assert(opt.session.follow);
	cr_assert_not(opt.session.idle);
	cr_assert_not(opt.session.no_repair);
	cr_assert_str_eq(opt.format->name, "html");
	cr_assert_null(opt.path);
}

Test(record_options, all_reach_the_session_and_the_view)
{
	cr_assert_eq(parse("-p 1 -p 2 -r 1k -d 2m --mode gil --idle -t "
			   "--function --full-paths --no-follow --gc --wait 3 "
			   "--no-repair -q -v --stats s.json -o x.hog "
			   "--jitter 0 --max-cpu 2.5%"),
		     0);
	cr_assert_eq(opt.choice.n_pids, 2);
	cr_assert_eq(opt.choice.pids[1], 2);
	cr_assert_float_eq(opt.session.rate_hz, 1000, 0);
	cr_assert_float_eq(opt.session.duration_s, 120, 0);
	cr_assert_float_eq(opt.session.wait_s, 3, 0);
	cr_assert_float_eq(opt.session.jitter, 0, 0);
	cr_assert_float_eq(opt.session.max_cpu, 2.5, 0);
	cr_assert_eq(opt.session.mode, HOG_MODE_GIL);
	cr_assert(opt.session.idle && opt.session.gc);
	cr_assert(opt.session.no_repair);
	cr_assert_not(opt.session.follow);
	cr_assert(opt.view.threads && opt.view.function);
	cr_assert(opt.view.full_paths && opt.view.no_python);
	cr_assert(opt.quiet && opt.verbose);
	cr_assert_str_eq(opt.stats_path, "s.json");
	cr_assert_str_eq(opt.format->name, "hog");
}

Test(record_options, all_has_a_limit_of_its_own)
{
	cr_assert_eq(parse("--all"), 0);
	cr_assert_float_eq(opt.session.max_cpu, 10, 0);
	cr_assert_eq(opt.session.chosen, &opt.choice.criteria);
	done();
	cr_assert_eq(parse("--all --max-cpu 50"), 0);
	cr_assert_float_eq(opt.session.max_cpu, 50, 0);
	done();
	cr_assert_eq(parse("--name x"), 0);
	cr_assert_float_eq(opt.session.max_cpu, 0, 0);
	cr_assert_not_null(opt.session.chosen);
}

Test(record_options, leave_the_options_of_the_program_alone)
{
	cr_assert_eq(parse("-f folded -- python3 -p 5 -r 0"), 0);
	cr_assert_eq(opt.choice.n_pids, 0);
	cr_assert_str_eq(opt.program[1], "-p");
	cr_assert_float_eq(opt.session.rate_hz, 100, 0);
	cr_assert_str_eq(opt.format->name, "folded");
}

Test(record_options, send_a_table_to_stdout)
{
	cr_assert_eq(parse("-p 1 -f table"), 0);
	cr_assert_str_eq(opt.path, "-");
}

Test(record_options, make_a_table_of_stdout_when_no_format_is_named)
{
	cr_assert_eq(parse("-p 1 -o -"), 0);
	cr_assert_str_eq(opt.format->name, "table");
}

Test(record_options, refuse_shares_that_cannot_be)
{
	cr_assert_eq(parse("-p 1 --jitter 101"), -EINVAL);
	cr_assert_str_eq(err.text, "jitter '101' is out of range: give 0 to "
				   "100 per cent");
	cr_assert_eq(parse("-p 1 --max-cpu 0"), -EINVAL);
	cr_assert_eq(parse("-p 1 --max-cpu x"), -EINVAL);
	cr_assert_str_eq(err.text, "'x' is no share of a core: give per cent "
				   "as 2.5 or 50");
}

Test(record_options, refuse_two_kinds_of_target)
{
	cr_assert_eq(parse("-p 1 -- ls"), -EINVAL);
	cr_assert_str_eq(err.text, "both -p and a program are given");
}

Test(record_options, refuse_a_process_named_twice)
{
	cr_assert_eq(parse("-p 1 -p 01"), -EINVAL);
}

Test(record_options, refuse_a_duration_of_nothing)
{
	cr_assert_eq(parse("-p 1 -d 0s"), -EINVAL);
	cr_assert(err.hint);
}

Test(record_options, tell_the_kinds_of_async)
{
	cr_assert_eq(parse("-p 1"), 0);
	cr_assert_eq(opt.session.async, HOG_ASYNC_NONE);
	done();
	cr_assert_eq(parse("--async -p 1"), 0);
	cr_assert_eq(opt.session.async, HOG_ASYNC_RUNNING);
	done();
	cr_assert_eq(parse("--async=running -p 1"), 0);
	cr_assert_eq(opt.session.async, HOG_ASYNC_RUNNING);
	done();
	cr_assert_eq(parse("--async=all -p 1"), 0);
	cr_assert_eq(opt.session.async, HOG_ASYNC_ALL);
	done();
	cr_assert_eq(parse("--async=some -p 1"), -EINVAL);
	cr_assert(strstr(err.text, "'some'"));
}

Test(record_options, stop_for_every_sample_or_for_some)
{
	cr_assert_eq(parse("-p 1"), 0);
	cr_assert_not(opt.session.exact);
	cr_assert_float_eq(opt.session.stop_budget, 0, 0);
	cr_assert_eq(parse("-p 1 --exact"), 0);
	cr_assert(opt.session.exact);
	cr_assert_eq(parse("-p 1 --stop-budget 0.5"), 0);
	cr_assert_float_eq(opt.session.stop_budget, 0.5, 1e-9);
	cr_assert_eq(parse("-p 1 --stop-budget 101"), -EINVAL);
	cr_assert_eq(parse("-p 1 --exact --stop-budget 1"), -EINVAL);
}
