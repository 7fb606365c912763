/* SPDX-License-Identifier: Apache-2.0 */
#include "target/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "target/procfs.h"

#define ID_MIN 12 /* what `docker ps` shows */
#define ID_MAX 64
#define MOUNTS_MAX (4u << 20)
#define CGROUP_TEXT_MAX (1u << 18)

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_id(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!is_hex(text[i]))
			return false;
	return len >= ID_MIN && len <= ID_MAX;
}

/* A copy without slashes at either end. */
static char *bare(const char *path, size_t len)
{
	while (len > 0 && *path == '/') {
		path++;
		len--;
	}
	while (len > 0 && path[len - 1] == '/')
		len--;
	return strndup(path, len);
}

/* One line of mountinfo, cut into what is needed of it. */
struct mount {
	const char *root, *point, *kind, *options;
};

static bool parse_mount(char *line, struct mount *ret)
{
	char *fields[6], *rest = line, *save = NULL;

	for (size_t i = 0; i < 6; i++) {
		fields[i] = strtok_r(rest, " ", &save);
		if (!fields[i])
			return false;
		rest = NULL;
	}
	for (;;) { /* optional fields, up to a dash */
		const char *word = strtok_r(NULL, " ", &save);

		if (!word)
			return false;
		if (!strcmp(word, "-"))
			break;
	}
	*ret = (struct mount){ .root = fields[3], .point = fields[4] };
	ret->kind = strtok_r(NULL, " ", &save);
	strtok_r(NULL, " ", &save); /* the source */
	ret->options = strtok_r(NULL, " ", &save);
	return ret->kind && ret->options;
}

/* What of path lies below dir; NULL: it does not. */
static const char *below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	while (len > 0 && dir[len - 1] == '/')
		len--;
	if (strncmp(path, dir, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

/* 1: it is below that mount, and *ret is filled; 0: it is not. */
static int try_mount(const char *arg, char *line, struct hog_cgroup *ret)
{
	char path[4096];
	struct mount m;
	const char *rest;
	int len;

	if (!parse_mount(line, &m) ||
	    (strcmp(m.kind, "cgroup") != 0 && strcmp(m.kind, "cgroup2") != 0))
		return 0;
	rest = below(arg, m.point);
	if (!rest)
		return 0;
	/* In a container the mount may begin further down. */
	len = snprintf(path, sizeof(path), "%s%s", m.root, rest);
	if (len < 0 || (size_t)len >= sizeof(path))
		return 0;
	free(ret->path);
	free(ret->hierarchy);
	ret->path = bare(path, (size_t)len);
	ret->hierarchy = strdup(m.kind[6] ? "" : m.options);
	return ret->path && ret->hierarchy ? 1 : -ENOMEM;
}

/* The last that fits is the one on top.  1, 0 or -ENOMEM. */
static int find_mount(const char *arg, const char *mountinfo,
		      struct hog_cgroup *ret)
{
	char *text = strdup(mountinfo), *save = NULL, *line;
	int found = 0;

	if (!text)
		return -ENOMEM;
	for (line = strtok_r(text, "\n", &save); line && found >= 0;
	     line = strtok_r(NULL, "\n", &save)) {
		int r = try_mount(arg, line, ret);

		if (r != 0)
			found = r;
	}
	free(text);
	return found;
}

int hog_cgroup_parse(const char *arg, const char *mountinfo,
		     struct hog_cgroup *ret)
{
	struct hog_cgroup cg = { .kind = HOG_CGROUP_PART };
	int r = 0;

	if (!arg[0])
		return -EINVAL;
	if (arg[0] == '/') {
		cg.kind = HOG_CGROUP_PATH;
		r = find_mount(arg, mountinfo, &cg);
	} else if (is_id(arg)) {
		cg.kind = HOG_CGROUP_ID;
	}
	if (r == 0) {
		cg.path = bare(arg, strlen(arg));
		r = cg.path ? 0 : -ENOMEM;
	}
	if (r < 0) {
		hog_cgroup_fini(&cg);
		return r;
	}
	*ret = cg;
	return 0;
}

int hog_cgroup_open(const char *arg, struct hog_cgroup *ret,
		    struct hog_err *err)
{
	struct hog_buf mounts = { 0 };
	struct hog_cgroup cg;
	struct stat st;
	int r;

	if (hog_proc_read_all(AT_FDCWD, "/proc/self/mountinfo", &mounts,
			      MOUNTS_MAX) < 0)
		hog_buf_clear(&mounts);
	r = hog_cgroup_parse(arg, hog_buf_str(&mounts), &cg);
	hog_buf_fini(&mounts);
	if (r == -EINVAL)
		return hog_err_say(err, r,
				   "name a path, a unit or a container id",
				   "the name of the control group is empty");
	if (r < 0)
		return hog_err_set(err, r, "control group '%.200s'", arg);
	if (cg.hierarchy && stat(arg, &st) < 0) {
		r = -errno;
		hog_cgroup_fini(&cg);
		return hog_err_say(err, r,
				   "/proc/PID/cgroup says in which ones a "
				   "process is",
				   "there is no control group '%.200s'", arg);
	}
	*ret = cg;
	return 0;
}

void hog_cgroup_fini(struct hog_cgroup *cg)
{
	free(cg->path);
	free(cg->hierarchy);
	*cg = (struct hog_cgroup){ 0 };
}

/* ---- what a process says ---- */

/* Whether word stands in a list with commas. */
static bool lists(const char *list, const char *word, size_t len)
{
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ",");

		if (n == len && !memcmp(p, word, len))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

/* Whether the controllers of a line are those of the hierarchy. */
static bool same_hierarchy(const char *hierarchy, const char *controllers,
			   size_t len)
{
	if (!hierarchy)
		return true;
	if (!hierarchy[0] || len == 0)
		return !hierarchy[0] && len == 0;
	return lists(hierarchy, controllers, strcspn(controllers, ",:"));
}

/* Full components: "a/b" is in "x/a/b/c" and not in "xa/b". */
static bool has_part(const char *path, size_t len, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i + n <= len; i++)
		if ((i == 0 || path[i - 1] == '/') &&
		    (i + n == len || path[i + n] == '/') &&
		    !memcmp(path + i, part, n))
			return true;
	return false;
}

/* "docker-ID.scope", "cri-containerd-ID.scope", "crio-ID", "ID": an id stands
 * at the beginning of a run of hex digits. */
static bool has_id(const char *path, size_t len, const char *id)
{
	size_t n = strlen(id);

	for (size_t i = 0; i + n <= len; i++)
		if ((i == 0 || !is_hex(path[i - 1])) &&
		    !memcmp(path + i, id, n))
			return true;
	return false;
}

static bool path_matches(const struct hog_cgroup *cg, const char *path,
			 size_t len)
{
	size_t n = strlen(cg->path);

	if (len > 0 && *path == '/') {
		path++;
		len--;
	}
	switch (cg->kind) {
	case HOG_CGROUP_ID:
		return has_id(path, len, cg->path);
	case HOG_CGROUP_PART:
		return has_part(path, len, cg->path);
	case HOG_CGROUP_PATH:
		break;
	}
	return n == 0 || (len >= n && !memcmp(path, cg->path, n) &&
			  (len == n || path[n] == '/'));
}

bool hog_cgroup_matches(const struct hog_cgroup *cg, const char *text)
{
	/* "4:memory:/path", "0::/path" of version 2 */
	while (*text) {
		size_t len = strcspn(text, "\n");
		const char *list = memchr(text, ':', len);
		const char *path = NULL;

		if (list) {
			list++;
			path = memchr(list, ':', len - (size_t)(list - text));
		}
		if (path &&
		    same_hierarchy(cg->hierarchy, list,
				   (size_t)(path - list)) &&
		    path_matches(cg, path + 1, len - (size_t)(path + 1 - text)))
			return true;
		text += len + (text[len] == '\n');
	}
	return false;
}

bool hog_cgroup_holds(const struct hog_cgroup *cg, pid_t pid)
{
	struct hog_buf text = { 0 };
	char name[32];
	bool in;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	in = hog_proc_read_all(AT_FDCWD, name, &text, CGROUP_TEXT_MAX) == 0 &&
	     hog_cgroup_matches(cg, hog_buf_str(&text));
	hog_buf_fini(&text);
	return in;
}
