/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/err.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/syscalls.h"

extern const struct hog_command hog_cmd_syscalls;

static struct hog_args *args;
static struct hog_syscalls opt;
static struct hog_err err;

static int parse(const char *words)
{
	static char text[256];
	static char *argv[32];
	int argc = 0;

	snprintf(text, sizeof(text), "hognose syscalls %s", words);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	cr_assert_eq(hog_args_parse(&hog_cmd_syscalls, argc, argv, 2, &args,
				    &err),
		     0);
	return hog_syscalls_parse(args, &opt, &err);
}

static void done(void)
{
	hog_syscalls_fini(&opt);
	hog_args_free(args);
	args = NULL;
}

TestSuite(syscalls_options, .fini = done);

Test(syscalls_options, have_the_defaults_of_the_manual)
{
	cr_assert_eq(parse("-p 42"), 0);
	cr_assert_eq(opt.choice.n_pids, 1);
	cr_assert_null(opt.program);
	cr_assert_null(opt.set);
	cr_assert_null(opt.path);
	cr_assert(opt.follow);
	cr_assert_eq(opt.via, HOG_TRACE_AUTO);
	cr_assert_eq(opt.string_limit, 32);
	cr_assert_eq(opt.view.stack, 0);
	cr_assert_str_eq(opt.format->name, "text");
}

Test(syscalls_options, join_sets_of_calls)
{
	cr_assert_eq(parse("-e openat -e %network,!/x/ -p 1"), 0);
	cr_assert_str_eq(opt.set, "openat,%network,!/x/");
}

static const char *format(const char *words)
{
	cr_assert_eq(parse(words), 0, "%s: %s", words, err.text);
	return opt.format->name;
}

Test(syscalls_options, pick_the_format_by_what_is_asked_for)
{
	static const struct {
		const char *words, *format;
	} all[] = {
		{ "-p 1", "text" },
		{ "-p 1 -o -", "text" },
		{ "-p 1 --summary", "summary" },
		{ "-p 1 --summary=line -o x.json", "summary" },
		{ "-p 1 --weight count", "table" },
		{ "-p 1 -o x.html", "timeline" },
		{ "-p 1 -o x.html -f html", "html" },
		{ "-p 1 -o x.html --weight time", "html" },
		{ "-p 1 -o x.timeline.html", "timeline" },
		{ "-p 1 -o x.jsonl", "jsonl" },
		{ "-p 1 -o x.json", "chrome" },
		{ "-p 1 -o x.hog", "hog" },
		{ "-p 1 -o x.trace", "text" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		cr_expect_str_eq(format(all[i].words), all[i].format, "%s",
				 all[i].words);
		done();
	}
	cr_assert_eq(parse("-p 1"), 0);
}

Test(syscalls_options, read_numbers_and_switches)
{
	cr_assert_eq(parse("--no-follow --string-limit 100 -d 2 --stack full "
			   "--via ptrace --summary=thread --json -t -- prog x"),
		     0);
	cr_assert_not(opt.follow);
	cr_assert_eq(opt.string_limit, 100);
	cr_assert_float_eq(opt.duration_s, 2, 0);
	cr_assert_eq(opt.view.stack, HOG_STACK_FULL);
	cr_assert_eq(opt.view.group, HOG_GROUP_THREAD);
	cr_assert(opt.view.json);
	cr_assert(opt.view.threads);
	cr_assert_eq(opt.via, HOG_TRACE_PTRACE);
	cr_assert_str_eq(opt.program[0], "prog");
	done();
	cr_assert_eq(parse("--stack none -p 1"), 0);
	cr_assert_eq(opt.view.stack, HOG_STACK_NONE);
	done();
	cr_assert_eq(parse("--stack 7 --via seccomp -- prog"), 0);
	cr_assert_eq(opt.view.stack, 7);
	cr_assert_eq(opt.via, HOG_TRACE_SECCOMP);
}
