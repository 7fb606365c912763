/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/label.h"

#include <string.h>

#include <criterion/criterion.h>

#include "base/buf.h"
#include "fixed_run.h"

static void check_escape(const char *text, size_t len, const char *want)
{
	struct hog_buf buf = { 0 };

	hog_label_escape(&buf, text, len);
	cr_expect_str_eq(hog_buf_str(&buf), want);
	hog_buf_fini(&buf);
}

#define CHECK(text, want) check_escape(text, sizeof(text) - 1, want)

Test(label, plain_names_stay_as_they_are)
{
	CHECK("", "");
	CHECK("a b:c%d <lambda> na\u00efve \u4f60 100%", "a b:c%d <lambda> "
							 "na\u00efve \u4f60 "
							 "100%");
}

Test(label, what_breaks_a_line_or_a_stack_is_escaped)
{
	CHECK("a;b\nc\r\t\x7f", "a%3Bb%0Ac%0D%09%7F");
	CHECK("\0", "%00");
	CHECK("\xc2\x85\u2028\u2029", "%C2%85%E2%80%A8%E2%80%A9");
}

Test(label, a_percent_sign_is_escaped_only_before_two_hex_digits)
{
	CHECK("%3B %zz %a %%41", "%253B %zz %a %%2541");
}

Test(label, bytes_that_are_no_utf8_are_escaped_one_by_one)
{
	CHECK("a\xff\xc3", "a%FF%C3");
	CHECK("\xed\xa0\x80", "%ED%A0%80"); /* a surrogate */
	CHECK("\xc0\xaf", "%C0%AF");        /* overlong */
	CHECK("\xf4\x90\x80\x80", "%F4%90%80%80");
}

Test(label, a_frame_has_short_file_function_and_line)
{
	struct hog_model *m = hog_model_new();
	uint32_t f = fixed_frame(m, "C.run", "/srv/pkg/a.py", 7);
	struct hog_view views[] = { { 0 },
				    { .function = true },
				    { .full_paths = true } };
	const char *const want[] = { "pkg/a.py:C.run:7", "pkg/a.py:C.run",
				     "/srv/pkg/a.py:C.run:7" };

	for (size_t i = 0; i < 3; i++) {
		struct hog_buf buf = { 0 };

		hog_label_frame(&buf, m, &views[i], f);
		cr_expect_str_eq(hog_buf_str(&buf), want[i]);
		hog_buf_fini(&buf);
	}
	hog_model_free(m);
}
