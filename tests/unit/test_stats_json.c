/* SPDX-License-Identifier: Apache-2.0 */
#include "export/stats_json.h"

#include <json-c/json.h>
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "fixed_run.h"

Test(stats_json, has_exactly_the_documented_fields)
{
	static const char *const names[] = {
		"asked_hz",        "slots",         "samples",
		"stacks",          "late",          "missed",
		"retries",         "stops",         "torn",
		"unreadable",      "truncated",     "repaired",
		"unseen",          "tasks_skipped", "estimated_wrong",
		"cpu_seconds",     "max_rss_bytes", "wall_seconds",
		"processes",       "threads",       "lowered",
		"lowest_hz",       "mean_hz",       "unstopped",
		"stopped_seconds",
	};
	struct hog_run run = fixed_run(NULL);
	struct json_object *o = hog_stats_json(&run.stats), *value;
	int n = sizeof(names) / sizeof(names[0]);

	cr_assert_eq(json_object_object_length(o), n);
	for (int i = 0; i < n; i++)
		cr_expect(json_object_object_get_ex(o, names[i], &value));
	json_object_object_get_ex(o, "late", &value);
	cr_expect_eq(json_object_get_int(value), 2);
	json_object_object_get_ex(o, "max_rss_bytes", &value);
	cr_expect_eq(json_object_get_int(value), 12345678);
	json_object_put(o);
}

Test(stats_json, numbers_that_json_has_not_become_zero)
{
	struct hog_stats s = { .asked_hz = INFINITY, .cpu_seconds = NAN };
	struct json_object *o = hog_stats_json(&s);
	const char *text = json_object_to_json_string(o);

	cr_expect_null(strstr(text, "nan"));
	cr_expect_null(strstr(text, "inf"));
	json_object_put(o);
}

Test(stats_json, the_line_says_how_low_the_rate_was)
{
	struct hog_run run = fixed_run(NULL);
	char line[200];

	run.stats.lowered = 500;
	run.stats.lowest_hz = 25;
	run.stats.mean_hz = 61.25;
	hog_stats_line(line, sizeof(line), &run.stats);
	cr_expect(strstr(line, ", rate lowered to 25 Hz (61.2 on average)"));
}

Test(stats_json, the_line_names_what_was_lost)
{
	struct hog_run run = fixed_run(NULL);
	char line[200];

	hog_stats_line(line, sizeof(line), &run.stats);
	cr_expect_str_eq(line, "19 samples in 0.2 s at 100 Hz, 2 late, "
			       "1 missed, 1 torn, about 1.2 % of stacks wrong; "
			       "itself 0.03 s of CPU, 12.3 MB");
	run.stats.loss.unreadable = 4;
	run.stats.loss.retries = 3;
	run.stats.estimated_wrong = 0;
	hog_stats_line(line, sizeof(line), &run.stats);
	cr_expect_str_eq(line, "19 samples in 0.2 s at 100 Hz, 2 late, "
			       "1 missed, 1 torn, 3 retries, 4 unreadable; "
			       "itself 0.03 s of CPU, 12.3 MB");
}

Test(stats_json, the_line_tells_for_how_long_threads_were_stopped)
{
	struct hog_run run = fixed_run(NULL);
	char line[300];

	run.stats.loss.stops = 40;
	run.stats.stopped_seconds = 0.001;
	hog_stats_line(line, sizeof(line), &run.stats);
	cr_expect(strstr(line, ", 40 stops of 25 us (0.5 % of the time),"),
		  "%s", line);
}

Test(stats_json, a_short_buffer_is_not_overrun)
{
	struct hog_run run = fixed_run(NULL);
	char line[12] = "xxxxxxxxxxx";

	cr_expect_gt(hog_stats_line(line, 8, &run.stats), 50);
	cr_expect_str_eq(line, "19 samp");
	cr_expect_eq(line[8], 'x');
}
