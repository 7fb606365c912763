/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/syscalls_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/fd_effect.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/numbers.h"
#include "cli/source.h"
#include "cli/syscalls.h"
#include "collect/calls.h"
#include "target/procfs.h"

#define SAMPLE_HZ 200 /* who computes and holds an event loop */
#define ALLOW_FILE_MAX (1 << 20)
#define INTERVAL_MIN 0.01
#define BLOCKING_S 0.01
#define FAIL_BLOCKING_S 0.1

static const struct {
	const char *word;
	enum hog_fds_when when;
	bool fails; /* --fail-on-open can name it */
} moments[] = {
	{ "fork", HOG_FDS_FORK, true },
	{ "exec", HOG_FDS_EXEC, true },
	{ "exit", HOG_FDS_EXIT, true },
	{ "signal", HOG_FDS_SIGNAL, false },
	{ "interval", HOG_FDS_INTERVAL, false },
};
#define N_MOMENTS (sizeof(moments) / sizeof(*moments))

/* One word of a list: "fork", "interval:5". */
static int parse_moment(struct hog_checking *c, const char *word, bool fails,
			unsigned *bits, struct hog_err *err)
{
	const char *colon = strchr(word, ':');
	size_t len = colon ? (size_t)(colon - word) : strlen(word);
	int r;

	for (size_t i = 0; i < N_MOMENTS; i++) {
		bool interval = moments[i].when == HOG_FDS_INTERVAL;

		if (strlen(moments[i].word) != len ||
		    memcmp(moments[i].word, word, len) != 0 ||
		    interval != (colon != NULL) || (fails && !moments[i].fails))
			continue;
		*bits |= 1u << moments[i].when;
		c->on_signal |= moments[i].when == HOG_FDS_SIGNAL;
		if (!interval)
			return 0;
		r = hog_parse_seconds(colon + 1, &c->interval_s, err);
		if (r == 0 && c->interval_s < INTERVAL_MIN)
			r = hog_err_say(err, -EINVAL, "use 10ms or more",
					"'%.40s' is too often", word);
		return r;
	}
	return hog_err_say(err, -EINVAL,
			   fails ? "use fork, exit or exec"
				 : "use fork, exec, exit, signal or interval:N",
			   "unknown moment '%.40s'", word);
}

static int parse_moments(struct hog_checking *c, const char *list, bool fails,
			 unsigned *bits, struct hog_err *err)
{
	char *copy = strdup(list), *save = NULL, *word;
	int r = copy ? 0 : hog_err_set(err, -ENOMEM, "moments");

	word = copy ? strtok_r(copy, ",", &save) : NULL;
	if (copy && !word)
		r = parse_moment(c, "", fails, bits, err);
	for (; r == 0 && word; word = strtok_r(NULL, ",", &save))
		r = parse_moment(c, word, fails, bits, err);
	free(copy);
	return r;
}

static int parse_fds(const struct hog_args *args, struct hog_checking *c,
		     struct hog_err *err)
{
	static const unsigned can_fail =
		1u << HOG_FDS_FORK | 1u << HOG_FDS_EXEC | 1u << HOG_FDS_EXIT;
	const char *fail = hog_args_value(args, HOG_SYSCALLS_FAIL_OPEN);
	bool has_fail = hog_args_has(args, HOG_SYSCALLS_FAIL_OPEN);
	const char *list;
	int r = 0;

	for (size_t i = 0;
	     r == 0 && (list = hog_args_nth(args, HOG_SYSCALLS_FDS, i)); i++)
		r = parse_moments(c, list, false, &c->what.show, err);
	if (r == 0 && fail)
		r = parse_moments(c, fail, true, &c->what.fail, err);
	else if (has_fail)
		c->what.fail = c->what.show & can_fail ? c->what.show & can_fail
						       : 1u << HOG_FDS_FORK;
	c->what.fds = c->what.show || c->what.fail;
	return r;
}

static int parse_time(const struct hog_args *args, int option, double otherwise,
		      uint64_t *ret_ns, struct hog_err *err)
{
	const char *text = hog_args_value(args, option);
	double seconds = otherwise;
	int r = text ? hog_parse_seconds(text, &seconds, err) : 0;

	if (r == 0)
		*ret_ns = (uint64_t)(seconds * HOG_NS_PER_SEC);
	return r;
}

static int parse_blocking(const struct hog_args *args, struct hog_checking *c,
			  struct hog_err *err)
{
	bool sum = hog_args_has(args, HOG_SYSCALLS_BLOCKING);
	bool fail = hog_args_has(args, HOG_SYSCALLS_FAIL_BLOCKING);
	const char *loop = hog_args_value(args, HOG_SYSCALLS_LOOP);
	int kind = loop ? hog_loop_parse(loop) : HOG_LOOP_AUTO;
	int r = 0;

	if (kind < 0)
		return hog_err_say(err, -EINVAL,
				   "use auto, asyncio, uvloop, gevent, "
				   "tornado or none",
				   "unknown loop '%.40s'", loop);
	if (loop && !sum && !fail)
		return hog_err_say(err, -EINVAL, "add --blocking",
				   "--loop is for --blocking");
	c->what.loop = (enum hog_loop)kind;
	c->what.blocking = sum || fail;
	r = parse_time(args, HOG_SYSCALLS_BLOCKING, BLOCKING_S,
		       &c->what.threshold_ns, err);
	if (r == 0 && fail)
		r = parse_time(args, HOG_SYSCALLS_FAIL_BLOCKING,
			       FAIL_BLOCKING_S, &c->what.fail_ns, err);
	if (r < 0)
		return r;
	if (fail && c->what.fail_ns == 0)
		return hog_err_say(err, -EINVAL, "name a time above 0",
				   "every call blocks for 0 seconds");
	/* What fails must be among what is summed up. */
	if (fail && (!sum || c->what.fail_ns < c->what.threshold_ns))
		c->what.threshold_ns = c->what.fail_ns < c->what.threshold_ns
					       ? c->what.fail_ns
					       : c->what.threshold_ns;
	return 0;
}

static int read_allow_file(struct hog_checking *c, const char *path,
			   struct hog_err *err)
{
	struct hog_buf buf = { 0 };
	int r = hog_proc_read_all(AT_FDCWD, path, &buf, ALLOW_FILE_MAX);
	char *text = r == 0 ? strndup(hog_buf_str(&buf), buf.len) : NULL;

	hog_buf_fini(&buf);
	if (!text)
		return hog_err_set(err, r < 0 ? r : -ENOMEM, "read '%.200s'",
				   path);
	c->files[c->n_files++] = text;
	c->allow[c->n_allow++] = (struct hog_check_allow){ .text = text,
							   .len = strlen(text),
							   .file = true };
	return 0;
}

static size_t count_of(const struct hog_args *args, int option)
{
	size_t n = 0;

	while (hog_args_nth(args, option, n))
		n++;
	return n;
}

static int parse_allow(const struct hog_args *args, struct hog_checking *c,
		       struct hog_err *err)
{
	size_t n = count_of(args, HOG_SYSCALLS_ALLOW);
	size_t n_files = count_of(args, HOG_SYSCALLS_ALLOW_FILE);
	int r = 0;

	if (n + n_files == 0)
		return 0;
	if (!c->what.fail)
		return hog_err_say(err, -EINVAL, "add --fail-on-open",
				   "--allow is for --fail-on-open");
	c->allow = calloc(n + n_files, sizeof(*c->allow));
	c->files = calloc(n_files + 1, sizeof(*c->files));
	if (!c->allow || !c->files)
		return hog_err_set(err, -ENOMEM, "allowed descriptors");
	for (size_t i = 0; i < n; i++) {
		const char *text = hog_args_nth(args, HOG_SYSCALLS_ALLOW, i);

		c->allow[c->n_allow++] =
			(struct hog_check_allow){ .text = text,
						  .len = strlen(text) };
	}
	for (size_t i = 0; r == 0 && i < n_files; i++)
		r = read_allow_file(
			c, hog_args_nth(args, HOG_SYSCALLS_ALLOW_FILE, i), err);
	c->what.allow = c->allow;
	c->what.n_allow = c->n_allow;
	return r;
}

static const char *source_line(void *arg, const char *file, int32_t line,
			       size_t *ret_len)
{
	struct hog_checking *c = arg;

	return c->sources ? hog_sources_line(c->sources, file, line, ret_len)
			  : NULL;
}

int hog_checking_parse(const struct hog_args *args, struct hog_checking *ret,
		       struct hog_err *err)
{
	int r = parse_fds(args, ret, err);

	if (r == 0)
		r = parse_blocking(args, ret, err);
	if (r == 0)
		r = parse_allow(args, ret, err);
	ret->asked = ret->what.fds || ret->what.blocking;
	ret->what.source = source_line;
	ret->what.source_arg = ret;
	return r;
}

void hog_checking_fini(struct hog_checking *c)
{
	for (size_t i = 0; i < c->n_files; i++)
		free(c->files[i]);
	free(c->files);
	free(c->allow);
	hog_sources_free(c->sources);
}

void hog_checking_find_sources(struct hog_checking *c, pid_t pid)
{
	if (c->asked && !c->sources)
		c->sources = hog_sources_new(pid);
}

const struct hog_sink_ops *hog_checking_format(const char *format,
					       const char *path)
{
	static const struct {
		const char *name, *suffix;
		const struct hog_sink_ops *ops;
	} forms[] = {
		{ "text", ".txt", &hog_sink_check_text },
		{ "json", ".json", &hog_sink_check_json },
		{ "junit", ".xml", &hog_sink_check_junit },
	};
	const char *dot = path ? strrchr(path, '.') : NULL;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (format ? !strcmp(format, forms[i].name)
			   : dot && !strcmp(dot, forms[i].suffix))
			return forms[i].ops;
	return format || (path && strcmp(path, "-") != 0)
		       ? NULL
		       : &hog_sink_check_text;
}

int hog_checking_calls(const struct hog_checking *c, unsigned machine,
		       bool trace, struct hog_callset *set, struct hog_err *err)
{
	struct hog_callset own = { 0 };
	struct hog_buf names = { 0 };
	int r;

	if (!trace && !c->what.blocking)
		*set = own;
	if (!c->what.fds)
		return 0;
	hog_fd_effect_calls(&names);
	r = hog_callset_parse(machine, hog_buf_str(&names), &own, err);
	hog_buf_fini(&names);
	for (size_t i = 0; r == 0 && i < HOG_CALL_NUMBERS / 64; i++) {
		set->native[i] |= own.native[i];
		set->compat[i] |= own.compat[i];
	}
	return r;
}

void hog_checking_ask(const struct hog_checking *c,
		      struct hog_calls_options *how)
{
	unsigned when = c->what.show | c->what.fail;

	how->gil = c->what.blocking;
	how->sample_hz = c->what.blocking ? SAMPLE_HZ : 0;
	how->fds_start = c->what.fds;
	how->fds_fork = when & 1u << HOG_FDS_FORK;
	how->fds_exec = when & 1u << HOG_FDS_EXEC;
	how->fds_exit = when & 1u << HOG_FDS_EXIT;
	how->fds_interval_s = c->interval_s;
	if (c->asked)
		how->no_stacks = false;
}
