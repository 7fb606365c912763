/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asyncio tasks for people: each below the one that awaits it.  Without
 * recursion, as a chain of tasks may be as long as the program likes.
 */
#include "cli/dump.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "collect/snapshot.h"

#define STEP 4
#define INDENT_MAX 40 /* deeper ones stand below each other */

/* The tree of one thread's tasks as links between their indexes. */
struct tree {
	size_t *child, *sibling; /* owned: of each task; SIZE_MAX none */
	bool *shown;             /* owned */
};

static void tree_fini(struct tree *t)
{
	free(t->child);
	free(t->sibling);
	free(t->shown);
}

/* Backwards, so that children stand in the order of the list. */
static int tree_init(struct tree *t, const struct hog_snapshot *s)
{
	t->child = malloc((s->n_tasks + 1) * sizeof(size_t));
	t->sibling = malloc((s->n_tasks + 1) * sizeof(size_t));
	t->shown = calloc(s->n_tasks + 1, sizeof(bool));
	if (!t->child || !t->sibling || !t->shown)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_tasks; i++)
		t->child[i] = t->sibling[i] = SIZE_MAX;
	for (size_t i = s->n_tasks; i-- > 0;) {
		size_t parent = s->tasks[i].parent;

		if (parent == SIZE_MAX)
			continue;
		t->sibling[i] = t->child[parent];
		t->child[parent] = i;
	}
	return 0;
}

static int put_name(const struct hog_snapshot_task *t, FILE *out)
{
	int r;

	fputc('"', out);
	r = hog_dump_put_plain(t->task.name[0] ? t->task.name : t->coro, out);
	fputc('"', out);
	return r;
}

static const char *state_words(const struct hog_snapshot_task *t)
{
	switch (t->task.state) {
	case HOG_PYTASK_CREATED:
		return "not started yet";
	case HOG_PYTASK_READY:
		return "ready to run";
	default:
		return hog_pytask_state_name(t->task.state);
	}
}

/* "Task "name" of worker (waiting for sleep; also awaited by "b")" */
static int put_heading(const struct hog_snapshot *s,
		       const struct hog_snapshot_task *t, int indent, FILE *out)
{
	unsigned others = t->task.n_awaiters;
	int r;

	others -= t->parent != SIZE_MAX && others > 0;
	fprintf(out, "%*sTask ", indent, "");
	r = put_name(t, out);
	if (t->coro[0]) {
		fputs(" of ", out);
		r = r < 0 ? r : hog_dump_put_plain(t->coro, out);
	}
	fprintf(out, " (%s", state_words(t));
	if (t->awaits[0]) {
		fputs(" for ", out);
		r = r < 0 ? r : hog_dump_put_plain(t->awaits, out);
	}
	if (t->parent != SIZE_MAX) {
		fputs(", awaited by ", out);
		r = r < 0 ? r : put_name(&s->tasks[t->parent], out);
	}
	if (others > 0)
		fprintf(out, "%s %u%s other%s",
			t->parent != SIZE_MAX ? " and" : ", awaited by", others,
			t->task.more_awaiters ? " or more" : "",
			others > 1 ? "s" : "");
	fputs(")\n", out);
	return r;
}

static int put_task(const struct hog_dump_view *view, size_t i, int depth,
		    FILE *out)
{
	const struct hog_snapshot_task *t = &view->snapshot->tasks[i];
	int indent = depth * STEP < INDENT_MAX ? depth * STEP : INDENT_MAX;
	int r = put_heading(view->snapshot, t, indent + STEP / 2, out);

	if (t->torn)
		fprintf(out, "%*s[torn]\n", indent + STEP * 2, "");
	if (t->task.cut)
		fprintf(out, "%*s[truncated]\n", indent + STEP * 2, "");
	for (size_t k = 0; r == 0 && k < t->n_frames; k++)
		r = hog_dump_put_frame(view, &t->frames[k], indent + STEP * 2,
				       out);
	return r;
}

/* The task and all below it, in depth first order. */
static int put_tree(const struct hog_dump_view *view, struct tree *tree,
		    size_t root, FILE *out)
{
	const struct hog_snapshot *s = view->snapshot;
	size_t at = root;
	int depth = 0, r = 0;

	while (r == 0 && at != SIZE_MAX) {
		size_t next = SIZE_MAX;

		if (!tree->shown[at]) {
			tree->shown[at] = true;
			r = put_task(view, at, depth, out);
			next = tree->child[at];
			depth += next != SIZE_MAX;
		}
		/* No child, or one that a cycle has shown before: its sibling,
		 * or that of the next one up. */
		while (next == SIZE_MAX && at != root) {
			next = tree->sibling[at];
			if (next == SIZE_MAX) {
				at = s->tasks[at].parent;
				depth--;
			}
		}
		if (next == SIZE_MAX)
			break;
		at = next;
	}
	return r;
}

static size_t count(const struct hog_snapshot *s, size_t thread)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_tasks; i++)
		n += s->tasks[i].thread == thread;
	return n;
}

int hog_dump_tasks(const struct hog_dump_view *view, size_t thread, FILE *out)
{
	const struct hog_snapshot *s = view->snapshot;
	struct tree tree = { 0 };
	int r;

	if (thread == 0 && s->n_more_tasks > 0)
		fprintf(out, "  %zu suspended tasks not shown: --async=all\n",
			s->n_more_tasks);
	if (count(s, thread) == 0)
		return 0;
	r = tree_init(&tree, s);
	for (size_t i = 0; r == 0 && i < s->n_tasks; i++)
		if (s->tasks[i].thread == thread && !tree.shown[i] &&
		    s->tasks[i].parent == SIZE_MAX)
			r = put_tree(view, &tree, i, out);
	/* What is left hangs in circles. */
	for (size_t i = 0; r == 0 && i < s->n_tasks; i++)
		if (s->tasks[i].thread == thread && !tree.shown[i])
			r = put_tree(view, &tree, i, out);
	tree_fini(&tree);
	return r;
}
