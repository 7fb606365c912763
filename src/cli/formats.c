/* SPDX-License-Identifier: Apache-2.0 */
/* hognose formats: the outputs that --format knows, one per line. */
#include <stdio.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/say.h"
#include "export/sinks.h"

static int run_formats(const struct hog_args *args)
{
	bool names_only = hog_args_has(args, 'q');
	struct hog_err err;

	if (hog_args_count(args) > 0) {
		hog_err_say(&err, -1, NULL, "takes no argument, not '%.40s'",
			    hog_args_operand(args, 0));
		return hog_usage("formats", &err);
	}
	for (size_t i = 0; hog_sinks[i]; i++) {
		const struct hog_sink_ops *ops = hog_sinks[i];

		if (names_only)
			printf("%s\n", ops->name);
		else
			printf("%-9s %-14s %s\n", ops->name,
			       ops->suffix ? ops->suffix : "-", ops->summary);
	}
	return HOG_EXIT_OK;
}

static const struct hog_opt formats_options[] = {
	{ 'q', "quiet", NULL, "names only, for shell completion" },
	{ 0 },
};

const struct hog_command hog_cmd_formats = {
	.name = "formats",
	.usage = "[-q]",
	.summary = "list the output formats",
	.details =
		"A line is the name for -f, the suffix with which -o chooses "
		"the format ('-': none), and what it is.",
	.example = "hognose formats",
	.options = formats_options,
	.run = run_formats,
};
