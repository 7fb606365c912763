/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/label.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "profile/model.h"
#include "profile/sink.h"

static bool is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

void hog_label_escape(struct hog_buf *buf, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t done = 0, i = 0;

	while (i < len) {
		uint32_t c = 0;
		size_t n = hog_utf8_at(text + i, len - i, &c);
		bool percent = n && c == '%' && len - i > 2 &&
			       is_hex(s[i + 1]) && is_hex(s[i + 2]);

		if (n && !percent && c != ';' && !hog_utf8_is_control(c)) {
			i += n;
			continue;
		}
		hog_buf_add(buf, s + done, i - done);
		for (size_t k = 0; k < (n ? n : 1); k++)
			hog_buf_printf(buf, "%%%02X", s[i + k]);
		i += n ? n : 1;
		done = i;
	}
	hog_buf_add(buf, s + done, len - done);
}

static void add_string(struct hog_buf *buf, const struct hog_model *m,
		       uint32_t string)
{
	size_t len;
	const char *text = hog_model_text(m, string, &len);

	hog_label_escape(buf, text, len);
}

void hog_label_function(struct hog_buf *buf, const struct hog_model *m,
			const struct hog_view *view, uint32_t function)
{
	const struct hog_function *f = hog_model_get_function(m, function);

	if (f->kind == HOG_FRAME_MARKER) {
		add_string(buf, m, f->name);
		return;
	}
	/* Brackets in front: a reader must not take it for Python. */
	if (f->kind == HOG_FRAME_NATIVE)
		hog_buf_add_str(buf, "[native] ");
	if (f->kind == HOG_FRAME_KERNEL)
		hog_buf_add_str(buf, "[kernel] ");
	if (f->kind != HOG_FRAME_KERNEL) {
		bool full = view->full_paths || f->short_file == 0;

		add_string(buf, m, full ? f->file : f->short_file);
		hog_buf_add_str(buf, ":");
	}
	add_string(buf, m, f->qualname ? f->qualname : f->name);
}

void hog_label_frame(struct hog_buf *buf, const struct hog_model *m,
		     const struct hog_view *view, uint32_t frame)
{
	const struct hog_frame *fr = hog_model_get_frame(m, frame);
	const struct hog_function *f = hog_model_get_function(m, fr->function);

	hog_label_function(buf, m, view, fr->function);
	if (f->kind == HOG_FRAME_PYTHON && !view->function)
		hog_buf_printf(buf, ":%d", fr->line);
}

void hog_label_process(struct hog_buf *buf, const struct hog_model *m,
		       uint32_t process)
{
	const struct hog_process_info *p = hog_model_get_process(m, process);

	hog_buf_printf(buf, "[process %d ", p->pid);
	add_string(buf, m, p->name);
	hog_buf_add_str(buf, "]");
}

void hog_label_thread(struct hog_buf *buf, const struct hog_model *m,
		      uint32_t thread)
{
	const struct hog_thread_info *t = hog_model_get_thread(m, thread);

	hog_buf_printf(buf, "[thread %d ", t->tid);
	add_string(buf, m, t->name);
	hog_buf_add_str(buf, "]");
}
