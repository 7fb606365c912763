/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page that needs nothing else: the viewer of web/ with the run in its
 * middle as JSON, as flat arrays and one table of strings.  Nodes are shared by
 * all threads and `samples` says who spent what where, so that the page can
 * choose threads, tell them apart or merge lines without asking anybody.
 */
#include "export/sinks.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "analyze/tree.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "export/facts.h"
#include "export/json_text.h"
#include "export/page.h"
#include "export/stats_json.h"
#include "export/tree_sink.h"

/* Model ids to the page's own, which count up in order of appearance. */
struct renumber {
	uint32_t *to;   /* by model id: page id + 1, 0 not seen */
	uint32_t *from; /* by page id */
	uint32_t n;
};

struct writer {
	FILE *out;
	struct hog_sink *sink;
	const struct hog_run *run;
	const struct hog_view *view;
	const struct hog_tree *tree;
	const struct hog_tree_node *nodes;
	uint32_t n_nodes;
	uint32_t *order;   /* page node id -> tree node, callers first */
	uint32_t *parent;  /* page node id -> page node id of the caller */
	uint32_t *page_id; /* tree node -> page node id */
	struct renumber frames, functions, strings;
};

static int renumber_init(struct renumber *r, uint32_t n)
{
	r->to = calloc((size_t)n + 1, sizeof(*r->to));
	r->from = calloc((size_t)n + 1, sizeof(*r->from));
	return r->to && r->from ? 0 : -ENOMEM;
}

static void renumber_fini(struct renumber *r)
{
	free(r->to);
	free(r->from);
}

static uint32_t renumbered(struct renumber *r, uint32_t id)
{
	if (r->to[id] == 0) {
		r->from[r->n] = id;
		r->to[id] = ++r->n;
	}
	return r->to[id] - 1;
}

/* Depth first, so that a caller stands before its callees and those in the
 * order of their labels. */
static void order_nodes(struct writer *w)
{
	uint32_t at = w->nodes[0].first_child, n = 1, up = 0;

	while (at) {
		w->page_id[at] = n;
		w->order[n] = at;
		w->parent[n] = up;
		if (w->nodes[at].first_child) {
			up = n++;
			at = w->nodes[at].first_child;
			continue;
		}
		n++;
		while (!w->nodes[at].next_sibling && up) {
			at = w->order[up];
			up = w->parent[up];
		}
		at = w->nodes[at].next_sibling;
	}
}

static void number_frames(struct writer *w)
{
	const struct hog_model *m = w->run->model;

	for (uint32_t i = 1; i < w->n_nodes; i++) {
		uint32_t frame = w->nodes[w->order[i]].frame;
		uint32_t f = hog_model_get_frame(m, frame)->function;

		renumbered(&w->frames, frame);
		renumbered(&w->functions, f);
	}
}

static void write_string(struct writer *w, const char *key, uint32_t string)
{
	size_t len;
	const char *text = hog_model_text(w->run->model, string, &len);

	fprintf(w->out, "\"%s\":", key);
	hog_json_text(w->out, text, len);
}

static void write_buf(struct writer *w, const char *key, struct hog_buf *buf)
{
	fprintf(w->out, "\"%s\":", key);
	hog_json_text(w->out, hog_buf_str(buf), buf->len);
	fputs(",\n", w->out);
	hog_buf_clear(buf);
}

static void write_text(struct writer *w, const char *key, const char *text)
{
	struct hog_buf buf = { 0 };

	hog_buf_add_str(&buf, text ? text : "");
	write_buf(w, key, &buf);
	hog_buf_fini(&buf);
}

static int write_facts(struct writer *w)
{
	const struct hog_tree_sink *calls = w->sink->state;
	const struct hog_run *run = w->run;
	struct json_object *stats = hog_stats_json(&run->stats);
	struct hog_buf buf = { 0 };

	if (!stats)
		return -ENOMEM;
	hog_facts_title(&buf, run, w->view);
	write_buf(w, "title", &buf);
	hog_facts_python(&buf, run);
	write_buf(w, "python", &buf);
	hog_facts_losses(&buf, run);
	write_buf(w, "losses", &buf);
	hog_buf_fini(&buf);
	write_text(w, "version", run->version);
	write_text(w, "machine", run->machine);
	write_text(w, "command", run->command);
	write_text(w, "mode", hog_mode_name(run->mode));
	if (calls->weight) {
		write_text(w, "unit", hog_tree_sink_unit(w->sink));
		fprintf(w->out, "\"calls\":%" PRIu64 ",\n", calls->calls);
	}
	if (w->nodes[0].total == 0)
		write_text(w, "empty", hog_tree_sink_why_empty(w->sink));
	fprintf(w->out,
		"\"idle\":%s,\"rate_hz\":%.9g,\"slot_seconds\":%.9g,\"start_ms\":%" PRIu64
		",\n\"threads_apart\":%s,\"lines\":%s,\n",
		run->idle ? "true" : "false", run->rate_hz,
		hog_tree_sink_slot(w->sink), run->start_real_ns / 1000000,
		w->view->threads ? "true" : "false",
		w->view->function ? "false" : "true");
	fprintf(w->out, "\"stats\":%s,\n",
		json_object_to_json_string_ext(stats, JSON_C_TO_STRING_PLAIN));
	json_object_put(stats);
	fputs("\"meanings\":{", w->out);
#define X(name, meaning) "\"" #name "\":\"" meaning "\","
	fputs(HOG_LOSS_FIELDS(X), w->out);
#undef X
	fputs("\"estimated_wrong\":\"share of stacks that are likely no real "
	      "ones\"},\n",
	      w->out);
	return 0;
}

static void write_who(struct writer *w)
{
	const struct hog_model *m = w->run->model;
	struct hog_model_counts n = hog_model_count(m);

	fputs("\"processes\":[", w->out);
	for (uint32_t i = 1; i < n.processes; i++) {
		const struct hog_process_info *p = hog_model_get_process(m, i);

		fprintf(w->out, "%s{\"pid\":%d,\"parent\":%d,",
			i > 1 ? ",\n" : "", p->pid, p->parent);
		write_string(w, "name", p->name);
		fputc(',', w->out);
		write_string(w, "cmdline", p->cmdline);
		fputc(',', w->out);
		write_string(w, "python", p->python);
		fputc('}', w->out);
	}
	fputs("],\n\"threads\":[", w->out);
	for (uint32_t i = 1; i < n.threads; i++) {
		const struct hog_thread_info *t = hog_model_get_thread(m, i);

		fprintf(w->out, "%s{\"process\":%u,\"tid\":%d,\"interp\":%u,",
			i > 1 ? ",\n" : "", t->process ? t->process - 1 : 0,
			t->tid, t->interp);
		write_string(w, "name", t->name);
		fputc('}', w->out);
	}
	fputs("],\n", w->out);
}

/* "key":[...], of a number per page id. */
#define WRITE_ARRAY(w, key, count, i, fmt, value)                              \
	do {                                                                   \
		fprintf((w)->out, "\"%s\":[", key);                            \
		for (uint32_t i = 0; i < (count); i++)                         \
			fprintf((w)->out, i ? "," fmt : fmt, value);           \
		fputs("]", (w)->out);                                          \
	} while (0)

static const struct hog_function *page_function(struct writer *w, uint32_t i)
{
	return hog_model_get_function(w->run->model, w->functions.from[i]);
}

static const struct hog_frame *page_frame(struct writer *w, uint32_t i)
{
	return hog_model_get_frame(w->run->model, w->frames.from[i]);
}

static uint32_t shown_name(struct writer *w, uint32_t i)
{
	const struct hog_function *f = page_function(w, i);

	return renumbered(&w->strings, f->qualname ? f->qualname : f->name);
}

static uint32_t shown_file(struct writer *w, uint32_t i)
{
	const struct hog_function *f = page_function(w, i);
	bool full = w->view->full_paths || f->short_file == 0;

	return renumbered(&w->strings, full ? f->file : f->short_file);
}

static void write_functions(struct writer *w)
{
	fputs("\"functions\":{", w->out);
	WRITE_ARRAY(w, "kind", w->functions.n, i, "%d",
		    (int)page_function(w, i)->kind);
	fputc(',', w->out);
	WRITE_ARRAY(w, "name", w->functions.n, i, "%u", shown_name(w, i));
	fputc(',', w->out);
	WRITE_ARRAY(w, "file", w->functions.n, i, "%u", shown_file(w, i));
	fputc(',', w->out);
	WRITE_ARRAY(w, "path", w->functions.n, i, "%u",
		    renumbered(&w->strings, page_function(w, i)->file));
	fputc(',', w->out);
	WRITE_ARRAY(w, "line", w->functions.n, i, "%d",
		    page_function(w, i)->firstline);
	fputs("},\n", w->out);
}

static void write_nodes(struct writer *w)
{
	fputs("\"frames\":{", w->out);
	WRITE_ARRAY(w, "function", w->frames.n, i, "%u",
		    renumbered(&w->functions, page_frame(w, i)->function));
	fputc(',', w->out);
	/* Lines were merged: that of the first one seen would mislead. */
	WRITE_ARRAY(w, "line", w->frames.n, i, "%d",
		    w->view->function ? 0 : page_frame(w, i)->line);
	fputs("},\n\"nodes\":{", w->out);
	WRITE_ARRAY(w, "parent", w->n_nodes, i, "%u", w->parent[i]);
	fputc(',', w->out);
	/* Of node 0, the root of all, the frame is not looked at. */
	WRITE_ARRAY(w, "frame", w->n_nodes, i, "%u",
		    i ? renumbered(&w->frames, w->nodes[w->order[i]].frame)
		      : 0);
	fputs("},\n", w->out);
}

static void write_samples(struct writer *w)
{
	uint32_t n;
	const struct hog_tree_entry *e = hog_tree_entries(w->tree, &n);
	int64_t unit = HOG_SLOT;

	/* Most runs count whole slots: six noughts less for each. */
	for (uint32_t i = 0; i < n && unit > 1; i++)
		if (e[i].weight % HOG_SLOT)
			unit = 1;
	fprintf(w->out, "\"slot\":%" PRId64 ",\n\"samples\":{",
		HOG_SLOT / unit);
	WRITE_ARRAY(w, "thread", n, i, "%u", e[i].thread ? e[i].thread - 1 : 0);
	fputc(',', w->out);
	WRITE_ARRAY(w, "node", n, i, "%u", w->page_id[e[i].node]);
	fputc(',', w->out);
	WRITE_ARRAY(w, "weight", n, i, "%" PRId64, e[i].weight / unit);
	fputs("},\n", w->out);
}

static void write_strings(struct writer *w)
{
	fputs("\"strings\":[", w->out);
	for (uint32_t i = 0; i < w->strings.n; i++) {
		size_t len;
		const char *text =
			hog_model_text(w->run->model, w->strings.from[i], &len);

		fputs(i ? ",\n" : "", w->out);
		hog_json_text(w->out, text, len);
	}
	fputs("]", w->out);
}

static int write_data(struct writer *w)
{
	int r;

	fputs("{\"format\":1,\n", w->out);
	r = write_facts(w);
	if (r < 0)
		return r;
	write_who(w);
	write_functions(w);
	write_nodes(w);
	write_samples(w);
	write_strings(w); /* last: the others number them */
	fputs("}\n", w->out);
	return 0;
}

static int prepare(struct writer *w)
{
	struct hog_model_counts n = hog_model_count(w->run->model);

	w->nodes = hog_tree_nodes(w->tree, &w->n_nodes);
	w->order = calloc(w->n_nodes, sizeof(*w->order));
	w->parent = calloc(w->n_nodes, sizeof(*w->parent));
	w->page_id = calloc(w->n_nodes, sizeof(*w->page_id));
	if (!w->order || !w->parent || !w->page_id ||
	    renumber_init(&w->frames, n.frames) < 0 ||
	    renumber_init(&w->functions, n.functions) < 0 ||
	    renumber_init(&w->strings, n.strings) < 0)
		return -ENOMEM;
	order_nodes(w);
	number_frames(w);
	return 0;
}

static void writer_fini(struct writer *w)
{
	free(w->order);
	free(w->parent);
	free(w->page_id);
	renumber_fini(&w->frames);
	renumber_fini(&w->functions);
	renumber_fini(&w->strings);
}

static int html_begin(struct hog_sink *sink, const struct hog_run *run,
		      struct hog_err *err)
{
	struct hog_tree_sink *s = sink->state;
	int r = hog_tree_sink_begin(sink, run, err);

	if (r == 0)
		hog_tree_share_threads(s->tree);
	return r;
}

static int html_end(struct hog_sink *sink, struct hog_err *err)
{
	struct hog_tree_sink *s = sink->state;
	struct writer w = {
		.out = sink->out,
		.sink = sink,
		.run = sink->run,
		.view = &sink->view,
		.tree = s->tree,
	};
	int r = hog_tree_build(s->tree);

	(void)err;
	if (r == 0)
		r = prepare(&w);
	if (r == 0) {
		fwrite(hog_page_head, 1, hog_page_head_len, w.out);
		r = write_data(&w);
		fwrite(hog_page_tail, 1, hog_page_tail_len, w.out);
	}
	writer_fini(&w);
	return r; /* that every byte was taken is hog_sink_end's to see */
}

const struct hog_sink_ops hog_sink_html = {
	.name = "html",
	.summary = "one offline page: flame graph, search, table of functions",
	.suffix = ".html",
	.accepts = HOG_TREE_SINK_ACCEPTS,
	.state_size = sizeof(struct hog_tree_sink),
	.begin = html_begin,
	.event = hog_tree_sink_event,
	.end = html_end,
	.close = hog_tree_sink_close,
};
