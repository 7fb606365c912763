/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the recording of which the golden files are made: each kind of frame,
 * odd names, two processes, a renamed thread, idle and late samples, losses.
 * make_recording FILE; always the same.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "profile/model.h"
#include "profile/sink.h"
#include "profile/stream.h"

#define START_NS 5000000000
#define PERIOD_NS 10000000

struct code {
	const char *file, *short_file, *name, *qualname;
	int firstline;
};

static const struct code codes[] = {
	{ "/srv/app/main.py", "main.py", "<module>", "<module>", 1 },
	{ "/srv/app/main.py", "main.py", "serve", "Server.serve", 10 },
	{ "/srv/app/work.py", "work.py", "crunch", "crunch", 5 },
	{ "/srv/app/work.py", "work.py", "<lambda>", "crunch.<locals>.<lambda>",
	  7 },
	{ "/srv/my app/a;b.py", "my app/a;b.py", "semi", "semi", 3 },
	{ "/srv/app/<b>&\"'.py", "<b>&\"'.py", "<script>", "<script>", 1 },
	{ "/srv/app/100%25.py", "100%25.py", "per%cent", "per%cent", 1 },
	{ "/srv/app/l\ni\tn\x01.py", "l\ni\tn\x01.py", "f", "f", 1 },
	{ "/srv/app/\xc3\xa9t\xc3\xa9.py", "\xc3\xa9t\xc3\xa9.py",
	  "\xe5\x87\xbd\xe6\x95\xb0", "\xe5\x87\xbd\xe6\x95\xb0", 1 },
	{ "/srv/app/bad\xff.py", "bad\xff.py", "bytes", "bytes", 1 },
};

static uint32_t frame_of(struct hog_model *m, size_t i, int line)
{
	const struct code *c = &codes[i];
	struct hog_function fun = {
		.kind = HOG_FRAME_PYTHON,
		.name = hog_model_cstr(m, c->name),
		.qualname = hog_model_cstr(m, c->qualname),
		.file = hog_model_cstr(m, c->file),
		.short_file = hog_model_cstr(m, c->short_file),
		.firstline = c->firstline,
	};
	struct hog_frame frame = {
		.function = hog_model_function(m, &fun),
		.line = line,
		.end_line = line,
		.column = 4,
		.end_column = 20,
	};

	return hog_model_frame(m, &frame);
}

static uint32_t call(struct hog_model *m, uint32_t parent, size_t i, int line)
{
	return hog_model_stack(m, parent, frame_of(m, i, line));
}

static uint32_t mark(struct hog_model *m, uint32_t parent, const char *text)
{
	return hog_model_stack(m, parent, hog_model_marker(m, text));
}

static uint32_t add_process(struct hog_model *m, int pid, int parent,
			    const char *name)
{
	struct hog_process_info p = {
		.pid = pid,
		.parent = parent,
		.name = hog_model_cstr(m, name),
		.cmdline = hog_model_cstr(m, "python3 main.py --port 80"),
		.python = hog_model_cstr(m, "3.12.1"),
		.start_ns = START_NS - 1000,
	};

	return hog_model_process(m, &p);
}

static uint32_t add_thread(struct hog_model *m, uint32_t process, int tid,
			   const char *name)
{
	struct hog_thread_info t = {
		.process = process,
		.tid = tid,
		.name = hog_model_cstr(m, name),
	};

	return hog_model_thread(m, &t);
}

struct sample {
	uint32_t thread, stack, flags;
	unsigned every; /* slots */
};

/* What the samples are taken from; the number of them. */
static size_t plan(struct hog_model *m, struct sample *ret)
{
	uint32_t first = add_process(m, 100, 0, "main.py");
	uint32_t second = add_process(m, 101, 100, "main.py");
	uint32_t main_thread = add_thread(m, first, 100, "MainThread");
	uint32_t worker = add_thread(m, first, 105, "Thread-1");
	uint32_t child = add_thread(m, second, 101, "MainThread");
	uint32_t root = call(m, 0, 0, 30);
	uint32_t serve = call(m, root, 1, 12);
	uint32_t crunch = call(m, serve, 2, 6);
	size_t n = 0;

	ret[n++] = (struct sample){ main_thread, crunch, HOG_EVF_GIL, 1 };
	ret[n++] = (struct sample){ main_thread, call(m, crunch, 3, 7),
				    HOG_EVF_GIL, 3 };
	ret[n++] = (struct sample){ main_thread, call(m, serve, 1, 13), 0, 7 };
	ret[n++] = (struct sample){ worker, mark(m, crunch, "[gc]"), 0, 5 };
	ret[n++] = (struct sample){ worker, mark(m, serve, "[torn]"),
				    HOG_EVF_TORN, 50 };
	ret[n++] = (struct sample){ worker, mark(m, serve, "[idle futex]"),
				    HOG_EVF_IDLE, 4 };
	ret[n++] = (struct sample){ worker, mark(m, 0, "[no python]"),
				    HOG_EVF_IDLE, 25 };
	for (size_t i = 4; i < sizeof(codes) / sizeof(codes[0]); i++)
		ret[n++] = (struct sample){ child, call(m, root, i, 2),
					    HOG_EVF_LATE, (unsigned)i };
	return n;
}

static int write_samples(struct hog_sink *sink, struct hog_model *m)
{
	struct sample samples[20];
	size_t n = plan(m, samples);
	int r = 0;

	for (unsigned slot = 0; slot < 100 && r == 0; slot++) {
		for (size_t i = 0; i < n && r == 0; i++) {
			struct hog_event ev = {
				.time_ns = START_NS + slot * PERIOD_NS,
				.kind = HOG_EV_SAMPLE,
				.thread = samples[i].thread,
				.stack = samples[i].stack,
				.flags = samples[i].flags,
				.value = { HOG_SLOT },
			};

			if (slot % samples[i].every == 0)
				r = hog_sink_event(sink, &ev);
		}
		if (slot == 50)
			add_thread(m, 1, 105, "worker <1>");
		if (slot % 40 == 39 && r == 0)
			r = hog_sink_flush(sink);
	}
	return r;
}

static const struct hog_stats stats = {
	.asked_hz = 100,
	.slots = 101,
	.samples = 100,
	.stacks = 302,
	.loss = { .late = 3, .missed = 1, .retries = 12, .torn = 2 },
	.estimated_wrong = 0.0045,
	.cpu_seconds = 0.015,
	.max_rss_bytes = 4 << 20,
	.wall_seconds = 1.25,
	.processes = 2,
	.threads = 3,
};

int main(int argc, char **argv)
{
	FILE *out = argc == 2 ? fopen(argv[1], "w") : NULL;
	struct hog_model *m = hog_model_new();
	struct hog_run run = {
		.model = m,
		.idle = true,
		.follow = true,
		.rate_hz = 100,
		.start_ns = START_NS,
		.start_real_ns = 1767225600000000000, /* 2026 began */
		.version = "0.1.0",
		.machine = "x86_64",
		.command = "hognose record --idle -o first.hog -p 100",
	};
	struct hog_sink sink = { 0 };
	struct hog_err err = { 0 };
	int r = -1;

	if (out && m && hog_sink_init(&sink, &hog_sink_hog, NULL, out) == 0 &&
	    hog_sink_begin(&sink, &run, &err) == 0 &&
	    write_samples(&sink, m) == 0) {
		run.stats = stats;
		r = hog_sink_end(&sink, &err);
		hog_sink_fini(&sink);
	}
	if (r < 0)
		fprintf(stderr, "make_recording FILE: %s\n", err.text);
	hog_model_free(m);
	return out && fclose(out) == 0 && r == 0 ? 0 : 1;
}
