/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "python/python.h"
#include "target/match.h"
#include "target/procfs.h"
#include "target/target.h"

#define SETS_MAX 4096 /* then it begins anew */
#define DESCRIBED_MAX 8
#define LOOK_NS HOG_NS_PER_SEC /* for a message */

void hog_nopython_fini(struct hog_nopython *no)
{
	hog_map64_fini(&no->sets);
}

bool hog_nopython_knows(const struct hog_nopython *no, uint64_t key)
{
	return key && hog_map64_get(&no->sets, key);
}

void hog_nopython_note(struct hog_nopython *no, uint64_t key)
{
	if (no->sets.count >= SETS_MAX)
		hog_map64_clear(&no->sets);
	if (key)
		(void)hog_map64_put(&no->sets, key, 1);
}

/* ---- one look at all ---- */

static void describe_target(const struct hog_target *target,
			    struct hog_seen *ret)
{
	char path[32];
	ssize_t len;

	if (target) {
		hog_target_script_name(target, ret->name, sizeof(ret->name));
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)ret->pid);
	len = hog_proc_read(AT_FDCWD, path, ret->name, sizeof(ret->name));
	if (len > 0 && ret->name[len - 1] == '\n')
		ret->name[len - 1] = '\0';
}

/* 1: it is a Python, in *ret.  0: it is none. */
static int look_at(pid_t pid, struct hog_nopython *no, struct hog_seen *ret)
{
	uint64_t key = hog_pid_images(pid);
	struct hog_target *target = NULL;
	struct hog_python py;
	struct hog_err err = { 0 };
	int r;

	if (hog_nopython_knows(no, key))
		return 0;
	r = hog_target_open_pid(pid, &target, &err);
	if (r == 0)
		r = hog_python_find(target, &py, &err);
	if (r == -ENOENT)
		hog_nopython_note(no, key);
	*ret = (struct hog_seen){ .pid = pid, .why = r };
	if (r == 0)
		snprintf(ret->version, sizeof(ret->version), "%s",
			 py.version_text);
	else
		snprintf(ret->reason, sizeof(ret->reason), "%.255s", err.text);
	describe_target(target, ret);
	hog_target_close(target);
	if (r == 0)
		return 1;
	return r != -ENOENT && r != -ESRCH && hog_pid_looks_python(pid);
}

static int keep(struct hog_survey *s, const struct hog_seen *seen)
{
	struct hog_seen *grown = reallocarray(s->v, s->n + 1, sizeof(*s->v));

	if (!grown)
		return -ENOMEM;
	s->v = grown;
	s->v[s->n++] = *seen;
	s->refused += seen->why == -EPERM || seen->why == -EACCES;
	return 0;
}

int hog_survey_take(struct hog_match *match, uint64_t limit_ns,
		    struct hog_survey *ret, struct hog_err *err)
{
	uint64_t end = hog_now_ns() + limit_ns;
	struct hog_nopython no = { 0 };
	struct hog_survey s = { 0 };
	_cleanup_free_ pid_t *pids = NULL;
	int n = hog_task_list(AT_FDCWD, "/proc", &pids);
	int r = n < 0 ? n : 0;

	for (int i = 0; i < n && r == 0; i++) {
		struct hog_seen seen;

		if (limit_ns && hog_now_ns() > end) {
			s.cut = true;
			break;
		}
		if (pids[i] == getpid() || hog_pid_size(pids[i]) <= 0 ||
		    (match && !hog_match_fits(match, pids[i])))
			continue;
		if (look_at(pids[i], &no, &seen))
			r = keep(&s, &seen);
	}
	hog_nopython_fini(&no);
	if (r < 0) {
		hog_survey_fini(&s);
		return hog_err_set(err, r, "list the processes");
	}
	*ret = s;
	return 0;
}

void hog_survey_fini(struct hog_survey *s)
{
	free(s->v);
	*s = (struct hog_survey){ 0 };
}

void hog_survey_describe(const struct hog_survey *s, char *buf, size_t cap)
{
	size_t at;
	int n;

	snprintf(buf, cap, s->n ? "%zu:" : "none", s->n);
	for (size_t i = 0; i < s->n && i < DESCRIBED_MAX; i++) {
		at = strlen(buf);
		n = snprintf(buf + at, cap - at, "%s %d %s", i ? "," : "",
			     (int)s->v[i].pid, s->v[i].name);
		if (n < 0 || (size_t)n >= cap - at) {
			buf[at] = '\0';
			break;
		}
	}
	at = strlen(buf);
	if (s->n > DESCRIBED_MAX)
		snprintf(buf + at, cap - at, " ...");
}

int hog_survey_why_none(const struct hog_match *match, size_t refused,
			struct hog_err *err)
{
	struct hog_survey all = { 0 };
	char words[200], others[200] = "";

	hog_match_describe(match, words, sizeof(words));
	if (refused > 0)
		return hog_err_say(err, -EPERM,
				   "run as their user or as root; 'hognose "
				   "doctor' says more",
				   "%s: %zu Python process%s may not be read",
				   words, refused, refused == 1 ? "" : "es");
	if (hog_match_is_all(match))
		return hog_err_say(err, -ENOENT, "start one first",
				   "no Python process is seen here");
	if (hog_survey_take(NULL, LOOK_NS, &all, NULL) == 0)
		hog_survey_describe(&all, others, sizeof(others));
	hog_survey_fini(&all);
	return hog_err_say(err, -ENOENT,
			   "compare with what 'hognose doctor' lists",
			   "no Python process fits %s; of all kinds there "
			   "are %s",
			   words, others);
}
