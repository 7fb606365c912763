/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions from text.
 *
 *   or:    and { "||" and }
 *   and:   unary { "&&" unary }
 *   unary: "!" unary | "(" or ")" | condition
 *   condition: WORD [ sign value ]
 *
 * A value is a number, a time, a quoted string, or a word: a constant by its
 * name, and where the left side is text, that text.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/where.h"
#include "analyze/where_priv.h"
#include "analyze/where_token.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/errno_name.h"
#include "base/suggest.h"

#define WORD_MAX 64

struct compiler {
	struct hog_where_lexer lex;
	struct hog_where *w;
	const struct hog_where_words *words;
	unsigned depth;
	size_t bad_at;
	struct hog_err *err;
};

static const struct {
	const char *name;
	enum hog_where_field field;
} fields[] = {
	{ "name", HOG_WHERE_NAME },         { "path", HOG_WHERE_PATH },
	{ "thread", HOG_WHERE_THREAD },     { "function", HOG_WHERE_FUNCTION },
	{ "file", HOG_WHERE_FILE },         { "line", HOG_WHERE_LINE },
	{ "pid", HOG_WHERE_PID },           { "tid", HOG_WHERE_TID },
	{ "result", HOG_WHERE_RESULT },     { "errno", HOG_WHERE_ERRNO },
	{ "duration", HOG_WHERE_DURATION },
};

static int parse_or(struct compiler *c, unsigned *ret_node);

#define wrong(c, ...) wrong_at(c, (c)->lex.begin, __VA_ARGS__)
#define wrong_at(c, at, ...)                                                   \
	((c)->bad_at = (at), hog_err_say((c)->err, -EINVAL, NULL, __VA_ARGS__))

static bool word_is(const struct compiler *c, const char *text)
{
	return strlen(text) == c->lex.len &&
	       !memcmp(c->lex.text + c->lex.begin, text, c->lex.len);
}

static const char *word(const struct compiler *c, char buf[WORD_MAX])
{
	size_t n = c->lex.len < WORD_MAX ? c->lex.len : WORD_MAX - 1;

	memcpy(buf, c->lex.text + c->lex.begin, n);
	buf[n] = '\0';
	return buf;
}

static int no_memory(struct compiler *c)
{
	return hog_err_set(c->err, -ENOMEM, "conditions");
}

static int add_node(struct compiler *c, enum hog_where_kind kind, unsigned left,
		    unsigned right, unsigned *ret)
{
	struct hog_where *w = c->w;

	if (w->n_nodes == HOG_WHERE_NODES_MAX)
		return wrong(c, "there are too many conditions");
	w->nodes[w->n_nodes] = (struct hog_where_node){ kind, left, right };
	*ret = w->n_nodes++;
	return 0;
}

/* Text between quotes.  A backslash takes the meaning from a quote or another
 * backslash; before anything else it stays, for regular expressions. */
static char *unquoted(const struct compiler *c, size_t *ret_len)
{
	const char *s = c->lex.text + c->lex.begin;
	char *text = malloc(c->lex.len + 1);
	size_t n = 0;

	for (size_t i = 0; text && i < c->lex.len; i++) {
		bool quoted = c->lex.token == HOG_TOK_STRING && s[i] == '\\' &&
			      i + 1 < c->lex.len &&
			      (s[i + 1] == s[-1] || s[i + 1] == '\\');

		if (quoted)
			i++;
		text[n++] = s[i];
	}
	if (text)
		text[n] = '\0';
	*ret_len = n;
	return text;
}

static bool is_text(enum hog_where_field field)
{
	return field <= HOG_WHERE_FILE;
}

static int take_regex(struct compiler *c, struct hog_where_cond *cond)
{
	char why[128];
	int r = regcomp(&cond->regex, cond->string, REG_EXTENDED);

	if (r == 0) {
		cond->has_regex = true;
		return 0;
	}
	regerror(r, &cond->regex, why, sizeof(why));
	return wrong(c, "bad regular expression: %s", why);
}

static int take_string(struct compiler *c, struct hog_where_cond *cond)
{
	bool wants_text = is_text(cond->field) || cond->op == HOG_WHERE_MATCH ||
			  cond->field == HOG_WHERE_ARG ||
			  cond->field == HOG_WHERE_ERRNO;

	if (!wants_text)
		return wrong(c, "a number is needed here");
	if (cond->op != HOG_WHERE_EQ && cond->op != HOG_WHERE_NE &&
	    cond->op != HOG_WHERE_MATCH)
		return wrong(c, "text is compared with ==, != or ~");
	cond->string = unquoted(c, &cond->string_len);
	if (!cond->string)
		return no_memory(c);
	return cond->op == HOG_WHERE_MATCH ? take_regex(c, cond) : 0;
}

/* A constant by its name, or a number. */
static int take_number(struct compiler *c, const struct hog_where_cond *cond,
		       int64_t *ret)
{
	bool time = cond->field == HOG_WHERE_DURATION;
	char buf[WORD_MAX];

	if (c->lex.token == HOG_TOK_NUMBER) {
		*ret = c->lex.number;
		if (time && !c->lex.unit)
			return wrong(c, "a duration needs a unit: ns, us, ms "
					"or s, as in 5ms");
		if (!time && c->lex.unit)
			return wrong(c, "only a duration has a unit");
		return 0;
	}
	if (time)
		return wrong(c, "a duration is a number with a unit, as in "
				"5ms");
	*ret = hog_errno_number(word(c, buf));
	if (*ret && cond->field == HOG_WHERE_ERRNO)
		return 0;
	if (c->lex.len < WORD_MAX && c->words->constant &&
	    c->words->constant(buf, ret))
		return 0;
	return wrong(c,
		     cond->field == HOG_WHERE_ERRNO
			     ? "there is no error '%s'"
			     : "unknown constant '%s'; text stands in "
			       "quotes",
		     buf);
}

/* O_CREAT, or O_CREAT|O_EXCL. */
static int take_bits(struct compiler *c, struct hog_where_cond *cond)
{
	int64_t bit;
	int r;

	for (;;) {
		if (c->lex.token != HOG_TOK_NUMBER &&
		    c->lex.token != HOG_TOK_WORD)
			return wrong(c, "a flag is needed here");
		r = take_number(c, cond, &bit);
		if (r < 0)
			return r;
		cond->number |= bit;
		hog_where_scan(&c->lex);
		if (c->lex.token != HOG_TOK_BAR)
			return 0;
		hog_where_scan(&c->lex);
	}
}

static int take_value(struct compiler *c, struct hog_where_cond *cond)
{
	int r;

	switch (c->lex.token) {
	case HOG_TOK_STRING:
		r = take_string(c, cond);
		break;
	case HOG_TOK_WORD:
		r = is_text(cond->field) ? take_string(c, cond)
		    : cond->op == HOG_WHERE_MATCH
			    ? wrong(c, "a regular expression stands in quotes")
			    : take_number(c, cond, &cond->number);
		break;
	case HOG_TOK_NUMBER:
		if (is_text(cond->field) || cond->op == HOG_WHERE_MATCH)
			r = wrong(c, "text in quotes is needed here");
		else
			r = take_number(c, cond, &cond->number);
		break;
	case HOG_TOK_BAD:
		return wrong(c, "%s", c->lex.why);
	default:
		return wrong(c, "a value is needed here");
	}
	if (r == 0)
		hog_where_scan(&c->lex);
	return r;
}

static int take_field(struct compiler *c, struct hog_where_cond *cond)
{
	static const char prefix[] = "arg.";
	size_t skip = sizeof(prefix) - 1;
	char near[WORD_MAX];
	struct hog_suggest like;

	cond->field = HOG_WHERE_ARG;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (word_is(c, fields[i].name))
			cond->field = fields[i].field;
	if (cond->field != HOG_WHERE_ARG)
		return 0;
	if (c->lex.len <= skip ||
	    memcmp(c->lex.text + c->lex.begin, prefix, skip) != 0)
		skip = 0;
	cond->arg_len = c->lex.len - skip;
	cond->arg = strndup(c->lex.text + c->lex.begin + skip, cond->arg_len);
	if (!cond->arg)
		return no_memory(c);
	if (!c->words->argument ||
	    c->words->argument(cond->arg, near, sizeof(near)))
		return 0;
	hog_suggest_init(&like, cond->arg, cond->arg_len);
	hog_suggest_try(&like, near);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		hog_suggest_try(&like, fields[i].name);
	return like.best[0]
		       ? wrong(c,
			       "no call has an argument '%.40s'; did you mean "
			       "'%s'?",
			       cond->arg, like.best)
		       : wrong(c,
			       "no call has an argument '%.40s'; -f jsonl "
			       "shows how they are called",
			       cond->arg);
}

static int take_sign(struct compiler *c, struct hog_where_cond *cond)
{
	size_t at = c->lex.begin;

	switch (c->lex.token) {
	case HOG_TOK_EQ:
	case HOG_TOK_NE:
	case HOG_TOK_LT:
	case HOG_TOK_LE:
	case HOG_TOK_GT:
	case HOG_TOK_GE:
	case HOG_TOK_LIKE:
	case HOG_TOK_BITS:
		cond->op = (enum hog_where_op)(c->lex.token - HOG_TOK_EQ +
					       HOG_WHERE_EQ);
		break;
	case HOG_TOK_BAD:
		return wrong(c, "%s", c->lex.why);
	default:
		cond->op = HOG_WHERE_TRUTH;
		return 0;
	}
	hog_where_scan(&c->lex);
	if (cond->op != HOG_WHERE_BITS)
		return take_value(c, cond);
	if (is_text(cond->field) || cond->field == HOG_WHERE_DURATION)
		return wrong_at(c, at, "flags are of a number");
	return take_bits(c, cond);
}

static int parse_condition(struct compiler *c, unsigned *ret)
{
	struct hog_where_cond *cond;
	int r;

	if (c->lex.token == HOG_TOK_BAD)
		return wrong(c, "%s", c->lex.why);
	if (c->lex.token != HOG_TOK_WORD)
		return wrong(c, "a condition is needed here, such as name == "
				"open");
	if (c->w->n_conds == HOG_WHERE_NODES_MAX)
		return wrong(c, "there are too many conditions");
	cond = &c->w->conds[c->w->n_conds];
	r = add_node(c, HOG_WHERE_COND, c->w->n_conds++, 0, ret);
	if (r == 0)
		r = take_field(c, cond);
	if (r < 0)
		return r;
	hog_where_scan(&c->lex);
	return take_sign(c, cond);
}

static int parse_brackets(struct compiler *c, unsigned *ret)
{
	size_t at = c->lex.begin;
	int r;

	hog_where_scan(&c->lex);
	r = parse_or(c, ret);
	if (r < 0)
		return r;
	if (c->lex.token != HOG_TOK_CLOSE && c->lex.token != HOG_TOK_END)
		return wrong(c, "&&, || or ) is needed here");
	if (c->lex.token == HOG_TOK_END)
		return wrong_at(c, at, "this bracket is never closed");
	hog_where_scan(&c->lex);
	return 0;
}

static int parse_unary(struct compiler *c, unsigned *ret)
{
	unsigned node;
	int r;

	if (c->lex.token != HOG_TOK_NOT && c->lex.token != HOG_TOK_OPEN)
		return parse_condition(c, ret);
	if (++c->depth > HOG_WHERE_DEPTH_MAX)
		return wrong(c, "brackets are too deep");
	if (c->lex.token == HOG_TOK_OPEN) {
		r = parse_brackets(c, ret);
	} else {
		hog_where_scan(&c->lex);
		r = parse_unary(c, &node);
		if (r == 0)
			r = add_node(c, HOG_WHERE_NOT, node, 0, ret);
	}
	c->depth--;
	return r;
}

static int parse_and(struct compiler *c, unsigned *ret)
{
	unsigned left, right;
	int r = parse_unary(c, &left);

	while (r == 0 && c->lex.token == HOG_TOK_AND) {
		hog_where_scan(&c->lex);
		r = parse_unary(c, &right);
		if (r == 0)
			r = add_node(c, HOG_WHERE_AND, left, right, &left);
	}
	if (r == 0)
		*ret = left;
	return r;
}

static int parse_or(struct compiler *c, unsigned *ret)
{
	unsigned left, right;
	int r = parse_and(c, &left);

	while (r == 0 && c->lex.token == HOG_TOK_OR) {
		hog_where_scan(&c->lex);
		r = parse_and(c, &right);
		if (r == 0)
			r = add_node(c, HOG_WHERE_OR, left, right, &left);
	}
	if (r == 0)
		*ret = left;
	return r;
}

static int parse_all(struct compiler *c)
{
	int r;

	hog_where_scan(&c->lex);
	r = parse_or(c, &c->w->root);
	if (r < 0 || c->lex.token == HOG_TOK_END)
		return r;
	if (c->lex.token == HOG_TOK_BAD)
		return wrong(c, "%s", c->lex.why);
	if (c->lex.token == HOG_TOK_CLOSE)
		return wrong(c, "this bracket was never opened");
	return wrong(c, "&& or || is needed here");
}

int hog_where_new(const char *text, const struct hog_where_words *words,
		  struct hog_where **ret, size_t *ret_at, struct hog_err *err)
{
	struct hog_where *w = calloc(1, sizeof(*w));
	struct compiler c = {
		.lex = { .text = text }, .w = w, .words = words, .err = err
	};
	int r = -ENOMEM;

	if (w) {
		w->nodes = calloc(HOG_WHERE_NODES_MAX, sizeof(*w->nodes));
		w->conds = calloc(HOG_WHERE_NODES_MAX, sizeof(*w->conds));
	}
	if (w && w->nodes && w->conds)
		r = parse_all(&c);
	else
		no_memory(&c);
	if (r < 0) {
		hog_where_free(w);
		if (ret_at)
			*ret_at = c.bad_at;
		return r;
	}
	*ret = w;
	return 0;
}
