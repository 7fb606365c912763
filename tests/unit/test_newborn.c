/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "target/newborn.h"

#define MAX 4096

static struct hog_birth told[MAX];

/* What is told of pid until kind is, or three seconds are over; the time it
 * took, 0: it was not told. */
static uint64_t wait_for(struct hog_newborn *nb, pid_t pid,
			 enum hog_birth_kind kind)
{
	uint64_t start = hog_now_ns();

	while (hog_now_ns() - start < 3 * HOG_NS_PER_SEC) {
		int n = hog_newborn_poll(nb, told, MAX);

		for (int i = 0; i < n; i++)
			if (told[i].pid == pid && told[i].kind == kind)
				return hog_now_ns() - start;
		usleep(500);
	}
	return 0;
}

Test(newborn, tells_first_of_those_that_are_there)
{
	struct hog_newborn *nb;
	int n, self = 0;

	cr_assert_eq(hog_newborn_new(&nb, NULL), 0);
	n = hog_newborn_poll(nb, told, MAX);
	for (int i = 0; i < n; i++)
		self += told[i].pid == getpid() &&
			told[i].kind == HOG_BIRTH_FORK;
	cr_assert_eq(self, 1);
	hog_newborn_free(nb);
}

Test(newborn, tells_of_a_birth_and_of_an_end)
{
	struct hog_newborn *nb;
	pid_t pid;

	cr_assert_eq(hog_newborn_new(&nb, NULL), 0);
	while (hog_newborn_poll(nb, told, MAX) > 0)
		continue;
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	cr_assert(wait_for(nb, pid, HOG_BIRTH_FORK));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_assert(wait_for(nb, pid, HOG_BIRTH_EXIT));
	hog_newborn_free(nb);
}

Test(newborn, tells_of_an_exec_where_the_kernel_tells)
{
	struct hog_newborn *nb;
	pid_t pid;

	cr_assert_eq(hog_newborn_new(&nb, NULL), 0);
	if (strcmp(hog_newborn_way(nb), "connector") != 0) {
		hog_newborn_free(nb);
		cr_skip_test("the kernel tells nothing here");
	}
	cr_assert_geq(hog_newborn_fd(nb), 0);
	pid = fork();
	if (pid == 0) {
		execlp("sleep", "sleep", "60", (char *)NULL);
		_exit(127);
	}
	cr_assert(wait_for(nb, pid, HOG_BIRTH_EXEC));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	hog_newborn_free(nb);
}
