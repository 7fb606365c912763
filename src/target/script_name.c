/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user would call a process: the base name of the script or module that
 * a Python command line names, else that of the program.
 */
#include "target/target.h"

#include <stdio.h>
#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* python, python3, python3.11, python3.13t, python3.14d, pypy3 ... */
static bool is_interpreter(const char *name)
{
	if (*name == '-') /* as a login shell is called */
		name++;
	if (strncmp(name, "python", 6) == 0)
		name += 6;
	else if (strncmp(name, "pypy", 4) == 0)
		name += 4;
	else
		return false;
	name += strspn(name, "0123456789.");
	return name[strspn(name, "tdm")] == '\0' || strcmp(name, "-dbg") == 0;
}

/* What an option of python's own means for the word behind it. */
enum option_kind { OPT_PLAIN, OPT_VALUE, OPT_MODULE, OPT_COMMAND };

/* One word of short options: "-uB", "-Xdev", "-W", "-c".  *ret_rest: what stands
 * in the same word behind the letter that takes a value. */
static enum option_kind short_options(const char *word, const char **ret_rest)
{
	for (const char *p = word + 1; *p; p++) {
		*ret_rest = p + 1;
		switch (*p) {
		case 'c':
			return OPT_COMMAND;
		case 'm':
			return OPT_MODULE;
		case 'W':
		case 'X':
		case 'Q': /* 2.7 */
			return OPT_VALUE;
		default:
			break;
		}
	}
	return OPT_PLAIN;
}

/* The script or module of argv, or "-c", or NULL: none (a prompt, stdin). */
static const char *find_script(char *const *argv)
{
	for (size_t i = 1; argv[i]; i++) {
		const char *word = argv[i], *rest = "";
		enum option_kind kind = OPT_PLAIN;

		if (word[0] != '-')
			return base_name(word);
		if (word[1] == '\0')
			return NULL; /* "-": standard input */
		if (strcmp(word, "--") == 0)
			return argv[i + 1] ? base_name(argv[i + 1]) : NULL;
		if (strcmp(word, "--check-hash-based-pycs") == 0)
			kind = OPT_VALUE;
		else if (word[1] != '-')
			kind = short_options(word, &rest);
		if (kind == OPT_COMMAND)
			return "-c";
		if (kind != OPT_PLAIN && *rest == '\0')
			rest = argv[++i];
		if (!rest)
			return NULL;
		if (kind == OPT_MODULE)
			return rest;
	}
	return NULL;
}

size_t hog_cmdline_script(char *const *argv, const char *exe, char *buf,
			  size_t cap)
{
	const char *prog = argv && argv[0] ? base_name(argv[0]) : "";
	const char *name = NULL;

	/* argv[0] is the program's own word: an interpreter under another
	 * name (a virtual environment's, a link) shows in exe. */
	if (argv && argv[0] &&
	    (is_interpreter(prog) || is_interpreter(base_name(exe))))
		name = find_script(argv);
	if (!name || strcmp(name, "-c") == 0 || !*name)
		name = *prog ? prog : base_name(exe);
	snprintf(buf, cap, "%s", name);
	return strlen(buf);
}

size_t hog_target_script_name(const struct hog_target *target, char *buf,
			      size_t cap)
{
	size_t len = hog_cmdline_script(
		target->cmdline, target->exe ? target->exe : "", buf, cap);

	if (len == 0) {
		snprintf(buf, cap, "%s", target->comm ? target->comm : "");
		len = strlen(buf);
	}
	return len;
}
