/* SPDX-License-Identifier: Apache-2.0 */
/* hognose fds: what is open in a process now, and who opened it. */
#include "cli/fds.h"

#include <errno.h>

#include "base/err.h"
#include "cli/choose.h"
#include "cli/command.h"
#include "cli/say.h"

static const char name[] = "fds";

enum { OPT_JSON = 256, OPT_OPENED_IN };

/* All that can be read; the others are said, and make it fail. */
static int show(const struct hog_choice *choice, struct hog_fds_record *record,
		bool json)
{
	bool many = choice->n_pids > 1;
	int status = HOG_EXIT_OK;
	size_t shown = 0;

	if (json && many)
		fputs("[", stdout);
	for (size_t i = 0; i < choice->n_pids; i++) {
		struct hog_fds_table t = { 0 };
		struct hog_err err = { 0 };

		if (hog_fds_table_take(choice->pids[i], &t, &err) < 0) {
			status = hog_fail(name, &err);
			continue;
		}
		if (record)
			hog_fds_record_join(record, &t);
		if (shown++)
			fputs(json ? ",\n" : "\n", stdout);
		(json ? hog_fds_json : hog_fds_text)(&t, stdout);
		hog_fds_table_fini(&t);
	}
	if (json && (many || shown))
		fputs(many ? "]\n" : "\n", stdout);
	return status;
}

static int end(int status)
{
	struct hog_err err = { 0 };

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	hog_err_set(&err, errno ? -errno : -EIO, "write to standard output");
	return hog_fail(name, &err);
}

static int run_fds(const struct hog_args *args)
{
	const char *path = hog_args_value(args, OPT_OPENED_IN);
	struct hog_fds_record *record = NULL;
	struct hog_choice choice = { 0 };
	struct hog_err err = { 0 };
	int status, r = hog_choose(args, true, &choice, &err);

	if (r == 0 && choice.n_pids == 0)
		r = hog_err_say(&err, -EINVAL, "name one with -p PID",
				"no process is named");
	if (r < 0) {
		hog_choice_fini(&choice);
		return hog_usage(name, &err);
	}
	if (path)
		r = hog_fds_record_read(path, &record, &err);
	status = r < 0 ? hog_fail(name, &err)
		       : show(&choice, record, hog_args_has(args, OPT_JSON));
	hog_fds_record_free(record);
	hog_choice_fini(&choice);
	return r < 0 ? status : end(status);
}

static const struct hog_opt fds_options[] = {
	{ 'p', "pid", "PID", "look at this process (repeatable)" },
	{ OPT_OPENED_IN, "opened-in", "FILE",
	  "a recording of system calls: say which lines opened them" },
	{ OPT_JSON, "json", NULL, "print JSON" },
	{ 0 },
};

const struct hog_command hog_cmd_fds = {
	.name = "fds",
	.usage = "[--json] [--opened-in FILE] -p PID ...",
	.summary = "show what a process has open now",
	.details = "Number, kind, whether it is closed on exec, what it is: "
		   "path, addresses of a socket, and who else has a pipe. "
		   "With a recording that 'hognose syscalls -o FILE.hog' made "
		   "while they were opened, or still makes, the line of Python "
		   "that did it.",
	.example = "python3 -c 'import time; time.sleep(5)' & sleep 1; hognose "
		   "fds $!",
	.options = fds_options,
	.run = run_fds,
};
