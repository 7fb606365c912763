/* SPDX-License-Identifier: Apache-2.0 */
#include "target/target.h"

#include <criterion/criterion.h>

static const char *name_of(char *a, char *b, char *c, char *d)
{
	static char name[64];
	char *argv[] = { a, b, c, d, NULL };
	struct hog_target target = { .cmdline = argv, .comm = "comm" };

	hog_target_script_name(&target, name, sizeof(name));
	return name;
}

Test(script_name, a_script_is_named_without_its_folder)
{
	cr_assert_str_eq(name_of("/usr/bin/python3", "/srv/app.py", "-v", NULL),
			 "app.py");
}

Test(script_name, options_of_python_are_passed_over)
{
	cr_assert_str_eq(name_of("python", "-X", "dev", "a.py"), "a.py");
	cr_assert_str_eq(name_of("python", "-Wignore", "-u", "a.py"), "a.py");
	cr_assert_str_eq(name_of("python2.7", "-Qnew", "a.py", NULL), "a.py");
}

Test(script_name, a_module_is_named_also_in_a_cluster)
{
	cr_assert_str_eq(name_of("python3", "-m", "http.server", "80"),
			 "http.server");
	cr_assert_str_eq(name_of("python3", "-Bum", "pytest", NULL), "pytest");
	cr_assert_str_eq(name_of("python3", "-mpytest", NULL, NULL), "pytest");
}

Test(script_name, a_command_has_no_name_of_its_own)
{
	cr_assert_str_eq(name_of("python3", "-c", "print(1)", NULL), "-c");
}

Test(script_name, an_interactive_python_is_python)
{
	cr_assert_str_eq(name_of("/usr/bin/python3", "-i", NULL, NULL),
			 "python3");
}

Test(script_name, an_embedding_program_has_its_own_name)
{
	cr_assert_str_eq(name_of("/usr/bin/uwsgi", "--ini", "x.ini", NULL),
			 "uwsgi");
}

Test(script_name, no_command_line_leaves_the_kernel_s_name)
{
	cr_assert_str_eq(name_of(NULL, NULL, NULL, NULL), "comm");
}
