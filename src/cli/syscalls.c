/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hognose syscalls: every system call with the Python line that made it.  The
 * order of steps is that of record: what was asked for is understood, then
 * hognose splits in two if it launches a program (front.h), targets are taken,
 * files opened, signals caught, and then calls are followed.
 */
#include "cli/syscalls.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyze/call.h"
#include "analyze/where.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "cli/calls_view.h"
#include "cli/command.h"
#include "cli/front.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "cli/version.h"
#include "collect/calls.h"
#include "collect/survey.h"
#include "export/stats_json.h"
#include "profile/model.h"
#include "syscalls/callset.h"
#include "syscalls/names.h"
#include "target/launch.h"

static const char name[] = "syscalls";

#ifdef __aarch64__
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_X86_64
#endif

struct tracing {
	struct hog_syscalls opt;
	struct hog_calls_options how;
	struct hog_where *where;
	struct hog_sigstate before; /* for the program */
	struct hog_front front;
	struct hog_calls *calls;
	struct hog_sink sink; /* of the trace, or of the check if there is one */
	struct hog_sink beside; /* of the trace then, if it is wanted too */
	struct hog_output out, beside_out, stats;
	struct hog_callset set; /* of the trace */
	bool asked_again;       /* the collector: about the call before */
	uint64_t shown;         /* calls that became events */
	pid_t child;            /* 0: none */
	int status;             /* of the child, as of waitpid; -1: it runs */
	enum hog_session_end end;
};

/* What the options mean for the collector: 0, or an exit status. */
static int understand(struct tracing *t, const struct hog_args *args)
{
	struct hog_err err = { 0 };
	int r = hog_syscalls_parse(args, &t->opt, &err);

	if (r == 0 && t->opt.set)
		r = hog_callset_parse(MACHINE, t->opt.set, &t->how.set, &err);
	else
		hog_callset_all(&t->how.set);
	t->set = t->how.set;
	if (r == 0 && t->opt.check.asked)
		r = hog_checking_calls(&t->opt.check, MACHINE, t->opt.format,
				       &t->how.set, &err);
	if (r < 0)
		return r == -EINVAL ? hog_usage(name, &err)
				    : hog_fail(name, &err);
	return hog_calls_where(name, args, &t->where);
}

/* For the trace, by --where. */
static int fits(struct tracing *t, const struct hog_run *run,
		const struct hog_event *ev, bool with_stack)
{
	struct hog_callview v;
	enum hog_where_answer answer = HOG_WHERE_YES;

	if (t->where) {
		hog_callview_get(run, ev, &v);
		answer = hog_where_without_stack(t->where, &v);
	}
	if (answer == HOG_WHERE_BY_STACK && !with_stack)
		return HOG_CALLS_NEEDS_STACK;
	if (answer == HOG_WHERE_BY_STACK)
		answer = hog_where_matches(t->where, &v) ? HOG_WHERE_YES
							 : HOG_WHERE_NO;
	return answer == HOG_WHERE_NO ? HOG_CALLS_NO : HOG_CALLS_YES;
}

static int wanted(void *arg, const struct hog_run *run,
		  const struct hog_event *ev, bool with_stack)
{
	struct tracing *t = arg;
	bool check = t->opt.check.asked, again = t->asked_again;
	int r = HOG_CALLS_NO;

	/* A check is asked once for each call: it takes its time. */
	t->asked_again = false;
	if (check && !again && hog_check_wants(&t->sink, run, ev))
		r = HOG_CALLS_YES;
	else if (t->opt.format)
		r = fits(t, run, ev, with_stack);
	t->asked_again = r == HOG_CALLS_NEEDS_STACK;
	t->shown += r == HOG_CALLS_YES;
	return r;
}

/* What goes to the trace beside a check, which may need other calls. */
static bool shown(void *arg, const struct hog_event *ev)
{
	struct tracing *t = arg;
	const struct hog_run *run = hog_calls_get_run(t->calls);
	struct hog_callview v;
	char call[64];

	if (ev->kind != HOG_EV_SYSCALL)
		return true;
	if (!hog_callview_get(run, ev, &v) || v.name.len >= sizeof(call))
		return true;
	memcpy(call, v.name.text, v.name.len);
	call[v.name.len] = '\0';
	if (t->opt.set &&
	    !hog_callset_has(&t->set, false, hog_syscall_number(MACHINE, call)))
		return false;
	return fits(t, run, ev, true) == HOG_CALLS_YES;
}

static void ask_for(struct tracing *t, const struct hog_args *args)
{
	const struct hog_syscalls *opt = &t->opt;

	t->how.via = opt->via;
	t->how.follow = opt->follow;
	t->how.string_limit = opt->string_limit;
	t->how.no_stacks = opt->view.stack == HOG_STACK_NONE;
	t->how.wanted = wanted;
	t->how.arg = t;
	t->how.duration_s = opt->duration_s;
	t->how.version = hog_version;
	t->how.command = hog_args_line(args);
	if (opt->check.asked)
		hog_checking_ask(&opt->check, &t->how);
	t->opt.check.what.launched = opt->program != NULL;
	t->opt.check.what.shown = shown;
	t->opt.check.what.shown_arg = t;
	if (opt->check.asked && opt->format)
		t->opt.check.what.next = &t->beside;
}

/* The program has ended, and its end was seen: what it leaves behind is nothing
 * to wait for. */
static bool has_ended(pid_t child)
{
	siginfo_t info;

	return child &&
	       waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) <
		       0 &&
	       errno == ECHILD;
}

static bool should_stop(void *arg)
{
	struct tracing *t = arg;

	if (t->opt.check.on_signal && hog_signals_look())
		hog_calls_show_fds(t->calls, HOG_FDS_SIGNAL);
	return hog_signals_asked() || has_ended(t->child);
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

/* Processes that --all, --name or --cgroup fit, as they are now. */
static int attach_chosen(struct tracing *t, struct hog_err *err)
{
	struct hog_match *match = NULL;
	struct hog_survey found = { 0 };
	size_t taken = 0;
	int r = hog_match_new(&t->opt.choice.criteria, &match, err);

	if (r == 0)
		r = hog_survey_take(match, 0, &found, err);
	for (size_t i = 0; r == 0 && i < found.n; i++) {
		if (found.v[i].pid == getpid() || found.v[i].why < 0)
			continue;
		if (hog_calls_attach(t->calls, found.v[i].pid, err) == 0)
			taken++;
		else
			hog_fail(name, err);
	}
	if (r == 0)
		hog_say_refused(name, found.refused);
	if (r == 0 && taken == 0)
		r = hog_survey_why_none(match, found.refused, err);
	hog_survey_fini(&found);
	hog_match_free(match);
	return r;
}

static int open_targets(struct tracing *t, struct hog_err *err)
{
	const struct hog_choice *choice = &t->opt.choice;
	int r = 0;

	if (t->opt.program) {
		r = hog_calls_launch(t->calls, t->opt.program, &t->before,
				     &t->child, err);
		if (r == 0)
			hog_front_leave_terminal(&t->front);
		return r;
	}
	hog_signals_catch();
	for (size_t i = 0; i < choice->n_pids && r == 0; i++)
		r = hog_calls_attach(t->calls, choice->pids[i], err);
	if (r == 0 && choice->chosen)
		r = attach_chosen(t, err);
	return r;
}

/* Where a result goes without -o: a launched program's standard output is its
 * own. */
static int open_stream(const struct tracing *t, const struct hog_sink_ops *ops,
		       struct hog_output *out, struct hog_err *err)
{
	return t->opt.program ? hog_output_open_error(ops, out, err)
			      : hog_output_open(ops, "-", out, err);
}

static int open_sink(const struct tracing *t, const struct hog_sink_ops *ops,
		     const struct hog_output *out, struct hog_sink *ret,
		     struct hog_err *err)
{
	struct hog_view view = t->opt.view;
	int r;

	hog_output_fit_view(out, &view);
	r = hog_sink_init(ret, ops, &view, out->file);
	return r < 0 ? hog_err_set(err, r, "output '%s'", ops->name) : 0;
}

/* A trace or a check to -o; of both the trace, and the check to the stream. */
static int open_outputs(struct tracing *t, struct hog_err *err)
{
	const struct hog_syscalls *opt = &t->opt;
	bool both = opt->check.asked && opt->format;
	const struct hog_sink_ops *ops =
		opt->check.asked ? opt->check.format : opt->format;
	int r;

	if (opt->path && !both)
		r = hog_output_open(ops, opt->path, &t->out, err);
	else
		r = open_stream(t, ops, &t->out, err);
	if (r == 0)
		r = open_sink(t, ops, &t->out, &t->sink, err);
	if (r == 0 && both)
		r = opt->path
			    ? hog_output_open(opt->format, opt->path,
					      &t->beside_out, err)
			    : open_stream(t, opt->format, &t->beside_out, err);
	if (r == 0 && both)
		r = open_sink(t, opt->format, &t->beside_out, &t->beside, err);
	if (r == 0 && opt->check.asked)
		hog_check_set(&t->sink, &opt->check.what);
	if (r == 0 && opt->stats_path)
		r = hog_output_open_file(opt->stats_path, false, &t->stats,
					 err);
	return r;
}

/* What -o names. */
static struct hog_output *main_output(struct tracing *t)
{
	return t->beside_out.file ? &t->beside_out : &t->out;
}

static int start(struct tracing *t, struct hog_err *err)
{
	int r = hog_calls_new(&t->how, &t->calls, err);

	if (r == 0)
		r = open_outputs(t, err);
	if (r == 0)
		r = open_targets(t, err);
	if (r < 0)
		return r;
	hog_signals_catch();
	if (t->out.way == HOG_OUT_STREAM)
		hog_signals_guard_stream(fileno(t->out.file));
	/* A format that can be flushed is whole at each moment. */
	if (!t->opt.format || !t->opt.format->flush)
		hog_signals_guard_output(main_output(t));
	hog_checking_find_sources(&t->opt.check, t->opt.choice.n_pids
							 ? t->opt.choice.pids[0]
							 : getpid());
	return 0;
}

static int write_stats(struct tracing *t, struct hog_err *err)
{
	int r = 0;

	if (t->stats.file)
		r = hog_stats_json_write(t->stats.file,
					 &hog_calls_get_run(t->calls)->stats);
	if (r < 0)
		return hog_err_set(err, r, "write to '%.200s'",
				   t->opt.stats_path);
	return hog_output_close(&t->stats, err);
}

/* Both files, even when the first cannot be written; says what went wrong. */
static int write_result(struct tracing *t)
{
	struct hog_err err = { 0 };
	int bad = 0;

	if (hog_sink_end(&t->sink, &err) < 0) {
		hog_err_wrap(&err, err.code, "write to '%.200s'", t->out.path);
		bad = hog_fail(name, &err);
	}
	if (hog_output_close(&t->out, &err) < 0 && !bad)
		bad = hog_fail(name, &err);
	if (hog_output_close(&t->beside_out, &err) < 0 && !bad)
		bad = hog_fail(name, &err);
	if (write_stats(t, &err) < 0)
		bad = hog_fail(name, &err);
	return bad;
}

static void discard(struct tracing *t)
{
	hog_output_discard(&t->out);
	hog_output_discard(&t->beside_out);
	hog_output_discard(&t->stats);
}

static void say_processes(const struct hog_model *model)
{
	uint32_t n = hog_model_count(model).processes;

	for (uint32_t id = 1; id < n; id++) {
		const struct hog_process_info *p =
			hog_model_get_process(model, id);
		const char *python = hog_model_text(model, p->python, NULL);

		hog_say(name, "process %d: %s%s%s%.200s", (int)p->pid,
			python[0] ? "Python " : "", python,
			python[0] ? ": " : "",
			hog_model_text(model, p->cmdline, NULL));
	}
}

/* An empty result is explained; a trace that was seen needs no words. */
static void say_end(const struct tracing *t)
{
	const struct hog_run *run = hog_calls_get_run(t->calls);
	bool to_file = t->opt.path && strcmp(t->opt.path, "-") != 0;

	if (t->opt.verbose) {
		hog_say(name, "calls were followed by way of %s",
			hog_calls_way(t->calls));
		say_processes(run->model);
	}
	if (t->shown == 0 && t->opt.format)
		hog_say(name, "no call: %s",
			t->where || t->opt.set
				? "none of those asked for was made"
				: "none was made");
	else if (to_file && !t->opt.quiet)
		hog_say(name, "%llu call%s in %.1f s; wrote %s",
			(unsigned long long)t->shown, t->shown == 1 ? "" : "s",
			run->stats.wall_seconds, t->opt.path);
}

/* Following ended by a failure: what there is is kept where that can be. */
static int finish_failed(struct tracing *t, struct hog_err *err)
{
	bool unwritten =
		t->sink.failed < 0 || (t->out.file && ferror(t->out.file));

	if (unwritten)
		hog_err_wrap(err, err->code, "write to '%.200s'", t->out.path);
	hog_fail(name, err);
	if (unwritten || t->shown == 0)
		discard(t);
	else
		write_result(t);
	return HOG_EXIT_FAIL;
}

static int finish(struct tracing *t)
{
	/* hognose was killed: what is whole at each moment stays. */
	if (hog_signals_alone() && !t->opt.format->flush) {
		discard(t);
		return HOG_EXIT_FAIL;
	}
	if (write_result(t) != 0)
		return HOG_EXIT_FAIL;
	if (!hog_signals_alone())
		say_end(t);
	if (t->opt.check.asked && hog_check_failed(&t->sink))
		return HOG_EXIT_CHECK;
	return HOG_EXIT_OK;
}

static int exit_status(int status)
{
	if (status == -1)
		return HOG_EXIT_FAIL;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

/* The program runs on, and hognose waits for it: calls go their way unseen. */
static int see_it_end(struct tracing *t, int own)
{
	const struct hog_session_hooks hooks = { .stop = never };
	int result;

	if (t->status == -1) {
		hog_front_tell(&t->front, HOG_FRONT_WAITING, 0);
		hog_signals_wait_for(t->child);
		t->status = hog_calls_wait(t->calls, &hooks);
	}
	hog_signals_no_child();
	result = own == HOG_EXIT_OK ? exit_status(t->status) : own;
	/* What it left running is nothing to wait for, but may not be left
	 * alone under its filter. */
	hog_front_release(&t->front, result);
	hog_calls_outlive(t->calls);
	return result;
}

static int follow(struct tracing *t, struct hog_err *err)
{
	const struct hog_session_hooks hooks = { .stop = should_stop,
						 .arg = t };
	int own, r;

	r = hog_calls_run(t->calls, &t->sink, &hooks, &t->end, &t->status, err);
	hog_front_tell(&t->front, HOG_FRONT_WRITING, 0);
	hog_signals_phase(HOG_PHASE_WRITING);
	own = r < 0 ? finish_failed(t, err) : finish(t);
	hog_signals_forget_output();
	hog_signals_guard_stream(-1);
	return t->child ? see_it_end(t, own) : own;
}

static int trace(struct tracing *t)
{
	struct hog_err err = { 0 };
	int r;

	if (start(t, &err) < 0) {
		discard(t);
		return hog_fail(name, &err);
	}
	r = follow(t, &err);
	return r;
}

static int run_syscalls(const struct hog_args *args)
{
	struct tracing t = { .front = { .fd = -1 }, .status = -1 };
	struct hog_err err = { 0 };
	int status, r;

	hog_sigstate_save(&t.before);
	status = understand(&t, args);
	ask_for(&t, args);
	if (t.opt.check.on_signal)
		hog_signals_catch_look();
	if (status == HOG_EXIT_OK && t.opt.program) {
		r = hog_front_split(name, &t.front, &status, &err);
		if (r < 0)
			status = hog_fail(name, &err);
		else if (r == 0)
			status = trace(&t);
	} else if (status == HOG_EXIT_OK) {
		status = trace(&t);
	}
	if (t.sink.ops)
		hog_sink_fini(&t.sink);
	if (t.beside.ops)
		hog_sink_fini(&t.beside);
	hog_calls_free(t.calls);
	hog_where_free(t.where);
	hog_syscalls_fini(&t.opt);
	return status;
}

const struct hog_command hog_cmd_syscalls = {
	.name = "syscalls",
	.usage = "[options] (-p PID ... | --all | -- PROGRAM ARGS...)",
	.summary = "show system calls with the Python lines that made them",
	.details =
		"A line for each call, as it ends, and under it the innermost "
		"lines of Python; -o and -f keep all of it in other forms. "
		"Without -o the calls are shown on standard error when hognose "
		"launches the program, else on standard output.\n"
		"Only threads that make a wanted call are stopped, for moments. "
		"SIGINT ends the trace; an attached program runs on.",
	.example = "hognose syscalls -e openat --where 'result < 0' -- python3 "
		   "-c 'import json'",
	.options = hog_syscalls_options,
	.run = run_syscalls,
};
