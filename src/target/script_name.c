/* SPDX-License-Identifier: Apache-2.0 */
#include "target/target.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static bool is_python(const char *program)
{
	const char *base = base_name(program);

	return strncmp(base, "python", 6) == 0 || strncmp(base, "pypy", 4) == 0;
}

/* What stands behind `letter` in a cluster such as "-Bum", or the next word. */
static const char *operand(const char *rest, char *const *next)
{
	return *rest ? rest : *next;
}

/* Python's own options, up to the script: -m and -c end them, -W, -X and -Q
 * take a word. */
static const char *script(char *const *argv)
{
	for (argv++; *argv; argv++) {
		const char *word = *argv;

		if (word[0] != '-' || word[1] == '\0')
			return word[1] == '\0' && word[0] == '-' ? NULL : word;
		if (word[1] == '-') {
			if (strcmp(word, "--check-hash-based-pycs") == 0 &&
			    argv[1])
				argv++;
			continue;
		}
		for (const char *c = word + 1; *c; c++) {
			if (*c == 'm')
				return operand(c + 1, argv + 1);
			if (*c == 'c')
				return "-c";
			if (strchr("WXQ", *c)) {
				if (c[1] == '\0' && argv[1])
					argv++;
				break;
			}
		}
	}
	return NULL;
}

void hog_target_script_name(const struct hog_target *target, char *buf,
			    size_t cap)
{
	char *const *argv = target->cmdline;
	const char *name = NULL;

	if (argv && argv[0] && is_python(argv[0]))
		name = script(argv);
	if (!name && argv && argv[0] && argv[0][0])
		name = argv[0];
	if (!name)
		name = target->comm ? target->comm : "";
	snprintf(buf, cap, "%s", base_name(name));
}
