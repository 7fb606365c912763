/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <criterion/criterion.h>

#include "cli/record.h"

static char name[HOG_RECORD_NAME_MAX];

/* Words split at blanks. */
static const char *named(const char *words)
{
	static char text[256];
	const char *argv[16] = { NULL };
	size_t n = 0;

	strncpy(text, words, sizeof(text) - 1);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		argv[n++] = w;
	hog_record_program_name(argv, name, sizeof(name));
	return name;
}

Test(record_name, is_the_script_of_a_python)
{
	cr_assert_str_eq(named("/usr/bin/python3.11 -u -X dev /srv/app.py -v"),
			 "app");
}

Test(record_name, is_the_module_of_a_python)
{
	cr_assert_str_eq(named("python3 -m http.server 80"), "http.server");
}

Test(record_name, is_the_program_where_no_script_is_named)
{
	cr_assert_str_eq(named("python3.12 -c pass"), "python3.12");
	cr_assert_str_eq(named("/opt/bin/gunicorn app:x"), "gunicorn");
	cr_assert_str_eq(named("python3"), "python3");
	cr_assert_str_eq(named(""), "python");
}

Test(record_name, holds_nothing_that_a_shell_or_a_path_would_read)
{
	const char *odd[] = { "a b/$(x);\n..\"'", NULL };

	hog_record_program_name(odd, name, sizeof(name));
	cr_assert_str_eq(name, "__x___x0a..__");
	cr_assert_null(strchr(name, '/'));
}

Test(record_name, keeps_letters_of_other_scripts)
{
	cr_assert_str_eq(named("python3 \xd1\x84.py"), "\xd1\x84");
}

Test(record_name, is_cut_to_its_room)
{
	char longer[200];

	memset(longer, 'x', sizeof(longer));
	longer[199] = '\0';
	cr_assert_eq(strlen(named(longer)), HOG_RECORD_NAME_MAX - 1);
}
