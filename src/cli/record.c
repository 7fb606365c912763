/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hognose record: where the time goes.  The order of steps is what makes its
 * manners: targets are attached to before a file is made, files are opened
 * before anything is sampled, signals are taken over before what may take long
 * (but after a program was forked), and that program begins only when all has
 * worked.
 */
#include "cli/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/parts.h"
#include "cli/record_table.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "export/stats_json.h"
#include "profile/model.h"

static const char name[] = "record";

struct recording {
	struct hog_record_options opt;
	struct hog_session *session;
	struct hog_sink sink;
	struct hog_output out, stats;
	struct hog_parts parts; /* --per-process: in place of out */
	struct hog_record_child child;
	struct hog_record_live live;
	enum hog_session_end end;
	struct hog_left_out left_out; /* as said so far */
	bool said_unstopped;
	char path[HOG_RECORD_NAME_MAX + 64]; /* the name made, if one was */
};

static bool should_stop(void *arg)
{
	const struct recording *rec = arg;

	return hog_signals_asked() || hog_record_child_ended(&rec->child);
}

static int open_targets(struct recording *rec, struct hog_err *err)
{
	const struct hog_session_hooks hooks = { .stop = should_stop,
						 .arg = rec };
	int r = 0;

	/* A launched program must not inherit what is done about signals. */
	if (!rec->opt.program)
		hog_signals_catch();
	for (size_t i = 0; i < rec->opt.choice.n_pids && r == 0; i++)
		r = hog_session_attach(rec->session, rec->opt.choice.pids[i],
				       &hooks, err);
	if (rec->opt.choice.chosen)
		r = hog_session_choose(rec->session, &hooks, err);
	if (r < 0 || !rec->opt.program)
		return r;
	r = hog_record_child_prepare(&rec->child, rec->opt.program, err);
	if (r < 0)
		return r;
	return hog_session_watch(rec->session, rec->child.pid, err);
}

static const char *make_path(struct recording *rec)
{
	char what[HOG_RECORD_NAME_MAX];
	pid_t pid = rec->child.pid;

	if (rec->opt.choice.chosen)
		pid = getpid();
	else if (!pid)
		pid = rec->opt.choice.pids[0];
	if (rec->opt.choice.chosen)
		hog_record_choice_name(&rec->opt.choice, what, sizeof(what));
	else if (rec->opt.program)
		hog_record_program_name((const char *const *)rec->opt.program,
					what, sizeof(what));
	else
		hog_record_process_name(pid, what, sizeof(what));
	snprintf(rec->path, sizeof(rec->path), "hognose-%s-%d%s", what,
		 (int)pid, rec->opt.format->suffix);
	return rec->path;
}

static int open_parts(struct recording *rec, struct hog_err *err)
{
	const struct hog_record_options *opt = &rec->opt;
	int r = hog_parts_init(&rec->parts, opt->format, opt->path, err);

	rec->out.path = rec->parts.pattern; /* for what is said */
	if (r == 0 && opt->stats_path)
		r = hog_output_open_file(opt->stats_path, false, &rec->stats,
					 err);
	if (r < 0)
		return r;
	r = hog_parts_sink(&rec->parts, &opt->view, &rec->sink);
	return r < 0 ? hog_err_set(err, r, "output '%s'", opt->format->name)
		     : 0;
}

static int open_outputs(struct recording *rec, struct hog_err *err)
{
	const struct hog_record_options *opt = &rec->opt;

	if (opt->per_process)
		return open_parts(rec, err);

	const char *path = opt->path ? opt->path : make_path(rec);
	struct hog_view view = opt->view;
	int r = hog_output_open(opt->format, path, &rec->out, err);

	if (r == 0 && opt->stats_path)
		r = hog_output_open_file(opt->stats_path, false, &rec->stats,
					 err);
	if (r < 0)
		return r;
	hog_output_fit_view(&rec->out, &view);
	r = hog_sink_init(&rec->sink, opt->format, &view, rec->out.file);
	if (r < 0)
		hog_err_set(err, r, "output '%s'", opt->format->name);
	return r;
}

static int start(struct recording *rec, struct hog_err *err)
{
	int r = open_targets(rec, err);

	if (r == 0)
		r = open_outputs(rec, err);
	if (r < 0)
		return r;
	hog_signals_catch();
	/* A format that can be flushed is whole at each moment. */
	if (!rec->opt.format->flush && !rec->opt.per_process)
		hog_signals_guard_output(&rec->out);
	return rec->child.pid ? hog_record_child_go(&rec->child, err) : 0;
}

static void show_progress(void *arg, const struct hog_progress *p)
{
	struct recording *rec = arg;

	hog_record_live_draw(&rec->live, p);
}

/* At the beginning who cannot be read, and again when it has become more. */
static void say_left_out(struct recording *rec)
{
	struct hog_left_out now = hog_session_left_out(rec->session);

	if (now.refused > rec->left_out.refused)
		hog_say_refused(name, now.refused);
	if (now.crowded > rec->left_out.crowded)
		hog_say(name,
			"%u Python processes found no room and are left out; "
			"--name or --cgroup choose fewer",
			now.crowded);
	rec->left_out = now;
}

/* Once: as soon as it is known. */
static void say_unstopped(struct recording *rec)
{
	const struct hog_err *why = hog_session_unstopped(rec->session);

	if (!why || rec->said_unstopped)
		return;
	rec->said_unstopped = true;
	hog_say(name, "samples are taken without a stop: %s; %s", why->text,
		why->hint ? why->hint : "run it again");
}

static int sample(struct recording *rec, struct hog_err *err)
{
	const struct hog_session_hooks hooks = {
		.progress = show_progress,
		.stop = should_stop,
		.arg = rec,
	};
	int r;

	say_left_out(rec);
	say_unstopped(rec);
	hog_record_live_init(&rec->live, rec->opt.program, rec->opt.quiet);
	r = hog_session_run(rec->session, &rec->sink, &hooks, &rec->end, err);
	hog_record_live_clear(&rec->live);
	say_left_out(rec);
	say_unstopped(rec);
	hog_signals_phase(HOG_PHASE_WRITING);
	return r;
}

/* A process that was named and could not be sampled even once: there is
 * nothing to show and that is a failure, not an empty success. */
static bool came_too_late(const struct recording *rec)
{
	return !rec->opt.program && rec->end == HOG_END_TARGETS &&
	       hog_session_why_empty(rec->session);
}

static int write_stats(struct recording *rec, struct hog_err *err)
{
	const struct hog_run *run = hog_session_get_run(rec->session);
	int r = 0;

	if (rec->stats.file)
		r = hog_stats_json_write(rec->stats.file, &run->stats);
	if (r < 0)
		return hog_err_set(err, r, "write to '%.200s'",
				   rec->opt.stats_path);
	return hog_output_close(&rec->stats, err);
}

/* Both files, even when the first cannot be written; says what went wrong. */
static int write_result(struct recording *rec)
{
	struct hog_err err = { 0 };
	int bad = 0;

	if (hog_sink_end(&rec->sink, &err) < 0) {
		hog_err_wrap(&err, err.code, "write to '%.200s'",
			     rec->out.path);
		bad = hog_fail(name, &err);
	}
	if (hog_output_close(&rec->out, &err) < 0 && !bad)
		bad = hog_fail(name, &err);
	if (write_stats(rec, &err) < 0)
		bad = hog_fail(name, &err);
	return bad;
}

static void say_processes(const struct hog_model *model)
{
	uint32_t n = hog_model_count(model).processes;

	for (uint32_t id = 1; id < n; id++) {
		const struct hog_process_info *p =
			hog_model_get_process(model, id);

		hog_say(name, "process %d: Python %s: %.200s", (int)p->pid,
			hog_model_text(model, p->python, NULL),
			hog_model_text(model, p->cmdline, NULL));
	}
}

static void say_way(const struct recording *rec)
{
	const char *way = hog_session_way(rec->session);
	static const struct {
		const char *way, *words;
	} all[] = {
		{ "perf", "told by perf events, at once" },
		{ "children", "looked for every few milliseconds" },
		{ "connector", "told by process events, at once" },
		{ "scan", "looked for in /proc" },
	};

	for (size_t i = 0; way && i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(way, all[i].way))
			hog_say(name, "new processes: %s", all[i].words);
}

static void say_end(const struct recording *rec)
{
	const char *why = hog_session_why_empty(rec->session);
	const struct hog_run *run = hog_session_get_run(rec->session);
	const char *taskless, *why_taskless;
	char line[512];

	taskless = hog_session_taskless(rec->session, &why_taskless);
	if (taskless)
		hog_say_taskless(name, taskless, why_taskless);
	if (hog_session_no_greenlets(rec->session))
		hog_say(name, "%s: no greenlets are shown",
			hog_session_no_greenlets(rec->session));
	if (hog_session_guessed(rec->session))
		hog_say_guessed(name, hog_session_guessed(rec->session));
	if (rec->opt.verbose) {
		say_way(rec);
		say_processes(run->model);
	}
	if (why)
		hog_say(name, "no sample: %s", why);
	if (rec->opt.quiet || why)
		return;
	hog_stats_line(line, sizeof(line), &run->stats);
	if (rec->opt.per_process)
		hog_say(name, "%s; wrote %u file%s: %s", line,
			rec->parts.written, rec->parts.written == 1 ? "" : "s",
			rec->parts.pattern);
	else if (!strcmp(rec->out.path, "-"))
		hog_say(name, "%s", line);
	else
		hog_say(name, "%s; wrote %s", line, rec->out.path);
}

static void discard(struct recording *rec)
{
	hog_output_discard(&rec->out);
	hog_output_discard(&rec->stats);
}

/* Sampling ended by a failure: what there is is kept where that can be. */
static int finish_failed(struct recording *rec, struct hog_err *err)
{
	const struct hog_run *run = hog_session_get_run(rec->session);

	bool unwritten = rec->sink.failed < 0 ||
			 (rec->out.file && ferror(rec->out.file));

	if (unwritten && hog_split_error(&rec->sink))
		*err = *hog_split_error(&rec->sink);
	else if (unwritten)
		hog_err_wrap(err, err->code, "write to '%.200s'",
			     rec->out.path);
	hog_fail(name, err);
	if (unwritten || run->stats.samples == 0)
		discard(rec);
	else
		write_result(rec);
	return HOG_EXIT_FAIL;
}

static int finish(struct recording *rec)
{
	if (came_too_late(rec)) {
		discard(rec);
		hog_say(name, "no sample: %s; name a process that runs on",
			hog_session_why_empty(rec->session));
		return HOG_EXIT_FAIL;
	}
	if (write_result(rec) != 0)
		return HOG_EXIT_FAIL;
	say_end(rec);
	return HOG_EXIT_OK;
}

static int record(struct recording *rec, struct hog_err *err)
{
	int r = hog_session_new(&rec->opt.session, &rec->session, err);
	int status, own;

	if (r == 0)
		r = start(rec, err);
	if (r < 0) {
		hog_record_child_cancel(&rec->child);
		discard(rec);
		return r == -EINVAL && !rec->session ? hog_usage(name, err)
						     : hog_fail(name, err);
	}
	r = sample(rec, err);
	own = r < 0 ? finish_failed(rec, err) : finish(rec);
	hog_signals_forget_output();
	if (!rec->child.pid)
		return own;
	status = hog_record_child_wait(&rec->child);
	return own == HOG_EXIT_OK ? status : own;
}

static int run_record(const struct hog_args *args)
{
	struct recording rec = { 0 };
	struct hog_err err = { 0 };
	int status, r = hog_record_parse(args, &rec.opt, &err);

	if (r < 0)
		return r == -EINVAL ? hog_usage(name, &err)
				    : hog_fail(name, &err);
	status = record(&rec, &err);
	hog_sink_fini(&rec.sink);
	hog_parts_fini(&rec.parts);
	hog_session_free(rec.session);
	hog_record_options_fini(&rec.opt);
	return status;
}

static const struct hog_opt record_options[] = {
	{ 'p', "pid", "PID", "record this process (repeatable)", false },
	{ HOG_CHOOSE_ALL, "all", NULL, HOG_CHOOSE_ALL_HELP, false },
	{ HOG_CHOOSE_NAME, "name", "PATTERN", HOG_CHOOSE_NAME_HELP, false },
	{ HOG_CHOOSE_CGROUP, "cgroup", "GROUP", HOG_CHOOSE_CGROUP_HELP, false },
	{ 'o', "output", "FILE",
	  "write to FILE, '-' for standard output; its suffix picks the format",
	  false },
	{ 'f', "format", "FORMAT",
	  "html, folded, hog ...: see 'hognose formats'", false },
	{ 'r', "rate", "HZ", "samples per second: 250, 1k, 10k (default 100)",
	  false },
	{ 'd', "duration", "SECS", "stop after that long: 10, 1.5, 2m", false },
	{ HOG_RECORD_MODE, "mode", "MODE",
	  "wall: threads that are not idle (default); cpu: by CPU time used; "
	  "gil: only who holds the GIL",
	  false },
	{ HOG_RECORD_IDLE, "idle", NULL,
	  "keep idle threads, marked with the call they sleep in", false },
	{ 't', "threads", NULL, "show each thread as a frame of its own",
	  false },
	{ HOG_RECORD_FUNCTION, "function", NULL,
	  "functions only, without line numbers", false },
	{ HOG_RECORD_FULL_PATHS, "full-paths", NULL,
	  "file names in full, not shortened by sys.path", false },
	{ HOG_RECORD_FOLLOW, "follow", NULL,
	  "record child processes too (default)", true },
	{ HOG_RECORD_PER_PROCESS, "per-process", NULL,
	  "a file for each process: FILE-PID.SUFFIX, or where %p (process) and "
	  "%n (name) stand in FILE",
	  false },
	{ HOG_RECORD_ASYNC, "async", "running|all",
	  "show asyncio tasks and who awaits whom, and greenlets; all: also "
	  "those that are suspended",
	  false, true },
	{ HOG_RECORD_GC, "gc", NULL, "mark stacks that run the collector",
	  false },
	{ HOG_RECORD_WAIT, "wait", "SECS",
	  "wait that long for a process to become a Python one, or for one "
	  "to come up",
	  false },
	{ HOG_RECORD_NO_REPAIR, "no-repair", NULL,
	  "leave torn stacks torn instead of inferring a part", false },
	{ HOG_RECORD_PRIORITY, "priority", NULL,
	  "take the CPU from others where samples come too late (default, "
	  "if allowed)",
	  true },
	{ HOG_RECORD_JITTER, "jitter", "PERCENT",
	  "each sample at a random moment in this share of its period "
	  "(default 50)",
	  false },
	{ HOG_RECORD_MAX_CPU, "max-cpu", "PERCENT",
	  "lower the rate where hognose itself would use more of a core",
	  false },
	{ HOG_RECORD_STOP_BUDGET, "stop-budget", "PERCENT",
	  "stop a thread for moments where its stack stays in doubt, at most "
	  "that much of the time (default 0: never)",
	  false },
	{ HOG_RECORD_EXACT, "exact", NULL,
	  "stop the thread for moments for each sample: every stack is right",
	  false },
	{ HOG_RECORD_STATS, "stats", "FILE",
	  "write the statistics as JSON, '-' for standard output", false },
	{ 'q', "quiet", NULL, "no live line and no summary", false },
	{ 'v', "verbose", NULL,
	  "say also which processes were recorded, and how new ones are heard "
	  "of",
	  false },
	{ 0 },
};

const struct hog_command hog_cmd_record = {
	.name = "record",
	.usage = "[options] (-p PID ... | --all | -- PROGRAM ARGS...)",
	.summary = "sample Python programs and show where their time goes",
	.details =
		"The target is read from outside: nothing is written or loaded, "
		"and nothing stopped but by --exact and --stop-budget. Without "
		"-o the result is an HTML page named after "
		"program and process.\n"
		"SIGINT ends the recording and writes it. A launched program "
		"keeps its standard streams, and its exit status is that of "
		"hognose.",
	.example = "hognose record -o profile.html -- python3 -c "
		   "'sum(range(10**8))'",
	.options = record_options,
	.run = run_record,
};
