/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/say.h"

#include <criterion/criterion.h>

static char buf[64];

Test(say, leaves_letters_of_all_scripts_alone)
{
	cr_assert_str_eq(hog_plain("na\xc3\xafve \xe4\xb8\xad \xf0\x9f\x90\x97",
				   buf, sizeof(buf)),
			 "na\xc3\xafve \xe4\xb8\xad \xf0\x9f\x90\x97");
}

Test(say, disarms_what_a_terminal_would_obey)
{
	cr_assert_str_eq(hog_plain("a\033[2Jb\r\n\x7f", buf, sizeof(buf)),
			 "a\\x1b[2Jb\\x0d\\x0a\\x7f");
	cr_assert_str_eq(hog_plain("\xc2\x9bm", buf, sizeof(buf)),
			 "\\xc2\\x9bm");
}

Test(say, shows_bytes_that_are_no_text)
{
	cr_assert_str_eq(hog_plain("\xff\xc0\xaf\xed\xa0\x80z", buf,
				   sizeof(buf)),
			 "\\xff\\xc0\\xaf\\xed\\xa0\\x80z");
	cr_assert_str_eq(hog_plain("\xe4\xb8", buf, sizeof(buf)), "\\xe4\\xb8");
}

Test(say, cuts_between_characters)
{
	char small[5];

	cr_assert_str_eq(hog_plain("abc\xc3\xa9", small, 5), "abc");
	cr_assert_str_eq(hog_plain("ab\xc3\xa9", small, 5), "ab\xc3\xa9");
}
