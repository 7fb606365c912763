/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "target/target.h"

/* The name of a command line given as words with blanks between. */
static const char *name_of(const char *exe, const char *line)
{
	static char text[512], name[64];
	char *argv[32], *save = NULL;
	int n = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok_r(text, " ", &save); w && n < 31;
	     w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = NULL;
	cr_assert_eq(hog_cmdline_script(argv, exe, name, sizeof(name)),
		     strlen(name));
	return name;
}

#define PY "/usr/bin/python3.11"

Test(script_name, is_that_of_the_script)
{
	cr_assert_str_eq(name_of(PY, "python /srv/app/serve.py -m x"),
			 "serve.py");
	cr_assert_str_eq(name_of(PY, "/usr/bin/python3.11 -u -B serve.py"),
			 "serve.py");
	cr_assert_str_eq(name_of(PY, "python3 -- -odd.py"), "-odd.py");
	cr_assert_str_eq(name_of(PY, "python3.13t x.py"), "x.py");
	cr_assert_str_eq(name_of(PY, "python3.14d x.py"), "x.py");
}

Test(script_name, steps_over_values_of_options)
{
	cr_assert_str_eq(name_of(PY, "python -X dev -W ignore a.py"), "a.py");
	cr_assert_str_eq(name_of(PY, "python -Xdev -Wignore a.py"), "a.py");
	cr_assert_str_eq(name_of(PY, "python -Q new a.py"), "a.py");
	cr_assert_str_eq(name_of(PY, "python -uX dev a.py"), "a.py");
	cr_assert_str_eq(name_of(PY, "python --check-hash-based-pycs always "
				     "a.py"),
			 "a.py");
}

Test(script_name, is_that_of_the_module)
{
	cr_assert_str_eq(name_of(PY, "python -m http.server 80"),
			 "http.server");
	cr_assert_str_eq(name_of(PY, "python -mhttp.server"), "http.server");
	cr_assert_str_eq(name_of(PY, "python -Em app a.py"), "app");
}

Test(script_name, is_the_interpreter_without_a_script)
{
	cr_assert_str_eq(name_of(PY, "python3"), "python3");
	cr_assert_str_eq(name_of(PY, "python3 -c pass a.py"), "python3");
	cr_assert_str_eq(name_of(PY, "python3 -"), "python3");
	cr_assert_str_eq(name_of(PY, "python3 -m"), "python3");
	cr_assert_str_eq(name_of(PY, "python3 -X"), "python3");
}

Test(script_name, takes_console_scripts_and_other_programs)
{
	cr_assert_str_eq(name_of(PY, "/v/bin/python /v/bin/gunicorn app:x"),
			 "gunicorn");
	cr_assert_str_eq(name_of("/opt/app/server", "/opt/app/server -m x"),
			 "server");
	cr_assert_str_eq(name_of("/opt/app/server", ""), "server");
	cr_assert_str_eq(name_of("/usr/bin/pythonic", "pythonic -m x"),
			 "pythonic");
	/* Its name hides it, its file does not. */
	cr_assert_str_eq(name_of(PY, "worker /srv/job.py"), "job.py");
}

Test(script_name, cuts_to_the_buffer)
{
	char *argv[] = { "python", "a-long-name.py", NULL };
	char buf[6];

	cr_assert_eq(hog_cmdline_script(argv, PY, buf, sizeof(buf)), 5);
	cr_assert_str_eq(buf, "a-lon");
	cr_assert_eq(hog_cmdline_script(NULL, "", buf, sizeof(buf)), 0);
}

Test(script_name, is_the_kernel_s_name_without_a_command_line)
{
	struct hog_target target = { .comm = "comm" };
	char buf[16];

	cr_assert_eq(hog_target_script_name(&target, buf, sizeof(buf)), 4);
	cr_assert_str_eq(buf, "comm");
}
