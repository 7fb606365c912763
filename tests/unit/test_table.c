/* SPDX-License-Identifier: Apache-2.0 */
#include "export/sinks.h"

#include <stdlib.h>

#include <criterion/criterion.h>

#include "analyze/label.h"
#include "fixed_run.h"

/* Characters of the longest line. */
static unsigned widest(const char *text)
{
	unsigned most = 0, n = 0;

	for (; *text; text++) {
		if (*text == '\n')
			n = 0;
		else if (((unsigned char)*text & 0xc0) != 0x80)
			n++;
		most = n > most ? n : most;
	}
	return most;
}

Test(table, fits_the_width_it_is_given)
{
	for (unsigned columns = 60; columns <= 120; columns += 7) {
		size_t len;
		char *text =
			fixed_output(&hog_sink_table,
				     (struct hog_view){ .columns = columns },
				     &len);

		cr_expect_leq(widest(strstr(text, "own %")), columns);
		free(text);
	}
}

Test(table, control_characters_never_reach_the_terminal)
{
	size_t len;
	char *text =
		fixed_output(&hog_sink_table, (struct hog_view){ 0 }, &len);

	cr_expect_not_null(strstr(text, "na\u00efve\\xff\\x1b[31m"));
	cr_expect_null(strchr(text, '\033'));
	free(text);
}

Test(table, colours_only_when_asked_for)
{
	size_t len;
	char *text = fixed_output(&hog_sink_table,
				  (struct hog_view){ .color = true }, &len);

	cr_expect_not_null(strchr(text, '\033'));
	free(text);
}

Test(table, says_what_was_lost_and_what_is_left_out)
{
	size_t len;
	char *text = fixed_output(&hog_sink_table,
				  (struct hog_view){ .limit = 2 }, &len);

	cr_expect_not_null(strstr(text, "2 late, 1 missed, 1 torn"));
	cr_expect_not_null(strstr(text, "in 4 more functions"));
	free(text);
}
