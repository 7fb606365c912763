/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/err.h"

struct toy {
	int events, flushes, closed_before;
};

static int toy_event(struct hog_sink *sink, const struct hog_event *ev)
{
	struct toy *toy = sink->state;

	toy->events++;
	return fprintf(sink->out, "%llu\n", (unsigned long long)ev->time_ns) < 0
		       ? -EIO
		       : 0;
}

static int toy_end(struct hog_sink *sink, struct hog_err *err)
{
	if (sink->view.limit == 13)
		return hog_err_say(err, -EDOM, "try 12", "thirteen");
	return 0;
}

static const struct hog_sink_ops toy_ops = {
	.name = "toy",
	.accepts = 1u << HOG_EV_SAMPLE,
	.state_size = sizeof(struct toy),
	.event = toy_event,
	.end = toy_end,
};

Test(sink, counts_events_of_kinds_that_it_does_not_accept)
{
	FILE *out = fopen("/dev/null", "w");
	struct hog_sink sink = { 0 };
	struct hog_run run = { 0 };
	struct hog_event ev = { .kind = HOG_EV_SAMPLE };

	cr_assert_eq(hog_sink_init(&sink, &toy_ops, NULL, out), 0);
	cr_assert_eq(hog_sink_begin(&sink, &run, NULL), 0);
	cr_assert_eq(hog_sink_event(&sink, &ev), 0);
	ev.kind = HOG_EV_GC;
	cr_assert_eq(hog_sink_event(&sink, &ev), 0);
	ev.kind = 4000000000u;
	cr_assert_eq(hog_sink_event(&sink, &ev), 0);
	cr_assert_eq(((struct toy *)sink.state)->events, 1);
	cr_assert_eq(sink.refused, 2);
	cr_assert_eq(hog_sink_end(&sink, NULL), 0);
	hog_sink_fini(&sink);
	fclose(out);
}

static int end_on_full_disk(int flush_before, struct hog_err *err)
{
	FILE *out = fopen("/dev/full", "w");
	struct hog_sink sink = { 0 };
	struct hog_run run = { 0 };
	struct hog_event ev = { .kind = HOG_EV_SAMPLE };
	int r;

	hog_sink_init(&sink, &toy_ops, NULL, out);
	hog_sink_begin(&sink, &run, NULL);
	hog_sink_event(&sink, &ev);
	if (flush_before)
		cr_assert_eq(hog_sink_flush(&sink), -ENOSPC);
	r = hog_sink_end(&sink, err);
	hog_sink_fini(&sink);
	fclose(out);
	return r;
}

Test(sink, says_that_the_disk_is_full)
{
	struct hog_err err = { 0 };

	cr_assert_eq(end_on_full_disk(0, &err), -ENOSPC);
	cr_assert(strstr(err.text, "No space left"), "%s", err.text);
	cr_assert(err.hint);
}

Test(sink, remembers_that_the_disk_was_full)
{
	struct hog_err err = { 0 };

	cr_assert_eq(end_on_full_disk(1, &err), -ENOSPC);
	cr_assert(strstr(err.text, "No space left"), "%s", err.text);
}

Test(sink, hands_on_the_words_of_its_end)
{
	FILE *out = fopen("/dev/null", "w");
	struct hog_view view = { .limit = 13 };
	struct hog_sink sink = { 0 };
	struct hog_run run = { 0 };
	struct hog_err err = { 0 };

	hog_sink_init(&sink, &toy_ops, &view, out);
	hog_sink_begin(&sink, &run, NULL);
	cr_assert_eq(hog_sink_end(&sink, &err), -EDOM);
	cr_assert_str_eq(err.text, "thirteen");
	cr_assert_str_eq(err.hint, "try 12");
	hog_sink_fini(&sink);
	fclose(out);
}
