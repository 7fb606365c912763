/* SPDX-License-Identifier: Apache-2.0 */
/* hognose doctor: can it look here, and if not, why, and what to do. */
#include "cli/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/numbers.h"
#include "cli/say.h"

static const char name[] = "doctor";

static const char *const healths[] = {
	[HOG_HEALTH_OK] = "ok",
	[HOG_HEALTH_NOTE] = "note",
	[HOG_HEALTH_FAIL] = "fail",
};

enum { OPT_JSON = 256 };

struct report {
	struct hog_findings findings;
	struct hog_seen_python pythons[HOG_PYTHONS_MAX];
	size_t n_pythons;
	bool all;  /* no process was left out */
	pid_t pid; /* 0: the machine alone */
};

static void print_pythons(const struct report *rep)
{
	char plain[300];

	if (rep->n_pythons == 0)
		printf("\nNo Python process is seen here.\n");
	else
		printf("\nPython processes:\n");
	for (size_t i = 0; i < rep->n_pythons; i++) {
		const struct hog_seen_python *p = &rep->pythons[i];

		if (p->readable)
			printf("  %-8d %-9s %s\n", (int)p->pid, p->version,
			       p->name);
		else
			printf("  %-8d %-9s %s: %s\n", (int)p->pid, "?",
			       p->name,
			       hog_plain(p->why, plain, sizeof(plain)));
	}
	if (!rep->all)
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
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < rep->n_pythons; i++) {
		const struct hog_seen_python *p = &rep->pythons[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "pid", json_object_new_int(p->pid));
		json_object_object_add(o, "name", text_or_null(p->name));
		json_object_object_add(o, "python", text_or_null(p->version));
		json_object_object_add(o, "why_not", text_or_null(p->why));
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
		json_object_object_add(top, "complete",
				       json_object_new_boolean(rep->all));
	}
	puts(json_object_to_json_string_ext(
		top, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			     JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(top);
}

static int parse(const struct hog_args *args, pid_t *ret_pid,
		 struct hog_err *err)
{
	const char *operand = hog_args_operand(args, 0);
	const char *option = hog_args_value(args, 'p');
	const char *pid = operand ? operand : option;

	*ret_pid = 0;
	if (hog_args_count(args) > 1 || (operand && option) ||
	    hog_args_nth(args, 'p', 1))
		return hog_err_say(err, -EINVAL, "ask once for each",
				   "more than one process is named");
	if (hog_args_program(args))
		return hog_err_say(err, -EINVAL, "leave '--' out",
				   "doctor launches no program");
	return pid ? hog_parse_pid(pid, ret_pid, err) : 0;
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

static int run_doctor(const struct hog_args *args)
{
	struct hog_err err = { 0 };
	struct report *rep = calloc(1, sizeof(*rep));
	int status;

	if (!rep) {
		hog_err_set(&err, -ENOMEM, "report");
		return hog_fail(name, &err);
	}
	if (parse(args, &rep->pid, &err) < 0) {
		free(rep);
		return hog_usage(name, &err);
	}
	hog_doctor_system(&rep->findings);
	if (rep->pid)
		hog_doctor_process(&rep->findings, rep->pid);
	else
		rep->n_pythons = hog_doctor_pythons(rep->pythons,
						    HOG_PYTHONS_MAX, &rep->all);
	if (hog_args_has(args, OPT_JSON))
		print_json(rep);
	else
		print_text(rep);
	fflush(stdout);
	status = conclude(&rep->findings);
	free(rep);
	return status;
}

static const struct hog_opt doctor_options[] = {
	{ 'p', "pid", "PID", "look at this process (or name it bare)", false },
	{ OPT_JSON, "json", NULL, "print JSON", false },
	{ 0 },
};

const struct hog_command hog_cmd_doctor = {
	.name = "doctor",
	.usage = "[--json] [PID]",
	.summary = "say what hognose can see here, and if not, why",
	.details = "Each line is ok, note (it limits something) or fail "
		   "(recording does not work), with the remedy below. Without "
		   "PID the Python processes that it can see are listed. The "
		   "exit status is 0 when recording would work.",
	.example = "hognose doctor --json",
	.options = doctor_options,
	.run = run_doctor,
};
