/* SPDX-License-Identifier: Apache-2.0 */
/* Greenlets for people. */
#include "cli/dump.h"

#include <stdint.h>

#include "cli/say.h"
#include "collect/snapshot.h"

const char *hog_dump_greenlet_marker(const struct hog_snapshot *s, size_t i,
				     char *buf, size_t cap)
{
	const struct hog_snapshot_greenlet *g = &s->greenlets[i];
	char name[4 * HOG_GREENLET_NAME_MAX + 8];

	if (g->name[0])
		snprintf(buf, cap, "[greenlet %s]",
			 hog_plain(g->name, name, sizeof(name)));
	else
		snprintf(buf, cap, "[greenlet 0x%llx]",
			 (unsigned long long)g->greenlet.addr);
	return buf;
}

void hog_dump_greenlet_root(const struct hog_dump_view *view,
			    const struct hog_snapshot_thread *t, FILE *out)
{
	char buf[HOG_DUMP_GREENLET_MAX];

	if (t->greenlet != SIZE_MAX)
		fprintf(out, "    %s\n",
			hog_dump_greenlet_marker(view->snapshot, t->greenlet,
						 buf, sizeof(buf)));
}

static const char *state_words(enum hog_greenlet_state state)
{
	return state == HOG_GREENLET_NEW ? "not started yet"
					 : hog_greenlet_state_name(state);
}

/* "Greenlet 0x7f0123 "name" (parked)" and its frames. */
static int put_greenlet(const struct hog_dump_view *view,
			const struct hog_snapshot_greenlet *g, FILE *out)
{
	int r = 0;

	fprintf(out, "  Greenlet 0x%llx ",
		(unsigned long long)g->greenlet.addr);
	if (g->name[0]) {
		fputc('"', out);
		r = hog_dump_put_plain(g->name, out);
		fputs("\" ", out);
	}
	fprintf(out, "(%s)\n", state_words(g->greenlet.state));
	if (g->torn)
		fputs("        [torn]\n", out);
	for (size_t i = 0; r == 0 && i < g->n_frames; i++)
		r = hog_dump_put_frame(view, &g->frames[i], 8, out);
	if (g->truncated)
		fputs("        [truncated]\n", out);
	return r;
}

int hog_dump_greenlets(const struct hog_dump_view *view, size_t thread,
		       FILE *out)
{
	const struct hog_snapshot *s = view->snapshot;
	int r = 0;

	if (thread == 0 && s->n_more_greenlets > 0)
		fprintf(out, "  %zu parked greenlet%s not shown: --async=all\n",
			s->n_more_greenlets,
			s->n_more_greenlets > 1 ? "s" : "");
	for (size_t i = 0; r == 0 && i < s->n_greenlets; i++)
		if (s->greenlets[i].thread == thread &&
		    s->threads[thread].greenlet != i)
			r = put_greenlet(view, &s->greenlets[i], out);
	return r;
}
