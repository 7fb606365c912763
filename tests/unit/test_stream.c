/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/err.h"
#include "profile/detail.h"
#include "profile/stream_format.h"

#define EVENTS_MAX 4000

/* What a test wrote, to compare with what is read back. */
struct recorded {
	char *bytes;
	size_t size;
	struct hog_model *model;
	struct hog_run run;
	struct hog_event events[EVENTS_MAX];
	size_t n_events;
	size_t flushed_size, flushed_events; /* at the last flush */
};

static unsigned long long seed;

static unsigned pick(unsigned below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % below;
}

static uint32_t some_string(struct hog_model *m)
{
	char text[40];
	int len = snprintf(text, sizeof(text), "n\xc3\xa9%u", pick(300));

	if (pick(20) == 0)
		text[1] = '\0'; /* strings may hold any byte */
	return hog_model_string(m, text, (size_t)len);
}

static uint32_t some_frame(struct hog_model *m)
{
	struct hog_function fun = { .kind = (enum hog_frame_kind)pick(4),
				    .name = some_string(m),
				    .qualname = some_string(m),
				    .file = some_string(m),
				    .short_file = pick(3) ? some_string(m) : 0,
				    .firstline = (int)pick(1000) };
	struct hog_frame frame = { .function = hog_model_function(m, &fun),
				   .line = (int)pick(70000) - 5,
				   .end_line = (int)pick(70000),
				   .column = (int)pick(100) - 1,
				   .end_column = pick(9) ? -1 : INT32_MAX };

	return hog_model_frame(m, &frame);
}

static uint32_t some_stack(struct hog_model *m)
{
	uint32_t parent = pick(hog_model_count(m).stacks);

	if (pick(10) > 2)
		return parent;
	return hog_model_stack(m, parent, some_frame(m));
}

static uint32_t some_thread(struct hog_model *m)
{
	struct hog_process_info p = { .pid = 100 + (int)pick(3),
				      .parent = pick(2) ? 0 : 77,
				      .name = some_string(m),
				      .cmdline = some_string(m),
				      .python = some_string(m),
				      .start_ns = 5 + pick(2) };
	struct hog_thread_info t = { .process = hog_model_process(m, &p),
				     .tid = (int)pick(6) + 1,
				     .interp = pick(8) ? 0 : 3,
				     .name = some_string(m) };
	uint32_t n = hog_model_count(m).threads;

	if (n > 1 && pick(50))
		return pick(n);
	return hog_model_thread(m, &t);
}

static uint32_t some_detail(struct hog_model *m)
{
	static struct hog_buf buf;
	uint32_t n = pick(7);

	if (pick(10) == 0)
		return 0;
	hog_detail_begin(&buf, some_string(m), n);
	while (n-- > 0) {
		struct hog_detail_field f = {
			.name = some_string(m),
			.type = some_string(m),
			.kind = (enum hog_value_kind)pick(3),
			.number = (int64_t)pick(4000000000u) - 2000000000,
			.string = "a\0b and more",
			.string_len = pick(12),
			.text = "\"a\\0b and more\"",
			.text_len = pick(17),
		};
		hog_detail_add(&buf, &f);
	}
	return hog_detail_put(m, &buf);
}

/* Ids stand where the kind says so. */
static void set_values(struct hog_model *m, struct hog_event *ev)
{
	struct hog_thread_info t = *hog_model_get_thread(m, some_thread(m));

	if (HOG_EV_DETAILED >> ev->kind & 1)
		ev->value[1] = some_detail(m);
	if (ev->kind == HOG_EV_FORK || ev->kind == HOG_EV_EXEC)
		ev->value[0] = t.process;
}

static struct hog_event some_event(struct hog_model *m, uint64_t *time)
{
	struct hog_event ev = { .kind = HOG_EV_SAMPLE,
				.thread = some_thread(m),
				.stack = some_stack(m),
				.value = { HOG_SLOT, 0 } };

	*time += pick(3) ? 0 : 1000000 + pick(100);
	ev.time_ns = *time;
	if (pick(30) == 0) {
		ev.kind = pick(HOG_EV_KINDS);
		ev.duration_ns = (uint64_t)pick(1000) << pick(50);
		ev.value[0] = pick(2) ? INT64_MIN : -5;
		ev.value[1] = pick(2) ? INT64_MAX : 12;
		ev.time_ns = pick(5) ? *time : UINT64_MAX;
		set_values(m, &ev);
	}
	if (pick(20) == 0)
		ev.flags = pick(2) ? HOG_EVF_IDLE : UINT32_MAX;
	return ev;
}

static void write_events(struct recorded *rec, struct hog_sink *sink, FILE *out)
{
	uint64_t time = 1000;
	bool forgot = false;

	for (size_t i = 0; i < rec->n_events; i++) {
		struct hog_event ev = some_event(rec->model, &time);

		/* Runs of the same, so that repeats are written too. */
		if (i > 0 && !forgot && pick(4)) {
			ev = rec->events[i - 1];
			ev.time_ns += 1000;
		}
		rec->events[i] = ev;
		cr_assert_eq(hog_sink_event(sink, &ev), 0);
		/* All so far are written, so the reader's ids go on alike. */
		forgot = pick(150) == 0;
		if (forgot)
			hog_model_forget_details(rec->model);
		if (pick(200))
			continue;
		cr_assert_eq(hog_sink_flush(sink), 0);
		rec->flushed_size = (size_t)ftell(out);
		rec->flushed_events = i + 1;
	}
}

static void record_random(struct recorded *rec, unsigned long long from,
			  size_t n_events)
{
	struct hog_sink sink = { 0 };
	FILE *out = open_memstream(&rec->bytes, &rec->size);

	seed = from;
	rec->model = hog_model_new();
	rec->run = (struct hog_run){ .model = rec->model,
				     .mode = HOG_MODE_CPU,
				     .idle = true,
				     .rate_hz = 99.5,
				     .start_ns = 12345,
				     .start_real_ns = 1700000000000000000,
				     .version = "0.1.0",
				     .machine = "x86_64",
				     .command = "hognose record" };
	rec->n_events = n_events;
	cr_assert_eq(hog_sink_init(&sink, &hog_sink_hog, NULL, out), 0);
	cr_assert_eq(hog_sink_begin(&sink, &rec->run, NULL), 0);
	write_events(rec, &sink, out);
	rec->run.stats = (struct hog_stats){ .asked_hz = 99.5,
					     .slots = 7,
					     .samples = 6,
					     .stacks = 1ull << 60,
					     .loss = { 1, 2, 3, 4, 5, 6, 7, 8 },
					     .estimated_wrong = 0.25,
					     .cpu_seconds = 1.5,
					     .max_rss_bytes = 1 << 23,
					     .wall_seconds = 60.125,
					     .processes = 2,
					     .threads = 9,
					     .lowered = 1ull << 40,
					     .lowest_hz = 2.5,
					     .mean_hz = 66.25 };
	cr_assert_eq(hog_sink_end(&sink, NULL), 0);
	hog_sink_fini(&sink);
	fclose(out);
}

static void drop(struct recorded *rec)
{
	hog_model_free(rec->model);
	free(rec->bytes);
}

/* Field by field, as the strings' ids are the same. */
static void same_details(const struct hog_model *a, const struct hog_model *b)
{
	struct hog_model_counts n = hog_model_count(a);

	for (uint32_t id = 0; id < n.details; id++) {
		size_t len_a, len_b;
		const void *x = hog_model_get_detail(a, id, &len_a);
		const void *y = hog_model_get_detail(b, id, &len_b);

		cr_assert_eq(len_a, len_b);
		cr_assert(len_a == 0 || memcmp(x, y, len_a) == 0);
		cr_assert_eq(len_a == 0, id < n.details_from);
	}
}

static void same_text(const struct hog_model *a, uint32_t id_a,
		      const struct hog_model *b, uint32_t id_b)
{
	size_t len_a, len_b;
	const char *text_a = hog_model_text(a, id_a, &len_a);
	const char *text_b = hog_model_text(b, id_b, &len_b);

	cr_assert_eq(len_a, len_b);
	cr_assert_eq(memcmp(text_a, text_b, len_a), 0);
}

/* A writer's ids count from 1 as its model's do, so the two models agree on
 * every number, too. */
static void same_models(const struct hog_model *a, const struct hog_model *b)
{
	struct hog_model_counts n = hog_model_count(a);
	struct hog_model_counts n_b = hog_model_count(b);

	n_b.renames = n.renames; /* several may have been written as one */
	cr_assert_eq(memcmp(&n, &n_b, sizeof(n)), 0);
	same_details(a, b);
	for (uint32_t i = 0; i < n.strings; i++)
		same_text(a, i, b, i);
	for (uint32_t i = 0; i < n.functions; i++)
		cr_assert_eq(memcmp(hog_model_get_function(a, i),
				    hog_model_get_function(b, i),
				    sizeof(struct hog_function)),
			     0);
	for (uint32_t i = 0; i < n.frames; i++)
		cr_assert_eq(memcmp(hog_model_get_frame(a, i),
				    hog_model_get_frame(b, i),
				    sizeof(struct hog_frame)),
			     0);
	for (uint32_t i = 0; i < n.stacks; i++) {
		struct hog_stack_node x = hog_model_get_stack(a, i);
		struct hog_stack_node y = hog_model_get_stack(b, i);

		cr_assert_eq(memcmp(&x, &y, sizeof(x)), 0);
	}
	for (uint32_t i = 0; i < n.threads; i++)
		cr_assert_eq(memcmp(hog_model_get_thread(a, i),
				    hog_model_get_thread(b, i),
				    sizeof(struct hog_thread_info)),
			     0);
	for (uint32_t i = 0; i < n.processes; i++) {
		const struct hog_process_info *p = hog_model_get_process(a, i);
		const struct hog_process_info *q = hog_model_get_process(b, i);

		cr_assert(p->pid == q->pid && p->parent == q->parent &&
			  p->name == q->name && p->cmdline == q->cmdline &&
			  p->python == q->python && p->start_ns == q->start_ns);
	}
}

/* Reads all there is, and checks it against what was written.  How it ended. */
static int read_back(const struct recorded *rec, const char *bytes, size_t size,
		     size_t *ret_events, struct hog_stream_reader **ret_reader)
{
	FILE *in = fmemopen((void *)bytes, size, "r");
	struct hog_event ev;
	struct hog_err err = { 0 };
	size_t n = 0;
	int r;

	*ret_reader = NULL;
	r = hog_stream_open(in, ret_reader, &err);
	while (r >= 0 && (r = hog_stream_next(*ret_reader, &ev, &err)) > 0) {
		cr_assert_lt(n, rec->n_events);
		cr_assert_eq(memcmp(&ev, &rec->events[n], sizeof(ev)), 0,
			     "event %zu", n);
		n++;
	}
	cr_assert_eq(r < 0, err.code < 0);
	if (r < 0)
		cr_assert_eq(err.code, r);
	fclose(in);
	*ret_events = n;
	return r;
}

Test(stream, gives_back_random_runs_to_the_last_field)
{
	static struct recorded rec;

	for (unsigned long long i = 1; i <= 12; i++) {
		struct hog_stream_reader *reader;
		const struct hog_run *run;
		size_t n;

		rec = (struct recorded){ 0 };
		record_random(&rec, i, i == 1 ? 0 : i * 300);
		cr_assert_eq(read_back(&rec, rec.bytes, rec.size, &n, &reader),
			     0);
		cr_assert_eq(n, rec.n_events);
		run = hog_stream_run(reader);
		same_models(rec.model, run->model);
		cr_assert_eq(memcmp(&run->stats, &rec.run.stats,
				    sizeof(run->stats)),
			     0);
		cr_assert_eq(run->mode, HOG_MODE_CPU);
		cr_assert(run->idle && !run->follow);
		cr_assert_eq(run->rate_hz, 99.5);
		cr_assert_eq(run->start_ns, 12345);
		cr_assert_eq(run->start_real_ns, 1700000000000000000);
		cr_assert_str_eq(run->version, "0.1.0");
		cr_assert_str_eq(run->machine, "x86_64");
		cr_assert_str_eq(run->command, "hognose record");
		hog_stream_close(reader);
		drop(&rec);
	}
}

Test(stream, cut_anywhere_it_gives_what_was_flushed_before)
{
	static struct recorded rec;

	record_random(&rec, 99, 900);
	cr_assert_gt(rec.flushed_events, 0);
	for (size_t size = 1; size < rec.size; size++) {
		struct hog_stream_reader *reader;
		size_t n;
		int r = read_back(&rec, rec.bytes, size, &n, &reader);

		if (reader)
			cr_assert_eq(r, -ENODATA, "cut at %zu: %d", size, r);
		else
			cr_assert_eq(r, -EBADMSG, "cut at %zu: %d", size, r);
		if (size >= rec.flushed_size)
			cr_assert_geq(n, rec.flushed_events);
		hog_stream_close(reader);
	}
	drop(&rec);
}

Test(stream, a_flipped_bit_is_found_or_changes_nothing)
{
	static struct recorded rec;
	size_t unseen = 0;

	record_random(&rec, 7, 400);
	for (size_t bit = 0; bit < rec.size * 8; bit++) {
		struct hog_stream_reader *reader;
		size_t n;
		int r;

		rec.bytes[bit / 8] ^= (char)(1 << bit % 8);
		/* Each event that comes is compared with what was written. */
		r = read_back(&rec, rec.bytes, rec.size, &n, &reader);
		if (r == 0) {
			cr_assert_eq(n, rec.n_events);
			same_models(rec.model, hog_stream_run(reader)->model);
			unseen++;
		} else {
			cr_assert(r == -EBADMSG || r == -ENOTSUP ||
					  r == -ENODATA,
				  "bit %zu: %d", bit, r);
		}
		hog_stream_close(reader);
		rec.bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	/* Only bits of zstd's own frames that mean nothing. */
	cr_assert_lt(unseen, rec.size / 20);
	drop(&rec);
}

/* Checks an edited head so that only the edit is judged. */
static void check_again(char *head)
{
	uint32_t check = hog_stream_check((unsigned char *)head);

	for (size_t i = 0; i < 4; i++)
		head[HOG_STREAM_CHECKED + i] = (char)(check >> (8 * i));
}

Test(stream, a_later_major_version_is_refused)
{
	static struct recorded rec;
	struct hog_stream_reader *reader;
	size_t n;

	record_random(&rec, 5, 10);
	rec.bytes[10]++; /* minor: nothing to worry about */
	check_again(rec.bytes);
	cr_assert_eq(read_back(&rec, rec.bytes, rec.size, &n, &reader), 0);
	hog_stream_close(reader);
	rec.bytes[8]++;
	check_again(rec.bytes);
	cr_assert_eq(read_back(&rec, rec.bytes, rec.size, &n, &reader),
		     -ENOTSUP);
	drop(&rec);
}

/* Offset of the block with number seq. */
static size_t block_at(const struct recorded *rec, unsigned seq)
{
	size_t at = HOG_STREAM_HEAD_SIZE;

	for (; seq > 0; seq--) {
		const unsigned char *head = (unsigned char *)rec->bytes + at;

		at += HOG_STREAM_HEAD_SIZE + head[8] + ((size_t)head[9] << 8) +
		      ((size_t)head[10] << 16);
	}
	return at;
}

Test(stream, an_unknown_block_is_skipped_unless_it_is_required)
{
	static struct recorded rec;
	struct hog_stream_reader *reader;
	size_t n, at;

	record_random(&rec, 5, 10);
	/* Run, data, statistics, end. */
	at = block_at(&rec, 2);
	cr_assert_eq(rec.bytes[at], HOG_BLOCK_STATS);
	rec.bytes[at] = 77;
	rec.bytes[at + 1] = 0;
	check_again(rec.bytes + at);
	cr_assert_eq(read_back(&rec, rec.bytes, rec.size, &n, &reader), 0);
	cr_assert_eq(n, 10);
	cr_assert_eq(hog_stream_run(reader)->stats.slots, 0);
	hog_stream_close(reader);
	rec.bytes[at + 1] = HOG_BLOCK_REQUIRED;
	check_again(rec.bytes + at);
	cr_assert_eq(read_back(&rec, rec.bytes, rec.size, &n, &reader),
		     -ENOTSUP);
	cr_assert_eq(n, 10);
	hog_stream_close(reader);
	drop(&rec);
}

Test(stream, lengths_past_the_caps_are_damage)
{
	static struct recorded rec;
	size_t at, n;

	record_random(&rec, 5, 10);
	at = block_at(&rec, 1);
	for (size_t field = 4; field <= 8; field += 4) {
		struct hog_stream_reader *reader;
		char old = rec.bytes[at + field + 3];

		rec.bytes[at + field + 3] = (char)0x7f;
		check_again(rec.bytes + at);
		cr_assert_eq(read_back(&rec, rec.bytes, rec.size, &n, &reader),
			     -EBADMSG);
		hog_stream_close(reader);
		rec.bytes[at + field + 3] = old;
	}
	drop(&rec);
}

Test(stream, other_files_are_no_recordings)
{
	static struct recorded rec;
	struct hog_stream_reader *reader;
	static const char *const others[] = { "x", "hello world, this is text",
					      ("\x7f"
					       "ELF.............") };
	size_t n;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_eq(read_back(&rec, others[i], strlen(others[i]), &n,
				       &reader),
			     -EBADMSG);

	FILE *in = fopen("/dev/null", "r");

	cr_assert_eq(hog_stream_open(in, &reader, NULL), -EBADMSG);
	fclose(in);
	in = fopen("/", "r");
	cr_assert_eq(hog_stream_open(in, &reader, NULL), -EISDIR);
	fclose(in);
}

Test(stream, a_repeated_sample_costs_next_to_nothing)
{
	struct hog_model *model = hog_model_new();
	struct hog_run run = { .model = model, .rate_hz = 1000 };
	uint32_t stack =
		hog_model_stack(model, 0, hog_model_marker(model, "[gc]"));
	struct hog_thread_info t = { .tid = 1 };
	struct hog_sink sink = { 0 };
	char *bytes;
	size_t size, before;
	FILE *out = open_memstream(&bytes, &size);

	for (t.tid = 1; t.tid <= 10; t.tid++)
		hog_model_thread(model, &t);
	hog_sink_init(&sink, &hog_sink_hog, NULL, out);
	hog_sink_begin(&sink, &run, NULL);
	hog_sink_flush(&sink);
	before = size;
	for (uint64_t slot = 0; slot < 1000; slot++)
		for (uint32_t thread = 1; thread <= 10; thread++) {
			struct hog_event ev = { .time_ns = slot * 1000000,
						.thread = thread,
						.stack = stack,
						.value = { HOG_SLOT } };

			cr_assert_eq(hog_sink_event(&sink, &ev), 0);
		}
	hog_sink_end(&sink, NULL);
	fclose(out);
	cr_assert_lt(size - before, 400, "%zu", size - before);
	hog_sink_fini(&sink);
	hog_model_free(model);
	free(bytes);
}

Test(stream, a_full_model_comes_back_whole)
{
	static struct recorded rec;
	struct hog_stream_reader *reader;
	struct hog_sink sink = { 0 };
	FILE *out = open_memstream(&rec.bytes, &rec.size);
	uint32_t frame, stack = 0;
	size_t n;

	rec.run.model = rec.model = hog_model_new();
	frame = hog_model_marker(rec.model, "[x]");
	while (hog_model_refused(rec.model) == 0)
		stack = hog_model_stack(rec.model, stack, frame);
	hog_model_stack(rec.model, 17, hog_model_marker(rec.model, "[y]"));
	hog_sink_init(&sink, &hog_sink_hog, NULL, out);
	cr_assert_eq(hog_sink_begin(&sink, &rec.run, NULL), 0);
	rec.events[0] = (struct hog_event){ .stack = stack };
	rec.n_events = 1;
	cr_assert_eq(hog_sink_event(&sink, &rec.events[0]), 0);
	cr_assert_eq(hog_sink_end(&sink, NULL), 0);
	hog_sink_fini(&sink);
	fclose(out);
	cr_assert_eq(read_back(&rec, rec.bytes, rec.size, &n, &reader), 0);
	cr_assert_eq(n, 1);
	same_models(rec.model, hog_stream_run(reader)->model);
	hog_stream_close(reader);
	drop(&rec);
}

Test(stream, a_quiet_run_still_writes_its_statistics_now_and_then)
{
	struct hog_run run = { .model = hog_model_new() };
	struct hog_sink sink = { 0 };
	char *bytes;
	size_t size, before;
	FILE *out = open_memstream(&bytes, &size);

	hog_sink_init(&sink, &hog_sink_hog, NULL, out);
	hog_sink_begin(&sink, &run, NULL);
	hog_sink_flush(&sink);
	before = size;
	for (int i = 0; i < 5; i++)
		hog_sink_flush(&sink);
	cr_assert_eq(size, before);
	for (int i = 0; i < 5; i++)
		hog_sink_flush(&sink);
	cr_assert_gt(size, before);
	cr_assert_lt(size, before + 150);
	hog_sink_fini(&sink);
	hog_model_free(run.model);
	fclose(out);
	free(bytes);
}

Test(stream, an_event_that_names_what_is_not_there_is_refused)
{
	struct hog_model *model = hog_model_new();
	struct hog_run run = { .model = model };
	struct hog_event ev = { .thread = 1 };
	struct hog_sink sink = { 0 };
	FILE *out = fopen("/dev/null", "w");

	hog_sink_init(&sink, &hog_sink_hog, NULL, out);
	hog_sink_begin(&sink, &run, NULL);
	cr_assert_eq(hog_sink_event(&sink, &ev), -EINVAL);
	hog_sink_fini(&sink);
	hog_model_free(model);
	fclose(out);
}
