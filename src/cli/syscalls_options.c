/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `hognose syscalls`: the table, and what it means. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/calls_view.h"
#include "cli/command.h"
#include "cli/numbers.h"
#include "cli/output.h"
#include "cli/syscalls.h"

#define STRING_LIMIT 32
#define STRING_LIMIT_MAX 65536

const struct hog_opt hog_syscalls_options[] = {
	{ 'p', "pid", "PID", "follow this process (repeatable)", false },
	{ HOG_CHOOSE_ALL, "all", NULL, "every Python on this machine", false },
	{ HOG_CHOOSE_NAME, "name", "PATTERN", HOG_CHOOSE_NAME_HELP, false },
	{ HOG_CHOOSE_CGROUP, "cgroup", "GROUP", HOG_CHOOSE_CGROUP_HELP, false },
	{ 'e', "calls", "SET",
	  "which calls: names, %class, /regex/, '!' in front: not; by commas "
	  "(default: all)",
	  false },
	{ HOG_CALLS_WHERE, "where", "EXPR", HOG_CALLS_WHERE_HELP, false },
	{ HOG_SYSCALLS_VIA, "via", "WAY",
	  "seccomp (launched programs) or ptrace; default: the best that is "
	  "allowed",
	  false },
	{ HOG_CALLS_STACK, "stack", "N|none|full", HOG_CALLS_STACK_HELP,
	  false },
	{ HOG_SYSCALLS_STRING_LIMIT, "string-limit", "N",
	  "bytes shown of a string or a buffer (default 32)", false },
	{ HOG_CALLS_SUMMARY, "summary", "call|line|thread",
	  HOG_CALLS_SUMMARY_HELP, false, true },
	{ HOG_CALLS_JSON, "json", NULL, HOG_CALLS_JSON_HELP, false },
	{ HOG_CALLS_WEIGHT, "weight", "count|time|bytes", HOG_CALLS_WEIGHT_HELP,
	  false },
	HOG_SYSCALLS_CHECK_OPTIONS,
	{ 'o', "output", "FILE",
	  "write to FILE, '-' for standard output; its suffix picks the format",
	  false },
	{ 'f', "format", "FORMAT",
	  "text, jsonl, hog, chrome ...: see 'hognose formats'; of a check: "
	  "text, json, junit",
	  false },
	{ 'd', "duration", "SECS", "stop after that long: 10, 1.5, 2m", false },
	{ HOG_SYSCALLS_FOLLOW, "follow", NULL,
	  "follow child processes too (default)", true },
	{ 't', "threads", NULL, "show each thread as a frame of its own",
	  false },
	{ HOG_SYSCALLS_FUNCTION, "function", NULL,
	  "functions only, without line numbers", false },
	{ HOG_SYSCALLS_FULL_PATHS, "full-paths", NULL,
	  "file names in full, not shortened by sys.path", false },
	{ HOG_SYSCALLS_STATS, "stats", "FILE",
	  "write the statistics as JSON, '-' for standard output", false },
	{ 'q', "quiet", NULL, "no summary line at the end", false },
	{ 'v', "verbose", NULL,
	  "say also by which way and which processes were followed", false },
	{ 0 },
};

static int parse_via(const struct hog_args *args, struct hog_syscalls *opt,
		     struct hog_err *err)
{
	const char *text = hog_args_value(args, HOG_SYSCALLS_VIA);

	if (!text)
		return 0;
	if (!strcmp(text, "ptrace"))
		opt->via = HOG_TRACE_PTRACE;
	else if (!strcmp(text, "seccomp"))
		opt->via = HOG_TRACE_SECCOMP;
	else
		return hog_err_say(err, -EINVAL, "use seccomp or ptrace",
				   "unknown way '%.40s'", text);
	if (opt->via == HOG_TRACE_SECCOMP && !opt->program)
		return hog_err_say(
			err, -EINVAL,
			"leave --via out, or put the program after "
			"'--'",
			"a filter can only be given to a program that "
			"hognose launches");
	return 0;
}

/* Several -e are one set. */
static int join_sets(const struct hog_args *args, struct hog_syscalls *opt,
		     struct hog_err *err)
{
	struct hog_buf buf = { 0 };
	const char *one;

	for (size_t i = 0; (one = hog_args_nth(args, 'e', i)); i++) {
		if (i)
			hog_buf_add_u8(&buf, ',');
		hog_buf_add_str(&buf, one);
	}
	if (hog_args_has(args, 'e'))
		opt->set = strdup(hog_buf_str(&buf));
	if (buf.failed || (hog_args_has(args, 'e') && !opt->set)) {
		hog_buf_fini(&buf);
		return hog_err_set(err, -ENOMEM, "set of calls");
	}
	hog_buf_fini(&buf);
	return 0;
}

static int parse_numbers(const struct hog_args *args, struct hog_syscalls *opt,
			 struct hog_err *err)
{
	const char *duration = hog_args_value(args, 'd');
	const char *limit = hog_args_value(args, HOG_SYSCALLS_STRING_LIMIT);
	uint64_t n = STRING_LIMIT;
	int r = 0;

	if (duration)
		r = hog_parse_seconds(duration, &opt->duration_s, err);
	if (r == 0 && duration && opt->duration_s <= 0)
		return hog_err_say(err, -EINVAL,
				   "give more, or leave -d out to follow until "
				   "the end",
				   "a duration of '%.40s' shows nothing",
				   duration);
	if (r == 0 && limit)
		r = hog_parse_count(limit, "number of bytes", 1,
				    STRING_LIMIT_MAX, &n, err);
	opt->string_limit = (size_t)n;
	return r;
}

static void parse_switches(const struct hog_args *args, struct hog_view *view)
{
	view->function = hog_args_has(args, HOG_SYSCALLS_FUNCTION);
	view->full_paths = hog_args_has(args, HOG_SYSCALLS_FULL_PATHS);
	view->threads = hog_args_has(args, 't');
	view->no_python = true;
}

/* The output is for a check and for nothing else?  If not, and a check was asked
 * for, that one is text, where a trace would go without -o. */
static bool takes_check(const struct hog_args *args, struct hog_syscalls *opt)
{
	const char *format = hog_args_value(args, 'f');
	bool summary = hog_args_has(args, HOG_CALLS_SUMMARY);

	if (!opt->check.asked)
		return false;
	opt->check.format = &hog_sink_check_text;
	if (summary || opt->view.weight)
		return false;
	if (!format && opt->view.json)
		format = "json";
	opt->check.format = hog_checking_format(format, opt->path);
	if (opt->check.format)
		return true;
	opt->check.format = &hog_sink_check_text;
	return false;
}

static int parse_outputs(const struct hog_args *args, struct hog_syscalls *opt,
			 struct hog_err *err)
{
	int r;

	opt->path = hog_args_value(args, 'o');
	opt->stats_path = hog_args_value(args, HOG_SYSCALLS_STATS);
	if ((opt->path && !opt->path[0]) ||
	    (opt->stats_path && !opt->stats_path[0]))
		return hog_err_say(err, -EINVAL, "name a file, or '-'",
				   "the name of the output is empty");
	if (opt->path && opt->stats_path && !strcmp(opt->path, opt->stats_path))
		return hog_err_say(err, -EINVAL, "name two files",
				   "-o and --stats name the same output");
	if (takes_check(args, opt))
		return 0;
	r = hog_calls_view_format(args, opt->path, "text", &opt->view,
				  &opt->format, err);
	if (r < 0)
		return r;
	/* A page without a weight is one of calls on a line of time. */
	if (!hog_args_value(args, 'f') && !opt->view.weight &&
	    !strcmp(opt->format->name, "html"))
		return hog_output_choose("timeline", opt->path, &opt->format,
					 err);
	return 0;
}

int hog_syscalls_parse(const struct hog_args *args, struct hog_syscalls *ret,
		       struct hog_err *err)
{
	int r;

	*ret = (struct hog_syscalls){
		.follow = hog_args_switch(args, HOG_SYSCALLS_FOLLOW) >= 0,
		.quiet = hog_args_has(args, 'q'),
		.verbose = hog_args_has(args, 'v'),
	};
	parse_switches(args, &ret->view);
	r = hog_choose_target(args, &ret->choice, &ret->program, err);
	if (r == 0)
		r = parse_via(args, ret, err);
	if (r == 0)
		r = join_sets(args, ret, err);
	if (r == 0)
		r = parse_numbers(args, ret, err);
	if (r == 0)
		r = hog_calls_view_parse(args, &ret->view, err);
	if (r == 0)
		r = hog_checking_parse(args, &ret->check, err);
	if (r == 0)
		r = parse_outputs(args, ret, err);
	return r;
}

void hog_syscalls_fini(struct hog_syscalls *opt)
{
	hog_choice_fini(&opt->choice);
	hog_checking_fini(&opt->check);
	free(opt->set);
}
