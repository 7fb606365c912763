/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include <string.h>

#include "cli/args.h"
#include "cli/command.h"

#define HELP_COLUMN 28
#define HELP_WIDTH 80

/* Text from the given column on, folded at blanks. */
static void put_folded(FILE *out, const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t word = strcspn(text, " \n");

		if (at > column && at + 1 + word > HELP_WIDTH) {
			fprintf(out, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', out);
			at++;
		}
		fwrite(text, 1, word, out);
		at += word;
		text += word;
		if (*text == '\n') {
			fprintf(out, "\n%*s", (int)column, "");
			at = column;
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}

static void put_option(FILE *out, const struct hog_opt *o)
{
	char left[80];
	int n = 0;

	if (o->letter < 256)
		n = snprintf(left, sizeof(left), "  -%c", o->letter);
	else
		n = snprintf(left, sizeof(left), "    ");
	if (o->name)
		n += snprintf(left + n, sizeof(left) - (size_t)n, "%s--%s%s",
			      o->letter < 256 ? ", " : "  ",
			      o->negatable ? "[no-]" : "", o->name);
	if (o->value)
		n += snprintf(left + n, sizeof(left) - (size_t)n,
			      o->optional ? "[=%s]" : " %s", o->value);
	if (n >= HELP_COLUMN - 1)
		fprintf(out, "%s\n%*s", left, HELP_COLUMN, "");
	else
		fprintf(out, "%-*s", HELP_COLUMN, left);
	put_folded(out, o->help, HELP_COLUMN);
}

void hog_help_command(const struct hog_command *cmd, FILE *out)
{
	fprintf(out, "Usage: hognose %s %s\n\n", cmd->name, cmd->usage);
	fprintf(out, "%s\n\nOptions:\n", cmd->summary);
	for (const struct hog_opt *o = cmd->options; o->letter; o++)
		put_option(out, o);
	put_option(out, &hog_opt_help);
	if (cmd->details) {
		fputc('\n', out);
		put_folded(out, cmd->details, 0);
	}
	if (cmd->example)
		fprintf(out, "\nExample:\n  %s\n", cmd->example);
}

void hog_help_overview(FILE *out)
{
	fputs("Usage: hognose COMMAND [options] [-p PID ... | -- PROGRAM ARGS...]\n"
	      "\n"
	      "Shows what a running Python program does, from outside and\n"
	      "without changing it.\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; hog_commands[i]; i++)
		fprintf(out, "  %-10s %s\n", hog_commands[i]->name,
			hog_commands[i]->summary);
	fputs("\n"
	      "  hognose COMMAND --help    what a command does, its options\n"
	      "  hognose --version [--json]\n",
	      out);
}
