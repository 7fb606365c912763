/* SPDX-License-Identifier: Apache-2.0 */
#include "export/split.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "profile/extract.h"

struct part {             /* one process */
	uint32_t process; /* id in the whole run's model */
	struct hog_run run;
	struct hog_extract extract;
	struct hog_sink sink;
	FILE *file; /* of files.open; NULL: not yet, or no more */
	uint64_t time_ns;
};

struct split {
	const struct hog_sink_ops *ops;
	struct hog_split_files files;
	struct part **parts; /* owned, each owned; NULL: no event of it */
	uint32_t n;
	struct hog_err err; /* the first failure of a part */
};

static const struct hog_sink_ops split_ops; /* below */

int hog_split_init(struct hog_sink *sink, const struct hog_sink_ops *ops,
		   const struct hog_view *view,
		   const struct hog_split_files *files, FILE *out)
{
	int r = hog_sink_init(sink, &split_ops, view, out);
	struct split *s = sink->state;

	if (r < 0)
		return r;
	s->ops = ops;
	s->files = *files;
	return 0;
}

const struct hog_err *hog_split_error(const struct hog_sink *sink)
{
	const struct split *s = sink->state;

	return sink->ops == &split_ops && s && s->err.code ? &s->err : NULL;
}

static int open_file(struct split *s, const struct hog_sink *whole,
		     struct part *part)
{
	const struct hog_model *m = whole->run->model;
	const struct hog_process_info *p =
		hog_model_get_process(m, part->process);
	int r = s->files.open(s->files.arg, p, hog_model_text(m, p->name, NULL),
			      &part->file, &s->err);

	if (r == 0)
		part->sink.out = part->file;
	return r;
}

static void part_free(struct split *s, struct part *part)
{
	if (!part)
		return;
	if (part->sink.ops)
		hog_sink_fini(&part->sink);
	if (part->file)
		s->files.close(s->files.arg, part->file, true, NULL);
	hog_extract_fini(&part->extract);
	free(part);
}

static int part_new(struct hog_sink *sink, uint32_t process, struct part **ret)
{
	struct split *s = sink->state;
	struct part *part = calloc(1, sizeof(*part));
	int r;

	if (!part)
		return -ENOMEM;
	part->process = process;
	part->run = *sink->run;
	part->run.stats.samples = part->run.stats.stacks = 0;
	part->run.follow = false; /* it is alone: no frame need name it */
	r = hog_extract_init(&part->extract, sink->run->model);
	part->run.model = part->extract.to;
	if (r == 0)
		r = hog_sink_init(&part->sink, s->ops, &sink->view, NULL);
	if (r == 0 && s->ops->flush)
		r = open_file(s, sink, part);
	if (r == 0)
		r = hog_sink_begin(&part->sink, &part->run, &s->err);
	if (r < 0) {
		part_free(s, part);
		return r;
	}
	*ret = part;
	return 0;
}

/* Processes have small ids that count up. */
static int part_of(struct hog_sink *sink, uint32_t process, struct part **ret)
{
	struct split *s = sink->state;

	if (process >= s->n) {
		uint32_t n = (process | 15) + 1;
		struct part **grown;

		grown = realloc(s->parts, n * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		for (uint32_t i = s->n; i < n; i++)
			grown[i] = NULL;
		s->parts = grown;
		s->n = n;
	}
	if (!s->parts[process]) {
		int r = part_new(sink, process, &s->parts[process]);

		if (r < 0)
			return r;
	}
	*ret = s->parts[process];
	return 0;
}

static int split_event(struct hog_sink *sink, const struct hog_event *ev)
{
	const struct hog_thread_info *thread =
		hog_model_get_thread(sink->run->model, ev->thread);
	struct hog_event own;
	struct part *part;
	int r = part_of(sink, thread->process, &part);

	if (r == 0)
		r = hog_extract_event(&part->extract, ev, &own);
	if (r < 0)
		return r;
	part->run.stats.stacks++;
	part->run.stats.samples += part->time_ns != ev->time_ns;
	part->time_ns = ev->time_ns;
	return hog_sink_event(&part->sink, &own);
}

/* The run's statistics, but for what is known of the process alone.  What was
 * lost is not told apart. */
static void fill_stats(const struct hog_sink *sink, struct part *part)
{
	struct hog_stats stats = sink->run->stats;

	stats.samples = part->run.stats.samples;
	stats.stacks = part->run.stats.stacks;
	stats.processes = 1;
	stats.threads = hog_model_count(part->extract.to).threads - 1;
	part->run.stats = stats;
	part->run.start_ns = sink->run->start_ns;
	part->run.start_real_ns = sink->run->start_real_ns;
}

static int split_flush(struct hog_sink *sink)
{
	struct split *s = sink->state;
	int r = 0;

	for (uint32_t i = 0; i < s->n && s->ops->flush && r == 0; i++) {
		struct part *part = s->parts[i];

		if (!part)
			continue;
		hog_extract_names(&part->extract);
		fill_stats(sink, part);
		r = hog_sink_flush(&part->sink);
	}
	return r;
}

static int end_part(struct hog_sink *sink, struct part *part,
		    struct hog_err *err)
{
	struct split *s = sink->state;
	FILE *file;
	int r = 0, closed;

	hog_extract_names(&part->extract);
	fill_stats(sink, part);
	if (!part->file)
		r = open_file(s, sink, part);
	if (r < 0) {
		if (err)
			*err = s->err;
		return r;
	}
	r = hog_sink_end(&part->sink, err);
	file = part->file;
	part->file = NULL;
	closed = s->files.close(s->files.arg, file, r < 0, r < 0 ? NULL : err);
	return r < 0 ? r : closed;
}

/* One that cannot be written does not keep the others from it. */
static int split_end(struct hog_sink *sink, struct hog_err *err)
{
	struct split *s = sink->state;
	int result = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		int r = 0;

		if (s->parts[i])
			r = end_part(sink, s->parts[i], result ? NULL : err);
		if (r < 0 && result == 0)
			result = r;
		/* Of many processes the trees together would be large. */
		part_free(s, s->parts[i]);
		s->parts[i] = NULL;
	}
	return result;
}

static void split_close(struct hog_sink *sink)
{
	struct split *s = sink->state;

	for (uint32_t i = 0; i < s->n; i++)
		part_free(s, s->parts[i]);
	free(s->parts);
}

static const struct hog_sink_ops split_ops = {
	.name = "per-process",
	.summary = "one output for each process",
	.accepts = ~0u,
	.state_size = sizeof(struct split),
	.event = split_event,
	.flush = split_flush,
	.end = split_end,
	.close = split_close,
};
