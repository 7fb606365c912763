/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/calls_view.h"

#include <errno.h>
#include <string.h>

#include "analyze/where.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/numbers.h"
#include "cli/output.h"
#include "cli/say.h"
#include "syscalls/decode.h"

#define STACK_MAX 4096
#define EXCERPT 64 /* of an expression, around the place that is wrong */

/* Index of text in words, which NULL ends; -1: none. */
static int index_of(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], text))
			return i;
	return -1;
}

static int parse_stack(const char *text, unsigned *ret, struct hog_err *err)
{
	uint64_t n;
	int r;

	if (!strcmp(text, "none") || !strcmp(text, "0")) {
		*ret = HOG_STACK_NONE;
		return 0;
	}
	if (!strcmp(text, "full")) {
		*ret = HOG_STACK_FULL;
		return 0;
	}
	r = hog_parse_count(text, "number of lines", 1, STACK_MAX, &n, NULL);
	if (r < 0)
		return hog_err_say(err, r,
				   "use a number up to 4096, none or full",
				   "bad number of lines '%.40s'", text);
	*ret = (unsigned)n;
	return 0;
}

static int parse_weight(const char *text, enum hog_weight *ret,
			struct hog_err *err)
{
	static const char *const words[] = { "count", "time", "bytes", NULL };
	int i = index_of(words, text);

	if (i < 0)
		return hog_err_say(err, -EINVAL, "use count, time or bytes",
				   "unknown weight '%.40s'", text);
	*ret = (enum hog_weight)(HOG_WEIGHT_COUNT + i);
	return 0;
}

/* NULL: --summary without a value. */
static int parse_group(const char *text, enum hog_group *ret,
		       struct hog_err *err)
{
	static const char *const words[] = { "call", "line", "thread", NULL };
	int i = text ? index_of(words, text) : 0;

	if (i < 0)
		return hog_err_say(err, -EINVAL,
				   "use --summary, --summary=call, "
				   "--summary=line or --summary=thread",
				   "unknown kind of summary '%.40s'", text);
	*ret = (enum hog_group)i;
	return 0;
}

int hog_calls_view_parse(const struct hog_args *args, struct hog_view *view,
			 struct hog_err *err)
{
	const char *stack = hog_args_value(args, HOG_CALLS_STACK);
	const char *weight = hog_args_value(args, HOG_CALLS_WEIGHT);
	int r = 0;

	view->json = hog_args_has(args, HOG_CALLS_JSON);
	if (stack)
		r = parse_stack(stack, &view->stack, err);
	if (r == 0 && weight)
		r = parse_weight(weight, &view->weight, err);
	if (r == 0 && hog_args_has(args, HOG_CALLS_SUMMARY))
		r = parse_group(hog_args_value(args, HOG_CALLS_SUMMARY),
				&view->group, err);
	return r;
}

static bool weighs(const struct hog_sink_ops *ops)
{
	return !strcmp(ops->name, "html") || !strcmp(ops->name, "folded") ||
	       !strcmp(ops->name, "table");
}

static int check(const struct hog_view *view, const struct hog_sink_ops *ops,
		 struct hog_err *err)
{
	if (view->json && strcmp(ops->name, "summary") != 0)
		return hog_err_say(err, -EINVAL,
				   "use -f jsonl for the calls themselves",
				   "--json is for --summary");
	if (view->weight && !weighs(ops))
		return hog_err_say(err, -EINVAL,
				   "use it with html, folded or table",
				   "format '%s' shows calls without a weight",
				   ops->name);
	return 0;
}

/* What a person reads ends in .txt, of a trace as of a table of functions. */
static bool is_plain_path(const char *path)
{
	size_t len = path ? strlen(path) : 0;

	return len == 0 || !strcmp(path, "-") ||
	       (len > 4 && !strcmp(path + len - 4, ".txt"));
}

int hog_calls_view_format(const struct hog_args *args, const char *path,
			  const char *plain, const struct hog_view *view,
			  const struct hog_sink_ops **ret, struct hog_err *err)
{
	const char *format = hog_args_value(args, 'f');
	bool summary = hog_args_has(args, HOG_CALLS_SUMMARY);
	int r;

	if (summary && format && strcmp(format, "summary") != 0)
		return hog_err_say(err, -EINVAL, "leave one of them out",
				   "both --summary and -f %.40s are given",
				   format);
	if (summary)
		format = "summary";
	else if (!format && is_plain_path(path))
		format = view->weight ? "table" : plain;
	r = hog_output_choose(format, path, ret, err);
	return r < 0 ? r : check(view, *ret, err);
}

/* Three lines: what is wrong, the expression, a caret under the place. */
static int bad_where(const char *command, const char *text, size_t at,
		     struct hog_err *err)
{
	size_t from = at > EXCERPT / 2 ? at - EXCERPT / 2 : 0;

	hog_err_wrap(err, err->code, "--where");
	hog_usage(command, err);
	hog_say(command, "  %.*s", EXCERPT, text + from);
	hog_say(command, "  %*s^", (int)(at - from), "");
	return HOG_EXIT_USAGE;
}

int hog_calls_where(const char *command, const struct hog_args *args,
		    struct hog_where **ret)
{
	static const struct hog_where_words words = {
		.constant = hog_call_constant,
		.argument = hog_call_argument,
	};
	const char *text = hog_args_value(args, HOG_CALLS_WHERE);
	struct hog_err err = { 0 };
	size_t at = 0;
	int r;

	*ret = NULL;
	if (!text)
		return HOG_EXIT_OK;
	r = hog_where_new(text, &words, ret, &at, &err);
	if (r == -EINVAL)
		return bad_where(command, text, at, &err);
	return r < 0 ? hog_fail(command, &err) : HOG_EXIT_OK;
}
