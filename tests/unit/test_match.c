/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "target/match.h"

static pid_t child;

static void end_child(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

/* A process whose command line is: sleep 60 */
static void start_child(void)
{
	child = fork();
	if (child == 0) {
		execlp("sleep", "sleep", "60", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 2000; i++) {
		char path[32], text[8] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/comm", (int)child);
		f = fopen(path, "r");
		if (f && fgets(text, sizeof(text), f) &&
		    !strncmp(text, "sleep", 5))
			i = 2000;
		if (f)
			fclose(f);
		usleep(1000);
	}
}

TestSuite(match, .init = start_child, .fini = end_child);

static bool name_fits(const char *pattern)
{
	struct hog_criteria c = { .names = &pattern, .n_names = 1 };
	struct hog_match *m;
	bool fits;

	cr_assert_eq(hog_match_new(&c, &m, NULL), 0);
	fits = hog_match_fits(m, child);
	hog_match_free(m);
	return fits;
}

Test(match, a_name_is_found_anywhere_in_the_command_line)
{
	cr_assert(name_fits("sleep"));
	cr_assert(name_fits("^sleep 60$"));
	cr_assert(name_fits("p 6"));
	cr_assert(name_fits("(awake|sleep) [0-9]+"));
	cr_assert_not(name_fits("Sleep"));
	cr_assert_not(name_fits("^60"));
}

Test(match, one_of_several_names_suffices)
{
	const char *names[] = { "nosuch", "^sleep" };
	struct hog_criteria c = { .names = names, .n_names = 2 };
	struct hog_match *m;

	cr_assert_eq(hog_match_new(&c, &m, NULL), 0);
	cr_assert(hog_match_fits(m, child));
	hog_match_free(m);
}

Test(match, a_name_and_a_group_must_both_fit)
{
	const char *name = "sleep", *group = "/", *other = "no-such-group";
	struct hog_criteria c = { &name, 1, &group, 1 };
	struct hog_match *m;
	char words[200];

	cr_assert_eq(hog_match_new(&c, &m, NULL), 0);
	cr_assert(hog_match_fits(m, child));
	hog_match_describe(m, words, sizeof(words));
	cr_assert_str_eq(words, "--name 'sleep' in --cgroup '/'");
	hog_match_free(m);
	c.cgroups = &other;
	cr_assert_eq(hog_match_new(&c, &m, NULL), 0);
	cr_assert_not(hog_match_fits(m, child));
	hog_match_free(m);
}

Test(match, nothing_asked_for_is_everything)
{
	struct hog_criteria c = { 0 };
	struct hog_match *m;

	cr_assert_eq(hog_match_new(&c, &m, NULL), 0);
	cr_assert(hog_match_is_all(m));
	cr_assert(hog_match_fits(m, child));
	hog_match_free(m);
}

Test(match, a_bad_pattern_is_told)
{
	const char *bad[] = { "(", "", "a{2" };
	struct hog_match *m;

	for (size_t i = 0; i < 3; i++) {
		struct hog_criteria c = { .names = &bad[i], .n_names = 1 };
		struct hog_err err = { 0 };

		cr_assert_eq(hog_match_new(&c, &m, &err), -EINVAL, "%s",
			     bad[i]);
		cr_assert(err.text[0] && err.hint);
	}
}

Test(match, who_has_ended_fits_no_name)
{
	cr_assert(name_fits("sleep"));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	cr_assert_not(name_fits("sleep"));
	child = 0;
}

Test(match, processes_are_told_apart_by_what_they_map)
{
	cr_assert_neq(hog_pid_images(child), 0);
	cr_assert_neq(hog_pid_images(child), hog_pid_images(getpid()));
	cr_assert_neq(hog_pid_program(child), hog_pid_program(getpid()));
	cr_assert_gt(hog_pid_size(child), 0);
	cr_assert_eq(hog_pid_parent(child), getpid());
	cr_assert_not(hog_pid_looks_python(child));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	cr_assert_eq(hog_pid_images(child), 0);
	cr_assert_leq(hog_pid_size(child), 0);
	child = 0;
}
