/* SPDX-License-Identifier: Apache-2.0 */
#include "export/tree_sink.h"

#include <errno.h>
#include <stdio.h>

#include "analyze/call.h"
#include "analyze/tree.h"
#include "base/err.h"
#include "export/facts.h"
#include "profile/model.h"

#define NAME_MAX_SHOWN 64
#define SLOT_NS 1000 /* time is counted in microseconds */

int hog_tree_sink_begin(struct hog_sink *sink, const struct hog_run *run,
			struct hog_err *err)
{
	struct hog_tree_sink *s = sink->state;

	s->tree = hog_tree_new(run, &sink->view);
	s->weight = sink->view.weight;
	/* A run that did not sample has nothing but calls to show. */
	if (s->weight == HOG_WEIGHT_AUTO && run->rate_hz <= 0)
		s->weight = HOG_WEIGHT_TIME;
	return s->tree ? 0 : hog_err_set(err, -ENOMEM, "make a call tree");
}

/* In HOG_SLOT units of what the user asked for. */
static int64_t weight_of(const struct hog_tree_sink *s,
			 const struct hog_callview *v)
{
	uint64_t n = 1, weight;

	if (s->weight == HOG_WEIGHT_TIME)
		n = v->ev->duration_ns;
	if (s->weight == HOG_WEIGHT_BYTES)
		n = hog_callview_bytes(v);
	if (__builtin_mul_overflow(n,
				   s->weight == HOG_WEIGHT_TIME
					   ? HOG_SLOT / SLOT_NS
					   : HOG_SLOT,
				   &weight) ||
	    weight > INT64_MAX)
		return INT64_MAX;
	return (int64_t)weight;
}

static int add_call(struct hog_sink *sink, const struct hog_event *ev)
{
	struct hog_tree_sink *s = sink->state;
	struct hog_model *m = sink->run->model;
	struct hog_event sample = *ev;
	struct hog_callview v;
	char leaf[NAME_MAX_SHOWN];

	hog_callview_get(sink->run, ev, &v);
	s->calls++;
	sample.kind = HOG_EV_SAMPLE;
	sample.value[0] = weight_of(s, &v);
	sample.value[1] = 0;
	if (sample.value[0] == 0)
		return 0;
	snprintf(leaf, sizeof(leaf), "[%.*s]", (int)v.name.len, v.name.text);
	sample.stack = hog_model_stack(m, ev->stack, hog_model_marker(m, leaf));
	return hog_tree_add(s->tree, &sample);
}

int hog_tree_sink_event(struct hog_sink *sink, const struct hog_event *ev)
{
	struct hog_tree_sink *s = sink->state;

	/* What is not asked for weighs nothing. */
	if (s->weight == HOG_WEIGHT_AUTO)
		return ev->kind == HOG_EV_SAMPLE ? hog_tree_add(s->tree, ev)
						 : 0;
	return ev->kind == HOG_EV_SYSCALL ? add_call(sink, ev) : 0;
}

void hog_tree_sink_close(struct hog_sink *sink)
{
	struct hog_tree_sink *s = sink->state;

	hog_tree_free(s->tree);
}

double hog_tree_sink_slot(const struct hog_sink *sink)
{
	const struct hog_tree_sink *s = sink->state;

	switch (s->weight) {
	case HOG_WEIGHT_AUTO:
		return hog_run_slot_seconds(sink->run);
	case HOG_WEIGHT_TIME:
		return 1e-9 * SLOT_NS;
	default:
		return 1;
	}
}

const char *hog_tree_sink_unit(const struct hog_sink *sink)
{
	const struct hog_tree_sink *s = sink->state;

	if (s->weight == HOG_WEIGHT_COUNT)
		return "calls";
	return s->weight == HOG_WEIGHT_BYTES ? "bytes" : "s";
}

const char *hog_tree_sink_why_empty(const struct hog_sink *sink)
{
	const struct hog_tree_sink *s = sink->state;

	if (s->weight == HOG_WEIGHT_AUTO)
		return hog_facts_why_empty(sink->run);
	if (s->calls && s->weight == HOG_WEIGHT_BYTES)
		return "no bytes: no call read or wrote any";
	return s->calls ? "no time: no call took any"
			: "no system call was seen";
}
