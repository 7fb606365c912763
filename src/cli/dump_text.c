/* SPDX-License-Identifier: Apache-2.0 */
/* hognose dump for people.  Nothing of the target reaches the terminal raw. */
#include "cli/dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/say.h"
#include "cli/source.h"
#include "collect/snapshot.h"

#define SOURCE_MAX 200 /* bytes of a source line that are shown */

int hog_dump_put_plain(const char *text, FILE *out)
{
	size_t cap = strlen(text) * 4 + 8;
	_cleanup_free_ char *plain = malloc(cap);

	if (!plain)
		return -ENOMEM;
	fputs(hog_plain(text, plain, cap), out);
	return 0;
}

static int put_heading(const struct hog_dump_view *view, FILE *out)
{
	const struct hog_target *target = view->target;
	int r = 0;

	fprintf(out, "Process %d:", (int)target->pid);
	for (char **arg = target->cmdline; r == 0 && arg && *arg; arg++) {
		fputc(' ', out);
		r = hog_dump_put_plain(*arg, out);
	}
	fprintf(out, "\nPython %s\n", view->snapshot->py.version_text);
	return r;
}

static const char *gil_words(enum hog_pygilrole role)
{
	switch (role) {
	case HOG_GIL_HOLDS:
		return "holds the GIL";
	case HOG_GIL_WAITS:
		return "waits for the GIL";
	case HOG_GIL_NONE:
		break;
	}
	return NULL;
}

/* "Thread 42 "name" (main, holds the GIL, running)" */
static int put_thread_line(const struct hog_snapshot_thread *t, FILE *out)
{
	const char *gil = gil_words(t->gil);
	int r;

	fprintf(out, "\nThread %d \"", (int)t->state.tid);
	r = hog_dump_put_plain(t->name, out);
	fputs("\" (", out);
	if (t->state.main)
		fputs("main, ", out);
	if (t->interp != 0)
		fprintf(out, "interpreter %lld, ", (long long)t->interp);
	if (gil)
		fprintf(out, "%s, ", gil);
	if (t->collecting)
		fputs("collects garbage, ", out);
	if (t->os.state == HOG_OS_UNKNOWN)
		fputs("state unknown", out);
	else
		fputs(hog_osstate_name(t->os.state), out);
	if (t->syscall)
		fprintf(out, " in %s", t->syscall);
	fputs(")\n", out);
	return r;
}

static int put_source(const struct hog_dump_view *view, const char *file,
		      int32_t line, int indent, FILE *out)
{
	char text[SOURCE_MAX + 1];
	size_t len;
	const char *source = hog_sources_line(view->sources, file, line, &len);

	if (!source)
		return 0;
	while (len && (*source == ' ' || *source == '\t' || *source == '\f')) {
		source++;
		len--;
	}
	if (len == 0)
		return 0;
	if (len > SOURCE_MAX)
		len = SOURCE_MAX;
	memcpy(text, source, len);
	text[len] = '\0';
	fprintf(out, "%*s", indent + 4, "");
	if (hog_dump_put_plain(text, out) < 0)
		return -ENOMEM;
	fputc('\n', out);
	return 0;
}

static int put_locals(const struct hog_snapshot_frame *f, int indent, FILE *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->n_locals; i++) {
		fprintf(out, "%*s", indent + 6, "");
		r = hog_dump_put_plain(f->locals[i].name, out);
		fputs(" = ", out);
		if (r == 0)
			r = hog_dump_put_plain(f->locals[i].repr, out);
		fputc('\n', out);
	}
	return r;
}

int hog_dump_put_frame(const struct hog_dump_view *view,
		       const struct hog_snapshot_frame *f, int indent,
		       FILE *out)
{
	const struct hog_pycode *code = f->frame.code;
	int r;

	if (!code) {
		fprintf(out, "%*s[unreadable]\n", indent, "");
		return 0;
	}
	fprintf(out, "%*s", indent, "");
	r = hog_dump_put_plain(code->qualname, out);
	fputs(" (", out);
	if (r == 0)
		r = hog_dump_put_plain(code->filename, out);
	if (f->place.line > 0)
		fprintf(out, ":%d", f->place.line);
	fputs(")\n", out);
	if (r == 0)
		r = put_source(view, code->filename, f->place.line, indent,
			       out);
	if (r == 0 && view->locals)
		r = put_locals(f, indent, out);
	return r;
}

static int put_thread(const struct hog_dump_view *view,
		      const struct hog_snapshot_thread *t, FILE *out)
{
	const char *leaf = hog_dump_leaf_marker(t);
	const char *root = hog_dump_root_marker(t);
	int r = put_thread_line(t, out);

	if (leaf)
		fprintf(out, "    %s\n", leaf);
	for (size_t i = 0; r == 0 && i < t->n_frames; i++)
		r = hog_dump_put_frame(view, &t->frames[i], 4, out);
	if (root)
		fprintf(out, "    %s\n", root);
	hog_dump_greenlet_root(view, t, out);
	if (t->n_frames == 0 && !leaf && !root)
		fputs("    [no python]\n", out);
	return r;
}

int hog_dump_text(const struct hog_dump_view *view, FILE *out)
{
	const struct hog_snapshot *s = view->snapshot;
	int r = put_heading(view, out);

	for (size_t i = 0; r == 0 && i < s->n_threads; i++) {
		r = put_thread(view, &s->threads[i], out);
		if (r == 0 && view->tasks)
			r = hog_dump_tasks(view, i, out);
		if (r == 0)
			r = hog_dump_greenlets(view, i, out);
	}
	return r;
}
