/* SPDX-License-Identifier: Apache-2.0 */
/* hognose: which command, and the exit status. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/suggest.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/say.h"
#include "cli/version.h"

static const struct hog_command *find_command(const char *name)
{
	for (size_t i = 0; hog_commands[i]; i++)
		if (!strcmp(hog_commands[i]->name, name))
			return hog_commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	struct hog_suggest near;

	hog_suggest_init(&near, name, strlen(name));
	for (size_t i = 0; hog_commands[i]; i++)
		hog_suggest_try(&near, hog_commands[i]->name);
	if (near.best[0])
		hog_say(NULL, "unknown command '%.40s'; did you mean '%s'?",
			name, near.best);
	else
		hog_say(NULL,
			"unknown command '%.40s'; 'hognose --help' lists the "
			"commands",
			name);
	return HOG_EXIT_USAGE;
}

static int run_command(const struct hog_command *cmd, int argc, char **argv)
{
	struct hog_args *args = NULL;
	struct hog_err err = { 0 };
	int r = hog_args_parse(cmd, argc, argv, 2, &args, &err);

	if (r < 0)
		return r == -EINVAL ? hog_usage(cmd->name, &err)
				    : hog_fail(cmd->name, &err);
	if (hog_args_has(args, hog_opt_help.letter)) {
		hog_help_command(cmd, stdout);
		r = HOG_EXIT_OK;
	} else {
		r = cmd->run(args);
	}
	hog_args_free(args);
	return r;
}

static int run_help(int argc, char **argv)
{
	const struct hog_command *cmd = argc > 2 ? find_command(argv[2]) : NULL;

	if (argc > 2 && !cmd)
		return unknown_command(argv[2]);
	if (cmd)
		hog_help_command(cmd, stdout);
	else
		hog_help_overview(stdout);
	return HOG_EXIT_OK;
}

static int run_version(int argc, char **argv)
{
	bool json = argc == 3 && !strcmp(argv[2], "--json");

	if (argc > 2 && !json) {
		hog_say(NULL,
			"unknown option '%.40s' of --version; it takes --json or "
			"nothing",
			argv[2]);
		return HOG_EXIT_USAGE;
	}
	return hog_print_version(json);
}

static int dispatch(int argc, char **argv)
{
	const struct hog_command *cmd;

	if (argc < 2) {
		hog_say(NULL, "no command given; 'hognose --help' lists the "
			      "commands");
		return HOG_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return run_version(argc, argv);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help"))
		return run_help(argc, argv);
	cmd = find_command(argv[1]);
	if (cmd)
		return run_command(cmd, argc, argv);
	if (argv[1][0] == '-') {
		hog_say(NULL,
			"unknown option '%.40s'; the command comes first, as in "
			"'hognose record -p PID'",
			argv[1]);
		return HOG_EXIT_USAGE;
	}
	return unknown_command(argv[1]);
}

/* A result that did not reach stdout is a failure, not a success. */
static int finish_stdout(int status)
{
	bool bad = ferror(stdout) != 0;

	if (fflush(stdout) == 0 && !bad)
		return status;
	hog_say(NULL, "standard output: %s; not all was written",
		strerror(errno));
	return status == HOG_EXIT_OK ? HOG_EXIT_FAIL : status;
}

/* With 0, 1 or 2 closed, a file we open would become stdin, stdout or stderr
 * and get what was meant for them.  The fillers fail every use, and a launched
 * program finds the descriptors closed, as they were. */
static void fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	fill_standard_fds();
	return finish_stdout(dispatch(argc, argv));
}
