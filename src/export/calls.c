/* SPDX-License-Identifier: Apache-2.0 */
#include "export/calls.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/call.h"
#include "base/buf.h"
#include "export/json_text.h"
#include "profile/model.h"
#include "profile/sink.h"

static void add_text(struct hog_buf *buf, const struct hog_model *m,
		     uint32_t string)
{
	struct hog_calltext t;

	t.text = hog_model_text(m, string, &t.len);
	hog_call_plain(buf, t);
}

void hog_calls_frame(struct hog_buf *buf, const struct hog_model *m,
		     const struct hog_view *view, uint32_t frame)
{
	const struct hog_frame *fr = hog_model_get_frame(m, frame);
	const struct hog_function *f = hog_model_get_function(m, fr->function);
	bool full = view->full_paths || f->short_file == 0;

	add_text(buf, m, f->qualname ? f->qualname : f->name);
	if (f->kind != HOG_FRAME_PYTHON)
		return;
	hog_buf_add_str(buf, " (");
	add_text(buf, m, full ? f->file : f->short_file);
	if (fr->line > 0 && !view->function)
		hog_buf_printf(buf, ":%d", fr->line);
	hog_buf_add_u8(buf, ')');
}

void hog_stackwords_fini(struct hog_stackwords *w)
{
	for (size_t i = 0; i < HOG_STACKWORDS; i++)
		free(w->v[i].text);
}

const char *hog_stackwords_get(const struct hog_stackwords *w, uint32_t stack,
			       size_t *ret_len)
{
	size_t i = stack % HOG_STACKWORDS;

	*ret_len = w->v[i].len;
	return stack && w->v[i].stack == stack ? w->v[i].text : NULL;
}

void hog_stackwords_put(struct hog_stackwords *w, uint32_t stack,
			const char *text, size_t len)
{
	size_t i = stack % HOG_STACKWORDS;
	char *copy = malloc(len + 1);

	if (!copy)
		return;
	memcpy(copy, text, len);
	copy[len] = '\0';
	free(w->v[i].text);
	w->v[i].text = copy;
	w->v[i].len = len;
	w->v[i].stack = stack;
}

void hog_calls_stack(struct hog_buf *buf, struct hog_stackwords *w,
		     const struct hog_model *m, const struct hog_view *view,
		     uint32_t stack, unsigned limit)
{
	size_t len, from = buf->len;
	const char *text = hog_stackwords_get(w, stack, &len);
	uint32_t at = stack;

	if (text) {
		hog_buf_add(buf, text, len);
		return;
	}
	for (unsigned i = 0; at && i < limit; i++) {
		struct hog_stack_node node = hog_model_get_stack(m, at);

		if (i)
			hog_buf_add_u8(buf, '\n');
		hog_calls_frame(buf, m, view, node.frame);
		at = node.parent;
	}
	if (stack && !buf->failed)
		hog_stackwords_put(w, stack, hog_buf_str(buf) + from,
				   buf->len - from);
}

void hog_calls_json_stack(FILE *out, const struct hog_model *m, uint32_t stack,
			  unsigned limit)
{
	size_t len;
	const char *text;

	fputc('[', out);
	for (unsigned i = 0; stack && i < limit; i++) {
		struct hog_stack_node node = hog_model_get_stack(m, stack);
		const struct hog_frame *fr = hog_model_get_frame(m, node.frame);
		const struct hog_function *f =
			hog_model_get_function(m, fr->function);

		fputs(i ? ",{\"name\":" : "{\"name\":", out);
		text = hog_model_text(m, f->qualname ? f->qualname : f->name,
				      &len);
		hog_json_line(out, text, len);
		fputs(",\"file\":", out);
		text = hog_model_text(m, f->file, &len);
		hog_json_line(out, text, len);
		if (fr->line > 0)
			fprintf(out, ",\"line\":%d}", fr->line);
		else
			fputs(",\"line\":null}", out);
		stack = node.parent;
	}
	fputc(']', out);
}

const char *hog_calls_state(const struct hog_event *ev)
{
	if (ev->flags & HOG_EVF_UNFINISHED)
		return "unfinished";
	if (ev->flags & HOG_EVF_IN_PROGRESS)
		return "in progress";
	return ev->flags & HOG_EVF_RESTARTED ? "restarted" : NULL;
}
