/* SPDX-License-Identifier: Apache-2.0 */
/* hognose dump --json. */
#include "cli/dump.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "cli/source.h"
#include "collect/snapshot.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* A JSON string; what is no UTF-8 becomes U+FFFD. */
static struct json_object *text_n(const char *text, size_t len)
{
	struct hog_buf clean = { 0 };
	struct json_object *o = NULL;

	for (size_t i = 0; i < len;) {
		uint32_t c;
		size_t n = hog_utf8_at(text + i, len - i, &c);

		if (n)
			hog_buf_add(&clean, text + i, n);
		else
			hog_buf_add_str(&clean, REPLACEMENT);
		i += n ? n : 1;
	}
	if (!clean.failed && clean.len <= INT32_MAX)
		o = json_object_new_string_len(hog_buf_str(&clean),
					       (int)clean.len);
	hog_buf_fini(&clean);
	return o;
}

static struct json_object *text(const char *s)
{
	return text_n(s, strlen(s));
}

static struct json_object *number(int64_t v)
{
	return json_object_new_int64(v);
}

static void add(struct json_object *o, const char *key, struct json_object *v)
{
	json_object_object_add(o, key, v);
}

/* ---- values ---- */

static struct json_object *scalar(const struct hog_pyvalue *v)
{
	struct json_object *o = NULL;
	struct hog_buf digits = { 0 };

	switch (v->kind) {
	case HOG_PYVALUE_BOOL:
		return json_object_new_boolean(v->integer != 0);
	case HOG_PYVALUE_INT:
		return number(v->integer);
	case HOG_PYVALUE_FLOAT:
		hog_pyvalue_float(v->real, &digits);
		o = json_object_new_double_s(v->real, hog_buf_str(&digits));
		hog_buf_fini(&digits);
		return o;
	case HOG_PYVALUE_STR:
		return text_n(v->text, v->text_len);
	case HOG_PYVALUE_OTHER:
	case HOG_PYVALUE_NONE:
	case HOG_PYVALUE_LIST:
	case HOG_PYVALUE_DICT:
		break;
	}
	return NULL; /* JSON's null */
}

static struct json_object *list(const struct hog_pyvalue *v)
{
	struct json_object *o = json_object_new_array();

	for (size_t i = 0; i < v->n_items; i++)
		json_object_array_add(o, scalar(&v->items[i]));
	return o;
}

static bool keys_are_text(const struct hog_pyvalue *v)
{
	for (size_t i = 0; i < v->n_items; i += 2)
		if (v->items[i].kind != HOG_PYVALUE_STR || v->items[i].cut ||
		    memchr(v->items[i].text, 0, v->items[i].text_len))
			return false;
	return true;
}

/* An object when all keys are text, else a list of [key, value]. */
static struct json_object *dict(const struct hog_pyvalue *v)
{
	bool object = keys_are_text(v);
	struct json_object *o =
		object ? json_object_new_object() : json_object_new_array();

	for (size_t i = 0; i + 1 < v->n_items; i += 2) {
		struct json_object *pair;

		if (object) {
			struct json_object *key = scalar(&v->items[i]);

			add(o, json_object_get_string(key),
			    scalar(&v->items[i + 1]));
			json_object_put(key);
			continue;
		}
		pair = json_object_new_array();
		json_object_array_add(pair, scalar(&v->items[i]));
		json_object_array_add(pair, scalar(&v->items[i + 1]));
		json_object_array_add(o, pair);
	}
	return o;
}

static struct json_object *value(const struct hog_pyvalue *v)
{
	if (v->kind == HOG_PYVALUE_LIST)
		return list(v);
	return v->kind == HOG_PYVALUE_DICT ? dict(v) : scalar(v);
}

/* A value that was cut shall not pass for the whole. */
static bool is_cut(const struct hog_pyvalue *v)
{
	for (size_t i = 0; i < v->n_items; i++)
		if (v->items[i].cut)
			return true;
	return v->cut;
}

static const char *kind_name(enum hog_pylocal_kind kind)
{
	switch (kind) {
	case HOG_PYLOCAL_ARG:
		return "arg";
	case HOG_PYLOCAL_CELL:
		return "cell";
	case HOG_PYLOCAL_FREE:
		return "free";
	case HOG_PYLOCAL_LOCAL:
		break;
	}
	return "local";
}

static struct json_object *locals(const struct hog_snapshot_frame *f)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < f->n_locals; i++) {
		const struct hog_pylocal *l = &f->locals[i];
		struct json_object *o = json_object_new_object();

		add(o, "name", text(l->name));
		add(o, "kind", text(kind_name(l->kind)));
		add(o, "type", text(l->type));
		add(o, "value", value(&l->value));
		add(o, "repr", text(l->repr));
		add(o, "cut", json_object_new_boolean(is_cut(&l->value)));
		json_object_array_add(all, o);
	}
	return all;
}

/* ---- frames and threads ---- */

static struct json_object *line_or_null(int32_t line)
{
	return line > 0 ? number(line) : NULL;
}

static struct json_object *column(const struct hog_dump_view *view,
				  const char *file, int32_t line, int32_t byte)
{
	const char *source;
	size_t len = 0;

	if (byte < 0 || line <= 0)
		return NULL;
	source = hog_sources_line(view->sources, file, line, &len);
	return number(hog_source_column(source, len, byte));
}

static struct json_object *marker(const char *name)
{
	static const char *const nulls[] = { "file", "line", "column",
					     "end_line", "end_column" };
	struct json_object *o = json_object_new_object();

	add(o, "kind", text("marker"));
	add(o, "name", text(name));
	add(o, "qualname", text(name));
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		add(o, nulls[i], NULL);
	return o;
}

static struct json_object *frame(const struct hog_dump_view *view,
				 const struct hog_snapshot_frame *f)
{
	const struct hog_pycode *code = f->frame.code;
	const struct hog_pyplace *at = &f->place;
	struct json_object *o;

	if (!code)
		return marker("[unreadable]");
	o = json_object_new_object();
	add(o, "kind", text("python"));
	add(o, "name", text(code->name));
	add(o, "qualname", text(code->qualname));
	add(o, "file", text(code->filename));
	add(o, "line", line_or_null(at->line));
	add(o, "column", column(view, code->filename, at->line, at->column));
	add(o, "end_line", line_or_null(at->end_line));
	add(o, "end_column",
	    column(view, code->filename, at->end_line, at->end_column));
	if (view->locals)
		add(o, "locals", locals(f));
	return o;
}

static struct json_object *task(const struct hog_dump_view *view,
				const struct hog_snapshot_task *t)
{
	struct json_object *o = json_object_new_object();
	struct json_object *by = json_object_new_array();
	struct json_object *frames = json_object_new_array();

	add(o, "id", number((int64_t)t->task.addr));
	add(o, "name", t->task.name[0] ? text(t->task.name) : NULL);
	add(o, "coro", t->coro[0] ? text(t->coro) : NULL);
	add(o, "state", text(hog_pytask_state_name(t->task.state)));
	add(o, "awaits", t->awaits[0] ? text(t->awaits) : NULL);
	for (unsigned i = 0; i < t->task.n_awaiters; i++)
		json_object_array_add(by, number((int64_t)t->task.awaiters[i]));
	add(o, "awaited_by", by);
	if (t->torn)
		json_object_array_add(frames, marker("[torn]"));
	if (t->task.cut)
		json_object_array_add(frames, marker("[truncated]"));
	for (size_t i = 0; i < t->n_frames; i++)
		json_object_array_add(frames, frame(view, &t->frames[i]));
	add(o, "frames", frames);
	return o;
}

static struct json_object *tasks(const struct hog_dump_view *view,
				 size_t thread)
{
	const struct hog_snapshot *s = view->snapshot;
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < s->n_tasks; i++)
		if (s->tasks[i].thread == thread)
			json_object_array_add(all, task(view, &s->tasks[i]));
	return all;
}

/* ---- greenlets ---- */

static struct json_object *address(uint64_t addr)
{
	return addr ? json_object_new_int64((int64_t)addr) : NULL;
}

/* Frames of one that runs are its thread's. */
static struct json_object *greenlet(const struct hog_dump_view *view,
				    const struct hog_snapshot_greenlet *g,
				    const struct hog_snapshot_thread *t)
{
	bool runs = t->greenlet != SIZE_MAX &&
		    &view->snapshot->greenlets[t->greenlet] == g;
	const struct hog_snapshot_frame *v = runs ? t->frames : g->frames;
	size_t n = runs ? t->n_frames : g->n_frames;
	struct json_object *o = json_object_new_object();
	struct json_object *frames = json_object_new_array();

	add(o, "id", address(g->greenlet.addr));
	add(o, "name", g->name[0] ? text(g->name) : NULL);
	add(o, "state", text(hog_greenlet_state_name(g->greenlet.state)));
	add(o, "parent", address(g->greenlet.parent));
	if (g->torn)
		json_object_array_add(frames, marker("[torn]"));
	for (size_t i = 0; i < n; i++)
		json_object_array_add(frames, frame(view, &v[i]));
	if (g->truncated)
		json_object_array_add(frames, marker("[truncated]"));
	add(o, "frames", frames);
	return o;
}

static struct json_object *greenlets(const struct hog_dump_view *view,
				     const struct hog_snapshot_thread *t)
{
	const struct hog_snapshot *s = view->snapshot;
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < s->n_greenlets; i++)
		if (s->greenlets[i].thread == (size_t)(t - s->threads))
			json_object_array_add(
				all, greenlet(view, &s->greenlets[i], t));
	return all;
}

static struct json_object *thread(const struct hog_dump_view *view,
				  const struct hog_snapshot_thread *t)
{
	struct json_object *o = json_object_new_object();
	struct json_object *frames = json_object_new_array();
	const char *leaf = hog_dump_leaf_marker(t);
	const char *root = hog_dump_root_marker(t);
	char buf[HOG_DUMP_GREENLET_MAX];

	add(o, "tid", number(t->state.tid));
	add(o, "name", text(t->name));
	add(o, "main", json_object_new_boolean(t->state.main));
	add(o, "interpreter", number(t->interp));
	add(o, "gil", text(hog_pygilrole_name(t->gil)));
	add(o, "state", text(hog_osstate_name(t->os.state)));
	add(o, "syscall", t->syscall ? text(t->syscall) : NULL);
	add(o, "collecting", json_object_new_boolean(t->collecting));
	if (leaf)
		json_object_array_add(frames, marker(leaf));
	for (size_t i = 0; i < t->n_frames; i++)
		json_object_array_add(frames, frame(view, &t->frames[i]));
	if (root)
		json_object_array_add(frames, marker(root));
	if (t->greenlet != SIZE_MAX)
		json_object_array_add(frames,
				      marker(hog_dump_greenlet_marker(
					      view->snapshot, t->greenlet, buf,
					      sizeof(buf))));
	add(o, "frames", frames);
	if (view->tasks)
		add(o, "tasks",
		    tasks(view, (size_t)(t - view->snapshot->threads)));
	if (view->snapshot->has_greenlets)
		add(o, "greenlets", greenlets(view, t));
	return o;
}

/* json-c escapes what JSON asks for; DEL and the C1 controls are left, which a
 * terminal would obey.  They can only stand inside strings. */
static void put_safely(const char *json, FILE *out)
{
	const unsigned char *p = (const unsigned char *)json;

	for (; *p; p++) {
		if (*p == 0x7f) {
			fputs("\\u007f", out);
		} else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
			fprintf(out, "\\u%04x", p[1]);
			p++;
		} else {
			fputc(*p, out);
		}
	}
}

int hog_dump_json(const struct hog_dump_view *view, FILE *out)
{
	const struct hog_snapshot *s = view->snapshot;
	struct json_object *o = json_object_new_object();
	struct json_object *cmdline = json_object_new_array();
	struct json_object *threads = json_object_new_array();
	const char *json;

	add(o, "pid", number(view->target->pid));
	add(o, "python", text(s->py.version_text));
	for (char **arg = view->target->cmdline; arg && *arg; arg++)
		json_object_array_add(cmdline, text(*arg));
	add(o, "cmdline", cmdline);
	for (size_t i = 0; i < s->n_threads; i++)
		json_object_array_add(threads, thread(view, &s->threads[i]));
	add(o, "threads", threads);
	json = json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (json) {
		put_safely(json, out);
		fputc('\n', out);
	}
	json_object_put(o);
	return json ? 0 : -ENOMEM;
}
