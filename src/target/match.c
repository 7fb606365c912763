/* SPDX-License-Identifier: Apache-2.0 */
#include "target/match.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "target/cgroup.h"
#include "target/maps.h"
#include "target/procfs.h"

#define LINE_MAX_BYTES 65536 /* of a command line: more is not looked at */

struct hog_match {
	regex_t *names; /* owned, n_names of them compiled */
	size_t n_names;
	struct hog_cgroup *cgroups; /* owned */
	size_t n_cgroups;
	struct hog_buf line;
	char words[200];
};

static int compile(regex_t *ret, const char *pattern, struct hog_err *err)
{
	char why[160];
	int r = regcomp(ret, pattern, REG_EXTENDED | REG_NOSUB);

	if (!pattern[0]) {
		if (r == 0)
			regfree(ret);
		return hog_err_say(err, -EINVAL, "--all takes every Python",
				   "an empty name fits everything");
	}
	if (r == 0)
		return 0;
	regerror(r, ret, why, sizeof(why));
	return hog_err_say(err, r == REG_ESPACE ? -ENOMEM : -EINVAL,
			   "it is an extended regular expression, as of "
			   "grep -E and pgrep",
			   "the name '%.80s': %s", pattern, why);
}

static int fill(struct hog_match *m, const struct hog_criteria *c,
		struct hog_err *err)
{
	int r = 0;

	for (; m->n_names < c->n_names && r == 0; m->n_names += r == 0)
		r = compile(&m->names[m->n_names], c->names[m->n_names], err);
	for (; m->n_cgroups < c->n_cgroups && r == 0; m->n_cgroups += r == 0)
		r = hog_cgroup_open(c->cgroups[m->n_cgroups],
				    &m->cgroups[m->n_cgroups], err);
	return r;
}

static void describe(struct hog_match *m, const struct hog_criteria *c)
{
	const char *name = c->n_names ? c->names[0] : "";
	const char *cgroup = c->n_cgroups ? c->cgroups[0] : "";

	if (c->n_names && c->n_cgroups)
		snprintf(m->words, sizeof(m->words),
			 "--name '%.70s' in --cgroup '%.70s'", name, cgroup);
	else if (c->n_names || c->n_cgroups)
		snprintf(m->words, sizeof(m->words), "--%s '%.150s'",
			 c->n_names ? "name" : "cgroup",
			 c->n_names ? name : cgroup);
	else
		snprintf(m->words, sizeof(m->words), "--all");
}

int hog_match_new(const struct hog_criteria *c, struct hog_match **ret,
		  struct hog_err *err)
{
	struct hog_match *m = calloc(1, sizeof(*m));
	int r = -ENOMEM;

	if (m) {
		m->names = calloc(c->n_names + 1, sizeof(*m->names));
		m->cgroups = calloc(c->n_cgroups + 1, sizeof(*m->cgroups));
	}
	if (m && m->names && m->cgroups)
		r = fill(m, c, err);
	else
		hog_err_set(err, r, "choose processes");
	if (r < 0) {
		hog_match_free(m);
		return r;
	}
	describe(m, c);
	*ret = m;
	return 0;
}

void hog_match_free(struct hog_match *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_names; i++)
		regfree(&m->names[i]);
	for (size_t i = 0; i < m->n_cgroups; i++)
		hog_cgroup_fini(&m->cgroups[i]);
	free(m->names);
	free(m->cgroups);
	hog_buf_fini(&m->line);
	free(m);
}

bool hog_match_is_all(const struct hog_match *m)
{
	return m->n_names == 0 && m->n_cgroups == 0;
}

void hog_match_describe(const struct hog_match *m, char *buf, size_t cap)
{
	snprintf(buf, cap, "%s", m->words);
}

/* Its arguments joined by blanks; NULL: it has ended, or it has none. */
static const char *command_line(struct hog_match *m, pid_t pid)
{
	char name[32];
	int r;

	snprintf(name, sizeof(name), "/proc/%d/cmdline", (int)pid);
	hog_buf_clear(&m->line);
	r = hog_proc_read_all(AT_FDCWD, name, &m->line, LINE_MAX_BYTES);
	if ((r < 0 && r != -E2BIG) || m->line.len == 0)
		return NULL;
	while (m->line.len > 0 && m->line.data[m->line.len - 1] == '\0')
		m->line.len--;
	for (size_t i = 0; i < m->line.len; i++)
		if (m->line.data[i] == '\0')
			m->line.data[i] = ' ';
	return hog_buf_str(&m->line);
}

static bool name_fits(struct hog_match *m, pid_t pid)
{
	const char *line;

	if (m->n_names == 0)
		return true;
	line = command_line(m, pid);
	for (size_t i = 0; line && i < m->n_names; i++)
		if (regexec(&m->names[i], line, 0, NULL, 0) == 0)
			return true;
	return false;
}

bool hog_match_fits(struct hog_match *m, pid_t pid)
{
	if (!name_fits(m, pid))
		return false;
	for (size_t i = 0; i < m->n_cgroups; i++)
		if (hog_cgroup_holds(&m->cgroups[i], pid))
			return true;
	return m->n_cgroups == 0;
}

pid_t hog_pid_parent(pid_t pid)
{
	char name[32], text[1024];
	const char *p;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	if (hog_proc_read(AT_FDCWD, name, text, sizeof(text)) <= 0)
		return 0;
	p = strrchr(text, ')'); /* "PID (NAME) S PPID" */
	return p && strlen(p) > 4 ? (pid_t)atoi(p + 4) : 0;
}

bool hog_pid_looks_python(pid_t pid)
{
	char name[32], text[256];
	const char *base;

	snprintf(name, sizeof(name), "/proc/%d/comm", (int)pid);
	if (hog_proc_read(AT_FDCWD, name, text, sizeof(text)) > 0 &&
	    !strncmp(text, "python", 6))
		return true;
	snprintf(name, sizeof(name), "/proc/%d/cmdline", (int)pid);
	if (hog_proc_read(AT_FDCWD, name, text, sizeof(text)) <= 0)
		return false;
	base = strrchr(text, '/');
	return !strncmp(base ? base + 1 : text, "python", 6);
}

uint64_t hog_pid_images(pid_t pid)
{
	struct hog_buf text = { 0 };
	struct hog_maps maps;
	char name[32];
	uint64_t sum = 0;
	int r;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	r = hog_proc_read_all(AT_FDCWD, name, &text, HOG_MAPS_TEXT_MAX);
	hog_buf_add_u8(&text, 0); /* for the parser to end the text with */
	if (r < 0 || text.failed) {
		hog_buf_fini(&text);
		return 0;
	}
	if (hog_maps_parse((char *)text.data, text.len - 1, &maps) < 0)
		return 0;
	/* A sum: where they lie differs from process to process. */
	for (size_t i = 0; i < maps.n; i++) {
		const struct hog_map *map = &maps.v[i];
		uint64_t dev = (uint64_t)map->dev_major << 32 | map->dev_minor;

		if (map->inode && (map->prot & HOG_MAP_EXEC))
			sum += hog_hash64(hog_hash64(dev + 1) ^ map->inode) | 1;
	}
	hog_maps_fini(&maps);
	return sum;
}

uint64_t hog_pid_program(pid_t pid)
{
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)pid);
	if (stat(name, &st) < 0)
		return 0;
	return hog_hash64(hog_hash64(st.st_dev + 1) ^ st.st_ino) | 1;
}

int64_t hog_pid_size(pid_t pid)
{
	char name[32], text[128];
	ssize_t len;

	snprintf(name, sizeof(name), "/proc/%d/statm", (int)pid);
	len = hog_proc_read(AT_FDCWD, name, text, sizeof(text));
	return len < 0 ? len : strtoll(text, NULL, 10);
}
