/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "base/err.h"

static struct hog_err err;
static const struct hog_sink_ops *ops;

static const char *chosen(const char *format, const char *path)
{
	return hog_output_choose(format, path, &ops, &err) == 0 ? ops->name
								: "none";
}

Test(output, takes_the_format_that_is_named)
{
	cr_assert_str_eq(chosen("folded", "x.html"), "folded");
}

Test(output, takes_the_format_of_the_suffix)
{
	cr_assert_str_eq(chosen(NULL, "a/b.c.html"), "html");
	cr_assert_str_eq(chosen(NULL, "a.hog"), "hog");
	cr_assert_str_eq(chosen(NULL, ".html"), "none");
}

Test(output, lists_the_formats_to_who_names_none_of_them)
{
	cr_assert_eq(hog_output_choose("xyz", NULL, &ops, &err), -EINVAL);
	cr_assert(strstr(err.text, "html") && strstr(err.text, "hog"));
	cr_assert_eq(hog_output_choose(NULL, "x.png", &ops, &err), -EINVAL);
	cr_assert(strstr(err.text, "folded"));
}

Test(output, suggests_a_format_for_a_slip)
{
	hog_output_choose("hgo", NULL, &ops, &err);
	cr_assert(strstr(err.text, "did you mean 'hog'"));
}

Test(output, knows_a_directory)
{
	cr_assert_eq(hog_output_choose(NULL, "/tmp", &ops, &err), -EISDIR);
}

static char folder[] = "/tmp/hog-output-XXXXXX";
static char path[64];

static const char *in_folder(const char *name)
{
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static long size_of(const char *file)
{
	struct stat st;

	return stat(file, &st) == 0 ? (long)st.st_size : -1;
}

static void clean(void)
{
	unlink(path);
	rmdir(folder);
}

Test(output, removes_what_it_made_when_discarded, .fini = clean)
{
	struct hog_output out = { 0 };

	cr_assert_eq(hog_output_open_file(in_folder("x"), true, &out, &err), 0);
	cr_assert_eq(out.way, HOG_OUT_CREATED);
	hog_output_discard(&out);
	cr_assert_eq(access(path, F_OK), -1);
	hog_output_discard(&out); /* a second time is nothing */
}

Test(output, keeps_a_file_that_was_there_before, .fini = clean)
{
	struct hog_output out = { 0 };
	FILE *before = fopen(in_folder("x"), "w");

	fputs("old", before);
	fclose(before);
	cr_assert_eq(hog_output_open_file(path, false, &out, &err), 0);
	cr_assert_eq(out.way, HOG_OUT_OVER);
	hog_output_discard(&out);
	cr_assert_eq(size_of(path), 3);
}

Test(output, has_no_name_before_it_is_whole, .fini = clean)
{
	struct hog_output out = { 0 };

	cr_assert_eq(hog_output_open_file(in_folder("x"), false, &out, &err),
		     0);
	if (out.way != HOG_OUT_NAMELESS)
		cr_skip_test("this file system knows no nameless files");
	fputs("new", out.file);
	fflush(out.file);
	cr_assert_eq(access(path, F_OK), -1);
	cr_assert_eq(hog_output_close(&out, &err), 0);
	cr_assert_eq(size_of(path), 3);
}

Test(output, replaces_what_another_has_made_meanwhile, .fini = clean)
{
	struct hog_output out = { 0 };

	cr_assert_eq(hog_output_open_file(in_folder("x"), false, &out, &err),
		     0);
	fclose(fopen(path, "w"));
	fputs("new", out.file);
	cr_assert_eq(hog_output_close(&out, &err), 0);
	cr_assert_eq(size_of(path), 3);
}

Test(output, leaves_nothing_of_longer_old_contents, .fini = clean)
{
	struct hog_output out = { 0 };
	FILE *before = fopen(in_folder("x"), "w");

	fputs("old and long", before);
	fclose(before);
	cr_assert_eq(hog_output_open_file(path, false, &out, &err), 0);
	cr_assert_eq(size_of(path), 12);
	fputs("new", out.file);
	cr_assert_eq(hog_output_close(&out, &err), 0);
	cr_assert_eq(size_of(path), 3);
}

Test(output, goes_where_a_link_points, .fini = clean)
{
	char target[sizeof(folder) + 32];
	struct hog_output out = { 0 };
	struct stat st;

	in_folder("x");
	snprintf(target, sizeof(target), "%s/y", folder);
	cr_assert_eq(symlink("y", path), 0);
	for (int i = 0; i < 2; i++) { /* it dangles at first */
		cr_assert_eq(hog_output_open_file(path, false, &out, &err), 0);
		fputs("new", out.file);
		cr_assert_eq(hog_output_close(&out, &err), 0);
		cr_assert(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
		cr_assert_eq(size_of(target), 3);
	}
	unlink(target);
}

Test(output, tells_a_full_disk_when_it_closes)
{
	struct hog_output out = { 0 };

	cr_assert_eq(hog_output_open_file("/dev/full", false, &out, &err), 0);
	cr_assert_eq(out.way, HOG_OUT_STREAM);
	fputs("x", out.file);
	cr_assert_eq(hog_output_close(&out, &err), -ENOSPC);
	cr_assert(strstr(err.text, "/dev/full"));
}

Test(output, says_what_to_do_about_a_missing_directory)
{
	struct hog_output out = { 0 };

	cr_assert_eq(hog_output_open_file("/no/such/x", false, &out, &err),
		     -ENOENT);
	cr_assert(err.hint);
	cr_assert_null(out.file);
}
