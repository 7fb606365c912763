/* SPDX-License-Identifier: Apache-2.0 */
/* A file name for a recording, from what is recorded. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/record.h"
#include "cli/say.h"

#define CMDLINE_BYTES 4096
#define WORDS_MAX 64

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* The word that says what a Python was asked to run, or NULL: options first,
 * two of which take the next word with them. */
static const char *python_script(const char *const *argv)
{
	for (size_t i = 1; argv[i]; i++) {
		const char *word = argv[i];

		if (word[0] != '-')
			return base_name(word);
		if (!strcmp(word, "-m") && argv[i + 1])
			return argv[i + 1];
		if (!strncmp(word, "-c", 2) || !strcmp(word, "-"))
			return NULL;
		if ((!strcmp(word, "-W") || !strcmp(word, "-X")) && argv[i + 1])
			i++;
	}
	return NULL;
}

static bool keeps(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
	       (unsigned char)c >= 0x80;
}

void hog_record_plain_name(const char *name, char *buf, size_t cap)
{
	size_t len;

	hog_plain(name, buf, cap);
	len = strlen(buf);
	if (len > 3 && !strcmp(buf + len - 3, ".py"))
		buf[len - 3] = '\0';
	for (char *c = buf; *c; c++)
		if (!keeps(*c))
			*c = '_';
	if (!buf[0])
		snprintf(buf, cap, "python");
}

void hog_record_program_name(const char *const *argv, char *buf, size_t cap)
{
	const char *name = argv[0] ? base_name(argv[0]) : "";
	const char *script = NULL;

	if (!strncmp(name, "python", 6))
		script = python_script(argv);
	hog_record_plain_name(script ? script : name, buf, cap);
}

void hog_record_choice_name(const struct hog_choice *choice, char *buf,
			    size_t cap)
{
	const struct hog_criteria *c = &choice->criteria;
	const char *what = "all";

	if (c->n_names)
		what = c->names[0];
	else if (c->n_cgroups)
		what = base_name(c->cgroups[0]);
	hog_record_plain_name(what, buf, cap);
}

void hog_record_process_name(pid_t pid, char *buf, size_t cap)
{
	char path[32], text[CMDLINE_BYTES];
	const char *words[WORDS_MAX + 1] = { NULL };
	size_t n = 0, at = 0;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);

	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (len < 0)
		len = 0;
	text[len] = '\0';
	while (at < (size_t)len && n < WORDS_MAX) {
		words[n++] = text + at;
		at += strlen(text + at) + 1;
	}
	hog_record_program_name(words, buf, cap);
}
