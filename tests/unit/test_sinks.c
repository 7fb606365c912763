/* SPDX-License-Identifier: Apache-2.0 */
#include "export/sinks.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "analyze/tree.h"
#include "fixed_run.h"
#include "profile/stream.h"

#define DEEP 1900000 /* about as deep as a recording can say */
#define STEP 1000

/* A chain of calls, a sample at every thousandth, through any sink. */
static void give_deep_run(struct hog_sink *sink, struct hog_model *m)
{
	uint32_t t = fixed_thread(m, fixed_process(m, 1, "x"), 1, "t");
	uint32_t frame = fixed_frame(m, "a", "f", 1), stack = 0;

	for (uint32_t i = 1; i <= DEEP; i++) {
		stack = hog_model_stack(m, stack, frame);
		if (i % STEP == 0)
			fixed_to_sink(sink, fixed_sample(t, stack, 1));
	}
}

static void copy_recording(FILE *in, struct hog_sink *sink)
{
	struct hog_stream_reader *reader;
	struct hog_event ev;

	cr_assert_eq(hog_stream_open(in, &reader, NULL), 0);
	cr_assert_eq(hog_sink_begin(sink, hog_stream_run(reader), NULL), 0);
	while (hog_stream_next(reader, &ev, NULL) > 0)
		cr_assert_eq(hog_sink_event(sink, &ev), 0);
	cr_assert_eq(hog_sink_end(sink, NULL), 0);
	hog_sink_fini(sink); /* it borrows the reader's run */
	hog_stream_close(reader);
}

/* The recording of that chain; the caller's. */
static char *deep_recording(size_t *ret_len)
{
	struct hog_model *m = hog_model_new();
	struct hog_run run = fixed_run(m);
	struct hog_sink sink;
	char *bytes = NULL;
	FILE *out = open_memstream(&bytes, ret_len);

	cr_assert_eq(hog_sink_init(&sink, &hog_sink_hog,
				   &(struct hog_view){ 0 }, out),
		     0);
	cr_assert_eq(hog_sink_begin(&sink, &run, NULL), 0);
	give_deep_run(&sink, m);
	cr_assert_eq(hog_sink_end(&sink, NULL), 0);
	hog_sink_fini(&sink);
	fclose(out);
	hog_model_free(m);
	return bytes;
}

Test(sinks, a_recording_as_deep_as_can_be_is_drawn_within_bounds,
     .timeout = 120)
{
	size_t len, text_len;
	char *recording = deep_recording(&len), *text = NULL;

	for (size_t i = 0; hog_sinks[i]; i++) {
		if (!(hog_sinks[i]->accepts & 1u << HOG_EV_SAMPLE))
			continue;

		FILE *in = fmemopen(recording, len, "r");
		FILE *out = open_memstream(&text, &text_len);
		struct hog_view view = { .function = true };
		struct hog_sink sink;

		cr_assert_eq(hog_sink_init(&sink, hog_sinks[i], &view, out), 0);
		copy_recording(in, &sink);
		fclose(out);
		fclose(in);
		cr_expect_lt(text_len, 64u << 20, "%s", hog_sinks[i]->name);
		if (hog_sinks[i] != &hog_sink_hog)
			cr_expect(strstr(text, "[truncated]"), "%s",
				  hog_sinks[i]->name);
		free(text);
	}
	free(recording);
}
