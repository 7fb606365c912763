/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/source.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/hog_source_XXXXXX";

static void write_file(const char *text, size_t len)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static void is_line(struct hog_sources *src, int32_t line, const char *want)
{
	size_t len;
	const char *got = hog_sources_line(src, path, line, &len);

	if (!want) {
		cr_assert_null(got);
		return;
	}
	cr_assert_not_null(got);
	cr_assert_eq(len, strlen(want));
	cr_assert_eq(memcmp(got, want, len), 0);
}

Test(source, counts_every_kind_of_line_end)
{
	static const char text[] = "\xef\xbb\xbfone\r\ntwo\rthree\n\nlast";
	struct hog_sources *src = hog_sources_new(0);

	write_file(text, sizeof(text) - 1);
	is_line(src, 1, "one");
	is_line(src, 2, "two");
	is_line(src, 3, "three");
	is_line(src, 4, "");
	is_line(src, 5, "last");
	is_line(src, 6, NULL);
	is_line(src, 0, NULL);
	hog_sources_free(src);
	unlink(path);
}

Test(source, does_not_open_a_fifo, .timeout = 5)
{
	struct hog_sources *src = hog_sources_new(0);

	write_file("x", 1);
	unlink(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	is_line(src, 1, NULL);
	hog_sources_free(src);
	unlink(path);
}

Test(source, follows_the_working_directory_of_the_target)
{
	struct hog_sources *src;
	size_t len;

	write_file("inside\n", 7);
	cr_assert_eq(chdir("/tmp"), 0);
	src = hog_sources_new(getpid());
	cr_assert_not_null(hog_sources_line(src, path + 5, 1, &len));
	cr_assert_eq(len, 6);
	hog_sources_free(src);
	unlink(path);
}

Test(source, counts_columns_in_characters)
{
	static const char line[] = "\xc3\xa9\xe4\xb8\xad = f()";

	cr_assert_eq(hog_source_column(line, strlen(line), 0), 1);
	cr_assert_eq(hog_source_column(line, strlen(line), 8), 6);
	/* Past the end, inside a character, without a line: bytes. */
	cr_assert_eq(hog_source_column(line, strlen(line), 50), 51);
	cr_assert_eq(hog_source_column(line, strlen(line), 1), 2);
	cr_assert_eq(hog_source_column(NULL, 0, 8), 9);
}
