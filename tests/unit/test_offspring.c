/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "target/launch.h"
#include "target/offspring_way.h"

#define MAX 4096

struct told {
	struct hog_birth v[MAX];
	int n;
};

static int count(const struct told *told, enum hog_birth_kind kind)
{
	int n = 0;

	for (int i = 0; i < told->n; i++)
		n += told->v[i].kind == kind;
	return n;
}

static void poll_into(struct hog_offspring *off, struct told *told)
{
	int n = 1;

	while (n > 0 && told->n < MAX) {
		n = hog_offspring_poll(off, told->v + told->n, MAX - told->n);
		told->n += n;
	}
}

/* Polls until the kind was told `want` times, or 20 seconds are over. */
static int wait_for(struct hog_offspring *off, struct told *told,
		    enum hog_birth_kind kind, int want)
{
	for (int i = 0; i < 20000 && count(told, kind) < want; i++) {
		poll_into(off, told);
		usleep(1000);
	}
	return count(told, kind);
}

static pid_t start(const char *script, struct hog_launch *launch)
{
	char *argv[] = { "sh", "-c", (char *)script, NULL };

	cr_assert_eq(hog_launch_prepare(argv, launch, NULL), 0);
	return launch->pid;
}

Test(offspring, tells_of_children_and_grandchildren)
{
	static struct told told;
	struct hog_offspring *off;
	struct hog_launch launch;

	cr_assert_eq(hog_offspring_new(&off, NULL), 0);
	cr_assert_eq(hog_offspring_add(off, start("sh -c 'sleep 3 & sleep 3 & "
						  "wait; :'; :",
						  &launch)),
		     0);
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	cr_assert_eq(wait_for(off, &told, HOG_BIRTH_FORK, 3), 3);
	for (int i = 0, forks = 0; i < told.n; i++)
		if (told.v[i].kind == HOG_BIRTH_FORK && forks++ == 0)
			cr_assert_eq(told.v[i].parent, launch.pid);
	for (int i = 0; i < told.n; i++)
		if (told.v[i].kind == HOG_BIRTH_FORK)
			kill(told.v[i].pid, SIGKILL);
	waitpid(launch.pid, NULL, 0);
	hog_offspring_free(off);
}

Test(offspring, tells_of_children_that_were_there_before)
{
	static struct told told;
	struct hog_offspring *off;
	struct hog_launch launch;

	start("sleep 5 & sleep 5 & wait", &launch);
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	usleep(100000);
	cr_assert_eq(hog_offspring_new(&off, NULL), 0);
	cr_assert_eq(hog_offspring_add(off, launch.pid), 0);
	cr_assert_eq(wait_for(off, &told, HOG_BIRTH_FORK, 2), 2);
	poll_into(off, &told);
	cr_assert_eq(count(&told, HOG_BIRTH_FORK), 2, "each once");
	for (int i = 0; i < told.n; i++)
		kill(told.v[i].pid, SIGKILL);
	waitpid(launch.pid, NULL, 0);
	cr_assert_eq(wait_for(off, &told, HOG_BIRTH_EXIT, 3), 3);
	hog_offspring_free(off);
}

Test(offspring, misses_no_short_lived_child_where_perf_is_allowed)
{
	static struct told told;
	struct hog_offspring *off;
	struct hog_launch launch;
	uint64_t before = hog_now_ns();

	cr_assert_eq(hog_offspring_new(&off, NULL), 0);
	start("i=0; while [ $i -lt 300 ]; do (:); i=$((i+1)); done; "
	      "/bin/true; /bin/true; exit 0",
	      &launch);
	cr_assert_eq(hog_offspring_add(off, launch.pid), 0);
	if (strcmp(hog_offspring_way(off), "perf") != 0) {
		hog_launch_fini(&launch);
		waitpid(launch.pid, NULL, 0);
		hog_offspring_free(off);
		cr_skip_test("perf_event_open is refused here");
	}
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	cr_assert_eq(wait_for(off, &told, HOG_BIRTH_EXIT, 303), 303);
	cr_assert_eq(count(&told, HOG_BIRTH_FORK), 302);
	cr_assert_eq(count(&told, HOG_BIRTH_EXEC), 3);
	for (int i = 0; i < told.n; i++)
		cr_assert(told.v[i].time_ns > before &&
				  told.v[i].time_ns < hog_now_ns(),
			  "by our clock");
	cr_assert_str_eq(hog_offspring_way(off), "perf", "nothing was lost");
	waitpid(launch.pid, NULL, 0);
	hog_offspring_free(off);
}

/* How many counts were told of that process's end: no more than it had CPUs.
 */
static int counts_of(const struct told *told, pid_t pid)
{
	int n = 0;

	for (int i = 0; i < told->n; i++)
		n += told->v[i].kind == HOG_BIRTH_CPU && told->v[i].pid == pid;
	return n;
}

Test(offspring, counts_once_what_was_born_before_the_first_look)
{
	static struct told told;
	struct hog_offspring *off;
	struct hog_launch launch;
	cpu_set_t first;

	/* A count per CPU would come else. */
	CPU_ZERO(&first);
	cr_assert_eq(sched_getaffinity(0, sizeof(first), &first), 0);
	for (int cpu = 0, kept = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &first) && kept++ > 0)
			CPU_CLR(cpu, &first);
	cr_assert_eq(sched_setaffinity(0, sizeof(first), &first), 0);
	cr_assert_eq(hog_offspring_new(&off, NULL), 0);
	start("(/bin/sleep 0.3; /bin/true; :) & (/bin/sleep 0.3; :) & wait; :",
	      &launch);
	cr_assert_eq(hog_offspring_add(off, launch.pid), 0);
	if (strcmp(hog_offspring_way(off), "perf") != 0) {
		hog_launch_fini(&launch);
		waitpid(launch.pid, NULL, 0);
		hog_offspring_free(off);
		cr_skip_test("perf_event_open is refused here");
	}
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	usleep(100000);
	cr_assert_eq(wait_for(off, &told, HOG_BIRTH_EXIT, 6), 6);
	poll_into(off, &told);
	cr_assert_eq(count(&told, HOG_BIRTH_FORK), 5);
	for (int i = 0; i < told.n; i++)
		if (told.v[i].kind == HOG_BIRTH_FORK)
			cr_assert_leq(counts_of(&told, told.v[i].pid), 1);
	cr_assert_geq(count(&told, HOG_BIRTH_CPU), 3);
	waitpid(launch.pid, NULL, 0);
	hog_offspring_free(off);
}

Test(offspring, hands_out_a_little_at_a_time)
{
	struct hog_offspring *off;
	struct hog_launch launch;
	struct hog_birth birth;
	int forks = 0;

	start("sleep 5 & sleep 5 & sleep 5 & wait", &launch);
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	cr_assert_eq(hog_offspring_new(&off, NULL), 0);
	cr_assert_eq(hog_offspring_add(off, launch.pid), 0);
	for (int i = 0; i < 20000 && forks < 3; i++) {
		int n = hog_offspring_poll(off, &birth, 1);

		cr_assert(n == 0 || n == 1);
		if (n == 1 && birth.kind == HOG_BIRTH_FORK) {
			forks++;
			kill(birth.pid, SIGKILL);
		}
		usleep(1000);
	}
	cr_assert_eq(forks, 3);
	waitpid(launch.pid, NULL, 0);
	hog_offspring_free(off);
}

Test(offspring, refuses_who_is_not_there)
{
	struct hog_offspring *off;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	cr_assert_eq(hog_offspring_new(&off, NULL), 0);
	cr_assert_eq(hog_offspring_add(off, pid), -ESRCH);
	hog_offspring_free(off);
}

/* The fallback, which hog_offspring_new takes only where perf is refused. */
Test(offspring_children, finds_all_that_live_in_one_look)
{
	struct hog_offspring_way *way;
	struct hog_births births = { 0 };
	struct hog_launch launch;
	int forks = 0, exits = 0;

	cr_assert_eq(hog_offspring_children_new(&way), 0);
	start("sh -c 'sleep 5 & wait; :' & sleep 5 & wait; :", &launch);
	cr_assert_eq(hog_launch_go(&launch, NULL), 0);
	usleep(200000);
	cr_assert_eq(way->ops->add(way, launch.pid), 0);
	way->ops->look(way, &births);
	for (size_t i = 0; i < births.n; i++) {
		forks += births.v[i].kind == HOG_BIRTH_FORK;
		kill(births.v[i].pid, SIGKILL);
	}
	cr_assert_eq(forks, 3);
	waitpid(launch.pid, NULL, 0);
	births.n = 0;
	for (int i = 0; i < 1000 && exits < 4; i++) {
		usleep(1000);
		births.n = 0;
		way->ops->look(way, &births);
		for (size_t k = 0; k < births.n; k++)
			exits += births.v[k].kind == HOG_BIRTH_EXIT;
	}
	cr_assert_geq(exits, 3, "one may be left to a slow init");
	way->ops->free(way);
	free(births.v);
}
