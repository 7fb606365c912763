/* SPDX-License-Identifier: Apache-2.0 */
#include "base/errno_name.h"

#include <errno.h>

#include <criterion/criterion.h>

Test(errno_name, names_and_numbers_are_those_of_the_libc)
{
	cr_expect_str_eq(hog_errno_name(ENOENT), "ENOENT");
	cr_expect_str_eq(hog_errno_name(EAGAIN), "EAGAIN");
	cr_expect_str_eq(hog_errno_name(512), "ERESTARTSYS");
	cr_expect_null(hog_errno_name(0));
	cr_expect_null(hog_errno_name(4095));
	cr_expect_eq(hog_errno_number("EPIPE"), EPIPE);
	cr_expect_eq(hog_errno_number("ENONSENSE"), 0);
	for (int i = 1; i < 134; i++)
		if (hog_errno_name(i))
			cr_expect_eq(hog_errno_number(hog_errno_name(i)), i);
}
