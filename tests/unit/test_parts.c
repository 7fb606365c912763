/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parts.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "export/sinks.h"
#include "profile/stream.h"

static void expect(const char *pattern, const char *name, const char *path)
{
	char buf[256];

	cr_assert_eq(hog_parts_expand(pattern, 42, name, buf, sizeof(buf)), 0);
	cr_expect_str_eq(buf, path);
}

Test(parts, a_pattern_is_filled_in)
{
	expect("o-%p.html", "app.py", "o-42.html");
	expect("%n/%p/%n", "app.py", "app/42/app");
	expect("100%% of %p", "x", "100% of 42");
}

Test(parts, what_is_no_pattern_stays)
{
	expect("%", "x", "%");
	expect("%d-%%p-%p%", "x", "%d-%p-42%");
}

Test(parts, a_name_makes_no_directories)
{
	expect("%n.html", "../../etc/passwd", ".._.._etc_passwd.html");
	expect("%n.html", "a\nb", "a_x0ab.html");
	expect("%n.html", "", "python.html");
}

Test(parts, a_long_one_is_refused)
{
	char buf[8];

	cr_expect_eq(hog_parts_expand("1234567", 1, "", buf, sizeof(buf)), 0);
	cr_expect_eq(hog_parts_expand("12345678", 1, "", buf, sizeof(buf)),
		     -ENAMETOOLONG);
	cr_expect_eq(hog_parts_expand("123456%p", 42, "", buf, sizeof(buf)),
		     -ENAMETOOLONG);
}

static void expect_pattern(const struct hog_sink_ops *ops, const char *given,
			   const char *made)
{
	struct hog_parts parts;

	cr_assert_eq(hog_parts_init(&parts, ops, given, NULL), 0);
	cr_expect_str_eq(parts.pattern, made);
	hog_parts_fini(&parts);
}

Test(parts, the_process_stands_before_the_suffix)
{
	expect_pattern(&hog_sink_html, "a.b.html", "a.b-%p.html");
	expect_pattern(&hog_sink_html, "/tmp/a", "/tmp/a-%p");
	expect_pattern(&hog_sink_html, "/tmp/.a", "/tmp/.a-%p");
	expect_pattern(&hog_sink_folded, "a.txt", "a-%p.txt");
	expect_pattern(&hog_sink_hog, "%p.hog", "%p.hog");
	expect_pattern(&hog_sink_hog, "%%p.hog", "%%p-%p.hog");
	expect_pattern(&hog_sink_hog, NULL, "hognose-%n-%p.hog");
}

Test(parts, files_are_not_standard_output)
{
	cr_expect_eq(hog_parts_check("-", NULL), -EINVAL);
	cr_expect_eq(hog_parts_check("x", NULL), 0);
	cr_expect_eq(hog_parts_check(NULL, NULL), 0);
}
