/* SPDX-License-Identifier: Apache-2.0 */
/* hognose doctor: can it look here, and if not, why, and what to do. */
#include "cli/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/err.h"
#include "cli/choose.h"
#include "cli/command.h"
#include "cli/record.h"
#include "cli/say.h"
#include "collect/survey.h"
#include "target/match.h"

#define LOOK_NS HOG_NS_PER_SEC /* at all processes, in all */

static const char name[] = "doctor";

static const char *const healths[] = {
	[HOG_HEALTH_OK] = "ok",
	[HOG_HEALTH_NOTE] = "note",
	[HOG_HEALTH_FAIL] = "fail",
};

enum { OPT_JSON = 256 };

struct report {
	struct hog_findings findings;
	struct hog_choice choice;
	struct hog_survey pythons;
	pid_t pid; /* 0: the machine alone */
};

static void print_pythons(const struct report *rep)
{
	char plain[300], who[HOG_RECORD_NAME_MAX];

	if (rep->pythons.n == 0)
		printf("\nNo %sPython process is seen here.\n",
		       rep->choice.chosen ? "such " : "");
	else
		printf("\nPython processes:\n");
	for (size_t i = 0; i < rep->pythons.n; i++) {
		const struct hog_seen *p = &rep->pythons.v[i];

		hog_record_process_name(p->pid, who, sizeof(who));
		printf("  %-8d %-9s %s", (int)p->pid, p->why ? "?" : p->version,
		       who);
		if (p->why)
			printf(": %s",
			       hog_plain(p->reason, plain, sizeof(plain)));
		putchar('\n');
	}
	if (rep->pythons.cut)
		printf("  ... and perhaps more: not all were looked at\n");
}

static void print_text(const struct report *rep)
{
	char plain[600];

	for (size_t i = 0; i < rep->findings.n; i++) {
		const struct hog_finding *one = &rep->findings.v[i];

		printf("%-5s %-11s %s\n", healths[one->health], one->name,
		       hog_plain(one->what, plain, sizeof(plain)));
		if (one->remedy)
			printf("%-17s %s\n", "", one->remedy);
	}
	if (rep->pid == 0)
		print_pythons(rep);
}

static struct json_object *text_or_null(const char *text)
{
	char plain[600];

	if (!text || !text[0])
		return NULL;
	return json_object_new_string(hog_plain(text, plain, sizeof(plain)));
}

static struct json_object *findings_json(const struct hog_findings *f)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < f->n; i++) {
		const struct hog_finding *one = &f->v[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "name",
				       json_object_new_string(one->name));
		json_object_object_add(
			o, "status",
			json_object_new_string(healths[one->health]));
		json_object_object_add(o, "finding", text_or_null(one->what));
		json_object_object_add(o, "remedy", text_or_null(one->remedy));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *pythons_json(const struct report *rep)
{
	char who[HOG_RECORD_NAME_MAX];
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < rep->pythons.n; i++) {
		const struct hog_seen *p = &rep->pythons.v[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "pid", json_object_new_int(p->pid));
		hog_record_process_name(p->pid, who, sizeof(who));
		json_object_object_add(o, "name", text_or_null(who));
		json_object_object_add(o, "python", text_or_null(p->version));
		json_object_object_add(o, "why_not", text_or_null(p->reason));
		json_object_array_add(list, o);
	}
	return list;
}

static void print_json(const struct report *rep)
{
	struct json_object *top = json_object_new_object();
	bool ok = !hog_findings_failed(&rep->findings);

	json_object_object_add(top, "ok", json_object_new_boolean(ok));
	json_object_object_add(top, "pid",
			       rep->pid ? json_object_new_int(rep->pid) : NULL);
	json_object_object_add(top, "checks", findings_json(&rep->findings));
	if (rep->pid == 0) {
		json_object_object_add(top, "processes", pythons_json(rep));
		json_object_object_add(
			top, "complete",
			json_object_new_boolean(!rep->pythons.cut));
	}
	puts(json_object_to_json_string_ext(
		top, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			     JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(top);
}

static int parse(const struct hog_args *args, struct report *rep,
		 struct hog_err *err)
{
	int r = hog_choose(args, true, &rep->choice, err);

	if (r < 0)
		return r;
	if (rep->choice.n_pids > 1)
		return hog_err_say(err, -EINVAL, "ask once for each",
				   "more than one process is named");
	if (hog_args_program(args))
		return hog_err_say(err, -EINVAL, "leave '--' out",
				   "doctor launches no program");
	rep->pid = rep->choice.n_pids ? rep->choice.pids[0] : 0;
	return 0;
}

static int look(struct report *rep, struct hog_err *err)
{
	struct hog_match *match = NULL;
	int r = hog_match_new(&rep->choice.criteria, &match, err);

	if (r < 0)
		return r;
	hog_doctor_system(&rep->findings);
	if (rep->pid)
		hog_doctor_process(&rep->findings, rep->pid);
	else
		r = hog_survey_take(match, LOOK_NS, &rep->pythons, err);
	hog_match_free(match);
	return r;
}

/* The first reason, for those who read only stderr and the exit status. */
static int conclude(const struct hog_findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct hog_finding *one = &f->v[i];

		if (one->health != HOG_HEALTH_FAIL)
			continue;
		hog_say(name, "recording would not work: %s; %s", one->what,
			one->remedy);
		return HOG_EXIT_FAIL;
	}
	return HOG_EXIT_OK;
}

static int report(const struct hog_args *args, struct report *rep)
{
	struct hog_err err = { 0 };
	int r = parse(args, rep, &err);

	if (r == 0)
		r = look(rep, &err);
	if (r < 0)
		return r == -EINVAL ? hog_usage(name, &err)
				    : hog_fail(name, &err);
	if (hog_args_has(args, OPT_JSON))
		print_json(rep);
	else
		print_text(rep);
	fflush(stdout);
	return conclude(&rep->findings);
}

static int run_doctor(const struct hog_args *args)
{
	struct hog_err err = { 0 };
	struct report *rep = calloc(1, sizeof(*rep));
	int status;

	if (!rep) {
		hog_err_set(&err, -ENOMEM, "report");
		return hog_fail(name, &err);
	}
	status = report(args, rep);
	hog_survey_fini(&rep->pythons);
	hog_choice_fini(&rep->choice);
	free(rep);
	return status;
}

static const struct hog_opt doctor_options[] = {
	{ 'p', "pid", "PID", "look at this process (or name it bare)", false },
	{ HOG_CHOOSE_ALL, "all", NULL, "list every Python (default)", false },
	{ HOG_CHOOSE_NAME, "name", "PATTERN", HOG_CHOOSE_NAME_HELP, false },
	{ HOG_CHOOSE_CGROUP, "cgroup", "GROUP", HOG_CHOOSE_CGROUP_HELP, false },
	{ OPT_JSON, "json", NULL, "print JSON", false },
	{ 0 },
};

const struct hog_command hog_cmd_doctor = {
	.name = "doctor",
	.usage = "[--json] [PID | --name PATTERN | --cgroup GROUP]",
	.summary = "say what hognose can see here, and if not, why",
	.details = "Each line is ok, note (it limits something) or fail "
		   "(recording does not work), with the remedy below. Without "
		   "PID the Python processes that it can see are listed. The "
		   "exit status is 0 when recording would work.",
	.example = "hognose doctor --json",
	.options = doctor_options,
	.run = run_doctor,
};
