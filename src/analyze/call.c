/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/call.h"

#include <string.h>

#include "base/buf.h"
#include "base/errno_name.h"
#include "base/utf8.h"
#include "profile/model.h"
#include "profile/run.h"

#define ERRNO_MAX 4095 /* results above -4096 are errors, for the kernel */
#define RETURN_NAME "return"

static bool same(struct hog_calltext t, const char *text, size_t len)
{
	return t.len == len && memcmp(t.text, text, len) == 0;
}

bool hog_calltext_is(struct hog_calltext t, const char *text)
{
	return same(t, text, strlen(text));
}

struct hog_calltext hog_callview_text(const struct hog_callview *v,
				      uint32_t string)
{
	struct hog_calltext t;

	t.text = hog_model_text(v->run->model, string, &t.len);
	return t;
}

/* The fields of the detail; the last one is the result as shown. */
static bool take_fields(struct hog_callview *v, struct hog_detail *d)
{
	struct hog_detail_field f;

	while (hog_detail_next(d, &f)) {
		if (d->n_fields == 0 &&
		    hog_calltext_is(hog_callview_text(v, f.name),
				    RETURN_NAME)) {
			v->ret = (struct hog_calltext){ f.text, f.text_len };
			break;
		}
		if (v->n_args < HOG_CALLVIEW_ARGS)
			v->args[v->n_args++] = f;
	}
	return !d->cur.bad;
}

static void take_result(struct hog_callview *v)
{
	const struct hog_event *ev = v->ev;

	v->ended = !(ev->flags & HOG_EVF_UNFINISHED);
	v->timed = v->ended && !(ev->flags & HOG_EVF_IN_PROGRESS);
	if (!v->ended)
		return;
	v->result = ev->value[0];
	if (v->result < 0 && v->result >= -ERRNO_MAX) {
		v->error = (int)-v->result;
		v->result = -1;
	}
}

bool hog_callview_get(const struct hog_run *run, const struct hog_event *ev,
		      struct hog_callview *ret)
{
	const struct hog_model *m = run->model;
	const struct hog_thread_info *t = hog_model_get_thread(m, ev->thread);
	struct hog_detail d;

	/* The arguments are not cleared: n_args says how many there are. */
	ret->run = run;
	ret->ev = ev;
	ret->name = ret->ret = (struct hog_calltext){ "", 0 };
	ret->n_args = 0;
	ret->ended = ret->timed = false;
	ret->result = 0;
	ret->error = 0;
	ret->tid = t->tid;
	ret->pid = hog_model_get_process(m, t->process)->pid;
	if (ev->kind != HOG_EV_SYSCALL)
		return false;
	take_result(ret);
	if (ev->value[1] <= 0 || ev->value[1] > UINT32_MAX)
		return false;
	d = hog_detail_get(m, (uint32_t)ev->value[1]);
	ret->name = hog_callview_text(ret, d.name);
	return take_fields(ret, &d) && d.name != 0;
}

const struct hog_detail_field *hog_callview_arg(const struct hog_callview *v,
						const char *name, size_t len)
{
	for (unsigned i = 0; i < v->n_args; i++)
		if (same(hog_callview_text(v, v->args[i].name), name, len))
			return &v->args[i];
	return NULL;
}

struct hog_calltext hog_call_fd_text(const char *text, size_t len)
{
	const char *open = len ? memchr(text, '<', len) : NULL;

	/* Of a pointer or of flags nothing stands in brackets like that. */
	if (!open || text[len - 1] != '>' || open == text)
		return (struct hog_calltext){ "", 0 };
	for (const char *c = text; c < open; c++)
		if ((*c < '0' || *c > '9') && *c != '-' &&
		    !(*c >= 'A' && *c <= 'Z') && *c != '_')
			return (struct hog_calltext){ "", 0 };
	return (struct hog_calltext){ open + 1,
				      (size_t)(text + len - 1 - open - 1) };
}

/* By what the kernel calls such arguments: a buffer is a string as well, and the
 * "name" of most calls is one of something else. */
static bool names_path(struct hog_calltext call, struct hog_calltext name)
{
	static const char *const words[] = {
		"filename", "pathname",    "path",     "oldname",
		"newname",  "dev_name",    "dir_name", "specialfile",
		"special",  "new_root",    "put_old",  "from_pathname",
		"library",  "to_pathname",
	};
	static const char *const calls[] = { "acct", "name_to_handle_at",
					     "umount", "umount2" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (hog_calltext_is(name, words[i]))
			return true;
	if (!hog_calltext_is(name, "name"))
		return false;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (hog_calltext_is(call, calls[i]))
			return true;
	return false;
}

struct hog_calltext hog_callview_path(const struct hog_callview *v)
{
	struct hog_calltext fd = { "", 0 };

	for (unsigned i = 0; i < v->n_args; i++) {
		const struct hog_detail_field *a = &v->args[i];

		if (a->kind == HOG_VALUE_STRING && a->string_len &&
		    names_path(v->name, hog_callview_text(v, a->name)))
			return (struct hog_calltext){ a->string,
						      a->string_len };
	}
	for (unsigned i = 0; i < v->n_args && fd.len == 0; i++)
		if (v->args[i].kind == HOG_VALUE_INT)
			fd = hog_call_fd_text(v->args[i].text,
					      v->args[i].text_len);
	return fd;
}

struct hog_calltext hog_callview_thread(const struct hog_callview *v)
{
	const struct hog_thread_info *t =
		hog_model_get_thread(v->run->model, v->ev->thread);

	return hog_callview_text(v, t->name);
}

struct hog_callplace hog_callview_place(const struct hog_callview *v)
{
	const struct hog_model *m = v->run->model;
	struct hog_callplace p = { .name = { "", 0 },
				   .file = { "", 0 },
				   .short_file = { "", 0 } };

	for (uint32_t s = v->ev->stack; s;) {
		struct hog_stack_node node = hog_model_get_stack(m, s);
		const struct hog_frame *fr = hog_model_get_frame(m, node.frame);
		const struct hog_function *f =
			hog_model_get_function(m, fr->function);

		s = node.parent;
		if (f->kind != HOG_FRAME_PYTHON)
			continue;
		p.frame = node.frame;
		p.line = fr->line;
		p.name = hog_callview_text(v,
					   f->qualname ? f->qualname : f->name);
		p.file = hog_callview_text(v, f->file);
		p.short_file = hog_callview_text(
			v, f->short_file ? f->short_file : f->file);
		break;
	}
	return p;
}

uint64_t hog_callview_bytes(const struct hog_callview *v)
{
	static const char *const calls[] = {
		"read",
		"write",
		"pread64",
		"pwrite64",
		"readv",
		"writev",
		"preadv",
		"pwritev",
		"preadv2",
		"pwritev2",
		"recv",
		"send",
		"recvfrom",
		"sendto",
		"recvmsg",
		"sendmsg",
		"sendfile",
		"sendfile64",
		"splice",
		"tee",
		"vmsplice",
		"getrandom",
		"copy_file_range",
		"process_vm_readv",
		"process_vm_writev",
	};

	if (!v->ended || v->error || v->result <= 0)
		return 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (hog_calltext_is(v->name, calls[i]))
			return (uint64_t)v->result;
	return 0;
}

void hog_call_plain(struct hog_buf *buf, struct hog_calltext t)
{
	size_t done = 0, i = 0;

	while (i < t.len) {
		uint32_t c = 0;
		size_t n;

		/* Most is plain ASCII, which is quicker to tell. */
		if (t.text[i] >= 0x20 && t.text[i] < 0x7f) {
			i++;
			continue;
		}
		n = hog_utf8_at(t.text + i, t.len - i, &c);

		if (n && !hog_utf8_is_control(c)) {
			i += n;
			continue;
		}
		hog_buf_add(buf, t.text + done, i - done);
		for (size_t k = 0; k < (n ? n : 1); k++)
			hog_buf_printf(buf, "\\x%02x",
				       (unsigned char)t.text[i + k]);
		i += n ? n : 1;
		done = i;
	}
	hog_buf_add(buf, t.text + done, t.len - done);
}

void hog_call_format(struct hog_buf *buf, const struct hog_callview *v)
{
	hog_call_plain(buf,
		       v->name.len ? v->name : (struct hog_calltext){ "?", 1 });
	hog_buf_add_u8(buf, '(');
	for (unsigned i = 0; i < v->n_args; i++) {
		if (i)
			hog_buf_add_str(buf, ", ");
		hog_call_plain(buf,
			       (struct hog_calltext){ v->args[i].text,
						      v->args[i].text_len });
	}
	hog_buf_add_u8(buf, ')');
}

static const char *own_words(int error)
{
	switch (error) {
	case 512: /* ERESTARTSYS */
		return "restarted if the signal's handler asks for it";
	case 513: /* ERESTARTNOINTR */
		return "restarted";
	case 514: /* ERESTARTNOHAND */
		return "restarted if there is no handler";
	case 516: /* ERESTART_RESTARTBLOCK */
		return "interrupted by a signal";
	default:
		return "interrupted";
	}
}

static void format_error(struct hog_buf *buf, const struct hog_callview *v)
{
	const char *name = hog_errno_name(v->error);
	bool own = v->error >= HOG_KERNEL_ERRNO;

	hog_buf_add_str(buf, own ? "?" : "-1");
	if (name)
		hog_buf_printf(buf, " %s", name);
	else
		hog_buf_printf(buf, " error %d", v->error);
	hog_buf_printf(buf, " (%s)",
		       own ? own_words(v->error) : strerror(v->error));
}

void hog_call_format_result(struct hog_buf *buf, const struct hog_callview *v)
{
	if (!v->ended)
		hog_buf_add_str(buf, "?");
	else if (v->error)
		format_error(buf, v);
	else if (v->ret.len)
		hog_call_plain(buf, v->ret);
	else
		hog_buf_printf(buf, "%lld", (long long)v->result);
}
