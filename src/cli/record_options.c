/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/async_option.h"
#include "cli/command.h"
#include "cli/numbers.h"
#include "cli/output.h"
#include "cli/parts.h"
#include "cli/record.h"
#include "cli/record_table.h"
#include "cli/version.h"
#include "collect/pace.h"

#define RATE_HZ 100
#define ALL_MAX_CPU 10 /* per cent of a core */

static int parse_mode(const char *text, enum hog_mode *ret, struct hog_err *err)
{
	for (int mode = HOG_MODE_WALL; text && mode <= HOG_MODE_GIL; mode++) {
		if (strcmp(text, hog_mode_name((enum hog_mode)mode)) != 0)
			continue;
		*ret = (enum hog_mode)mode;
		return 0;
	}
	if (text)
		return hog_err_say(err, -EINVAL, "use wall, cpu or gil",
				   "unknown mode '%.40s'", text);
	return 0;
}

/* all: nobody knows how many processes that will be. */
static int parse_shares(const struct hog_args *args, bool all,
			struct hog_session_options *opt, struct hog_err *err)
{
	const char *jitter = hog_args_value(args, HOG_RECORD_JITTER);
	const char *max_cpu = hog_args_value(args, HOG_RECORD_MAX_CPU);
	int r = 0;

	opt->max_cpu = all ? ALL_MAX_CPU : 0;
	if (jitter)
		r = hog_parse_percent(jitter, "jitter", 0, 100, &opt->jitter,
				      err);
	if (r == 0 && max_cpu)
		r = hog_parse_percent(max_cpu, "share of a core", 0.1, 100,
				      &opt->max_cpu, err);
	return r;
}

static int parse_numbers(const struct hog_args *args,
			 struct hog_session_options *opt, struct hog_err *err)
{
	const char *rate = hog_args_value(args, 'r');
	const char *duration = hog_args_value(args, 'd');
	const char *wait = hog_args_value(args, HOG_RECORD_WAIT);
	int r = 0;

	if (rate)
		r = hog_parse_rate(rate, &opt->rate_hz, err);
	if (r == 0 && duration)
		r = hog_parse_seconds(duration, &opt->duration_s, err);
	if (r == 0 && duration && opt->duration_s <= 0)
		return hog_err_say(err, -EINVAL,
				   "give more, or leave -d out to record until "
				   "the end",
				   "a duration of '%.40s' records nothing",
				   duration);
	if (r == 0 && wait)
		r = hog_parse_seconds(wait, &opt->wait_s, err);
	return r;
}

static int parse_stops(const struct hog_args *args,
		       struct hog_session_options *opt, struct hog_err *err)
{
	const char *budget = hog_args_value(args, HOG_RECORD_STOP_BUDGET);

	opt->exact = hog_args_has(args, HOG_RECORD_EXACT);
	if (budget && opt->exact)
		return hog_err_say(err, -EINVAL, "leave one of them out",
				   "--exact has no budget: it stops for every "
				   "sample");
	if (!budget)
		return 0;
	return hog_parse_percent(budget, "budget for stops", 0, 100,
				 &opt->stop_budget, err);
}

static void parse_switches(const struct hog_args *args,
			   struct hog_record_options *opt)
{
	opt->session.idle = hog_args_has(args, HOG_RECORD_IDLE);
	opt->session.gc = hog_args_has(args, HOG_RECORD_GC);
	opt->session.no_priority =
		hog_args_switch(args, HOG_RECORD_PRIORITY) < 0;
	opt->session.no_repair = hog_args_has(args, HOG_RECORD_NO_REPAIR);
	opt->session.follow = hog_args_switch(args, HOG_RECORD_FOLLOW) >= 0;
	opt->view.function = hog_args_has(args, HOG_RECORD_FUNCTION);
	opt->view.full_paths = hog_args_has(args, HOG_RECORD_FULL_PATHS);
	opt->view.threads = hog_args_has(args, 't');
	opt->view.no_python = opt->session.idle;
	opt->quiet = hog_args_has(args, 'q');
	opt->verbose = hog_args_has(args, 'v');
}

static int parse_outputs(const struct hog_args *args,
			 struct hog_record_options *opt, struct hog_err *err)
{
	int r;

	opt->path = hog_args_value(args, 'o');
	opt->stats_path = hog_args_value(args, HOG_RECORD_STATS);
	if ((opt->path && !opt->path[0]) ||
	    (opt->stats_path && !opt->stats_path[0]))
		return hog_err_say(err, -EINVAL, "name a file, or '-'",
				   "the name of the output is empty");
	r = hog_output_choose(hog_args_value(args, 'f'), opt->path,
			      &opt->format, err);
	if (r < 0)
		return r;
	if (!(opt->format->accepts & 1u << HOG_EV_SAMPLE))
		return hog_err_say(err, -EINVAL, "see 'hognose syscalls'",
				   "format '%s' shows system calls, which are "
				   "not recorded here",
				   opt->format->name);
	opt->per_process = hog_args_has(args, HOG_RECORD_PER_PROCESS);
	if (opt->per_process)
		return hog_parts_check(opt->path, err);
	/* The table is made for reading at once. */
	if (!opt->path &&
	    (!opt->format->suffix || !strcmp(opt->format->name, "table")))
		opt->path = "-";
	if (opt->path && opt->stats_path && !strcmp(opt->path, opt->stats_path))
		return hog_err_say(err, -EINVAL, "name two files",
				   "-o and --stats name the same output");
	return 0;
}

/* Waiting is what the other modes leave out. */
static int check_async(const struct hog_session_options *opt,
		       struct hog_err *err)
{
	if (opt->async != HOG_ASYNC_ALL || opt->mode == HOG_MODE_WALL)
		return 0;
	return hog_err_say(err, -EINVAL, "use --async, or --mode wall",
			   "--async=all shows what waits, which --mode %s "
			   "leaves out",
			   hog_mode_name(opt->mode));
}

int hog_record_parse(const struct hog_args *args,
		     struct hog_record_options *ret, struct hog_err *err)
{
	int r;

	*ret = (struct hog_record_options){
		.session = { .rate_hz = RATE_HZ,
			     .jitter = HOG_PACE_JITTER,
			     .version = hog_version,
			     .command = hog_args_line(args) },
	};
	r = hog_choose_target(args, &ret->choice, &ret->program, err);
	/* ret outlives the session's use of it. */
	if (ret->choice.chosen)
		ret->session.chosen = &ret->choice.criteria;
	if (r == 0)
		r = parse_numbers(args, &ret->session, err);
	if (r == 0)
		r = parse_shares(args, hog_args_has(args, HOG_CHOOSE_ALL),
				 &ret->session, err);
	if (r == 0)
		r = parse_stops(args, &ret->session, err);
	if (r == 0)
		r = parse_mode(hog_args_value(args, HOG_RECORD_MODE),
			       &ret->session.mode, err);
	if (r == 0)
		r = hog_async_parse(args, HOG_RECORD_ASYNC, &ret->session.async,
				    err);
	if (r == 0)
		r = check_async(&ret->session, err);
	if (r == 0)
		r = parse_outputs(args, ret, err);
	parse_switches(args, ret);
	if (r < 0)
		hog_record_options_fini(ret);
	return r;
}

void hog_record_options_fini(struct hog_record_options *opt)
{
	hog_choice_fini(&opt->choice);
}
