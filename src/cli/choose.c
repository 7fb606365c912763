/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/choose.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "cli/command.h"
#include "cli/numbers.h"
#include "cli/say.h"

static int add_pid(struct hog_choice *c, const char *text, struct hog_err *err)
{
	pid_t pid;
	int r = hog_parse_pid(text, &pid, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n_pids; i++)
		if (c->pids[i] == pid)
			return hog_err_say(err, -EINVAL,
					   "leave one of them out",
					   "process %d is named twice",
					   (int)pid);
	c->pids[c->n_pids++] = pid;
	return 0;
}

static size_t count(const struct hog_args *args, int letter)
{
	size_t n = 0;

	while (hog_args_nth(args, letter, n))
		n++;
	return n;
}

static int take_pids(const struct hog_args *args, bool operands,
		     struct hog_choice *c, struct hog_err *err)
{
	size_t n = count(args, 'p');
	size_t bare = operands ? hog_args_count(args) : 0;
	int r = 0;

	c->pids = calloc(n + bare + 1, sizeof(*c->pids));
	if (!c->pids)
		return hog_err_set(err, -ENOMEM, "process ids");
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_pid(c, hog_args_nth(args, 'p', i), err);
	for (size_t i = 0; i < bare && r == 0; i++)
		r = add_pid(c, hog_args_operand(args, i), err);
	return r;
}

static int take_list(const struct hog_args *args, int letter,
		     const char *const **ret, size_t *ret_n,
		     struct hog_err *err)
{
	size_t n = count(args, letter);
	const char **list = calloc(n + 1, sizeof(*list));

	if (!list)
		return hog_err_set(err, -ENOMEM, "names of processes");
	for (size_t i = 0; i < n; i++)
		list[i] = hog_args_nth(args, letter, i);
	*ret = list;
	*ret_n = n;
	return 0;
}

static int check(const struct hog_choice *c, bool all, struct hog_err *err)
{
	if (all && (c->criteria.n_names || c->criteria.n_cgroups))
		return hog_err_say(err, -EINVAL, "leave --all out",
				   "--all and %s say different things",
				   c->option);
	if (c->chosen && c->n_pids > 0)
		return hog_err_say(err, -EINVAL, "leave one of them out",
				   "both a process id and %s are given",
				   c->option);
	return 0;
}

int hog_choose(const struct hog_args *args, bool operands,
	       struct hog_choice *ret, struct hog_err *err)
{
	struct hog_choice c = { 0 };
	bool all = hog_args_has(args, HOG_CHOOSE_ALL);
	int r = take_pids(args, operands, &c, err);

	if (r == 0)
		r = take_list(args, HOG_CHOOSE_NAME, &c.criteria.names,
			      &c.criteria.n_names, err);
	if (r == 0)
		r = take_list(args, HOG_CHOOSE_CGROUP, &c.criteria.cgroups,
			      &c.criteria.n_cgroups, err);
	c.chosen = all || c.criteria.n_names || c.criteria.n_cgroups;
	c.option = c.criteria.n_names     ? "--name"
		   : c.criteria.n_cgroups ? "--cgroup"
					  : "--all";
	if (r == 0)
		r = check(&c, all, err);
	if (r < 0) {
		hog_choice_fini(&c);
		return r;
	}
	*ret = c;
	return 0;
}

int hog_choose_target(const struct hog_args *args, struct hog_choice *choice,
		      char *const **ret_program, struct hog_err *err)
{
	static const char how[] = "name a process with -p PID, or put a "
				  "program after '--'";
	const char *operand = hog_args_operand(args, 0);
	int r = hog_choose(args, false, choice, err);
	char *const *program = hog_args_program(args);
	bool named = choice->n_pids > 0 || choice->chosen;

	if (r < 0)
		return r;
	if (operand)
		return hog_err_say(err, -EINVAL, how,
				   "'%.80s' is neither an option nor behind "
				   "'--'",
				   operand);
	if (program && named)
		return hog_err_say(err, -EINVAL, "leave one of them out",
				   "both %s and a program are given",
				   choice->chosen ? choice->option : "-p");
	if (program && (!program[0] || !program[0][0]))
		return hog_err_say(err, -EINVAL, how,
				   "there is no program after '--'");
	if (!program && !named)
		return hog_err_say(err, -EINVAL, how, "no target is given");
	*ret_program = program;
	return 0;
}

void hog_choice_fini(struct hog_choice *c)
{
	free(c->pids);
	free((void *)c->criteria.names);
	free((void *)c->criteria.cgroups);
	*c = (struct hog_choice){ 0 };
}

void hog_say_refused(const char *command, size_t n)
{
	if (n == 1)
		hog_say(command, "1 Python process may not be read and is left "
				 "out; run as its user or as root");
	else if (n > 1)
		hog_say(command,
			"%zu Python processes may not be read and are left "
			"out; run as their user or as root",
			n);
}
