/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/record.h"

#include <criterion/criterion.h>

static char line[512];

static const char *draw(const char *hottest, unsigned columns)
{
	struct hog_progress p = {
		.elapsed_s = 12.4,
		.rate_hz = 99.6,
		.samples = 1234,
		.loss = { .missed = 1, .torn = 2, .late = 50 },
		.processes = 1,
		.threads = 4,
		.hottest = hottest,
		.hottest_share = 0.456,
	};

	hog_record_live_format(&p, columns, line, sizeof(line));
	return line;
}

Test(record_live, shows_rate_samples_losses_and_the_hottest_function)
{
	cr_assert_str_eq(draw("app.py:work:12", 80),
			 "12 s  100 Hz  1234 samples  3 lost  46% "
			 "app.py:work:12");
}

Test(record_live, leaves_the_hottest_out_while_there_is_none)
{
	cr_assert_str_eq(draw("", 80), "12 s  100 Hz  1234 samples  3 lost");
}

Test(record_live, says_when_the_rate_was_lowered)
{
	struct hog_progress p = { .elapsed_s = 3,
				  .rate_hz = 420,
				  .lowered_hz = 251.3,
				  .samples = 1260 };

	hog_record_live_format(&p, 80, line, sizeof(line));
	cr_assert_str_eq(line, "3 s  420 Hz  1260 samples  0 lost  "
			       "lowered to 251 Hz");
}

Test(record_live, never_passes_the_width)
{
	cr_assert_str_eq(draw("app.py:work:12", 8), "12 s  10");
	cr_assert_str_eq(draw("app.py:work:12", 0), "");
}

Test(record_live, counts_wide_characters_twice)
{
	/* 40 columns stand before the name; two cells a character. */
	cr_assert_str_eq(draw("\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97", 44),
			 "12 s  100 Hz  1234 samples  3 lost  46% "
			 "\xe4\xb8\xad\xe6\x96\x87");
	cr_assert_str_eq(draw("\xe4\xb8\xad\xe6\x96\x87\xe5\xad\x97", 45),
			 "12 s  100 Hz  1234 samples  3 lost  46% "
			 "\xe4\xb8\xad\xe6\x96\x87");
}

Test(record_live, disarms_names_that_would_move_the_cursor)
{
	cr_assert_str_eq(draw("a\033[2J\r", 80),
			 "12 s  100 Hz  1234 samples  3 lost  46% "
			 "a\\x1b[2J\\x0d");
}
