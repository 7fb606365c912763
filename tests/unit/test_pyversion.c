/* SPDX-License-Identifier: Apache-2.0 */
#include "python/find.h"

#include <criterion/criterion.h>

static uint32_t parse(const char *text)
{
	size_t len;

	return hog_pyversion_parse(text, &len);
}

Test(pyversion, texts_become_numbers)
{
	cr_expect_eq(parse("2.7.18 (default"), 0x020712f0);
	cr_expect_eq(parse("3.10.13+ (main"), 0x030a0df0);
	cr_expect_eq(parse("3.15.0rc2 (main"), 0x030f00c2);
	cr_expect_eq(parse("3.15.0a1 (main"), 0x030f00a1);
}

Test(pyversion, other_texts_are_no_version)
{
	cr_expect_eq(parse("4.1.2"), 0);
	cr_expect_eq(parse("3.x"), 0);
	cr_expect_eq(parse("3.9"), 0);
	cr_expect_eq(parse("3.9.300"), 0);
	cr_expect_eq(parse(""), 0);
}

Test(pyversion, length_is_that_of_the_version_alone)
{
	size_t len;

	hog_pyversion_parse("3.9.18+ (heads/3.9", &len);
	cr_expect_eq(len, 7);
	hog_pyversion_parse("3.9.1rc (x", &len);
	cr_expect_eq(len, 5);
}

Test(pyversion, numbers_become_texts)
{
	char text[HOG_PYVERSION_TEXT];

	hog_pyversion_format(0x030c01f0, false, text, sizeof(text));
	cr_expect_str_eq(text, "3.12.1");
	hog_pyversion_format(0x030d00f0, true, text, sizeof(text));
	cr_expect_str_eq(text, "3.13.0t");
	hog_pyversion_format(0x030f00b3, false, text, sizeof(text));
	cr_expect_str_eq(text, "3.15.0b3");
	hog_pyversion_format(0x0309fff0, false, text, sizeof(text));
	cr_expect_str_eq(text, "3.9");
}
