/* SPDX-License-Identifier: Apache-2.0 */
/* hognose dump: what every thread does right now, or did when a core was made. */
#include "cli/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/async_option.h"
#include "cli/choose.h"
#include "cli/command.h"
#include "cli/numbers.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/source.h"
#include "collect/snapshot.h"
#include "collect/survey.h"
#include "target/match.h"
#include "target/procfs.h"

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
	struct hog_choice choice;
	bool many;
	const char *core, *exe;
	const char *path; /* of the output; "-" standard output */
	bool json;
	struct hog_snapshot_options options;
	/* While it is done: */
	pid_t pid; /* 0: a core file */
	struct hog_output out;
	size_t n_done, refused;
	bool failed;
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
	int r = hog_choose(args, true, &d->choice, err);
	bool live = d->choice.n_pids > 0 || d->choice.chosen;

	d->core = hog_args_value(args, OPT_CORE);
	d->exe = hog_args_value(args, OPT_EXE);
	if (r < 0)
		return r;
	if ((d->core && live) || hog_args_program(args))
		return hog_err_say(err, -EINVAL, example,
				   "processes or one core file, not both, and "
				   "no program");
	if (!d->core && !live)
		return hog_err_say(err, -EINVAL, example,
				   "no process and no core file given");
	if (d->exe && !d->core)
		return hog_err_say(err, -EINVAL, NULL,
				   "--exe goes with --core only");
	d->many = d->choice.chosen || d->choice.n_pids > 1;
	return 0;
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

/* Nothing is made before there is something to write. */
static int open_output(struct dump *d, struct hog_err *err)
{
	FILE *file;
	int r = 0;

	if (d->n_done == 0)
		r = hog_output_open_file(d->path, false, &d->out, err);
	if (r < 0)
		return r;
	file = d->out.file;
	if (d->many && d->json)
		fputs(d->n_done ? "," : "[", file);
	if (d->many && (d->json || d->n_done))
		fputc('\n', file);
	d->n_done++;
	return 0;
}

static int print(const struct dump *d, const struct hog_target *target,
		 const struct hog_snapshot *snapshot, struct hog_err *err)
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
		r = d->json ? hog_dump_json(&view, d->out.file)
			    : hog_dump_text(&view, d->out.file);
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

static int dump_one(struct dump *d, struct hog_err *err)
{
	struct hog_target *target = NULL;
	struct hog_snapshot *snapshot = NULL;
	int r = open_target(d, &target, err);

	if (r == 0)
		r = hog_snapshot_take(target, &d->options, &snapshot, err);
	if (r == 0)
		r = open_output(d, err);
	if (r == 0) {
		warn(snapshot);
		r = print(d, target, snapshot, err);
	}
	hog_snapshot_free(snapshot);
	hog_target_close(target);
	return r;
}

/* One of several failed: the others are shown all the same. */
static void note_failure(struct dump *d, int r, const struct hog_err *err)
{
	bool refused = r == -EPERM || r == -EACCES;

	if (d->choice.chosen && (r == -ENOENT || r == -ESRCH))
		return; /* no Python, or not any more */
	if (d->choice.chosen && refused) {
		d->refused += hog_pid_looks_python(d->pid);
		return;
	}
	hog_fail("dump", err);
	d->failed = true;
}

static int dump_chosen(struct dump *d, struct hog_err *err)
{
	struct hog_nopython no = { 0 };
	struct hog_match *match = NULL;
	_cleanup_free_ pid_t *pids = NULL;
	int r = hog_match_new(&d->choice.criteria, &match, err);
	int n = r < 0 ? 0 : hog_task_list(AT_FDCWD, "/proc", &pids);

	for (int i = 0; i < n; i++) {
		struct hog_err why = { 0 };
		uint64_t images;

		d->pid = pids[i];
		if (d->pid == getpid() || hog_pid_size(d->pid) <= 0 ||
		    !hog_match_fits(match, d->pid))
			continue;
		images = hog_pid_images(d->pid);
		if (hog_nopython_knows(&no, images))
			continue;
		r = dump_one(d, &why);
		if (r == -ENOENT)
			hog_nopython_note(&no, images);
		if (r < 0)
			note_failure(d, r, &why);
		r = 0;
	}
	if (n < 0)
		r = hog_err_set(err, n, "list the processes");
	else if (r == 0 && d->n_done == 0 && !d->failed)
		r = hog_survey_why_none(match, d->refused, err);
	else if (d->refused > 0)
		hog_say_refused("dump", d->refused);
	hog_nopython_fini(&no);
	hog_match_free(match);
	return r;
}

static int dump_pids(struct dump *d, struct hog_err *err)
{
	for (size_t i = 0; i < d->choice.n_pids; i++) {
		struct hog_err why = { 0 };
		int r;

		d->pid = d->choice.pids[i];
		r = dump_one(d, d->many ? &why : err);
		if (r < 0 && !d->many)
			return r;
		if (r < 0)
			note_failure(d, r, &why);
	}
	return 0;
}

static int dump(struct dump *d, struct hog_err *err)
{
	int r;

	if (d->core)
		r = dump_one(d, err);
	else
		r = d->choice.chosen ? dump_chosen(d, err) : dump_pids(d, err);
	if (d->n_done > 0 && d->many && d->json)
		fputs("]\n", d->out.file);
	if (r == 0 && d->n_done > 0)
		r = hog_output_close(&d->out, err);
	hog_output_discard(&d->out); /* of one that was not closed */
	return r;
}

static int run_dump(const struct hog_args *args)
{
	struct dump d = { 0 };
	struct hog_err err = { 0 };
	int r = understand(&d, args, &err);
	int status = r < 0 ? hog_usage("dump", &err) : HOG_EXIT_OK;

	if (r == 0) {
		r = dump(&d, &err);
		if (r == -EINVAL && d.choice.chosen)
			status = hog_usage("dump", &err);
		else if (r < 0)
			status = hog_fail("dump", &err);
		else if (d.failed)
			status = HOG_EXIT_FAIL;
	}
	hog_choice_fini(&d.choice);
	return status;
}

static const struct hog_opt dump_options[] = {
	{ 'p', "pid", "PID",
	  "the process to look at (repeatable); a plain PID will do too" },
	{ HOG_CHOOSE_ALL, "all", NULL, "every Python on this machine" },
	{ HOG_CHOOSE_NAME, "name", "PATTERN", HOG_CHOOSE_NAME_HELP },
	{ HOG_CHOOSE_CGROUP, "cgroup", "GROUP", HOG_CHOOSE_CGROUP_HELP },
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
	.usage = "[options] (-p PID ... | --all | --core FILE)",
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
