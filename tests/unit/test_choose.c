/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/err.h"
#include "cli/args.h"
#include "cli/choose.h"
#include "cli/command.h"
#include "cli/record.h"

extern const struct hog_command hog_cmd_record;

static struct hog_args *args;
static struct hog_choice choice;
static struct hog_err err;

static int parse(const char *words, bool operands)
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
	return hog_choose(args, operands, &choice, &err);
}

static void done(void)
{
	hog_choice_fini(&choice);
	hog_args_free(args);
	args = NULL;
}

TestSuite(choose, .fini = done);

Test(choose, takes_several_processes)
{
	cr_assert_eq(parse("-p 4 -p 5", false), 0);
	cr_assert_eq(choice.n_pids, 2);
	cr_assert(choice.pids[0] == 4 && choice.pids[1] == 5);
	cr_assert_not(choice.chosen);
}

Test(choose, takes_operands_where_they_may_be_processes)
{
	cr_assert_eq(parse("-p 4 6", true), 0);
	cr_assert_eq(choice.n_pids, 2);
	cr_assert_eq(choice.pids[1], 6);
}

Test(choose, a_process_named_twice_is_told)
{
	cr_assert_eq(parse("-p 4 4", true), -EINVAL);
}

Test(choose, takes_names_and_groups)
{
	cr_assert_eq(parse("--name a --name b --cgroup /c", false), 0);
	cr_assert(choice.chosen);
	cr_assert_eq(choice.criteria.n_names, 2);
	cr_assert_str_eq(choice.criteria.names[1], "b");
	cr_assert_eq(choice.criteria.n_cgroups, 1);
	cr_assert_str_eq(choice.criteria.cgroups[0], "/c");
}

Test(choose, all_is_a_choice_without_criteria)
{
	cr_assert_eq(parse("--all", false), 0);
	cr_assert(choice.chosen);
	cr_assert_eq(choice.criteria.n_names + choice.criteria.n_cgroups, 0);
}

Test(choose, what_does_not_go_together_is_told)
{
	static const char *const bad[] = { "--all -p 4", "--name a -p 4",
					   "--cgroup /c -p 4", "--all --name a",
					   "--all --cgroup /c" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(parse(bad[i], false), -EINVAL, "%s", bad[i]);
		cr_assert(err.hint);
		hog_args_free(args);
	}
	args = NULL;
}

Test(choose, names_a_recording)
{
	char name[HOG_RECORD_NAME_MAX];

	cr_assert_eq(parse("--all", false), 0);
	hog_record_choice_name(&choice, name, sizeof(name));
	cr_assert_str_eq(name, "all");
	done();
	cr_assert_eq(parse("--name ^my/app.py", false), 0);
	hog_record_choice_name(&choice, name, sizeof(name));
	cr_assert_str_eq(name, "_my_app");
	done();
	cr_assert_eq(parse("--cgroup /system.slice/web.service", false), 0);
	hog_record_choice_name(&choice, name, sizeof(name));
	cr_assert_str_eq(name, "web.service");
}
