/* SPDX-License-Identifier: Apache-2.0 */
/* A check from its events to its three forms, and its verdict. */
#include "export/check.h"

#include <stdlib.h>

#include "fake_calls.h"
#include "profile/sink.h"

static struct fake_calls f;
static struct hog_sink sink;
static struct hog_check_options options;
static char *text;
static size_t len;
static FILE *out;

static int on_event(void *arg, const struct hog_event *ev)
{
	(void)arg;
	return hog_sink_event(&sink, ev);
}

static void begin(void)
{
	options = (struct hog_check_options){ .loop = HOG_LOOP_AUTO,
					      .threshold_ns = 10 * FAKE_MS };
	fake_init(&f, on_event, NULL);
	f.thread = fake_thread(&f, fake_process(&f, 100), 100, "Main");
	f.stack = fake_stack(&f, "/srv/app.py:<module>:1;/srv/a&b.py:load:7");
	out = open_memstream(&text, &len);
}

static void end(void)
{
	hog_sink_fini(&sink);
	fclose(out);
	free(text);
	fake_fini(&f);
}

TestSuite(check, .init = begin, .fini = end);

static void start(const struct hog_sink_ops *ops)
{
	struct hog_view view = { 0 };

	cr_assert_eq(hog_sink_init(&sink, ops, &view, out), 0);
	hog_check_set(&sink, &options);
	cr_assert_eq(hog_sink_begin(&sink, &f.run, NULL), 0);
}

static const char *finish(void)
{
	cr_assert_eq(hog_sink_end(&sink, NULL), 0);
	fflush(out);
	return text;
}

/* A file is opened, and is there at the end of the process. */
static void leak(void)
{
	options.fds = true;
	options.fail = 1u << HOG_FDS_EXIT;
	options.show = options.fail;
}

static void open_and_look(void)
{
	fake_fds(&f, HOG_FDS_START, "0 char /dev/null");
	fake_call(&f, "open", "3</x<y>", "\"/x<y\"", "0", NULL);
	fake_fds(&f, HOG_FDS_EXIT, "0 char /dev/null;3 file /x<y");
}

Test(check, writes_leaks_as_text)
{
	leak();
	start(&hog_sink_check_text);
	open_and_look();
	finish();
	cr_expect_not_null(strstr(text, "exit of process 100"));
	cr_expect_not_null(strstr(text, "1 leak:\n/srv/a&b.py:7 load: file 3 "
					"</x<y> open at exit of process 100"),
			   "%s", text);
	cr_expect(hog_check_failed(&sink));
}

Test(check, writes_leaks_as_json)
{
	leak();
	start(&hog_sink_check_json);
	open_and_look();
	finish();
	cr_expect_not_null(strstr(text, "\"when\":\"exit\",\"pid\":100"));
	cr_expect_not_null(strstr(text, "\"opened\":null,\"why\":\"opened "
					"before hognose was attached\""));
	cr_expect_not_null(strstr(text, "\"call\":\"open\",\"stack\":[{\"name\""
					":\"load\",\"file\":\"/srv/a&b.py\","
					"\"line\":7}"));
	cr_expect_not_null(strstr(text, "\"failed\":true}"));
}

Test(check, writes_leaks_as_xml_that_is_escaped)
{
	leak();
	start(&hog_sink_check_junit);
	open_and_look();
	finish();
	cr_expect_not_null(strstr(text, "tests=\"1\" failures=\"1\""));
	cr_expect_not_null(strstr(text, "/srv/a&amp;b.py:7 load: file 3 "
					"&lt;/x&lt;y&gt;"));
	cr_expect_null(strstr(text, "</x"));
}

Test(check, passes_when_nothing_is_left_open)
{
	leak();
	start(&hog_sink_check_junit);
	fake_fds(&f, HOG_FDS_EXIT, "0 char /dev/null");
	finish();
	cr_expect_not_null(strstr(text, "tests=\"1\" failures=\"0\""));
	cr_expect(!hog_check_failed(&sink));
}

Test(check, fails_when_a_call_blocks_too_long)
{
	options.blocking = true;
	options.fail_ns = 100 * FAKE_MS;
	start(&hog_sink_check_text);
	f.duration_ns = 150 * FAKE_MS;
	fake_call(&f, "fsync", "0", "3</x>", NULL);
	finish();
	cr_expect_not_null(strstr(text, "blocked for 150 ms"), "%s", text);
	cr_expect(hog_check_failed(&sink));
}

Test(check, shows_blocking_that_is_no_failure)
{
	options.blocking = true;
	options.fail_ns = 100 * FAKE_MS;
	start(&hog_sink_check_json);
	f.duration_ns = 50 * FAKE_MS;
	fake_call(&f, "fsync", "0", "3</x>", NULL);
	finish();
	cr_expect_not_null(strstr(text, "\"call\":\"fsync\",\"duration\":"
					"0.050000000"));
	cr_expect_not_null(strstr(text, "\"failed\":false,\"stack\""));
	cr_expect(!hog_check_failed(&sink));
}

Test(check, wants_stacks_of_what_it_needs_only)
{
	struct hog_event ev = { .kind = HOG_EV_SYSCALL, .thread = f.thread };
	const char *const calls[] = { "open", "getpid" };

	leak();
	start(&hog_sink_check_text);
	for (int i = 0; i < 2; i++) {
		struct hog_detail_field ret = fake_field(&f, "return", "3");

		hog_detail_begin(&f.detail, hog_model_cstr(f.model, calls[i]),
				 1);
		hog_detail_add(&f.detail, &ret);
		ev.value[1] = hog_detail_put(f.model, &f.detail);
		cr_expect_eq(hog_check_wants(&sink, &f.run, &ev), i == 0);
	}
	finish();
}
