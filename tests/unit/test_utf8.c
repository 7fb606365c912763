/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

#include <criterion/criterion.h>

static size_t at(const char *text, uint32_t *ret_char)
{
	return hog_utf8_at(text, strlen(text), ret_char);
}

Test(utf8, characters_of_each_length_are_read)
{
	static const struct {
		const char *text;
		size_t len;
		uint32_t c;
	} v[] = {
		{ "a", 1, 'a' },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		uint32_t c = 0;

		cr_expect_eq(at(v[i].text, &c), v[i].len, "%zu", i);
		cr_expect_eq(c, v[i].c, "%zu", i);
	}
}

Test(utf8, what_is_not_well_formed_is_none)
{
	static const char *const bad[] = {
		"\x80",             /* a later byte first */
		"\xc1\xbf",         /* overlong */
		"\xe0\x9f\xbf",     /* the same, of three */
		"\xf0\x8f\xbf\xbf", /* of four */
		"\xed\xa0\x80",     /* a surrogate */
		"\xf4\x90\x80\x80", /* past the last */
		"\xe2\x82",         /* cut */
		"\xe2(\xa1",        /* broken */
		"\xff",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t c;

		cr_expect_eq(at(bad[i], &c), 0, "%zu", i);
	}
}

Test(utf8, both_sets_of_controls_and_separators_steer)
{
	cr_expect(hog_utf8_is_control('\n') && hog_utf8_is_control(0x7f));
	cr_expect(hog_utf8_is_control(0x9b) && hog_utf8_is_control(0x2028));
	cr_expect(hog_utf8_is_deceptive(0x202e) &&
		  hog_utf8_is_deceptive(0xfeff));
	cr_expect_not(hog_utf8_is_deceptive('a') ||
		      hog_utf8_is_deceptive(0x5d0));
	cr_expect_not(hog_utf8_is_control(' ') || hog_utf8_is_control(0xa0));
}
