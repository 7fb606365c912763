/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each sink's output of one fixed run, byte for byte.  After a change that is
 * meant, HOG_GOLDEN_WRITE=1 writes the files anew: look at the difference.
 */
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "export/page.h"
#include "export/sinks.h"
#include "export/stats_json.h"
#include "fixed_calls.h"

#define GOLDEN_MAX (1 << 20)

static void check_golden(const char *name, const char *text, size_t len)
{
	const char *folder = getenv("HOG_GOLDEN");
	char path[4096];
	_cleanup_free_ char *want = malloc(GOLDEN_MAX);
	bool write = getenv("HOG_GOLDEN_WRITE");

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "tests/golden",
		 name);

	_cleanup_fclose_ FILE *f = fopen(path, write ? "w" : "r");

	cr_assert(f, "%s cannot be opened", path);
	if (write) {
		fwrite(text, 1, len, f);
		return;
	}

	size_t n = fread(want, 1, GOLDEN_MAX, f);

	cr_expect(n == len && memcmp(want, text, n) == 0,
		  "%s differs; this came out:\n%.*s", name, (int)len, text);
}

static void check_sink(const char *name, const struct hog_sink_ops *ops,
		       struct hog_view view)
{
	size_t len;
	_cleanup_free_ char *text = fixed_output(ops, view, &len);

	cr_assert_not_null(text);
	check_golden(name, text, len);
}

Test(golden, folded)
{
	check_sink("fixed.folded", &hog_sink_folded, (struct hog_view){ 0 });
}

Test(golden, folded_by_thread_and_function)
{
	check_sink("fixed_threads.folded", &hog_sink_folded,
		   (struct hog_view){ .threads = true,
				      .function = true,
				      .full_paths = true });
}

Test(golden, table)
{
	check_sink("fixed.txt", &hog_sink_table,
		   (struct hog_view){ .columns = 72 });
}

Test(golden, statistics)
{
	struct hog_run run = fixed_run(NULL);
	size_t len;
	_cleanup_free_ char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	cr_expect_eq(hog_stats_json_write(out, &run.stats), 0);
	fclose(out);
	check_golden("fixed_stats.json", text, len);
}

Test(golden, the_data_of_the_page)
{
	size_t len, edges = hog_page_head_len + hog_page_tail_len;
	_cleanup_free_ char *text =
		fixed_output(&hog_sink_html, (struct hog_view){ 0 }, &len);

	cr_assert_not_null(text);
	cr_assert_gt(len, edges);
	cr_expect_eq(memcmp(text, hog_page_head, hog_page_head_len), 0);
	check_golden("fixed_page.json", text + hog_page_head_len, len - edges);
}

static void check_calls(const char *name, const struct hog_sink_ops *ops,
			struct hog_view view)
{
	size_t len;
	_cleanup_free_ char *text = NULL;

	setenv("TZ", "UTC", 1);
	text = fixed_calls_output(ops, view, &len);
	cr_assert_not_null(text);
	check_golden(name, text, len);
}

Test(golden, calls_as_text)
{
	check_calls("calls.trace", &hog_sink_text, (struct hog_view){ 0 });
}

Test(golden, calls_as_text_in_colours)
{
	check_calls("calls_color.trace", &hog_sink_text,
		    (struct hog_view){
			    .color = true, .full_paths = true, .stack = 1 });
}

Test(golden, calls_as_jsonl)
{
	check_calls("calls.jsonl", &hog_sink_jsonl, (struct hog_view){ 0 });
}

Test(golden, calls_for_trace_viewers)
{
	check_calls("calls.pftrace", &hog_sink_perfetto,
		    (struct hog_view){ 0 });
	check_calls("calls_chrome.json", &hog_sink_chrome,
		    (struct hog_view){ 0 });
}

static void check_weight(const char *name, enum hog_weight weight)
{
	check_calls(name, &hog_sink_folded,
		    (struct hog_view){ .weight = weight });
}

Test(golden, calls_as_flame_graphs)
{
	check_weight("calls_time.folded", HOG_WEIGHT_AUTO);
	check_weight("calls_count.folded", HOG_WEIGHT_COUNT);
	check_weight("calls_bytes.folded", HOG_WEIGHT_BYTES);
	check_calls("calls_table.txt", &hog_sink_table,
		    (struct hog_view){ .columns = 72,
				       .weight = HOG_WEIGHT_COUNT });
}

Test(golden, calls_summed_up)
{
	static const char *const names[] = { "calls_by_call.txt",
					     "calls_by_line.txt",
					     "calls_by_thread.txt" };
	static const char *const json[] = { "calls_by_call.json",
					    "calls_by_line.json",
					    "calls_by_thread.json" };

	for (unsigned i = 0; i < 3; i++) {
		struct hog_view view = { .group = (enum hog_group)i };

		check_calls(names[i], &hog_sink_summary, view);
		view.json = true;
		check_calls(json[i], &hog_sink_summary, view);
	}
}

Test(golden, the_data_of_the_timeline)
{
	size_t len, edges = hog_timeline_head_len + hog_timeline_tail_len;
	_cleanup_free_ char *text = fixed_calls_output(
		&hog_sink_timeline, (struct hog_view){ 0 }, &len);

	cr_assert_not_null(text);
	cr_assert_gt(len, edges);
	cr_expect_eq(memcmp(text, hog_timeline_head, hog_timeline_head_len), 0);
	check_golden("calls_timeline.json", text + hog_timeline_head_len,
		     len - edges);
}
