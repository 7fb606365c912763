/* SPDX-License-Identifier: Apache-2.0 */
/* hognose report: any output, from a recording. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/call.h"
#include "analyze/where.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "cli/calls_view.h"
#include "cli/command.h"
#include "cli/numbers.h"
#include "cli/output.h"
#include "cli/parts.h"
#include "cli/say.h"
#include "profile/stream.h"

#define LIMIT_MAX 1000000

enum {
	OPT_FUNCTION = 256,
	OPT_FULL_PATHS,
	OPT_LIMIT,
	OPT_TITLE,
	OPT_PER_PROCESS,
};

struct report {
	const char *path, *out_path;
	const struct hog_sink_ops *ops;
	struct hog_view view;
	struct hog_stream_reader *reader;
	struct hog_output out;
	struct hog_parts parts; /* --per-process: in place of out */
	bool per_process;
	struct hog_where *where; /* NULL: all calls */
	struct hog_sink sink;
	uint64_t events, samples, calls;
};

/* What was asked: 0, or bad usage in words. */
static int understand(struct report *rep, const struct hog_args *args,
		      struct hog_err *err)
{
	const char *limit = hog_args_value(args, OPT_LIMIT);
	const char *out = hog_args_value(args, 'o');
	uint64_t rows = 0;
	int r = 0;

	if (hog_args_count(args) != 1)
		return hog_err_say(
			err, -EINVAL,
			"as in 'hognose report FILE.hog -o FILE.html'",
			hog_args_count(args) ? "more than one recording given"
					     : "no recording given");
	rep->path = hog_args_operand(args, 0);
	rep->per_process = hog_args_has(args, OPT_PER_PROCESS);
	if (rep->per_process && !out)
		return hog_err_say(err, -EINVAL,
				   "name them with -o, as in -o part-%p.html",
				   "--per-process writes files");
	rep->out_path = out ? out : "-";
	if (rep->per_process)
		r = hog_parts_check(out, err);
	if (r < 0)
		return r;
	if (limit)
		r = hog_parse_count(limit, "number of rows", 1, LIMIT_MAX,
				    &rows, err);
	if (r < 0)
		return r;
	rep->view = (struct hog_view){
		.function = hog_args_has(args, OPT_FUNCTION),
		.full_paths = hog_args_has(args, OPT_FULL_PATHS),
		.threads = hog_args_has(args, 't'),
		.limit = (unsigned)rows,
		.title = hog_args_value(args, OPT_TITLE),
	};
	r = hog_calls_view_parse(args, &rep->view, err);
	return r < 0 ? r
		     : hog_calls_view_format(args, rep->out_path, "table",
					     &rep->view, &rep->ops, err);
}

static FILE *open_input(const char *path, struct hog_err *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct stat st;
	FILE *in;

	_cleanup_close_ int fd =
		is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) < 0) {
		hog_err_set(err, -errno, "read '%.200s'", path);
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		hog_err_set(err, -EISDIR, "read '%.200s'", path);
		return NULL;
	}
	in = fdopen(fd, "r");
	if (in)
		hog_move_fd(&fd);
	else
		hog_err_set(err, -errno, "read '%.200s'", path);
	return in;
}

/* Opening the output would empty the recording before it is read. */
static bool is_same_file(FILE *in, const char *out_path)
{
	struct stat a, b;

	return strcmp(out_path, "-") != 0 && fstat(fileno(in), &a) == 0 &&
	       stat(out_path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino && S_ISREG(a.st_mode);
}

static int open_parts(struct report *rep, FILE *in, struct hog_err *err)
{
	struct stat st;
	int r = hog_parts_init(&rep->parts, rep->ops, rep->out_path, err);

	if (r < 0)
		return r;
	if (fstat(fileno(in), &st) == 0 && S_ISREG(st.st_mode)) {
		rep->parts.input_dev = st.st_dev;
		rep->parts.input_ino = st.st_ino;
	}
	rep->view.no_python = hog_stream_run(rep->reader)->idle;
	if (hog_parts_sink(&rep->parts, &rep->view, &rep->sink) < 0)
		return hog_err_set(err, -ENOMEM, "draw '%s'", rep->ops->name);
	return hog_sink_begin(&rep->sink, hog_stream_run(rep->reader), err);
}

/* Everything is open and the sink has begun, or it says what is wrong. */
static int start(struct report *rep, FILE *in, struct hog_err *err)
{
	int r = hog_stream_open(in, &rep->reader, err);

	if (r < 0)
		return hog_err_wrap(err, r, "%.200s", rep->path);
	if (rep->per_process)
		return open_parts(rep, in, err);
	if (is_same_file(in, rep->out_path))
		return hog_err_say(err, -EINVAL, "name another file with -o",
				   "the output is the recording itself");
	r = hog_output_open(rep->ops, rep->out_path, &rep->out, err);
	if (r < 0)
		return r;
	hog_output_fit_view(&rep->out, &rep->view);
	rep->view.no_python = hog_stream_run(rep->reader)->idle;
	if (hog_sink_init(&rep->sink, rep->ops, &rep->view, rep->out.file) < 0)
		return hog_err_set(err, -ENOMEM, "draw '%s'", rep->ops->name);
	return hog_sink_begin(&rep->sink, hog_stream_run(rep->reader), err);
}

static bool is_wanted(struct report *rep, const struct hog_event *ev)
{
	struct hog_callview v;

	if (ev->kind != HOG_EV_SYSCALL)
		return true;
	if (rep->where) {
		hog_callview_get(hog_stream_run(rep->reader), ev, &v);
		if (!hog_where_matches(rep->where, &v))
			return false;
	}
	rep->calls++;
	return true;
}

/* How the recording ended; *ret_sink: whether the sink took it all. */
static int copy_events(struct report *rep, int *ret_sink, struct hog_err *err)
{
	struct hog_event ev;
	int r, taken = 0;

	while ((r = hog_stream_next(rep->reader, &ev, err)) > 0 && taken == 0) {
		rep->events++;
		rep->samples += ev.kind == HOG_EV_SAMPLE;
		if (is_wanted(rep, &ev))
			taken = hog_sink_event(&rep->sink, &ev);
	}
	*ret_sink = taken;
	return r;
}

/* Of what the format shows: calls, samples or both. */
static void say_why_empty(const struct report *rep)
{
	const struct hog_run *run = hog_stream_run(rep->reader);
	bool of_calls = run->rate_hz <= 0;
	bool takes_calls = rep->ops->accepts & 1u << HOG_EV_SYSCALL;
	bool takes_samples = rep->ops->accepts & 1u << HOG_EV_SAMPLE;

	if (of_calls ? !takes_calls : !takes_samples)
		hog_say("report",
			"format '%s' shows %s, and this recording "
			"has none",
			rep->ops->name, of_calls ? "samples" : "system calls");
	else if (of_calls && rep->calls == 0)
		hog_say("report", "no call: %s",
			rep->where ? "none of those asked for was made"
				   : "none was made");
	else if (!of_calls && rep->samples == 0)
		hog_say("report", "no sample: %s", hog_run_why_empty(run));
}

/* An empty result, or one from a part, is explained in a line. */
static int say_how_it_ended(const struct report *rep, int ended,
			    struct hog_err *err)
{
	if (ended == -ENODATA)
		err->hint = "it is still written, or was not ended properly "
			    "(hognose killed, file cut?): what was kept "
			    "before is shown";
	if (ended == -EBADMSG || ended == -ENOTSUP)
		err->hint = "what stands before is shown";
	if (ended < 0)
		hog_err_wrap(err, ended, "%.200s", rep->path);
	if (ended == -ENODATA) {
		hog_say("report", "%s; %s", err->text, err->hint);
		return HOG_EXIT_OK;
	}
	if (ended < 0)
		return hog_fail("report", err);
	say_why_empty(rep);
	return HOG_EXIT_OK;
}

static int draw(struct report *rep, struct hog_err *err)
{
	struct hog_err why = { 0 };
	int taken, r, ended = copy_events(rep, &taken, &why);

	/* Nothing but damage: there is no result to write. */
	if (ended < 0 && ended != -ENODATA && rep->events == 0) {
		hog_err_wrap(&why, ended, "%.200s", rep->path);
		return hog_fail("report", &why);
	}
	r = hog_sink_end(&rep->sink, err);
	if (r == 0)
		r = hog_output_close(&rep->out, err);
	if (r < 0 && hog_split_error(&rep->sink))
		*err = *hog_split_error(&rep->sink);
	if (r < 0)
		return hog_fail("report", err);
	return say_how_it_ended(rep, ended, &why);
}

static int run_report(const struct hog_args *args)
{
	struct report rep = { 0 };
	struct hog_err err = { 0 };
	int r = understand(&rep, args, &err);

	if (r < 0 || !rep.path || !rep.out_path)
		return hog_usage("report", &err);
	r = hog_calls_where("report", args, &rep.where);
	if (r != HOG_EXIT_OK)
		return r;

	_cleanup_fclose_ FILE *in = open_input(rep.path, &err);

	if (!in)
		return hog_fail("report", &err);
	r = start(&rep, in, &err);
	r = r < 0 ? hog_fail("report", &err) : draw(&rep, &err);
	if (rep.sink.ops)
		hog_sink_fini(&rep.sink);
	hog_parts_fini(&rep.parts);
	hog_output_discard(&rep.out); /* of one that was not closed */
	hog_stream_close(rep.reader);
	hog_where_free(rep.where);
	return r;
}

static const struct hog_opt report_options[] = {
	{ 'f', "format", "NAME",
	  "the output format; 'hognose formats' lists them" },
	{ 'o', "output", "FILE",
	  "write to FILE, whose suffix chooses the format; '-' (as without -o): "
	  "standard output" },
	{ OPT_FUNCTION, "function", NULL, "functions only, no lines" },
	{ OPT_FULL_PATHS, "full-paths", NULL, "file names in full" },
	{ 't', "threads", NULL, "show each thread as a frame" },
	{ OPT_PER_PROCESS, "per-process", NULL,
	  "a file for each process: FILE-PID.SUFFIX, or where %p (process) and "
	  "%n (name) stand in FILE" },
	{ OPT_LIMIT, "limit", "N", "at most N rows of a table" },
	{ HOG_CALLS_WHERE, "where", "EXPR", HOG_CALLS_WHERE_HELP, false },
	{ HOG_CALLS_STACK, "stack", "N|none|full", HOG_CALLS_STACK_HELP,
	  false },
	{ HOG_CALLS_SUMMARY, "summary", "call|line|thread",
	  HOG_CALLS_SUMMARY_HELP, false, true },
	{ HOG_CALLS_JSON, "json", NULL, HOG_CALLS_JSON_HELP, false },
	{ HOG_CALLS_WEIGHT, "weight", "count|time|bytes", HOG_CALLS_WEIGHT_HELP,
	  false },
	{ OPT_TITLE, "title", "TEXT", "the title of the page" },
	{ 0 },
};

const struct hog_command hog_cmd_report = {
	.name = "report",
	.usage = "FILE [-f NAME] [-o FILE]",
	.summary = "make any output from a recording",
	.details = "Without -f and -o it prints a table. A recording that was "
		   "not ended properly is shown up to where it stops, and a "
		   "line on standard error says so; so is a damaged one, and "
		   "then the exit status is 1.",
	.example = "hognose report example.hog -o example.html",
	.options = report_options,
	.run = run_report,
};
