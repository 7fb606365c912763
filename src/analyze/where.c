/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a call fulfils compiled conditions. */
#include "analyze/where.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/call.h"
#include "analyze/where_priv.h"
#include "base/errno_name.h"

static bool compare(enum hog_where_op op, int64_t a, int64_t b)
{
	switch (op) {
	case HOG_WHERE_TRUTH:
		return a != 0;
	case HOG_WHERE_EQ:
		return a == b;
	case HOG_WHERE_NE:
		return a != b;
	case HOG_WHERE_LT:
		return a < b;
	case HOG_WHERE_LE:
		return a <= b;
	case HOG_WHERE_GT:
		return a > b;
	case HOG_WHERE_GE:
		return a >= b;
	case HOG_WHERE_BITS:
		return (a & b) == b;
	default:
		return false;
	}
}

static bool is_like(const struct hog_where_cond *c, struct hog_calltext t)
{
	regmatch_t at = { .rm_so = 0, .rm_eo = (regoff_t)t.len };

	if (c->op == HOG_WHERE_MATCH)
		return regexec(&c->regex, t.text, 1, &at, REG_STARTEND) == 0;
	return t.len == c->string_len && memcmp(t.text, c->string, t.len) == 0;
}

static bool test_text(const struct hog_where_cond *c, struct hog_calltext t)
{
	if (c->op == HOG_WHERE_TRUTH)
		return t.len > 0;
	return is_like(c, t) == (c->op != HOG_WHERE_NE);
}

/* Two names of the same thing: either may be meant. */
static bool test_texts(const struct hog_where_cond *c, struct hog_calltext a,
		       struct hog_calltext b)
{
	if (c->op == HOG_WHERE_NE)
		return test_text(c, a) && test_text(c, b);
	return test_text(c, a) || test_text(c, b);
}

static bool test_place(const struct hog_where_cond *c,
		       const struct hog_callview *v)
{
	struct hog_callplace p = hog_callview_place(v);
	struct hog_calltext last;

	if (!p.frame)
		return false;
	if (c->field == HOG_WHERE_LINE)
		return p.line > 0 && compare(c->op, p.line, c->number);
	if (c->field == HOG_WHERE_FILE)
		return test_texts(c, p.file, p.short_file);
	last = p.name;
	for (size_t i = p.name.len; i > 0 && last.len == p.name.len; i--)
		if (p.name.text[i - 1] == '.')
			last = (struct hog_calltext){ p.name.text + i,
						      p.name.len - i };
	return test_texts(c, p.name, last);
}

static bool test_errno(const struct hog_where_cond *c,
		       const struct hog_callview *v)
{
	const char *name = v->error ? hog_errno_name(v->error) : "";

	if (!v->ended)
		return false;
	if (!c->string)
		return compare(c->op, v->error, c->number);
	if (!name)
		return false;
	return test_text(c, (struct hog_calltext){ name, strlen(name) });
}

static bool test_result(const struct hog_where_cond *c,
			const struct hog_callview *v)
{
	if (!v->ended)
		return false;
	return c->string ? test_text(c, v->ret)
			 : compare(c->op, v->result, c->number);
}

static bool test_arg(const struct hog_where_cond *c,
		     const struct hog_callview *v)
{
	const struct hog_detail_field *a =
		hog_callview_arg(v, c->arg, c->arg_len);

	if (!a || a->kind == HOG_VALUE_NONE)
		return false;
	if (a->kind == HOG_VALUE_STRING) {
		if (!c->string && c->op != HOG_WHERE_TRUTH)
			return false;
		return test_text(c, (struct hog_calltext){ a->string,
							   a->string_len });
	}
	if (!c->string)
		return compare(c->op, a->number, c->number);
	return test_text(c, (struct hog_calltext){ a->text, a->text_len });
}

static bool test_path(const struct hog_where_cond *c,
		      const struct hog_callview *v)
{
	struct hog_calltext path = hog_callview_path(v);

	return path.len > 0 && test_text(c, path);
}

static bool is_place(enum hog_where_field field)
{
	return field == HOG_WHERE_FUNCTION || field == HOG_WHERE_FILE ||
	       field == HOG_WHERE_LINE;
}

static bool test(const struct hog_where_cond *c, const struct hog_callview *v)
{
	switch (c->field) {
	case HOG_WHERE_NAME:
		return test_text(c, v->name);
	case HOG_WHERE_PATH:
		return test_path(c, v);
	case HOG_WHERE_THREAD:
		return test_text(c, hog_callview_thread(v));
	case HOG_WHERE_FUNCTION:
	case HOG_WHERE_FILE:
	case HOG_WHERE_LINE:
		return test_place(c, v);
	case HOG_WHERE_PID:
		return compare(c->op, v->pid, c->number);
	case HOG_WHERE_TID:
		return compare(c->op, v->tid, c->number);
	case HOG_WHERE_RESULT:
		return test_result(c, v);
	case HOG_WHERE_ERRNO:
		return test_errno(c, v);
	case HOG_WHERE_DURATION:
		return v->timed &&
		       compare(c->op, (int64_t)v->ev->duration_ns, c->number);
	case HOG_WHERE_ARG:
		return test_arg(c, v);
	}
	return false;
}

static enum hog_where_answer answer(bool yes)
{
	return yes ? HOG_WHERE_YES : HOG_WHERE_NO;
}

/* A "no" decides && and a "yes" decides ||, whatever the stack will say.  As
 * deep as brackets and chains go, which compiling has bounded. */
static enum hog_where_answer eval(const struct hog_where *w, unsigned at,
				  const struct hog_callview *v, bool stack)
{
	const struct hog_where_node *n = &w->nodes[at];
	enum hog_where_answer decides = HOG_WHERE_NO, left, right;

	if (n->kind == HOG_WHERE_COND) {
		const struct hog_where_cond *c = &w->conds[n->left];

		if (!stack && is_place(c->field))
			return HOG_WHERE_BY_STACK;
		return answer(test(c, v));
	}
	left = eval(w, n->left, v, stack);
	if (n->kind == HOG_WHERE_NOT)
		return left == HOG_WHERE_BY_STACK ? left : answer(!left);
	if (n->kind == HOG_WHERE_OR)
		decides = HOG_WHERE_YES;
	if (left == decides)
		return left;
	right = eval(w, n->right, v, stack);
	if (right == decides || left != HOG_WHERE_BY_STACK)
		return right;
	return left;
}

enum hog_where_answer hog_where_without_stack(const struct hog_where *w,
					      const struct hog_callview *v)
{
	return eval(w, w->root, v, false);
}

bool hog_where_matches(const struct hog_where *w, const struct hog_callview *v)
{
	return eval(w, w->root, v, true) == HOG_WHERE_YES;
}

void hog_where_free(struct hog_where *w)
{
	if (!w)
		return;
	for (unsigned i = 0; i < w->n_conds; i++) {
		free(w->conds[i].arg);
		free(w->conds[i].string);
		if (w->conds[i].has_regex)
			regfree(&w->conds[i].regex);
	}
	free(w->conds);
	free(w->nodes);
	free(w);
}
