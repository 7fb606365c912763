/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages for the tests: `make_page fixed`, `make_page calls` (a timeline), or
 * `make_page STACKS DEPTH THREADS` with that many distinct stacks, made the same
 * way each time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/fixed_calls.h"
#include "export/sinks.h"

static uint32_t seed = 1;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % sides;
}

static uint32_t made_frame(struct hog_model *m, int level)
{
	static const char *const files[] = {
		"/srv/shop/views.py",
		"/srv/shop/models.py",
		"/usr/lib/python3.12/json/decoder.py",
		"/srv/lib/python3.12/site-packages/django/core/handlers/base.py",
		"/srv/lib/python3.12/site-packages/sqlalchemy/orm/query.py",
		"/usr/lib/python3.12/threading.py",
	};
	static const char *const verbs[] = { "load",   "get",       "handle",
					     "render", "Query.all", "_wrap",
					     "encode" };
	char name[64];
	uint32_t pick = dice(3) * dice(3) * dice(4);

	snprintf(name, sizeof(name), "%s_%u", verbs[(pick + level) % 7], pick);
	return fixed_frame(m, name, files[(level / 3 + pick) % 6],
			   10 + (int32_t)(pick * 3));
}

static void add_stacks(struct hog_sink *sink, struct hog_model *m, int stacks,
		       int depth, int threads)
{
	uint32_t p = fixed_process(m, 4242, "app.py");
	uint32_t ids[1024], before = 0;

	for (int i = 0; i < threads && i < 1024; i++) {
		char name[32];

		snprintf(name, sizeof(name), i ? "worker-%d" : "MainThread", i);
		ids[i] = fixed_thread(m, p, 4242 + i, name);
	}
	for (int made = 0; made < stacks;) {
		int deep = depth / 2 + (int)dice((uint32_t)depth / 2 + 1);
		uint32_t stack = 0;

		for (int d = 0; d < deep; d++)
			stack = hog_model_stack(m, stack, made_frame(m, d));
		made += stack > before;
		before = stack > before ? stack : before;

		struct hog_event ev = fixed_sample(ids[dice((uint32_t)threads)],
						   stack, 1 + dice(4));

		hog_sink_event(sink, &ev);
	}
}

int main(int argc, char **argv)
{
	struct hog_model *m = hog_model_new();
	bool calls = argc == 2 && !strcmp(argv[1], "calls");
	struct hog_run run = calls ? fixed_calls_run(m) : fixed_run(m);
	struct hog_view view = { 0 };
	struct hog_sink sink;

	if (hog_sink_init(&sink, calls ? &hog_sink_timeline : &hog_sink_html,
			  &view, stdout) < 0 ||
	    hog_sink_begin(&sink, &run, NULL) < 0)
		return 1;
	if (argc == 4)
		add_stacks(&sink, m, atoi(argv[1]), atoi(argv[2]),
			   atoi(argv[3]));
	else if (calls)
		fixed_calls(m, fixed_to_sink, &sink);
	else
		fixed_samples(m, fixed_to_sink, &sink);

	int r = hog_sink_end(&sink, NULL);

	hog_sink_fini(&sink);
	hog_model_free(m);
	return r < 0;
}
