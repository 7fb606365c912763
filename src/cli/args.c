/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line by a command's table.  Long names are exact: an abbreviation
 * that works today means something else when a longer option is added.
 */
#include "cli/args.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/suggest.h"
#include "cli/command.h"

struct use {
	int letter;
	int sign; /* -1: --no-NAME */
	const char *value;
};

struct hog_args {
	struct use *uses;      /* owned */
	const char **operands; /* owned; the texts are argv's */
	size_t n_uses, n_operands;
	char *const *program;
	struct hog_buf line;
};

struct parser {
	const struct hog_command *cmd;
	struct hog_args *args;
	int argc, next;
	char *const *argv;
	struct hog_err *err;
};

const struct hog_opt hog_opt_help = {
	'h', "help", NULL, "show this help and exit", false,
};

bool hog_args_has(const struct hog_args *args, int letter)
{
	return hog_args_switch(args, letter) != 0;
}

int hog_args_switch(const struct hog_args *args, int letter)
{
	int sign = 0;

	for (size_t i = 0; i < args->n_uses; i++)
		if (args->uses[i].letter == letter)
			sign = args->uses[i].sign;
	return sign;
}

const char *hog_args_value(const struct hog_args *args, int letter)
{
	const char *value = NULL;

	for (size_t i = 0; i < args->n_uses; i++)
		if (args->uses[i].letter == letter)
			value = args->uses[i].value;
	return value;
}

const char *hog_args_nth(const struct hog_args *args, int letter, size_t nth)
{
	for (size_t i = 0; i < args->n_uses; i++)
		if (args->uses[i].letter == letter && nth-- == 0)
			return args->uses[i].value;
	return NULL;
}

size_t hog_args_count(const struct hog_args *args)
{
	return args->n_operands;
}

const char *hog_args_operand(const struct hog_args *args, size_t i)
{
	return i < args->n_operands ? args->operands[i] : NULL;
}

char *const *hog_args_program(const struct hog_args *args)
{
	return args->program;
}

const char *hog_args_line(const struct hog_args *args)
{
	return (const char *)args->line.data;
}

static int bad(struct parser *p, const char *what, const char *name)
{
	return hog_err_say(p->err, -EINVAL, NULL,
			   "%s '%s'; 'hognose %s --help' lists the options",
			   what, name, p->cmd->name);
}

static const struct hog_opt *by_letter(const struct hog_command *cmd, int c)
{
	for (const struct hog_opt *o = cmd->options; o->letter; o++)
		if (o->letter == c)
			return o;
	return c == hog_opt_help.letter ? &hog_opt_help : NULL;
}

static bool name_is(const struct hog_opt *o, const char *name, size_t len)
{
	return o->name && strlen(o->name) == len && !memcmp(o->name, name, len);
}

/* Exact names come first, so that "no-repair" may be an option of its own. */
static const struct hog_opt *by_name(const struct hog_command *cmd,
				     const char *name, size_t len,
				     int *ret_sign)
{
	*ret_sign = 1;
	for (const struct hog_opt *o = cmd->options; o->letter; o++)
		if (name_is(o, name, len))
			return o;
	if (name_is(&hog_opt_help, name, len))
		return &hog_opt_help;
	if (len < 3 || memcmp(name, "no-", 3) != 0)
		return NULL;
	*ret_sign = -1;
	for (const struct hog_opt *o = cmd->options; o->letter; o++)
		if (o->negatable && name_is(o, name + 3, len - 3))
			return o;
	return NULL;
}

static int unknown_long(struct parser *p, const char *name, size_t len)
{
	struct hog_suggest near;
	char no[64];

	hog_suggest_init(&near, name, len);
	hog_suggest_try(&near, hog_opt_help.name);
	for (const struct hog_opt *o = p->cmd->options; o->letter; o++) {
		if (o->name)
			hog_suggest_try(&near, o->name);
		if (o->name && o->negatable) {
			snprintf(no, sizeof(no), "no-%s", o->name);
			hog_suggest_try(&near, no);
		}
	}
	if (!near.best[0]) {
		snprintf(no, sizeof(no), "--%.*s", len < 40 ? (int)len : 40,
			 name);
		return bad(p, "unknown option", no);
	}
	return hog_err_say(p->err, -EINVAL, NULL,
			   "unknown option '--%.*s'; did you mean '--%s'?",
			   (int)len, name, near.best);
}

static void add_use(struct parser *p, const struct hog_opt *o, int sign,
		    const char *value)
{
	p->args->uses[p->args->n_uses++] = (struct use){ .letter = o->letter,
							 .sign = sign,
							 .value = value };
}

/* The value that stands in the next word.  "--" is never one: it is far more
 * often a value forgotten before the program. */
static int take_value(struct parser *p, const struct hog_opt *o,
		      const char *shown, const char **ret_value)
{
	if (p->next >= p->argc || !strcmp(p->argv[p->next], "--"))
		return hog_err_say(
			p->err, -EINVAL, NULL,
			"option '%s' needs a value: give it as '%s %s'", shown,
			shown, o->value);
	*ret_value = p->argv[p->next++];
	return 0;
}

static int parse_long(struct parser *p, const char *word)
{
	const char *name = word + 2, *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	const char *value = eq ? eq + 1 : NULL;
	int sign, r;
	const struct hog_opt *o = by_name(p->cmd, name, len, &sign);

	if (!o)
		return unknown_long(p, name, len);
	if (!o->value && value)
		return hog_err_say(p->err, -EINVAL, NULL,
				   "option '--%.*s' takes no value; leave out "
				   "what stands from '=' on",
				   (int)len, name);
	if (o->value && !value && !o->optional) {
		r = take_value(p, o, word, &value);
		if (r < 0)
			return r;
	}
	add_use(p, o, sign, value);
	return 0;
}

static int parse_cluster(struct parser *p, const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		const struct hog_opt *o = by_letter(p->cmd, (unsigned char)*c);
		char shown[3] = { '-', *c, '\0' };
		const char *value = NULL;
		int r = 0;

		if (!o)
			return bad(p, "unknown option", shown);
		if (o->value && c[1])
			value = c + 1;
		else if (o->value)
			r = take_value(p, o, shown, &value);
		if (r < 0)
			return r;
		add_use(p, o, 1, value);
		if (o->value)
			break;
	}
	return 0;
}

static int parse_words(struct parser *p)
{
	while (p->next < p->argc) {
		const char *word = p->argv[p->next++];
		int r = 0;

		if (!strcmp(word, "--")) {
			p->args->program = p->argv + p->next;
			return 0;
		}
		if (!strncmp(word, "--", 2))
			r = parse_long(p, word);
		else if (word[0] == '-' && word[1])
			r = parse_cluster(p, word);
		else
			p->args->operands[p->args->n_operands++] = word;
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_room(struct hog_args *args, int argc, char *const *argv)
{
	size_t most = 1; /* each letter of a cluster is one use */

	for (int i = 0; i < argc; i++) {
		most += strlen(argv[i]);
		if (i > 0)
			hog_buf_add_u8(&args->line, ' ');
		hog_buf_add_str(&args->line, argv[i]);
	}
	hog_buf_str(&args->line);
	args->uses = calloc(most, sizeof(*args->uses));
	args->operands = calloc((size_t)argc + 1, sizeof(*args->operands));
	return args->uses && args->operands && !args->line.failed ? 0 : -ENOMEM;
}

int hog_args_parse(const struct hog_command *cmd, int argc, char *const *argv,
		   int first, struct hog_args **ret, struct hog_err *err)
{
	struct hog_args *args = calloc(1, sizeof(*args));
	struct parser p = { cmd, args, argc, first, argv, err };
	int r = args ? make_room(args, argc, argv) : -ENOMEM;

	if (r < 0)
		hog_err_set(err, r, "command line");
	else
		r = parse_words(&p);
	if (r < 0)
		hog_args_free(args);
	else
		*ret = args;
	return r;
}

void hog_args_free(struct hog_args *args)
{
	if (!args)
		return;
	free(args->uses);
	free(args->operands);
	hog_buf_fini(&args->line);
	free(args);
}
