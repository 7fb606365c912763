/* SPDX-License-Identifier: Apache-2.0 */
/* hognose dump: what every thread does right now, or did when a core was made. */
#include "cli/dump.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "cli/async_option.h"
#include "cli/command.h"
#include "cli/numbers.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/source.h"
#include "collect/snapshot.h"

#define LIMIT_DEFAULT 128
#define LIMIT_MIN 16
#define LIMIT_MAX 1000000

enum {
	OPT_CORE = 256,
	OPT_EXE,
	OPT_LOCALS,
	OPT_LOCALS_LIMIT,
	OPT_JSON,
	OPT_ASYNC
};

struct dump {
	pid_t pid; /* 0: a core file */
	const char *core, *exe;
	const char *path; /* of the output; "-" standard output */
	bool json;
	struct hog_snapshot_options options;
};

const char *hog_dump_leaf_marker(const struct hog_snapshot_thread *t)
{
	return t->torn ? "[torn]" : NULL;
}

const char *hog_dump_root_marker(const struct hog_snapshot_thread *t)
{
	if (t->truncated)
		return "[truncated]";
	return t->unreadable ? "[unreadable]" : NULL;
}

/* ---- what was asked ---- */

static int understand_target(struct dump *d, const struct hog_args *args,
			     struct hog_err *err)
{
	const char *example = "as in 'hognose dump -p PID' or 'hognose dump "
			      "--core FILE'";
	const char *pid = hog_args_value(args, 'p');
	size_t named = hog_args_count(args);

	d->core = hog_args_value(args, OPT_CORE);
	d->exe = hog_args_value(args, OPT_EXE);
	named += d->core ? 1 : 0;
	for (size_t i = 0; hog_args_nth(args, 'p', i); i++)
		named++;
	if (named != 1 || hog_args_program(args))
		return hog_err_say(err, -EINVAL, example,
				   named ? "one process or core file at a time"
					 : "no process and no core file given");
	if (d->exe && !d->core)
		return hog_err_say(err, -EINVAL, NULL,
				   "--exe goes with --core only");
	if (d->core)
		return 0;
	return hog_parse_pid(pid ? pid : hog_args_operand(args, 0), &d->pid,
			     err);
}

static bool ends_in_json(const char *path)
{
	size_t len = strlen(path);

	return len >= 5 && strcmp(path + len - 5, ".json") == 0;
}

static int understand(struct dump *d, const struct hog_args *args,
		      struct hog_err *err)
{
	const char *limit = hog_args_value(args, OPT_LOCALS_LIMIT);
	const char *path = hog_args_value(args, 'o');
	uint64_t chars = LIMIT_DEFAULT;
	int r = understand_target(d, args, err);

	if (r == 0 && limit)
		r = hog_parse_count(limit, "number of characters", LIMIT_MIN,
				    LIMIT_MAX, &chars, err);
	if (r == 0)
		r = hog_async_parse(args, OPT_ASYNC, &d->options.async, err);
	d->path = path ? path : "-";
	d->json = hog_args_has(args, OPT_JSON) || ends_in_json(d->path);
	d->options.locals = hog_args_has(args, OPT_LOCALS) || limit;
	d->options.locals_limit = (size_t)chars;
	return r;
}

/* ---- doing it ---- */

static int open_target(const struct dump *d, struct hog_target **ret,
		       struct hog_err *err)
{
	return d->core ? hog_target_open_core(d->core, d->exe, ret, err)
		       : hog_target_open_pid(d->pid, ret, err);
}

static int print(const struct dump *d, const struct hog_target *target,
		 const struct hog_snapshot *snapshot, struct hog_output *out,
		 struct hog_err *err)
{
	struct hog_dump_view view = {
		.target = target,
		.snapshot = snapshot,
		.sources = hog_sources_new(d->pid),
		.locals = d->options.locals,
		.tasks = d->options.async != HOG_ASYNC_NONE,
	};
	int r = -ENOMEM;

	if (view.sources)
		r = d->json ? hog_dump_json(&view, out->file)
			    : hog_dump_text(&view, out->file);
	hog_sources_free(view.sources);
	return r < 0 ? hog_err_set(err, r, "write the dump") : 0;
}

static void warn(const struct hog_snapshot *s)
{
	if (s->py.guessed_layout)
		hog_say_guessed("dump", s->py.version_text);
	if (s->no_tasks && !s->has_greenlets)
		hog_say_taskless("dump", s->py.version_text, s->no_tasks);
	if (s->no_greenlets[0])
		hog_say("dump", "%s: no greenlets are shown", s->no_greenlets);
}

static int dump(const struct dump *d, struct hog_err *err)
{
	struct hog_target *target = NULL;
	struct hog_snapshot *snapshot = NULL;
	struct hog_output out = { 0 };
	int r = open_target(d, &target, err);

	if (r == 0)
		r = hog_snapshot_take(target, &d->options, &snapshot, err);
	if (r == 0)
		r = hog_output_open_file(d->path, false, &out, err);
	if (r == 0) {
		warn(snapshot);
		r = print(d, target, snapshot, &out, err);
		if (r == 0)
			r = hog_output_close(&out, err);
		hog_output_discard(&out); /* of one that was not closed */
	}
	hog_snapshot_free(snapshot);
	hog_target_close(target);
	return r;
}

static int run_dump(const struct hog_args *args)
{
	struct dump d = { 0 };
	struct hog_err err = { 0 };

	if (understand(&d, args, &err) < 0)
		return hog_usage("dump", &err);
	return dump(&d, &err) < 0 ? hog_fail("dump", &err) : HOG_EXIT_OK;
}

static const struct hog_opt dump_options[] = {
	{ 'p', "pid", "PID",
	  "the process to look at; a plain PID will do too" },
	{ OPT_CORE, "core", "FILE",
	  "look at a core file instead, of the kernel's or gcore's making" },
	{ OPT_EXE, "exe", "FILE",
	  "the program the core came from, when it is not where it was" },
	{ OPT_LOCALS, "locals", NULL,
	  "show the arguments and local variables of each frame" },
	{ OPT_LOCALS_LIMIT, "locals-limit", "N",
	  "at most N characters of a value (128); implies --locals" },
	{ OPT_ASYNC, "async", "running|all",
	  "show asyncio tasks and who awaits whom, and greenlets; all: also "
	  "those that are suspended",
	  false, true },
	{ OPT_JSON, "json", NULL, "print JSON" },
	{ 'o', "output", "FILE",
	  "write to FILE; a name that ends in .json means --json" },
	{ 0 },
};

const struct hog_command hog_cmd_dump = {
	.name = "dump",
	.usage = "[-p PID | --core FILE [--exe FILE]] [--locals] [--async]"
		 " [--json]",
	.summary = "show what every thread is doing right now",
	.details =
		"Each thread's stack is shown innermost frame first, with the "
		"source line, the thread's name, whether it holds or waits for "
		"the GIL, and the system call it sleeps in. The process is "
		"neither stopped nor changed.",
	.example = "hognose dump -p PID --locals",
	.options = dump_options,
	.run = run_dump,
};
