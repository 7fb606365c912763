/* SPDX-License-Identifier: Apache-2.0 */
/* A check as JUnit's XML, which the servers that run tests read: a case that
 * fails for each leak and each line that blocks, or one that passes. */
#include "export/check.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "export/check_priv.h"
#include "profile/model.h"
#include "profile/run.h"

/* XML 1.0 has no way at all to write most control characters. */
static void add_xml(struct hog_buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		size_t n = hog_utf8_at(text + i, len - i, &c);

		if (!n || (c < 0x20 && c != '\n' && c != '\t') || c == 0xfffe ||
		    c == 0xffff)
			hog_buf_printf(out, "\\x%02x", (unsigned char)text[i]);
		else if (c == '<')
			hog_buf_add_str(out, "&lt;");
		else if (c == '>')
			hog_buf_add_str(out, "&gt;");
		else if (c == '&')
			hog_buf_add_str(out, "&amp;");
		else if (c == '"')
			hog_buf_add_str(out, "&quot;");
		else
			hog_buf_add(out, text + i, n);
		i += n ? n : 1;
	}
}

static int put(struct hog_sink *sink, struct hog_buf *b)
{
	if (b->failed)
		return -ENOMEM;
	if (b->len && fwrite(b->data, 1, b->len, sink->out) != b->len)
		return errno ? -errno : -EIO;
	hog_buf_clear(b);
	return 0;
}

struct suite {
	struct hog_sink *sink;
	struct hog_buf cases, name, words;
	unsigned tests, failures;
};

/* A case with what is in s->name; fails with s->words when there are any. */
static void add_case(struct suite *s, const char *class)
{
	const char *name = hog_buf_str(&s->name);

	s->tests++;
	hog_buf_printf(&s->cases,
		       "  <testcase classname=\"hognose.%s\" name=\"", class);
	add_xml(&s->cases, name, s->name.len);
	if (s->words.len == 0) {
		hog_buf_add_str(&s->cases, "\"/>\n");
	} else {
		s->failures++;
		hog_buf_add_str(&s->cases, "\">\n    <failure message=\"");
		add_xml(&s->cases, name, s->name.len);
		hog_buf_add_str(&s->cases, "\">");
		add_xml(&s->cases, hog_buf_str(&s->words), s->words.len);
		hog_buf_add_str(&s->cases, "</failure>\n  </testcase>\n");
	}
	hog_buf_clear(&s->name);
	hog_buf_clear(&s->words);
}

static void add_words(struct suite *s, struct hog_place place)
{
	size_t len;
	const char *source = hog_check_source(s->sink, place, &len);

	if (place.frame)
		hog_buf_printf(&s->words, "  File \"%s\", line %d, in %s\n",
			       place.file, place.line, place.name);
	else
		hog_buf_add_str(&s->words, "  no Python line is known\n");
	if (source) {
		hog_buf_add_str(&s->words, "    ");
		hog_buf_add(&s->words, source, len);
		hog_buf_add_u8(&s->words, '\n');
	}
}

static void add_leaks(struct suite *s)
{
	const struct hog_check *c = s->sink->state;
	size_t n;
	const struct hog_leak *v = hog_leaks_get(c->leaks, &n);

	if (!c->opt.fail)
		return;
	for (size_t i = 0; i < n; i++) {
		struct hog_place place =
			hog_place_of(s->sink->run->model, v[i].stack);

		hog_check_place(&s->name, s->sink, place);
		hog_buf_add_str(&s->name, ": ");
		hog_check_leak(&s->name, s->sink, &v[i]);
		add_words(s, place);
		add_case(s, "fds");
	}
	if (n == 0) {
		hog_buf_add_str(&s->name, "no descriptor is left open");
		add_case(s, "fds");
	}
}

static void add_blocking(struct suite *s)
{
	const struct hog_check *c = s->sink->state;
	size_t n;
	const struct hog_blocked *v = hog_blocking_get(c->blocking, &n);
	unsigned failures = s->failures;

	if (!c->opt.fail_ns)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct hog_model *m = s->sink->run->model;
		struct hog_place place = hog_place_of(m, v[i].stack);

		if (v[i].duration_ns < c->opt.fail_ns ||
		    !hog_blocking_minds(c->blocking, &v[i]))
			continue;
		hog_check_place(&s->name, s->sink, place);
		hog_buf_printf(&s->name, ": %s blocks for ",
			       v[i].call ? hog_model_text(m, v[i].call, NULL)
					 : "work of its own");
		hog_check_time(&s->name, v[i].duration_ns);
		if (v[i].task)
			hog_buf_printf(&s->name, " in task %s", v[i].task);
		add_words(s, place);
		add_case(s, "blocking");
	}
	if (failures == s->failures) {
		hog_buf_add_str(&s->name, "nothing blocks for ");
		hog_check_time(&s->name, c->opt.fail_ns);
		add_case(s, "blocking");
	}
}

static int junit_begin(struct hog_sink *sink, const struct hog_run *run,
		       struct hog_err *err)
{
	(void)err;
	return hog_check_begin(sink, run);
}

static int junit_end(struct hog_sink *sink, struct hog_err *err)
{
	struct suite s = { .sink = sink };
	struct hog_buf head = { 0 };
	int r = hog_check_finish(sink, err);

	if (r < 0)
		return r;
	add_leaks(&s);
	add_blocking(&s);
	hog_buf_printf(&head,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<testsuites>\n <testsuite name=\"hognose syscalls\" "
		       "tests=\"%u\" failures=\"%u\" errors=\"0\" "
		       "time=\"%.3f\">\n",
		       s.tests, s.failures, sink->run->stats.wall_seconds);
	r = put(sink, &head);
	if (r == 0)
		r = put(sink, &s.cases);
	hog_buf_add_str(&head, " </testsuite>\n</testsuites>\n");
	if (r == 0)
		r = put(sink, &head);
	hog_buf_fini(&head);
	hog_buf_fini(&s.cases);
	hog_buf_fini(&s.name);
	hog_buf_fini(&s.words);
	return r;
}

const struct hog_sink_ops hog_sink_check_junit = {
	.name = "junit",
	.summary = "leaks and blocking calls as test cases that fail",
	.accepts = HOG_CHECK_ACCEPTS,
	.state_size = sizeof(struct hog_check),
	.begin = junit_begin,
	.event = hog_check_event,
	.flush = hog_check_flush,
	.end = junit_end,
	.close = hog_check_close,
};
