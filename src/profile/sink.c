/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/sink.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

int hog_sink_init(struct hog_sink *sink, const struct hog_sink_ops *ops,
		  const struct hog_view *view, FILE *out)
{
	*sink = (struct hog_sink){ .ops = ops, .out = out };
	if (view)
		sink->view = *view;
	sink->state = calloc(1, ops->state_size ? ops->state_size : 1);
	return sink->state ? 0 : -ENOMEM;
}

/* Remembers the first failure: stdio forgets why a write failed. */
static int note(struct hog_sink *sink, int r)
{
	if (r < 0 && sink->failed == 0)
		sink->failed = r;
	return r;
}

static const char *remedy(int code)
{
	switch (code) {
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		return "make room there, or choose another place with -o";
	case -EPIPE:
		return "what reads the output has gone";
	default:
		return NULL;
	}
}

int hog_sink_begin(struct hog_sink *sink, const struct hog_run *run,
		   struct hog_err *err)
{
	int r;

	sink->run = run;
	r = sink->ops->begin ? sink->ops->begin(sink, run, err) : 0;
	if (r < 0 && err && !err->hint)
		err->hint = remedy(r);
	return r;
}

int hog_sink_event(struct hog_sink *sink, const struct hog_event *ev)
{
	if (ev->kind >= HOG_EV_KINDS || !(sink->ops->accepts >> ev->kind & 1)) {
		sink->refused++;
		return 0;
	}
	return note(sink, sink->ops->event(sink, ev));
}

/* Everything written so far is with the kernel, or it says why not. */
static int flush_out(struct hog_sink *sink)
{
	errno = 0;
	if (fflush(sink->out) == 0 && !ferror(sink->out))
		return 0;
	return note(sink, errno ? -errno : -EIO);
}

int hog_sink_flush(struct hog_sink *sink)
{
	int r = sink->ops->flush ? sink->ops->flush(sink) : 0;

	if (note(sink, r) < 0)
		return r;
	return flush_out(sink);
}

int hog_sink_end(struct hog_sink *sink, struct hog_err *err)
{
	struct hog_err said = { 0 };
	int r = sink->failed;

	errno = 0;
	if (r == 0)
		r = note(sink, sink->ops->end(sink, &said));
	/* A write of many that failed has left its reason, mostly. */
	if (r == 0 && ferror(sink->out) && errno)
		r = note(sink, -errno);
	if (r == 0)
		r = flush_out(sink);
	if (r == 0)
		return 0;
	if (said.code && !ferror(sink->out)) {
		if (err)
			*err = said; /* the sink knows better */
		return r;
	}
	hog_err_set(err, sink->failed, "%s output", sink->ops->name);
	if (err)
		err->hint = remedy(sink->failed);
	return sink->failed;
}

void hog_sink_fini(struct hog_sink *sink)
{
	if (sink->state && sink->ops->close)
		sink->ops->close(sink);
	free(sink->state);
	sink->state = NULL;
}
