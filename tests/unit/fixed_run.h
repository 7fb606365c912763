/* SPDX-License-Identifier: Apache-2.0 */
/* A small run that is always the same, with a bit of everything a sink must
 * show: processes, threads, recursion, markers, losses and hostile names. */
#ifndef HOG_TESTS_FIXED_RUN_H
#define HOG_TESTS_FIXED_RUN_H

#include <string.h>

#include "profile/model.h"
#include "profile/run.h"
#include "profile/sink.h"

#define FIXED_HOSTILE "</script><img src=x onerror=alert(1)>"

static inline uint32_t fixed_frame(struct hog_model *m, const char *name,
				   const char *file, int32_t line)
{
	struct hog_function f = {
		.kind = HOG_FRAME_PYTHON,
		.name = hog_model_cstr(m, name),
		.qualname = hog_model_cstr(m, name),
		.file = hog_model_cstr(m, file),
		.firstline = 3,
	};
	struct hog_frame fr = { .line = line, .column = -1, .end_column = -1 };

	f.short_file = strncmp(file, "/srv/", 5) == 0
			       ? hog_model_cstr(m, file + 5)
			       : f.file;
	fr.function = hog_model_function(m, &f);
	return hog_model_frame(m, &fr);
}

/* Frames from the root on, 0 ends them. */
static inline uint32_t fixed_stack(struct hog_model *m, const uint32_t *frames)
{
	uint32_t stack = 0;

	for (; *frames; frames++)
		stack = hog_model_stack(m, stack, *frames);
	return stack;
}

static inline uint32_t fixed_process(struct hog_model *m, pid_t pid,
				     const char *name)
{
	struct hog_process_info p = {
		.pid = pid,
		.name = hog_model_cstr(m, name),
		.cmdline = hog_model_cstr(m, "python app.py <&> --fast"),
		.python = hog_model_cstr(m, "3.12.1"),
	};

	return hog_model_process(m, &p);
}

static inline uint32_t fixed_thread(struct hog_model *m, uint32_t process,
				    pid_t tid, const char *name)
{
	struct hog_thread_info t = { .process = process,
				     .tid = tid,
				     .name = hog_model_cstr(m, name) };

	return hog_model_thread(m, &t);
}

static inline struct hog_event fixed_sample(uint32_t thread, uint32_t stack,
					    double slots)
{
	return (struct hog_event){ .kind = HOG_EV_SAMPLE,
				   .thread = thread,
				   .stack = stack,
				   .value = { (int64_t)(slots * HOG_SLOT) } };
}

static inline struct hog_run fixed_run(struct hog_model *m)
{
	return (struct hog_run){
		.model = m,
		.mode = HOG_MODE_WALL,
		.rate_hz = 100,
		.start_real_ns = 1700000000000000000ULL,
		.version = "0.0.0",
		.machine = "x86_64",
		.command = "hognose record -p 41",
		.stats = { .asked_hz = 100,
			   .slots = 20,
			   .samples = 19,
			   .stacks = 19,
			   .loss = { .late = 2, .missed = 1, .torn = 1 },
			   .estimated_wrong = 0.0125,
			   .cpu_seconds = 0.03,
			   .max_rss_bytes = 12345678,
			   .wall_seconds = 0.2,
			   .processes = 1,
			   .threads = 2 },
	};
}

/* Fills the model and calls add for each of 19 slots' samples. */
static inline void fixed_samples(struct hog_model *m,
				 void (*add)(void *to, struct hog_event ev),
				 void *to)
{
	uint32_t p = fixed_process(m, 41, "app.py");
	uint32_t a = fixed_thread(m, p, 41, "MainThread");
	uint32_t b = fixed_thread(m, p, 42, "worker;1");
	uint32_t mod = fixed_frame(m, "<module>", "/srv/app.py", 20);
	uint32_t main_ = fixed_frame(m, "main", "/srv/app.py", 12);
	uint32_t fib = fixed_frame(m, "fib", "/srv/lib/fib 2.py", 5);
	uint32_t fib7 = fixed_frame(m, "fib", "/srv/lib/fib 2.py", 7);
	uint32_t bad = fixed_frame(m, FIXED_HOSTILE, "/srv/a%3B;\n.py", 1);
	uint32_t bytes =
		fixed_frame(m, "na\xc3\xafve\xff\x1b[31m", "<string>", 0);
	uint32_t torn = hog_model_marker(m, "[torn]");
	uint32_t s[] = {
		fixed_stack(m, (uint32_t[]){ mod, main_, 0 }),
		fixed_stack(m, (uint32_t[]){ mod, main_, fib, 0 }),
		fixed_stack(m, (uint32_t[]){ mod, main_, fib, fib, fib7, 0 }),
		fixed_stack(m, (uint32_t[]){ mod, main_, bad, 0 }),
		fixed_stack(m, (uint32_t[]){ bytes, 0 }),
		fixed_stack(m, (uint32_t[]){ torn, 0 }),
	};

	add(to, fixed_sample(a, s[0], 3));
	add(to, fixed_sample(b, s[1], 4));
	add(to, fixed_sample(a, s[2], 5));
	add(to, fixed_sample(b, s[2], 2));
	add(to, fixed_sample(a, s[3], 3));
	add(to, fixed_sample(b, s[4], 1));
	add(to, fixed_sample(b, s[5], 1));
}

static inline void fixed_to_sink(void *sink, struct hog_event ev)
{
	hog_sink_event(sink, &ev);
}

/* What the sink makes of the fixed run, owned by the caller. */
static inline char *fixed_output(const struct hog_sink_ops *ops,
				 struct hog_view view, size_t *ret_len)
{
	struct hog_model *m = hog_model_new();
	struct hog_run run = fixed_run(m);
	struct hog_sink sink;
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	int r = hog_sink_init(&sink, ops, &view, out);

	if (r == 0)
		r = hog_sink_begin(&sink, &run, NULL);
	if (r == 0) {
		fixed_samples(m, fixed_to_sink, &sink);
		r = hog_sink_end(&sink, NULL);
	}
	hog_sink_fini(&sink);
	fclose(out);
	hog_model_free(m);
	if (r < 0) {
		free(text);
		return NULL;
	}
	return text;
}

#endif
