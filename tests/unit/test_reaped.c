/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/reaped.h"

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "target/target.h"

#define MS 1000000ull

struct given {
	uint64_t ns[8]; /* by thread */
	unsigned n;
};

static void take(void *arg, uint32_t thread, uint64_t ns)
{
	struct given *given = arg;

	given->ns[thread] += ns;
	given->n++;
}

/* A child of ours that uses that much CPU time, and is waited for. */
static void use_in_a_child(uint64_t cpu_ns)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct timespec ts = { 0 };

		while ((uint64_t)ts.tv_sec * 1000 * MS + (uint64_t)ts.tv_nsec <
		       cpu_ns)
			clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (hog_target_reaped_ns(getpid()) == 0)
		cr_skip_test("children are not counted here (qemu-user)");
}

Test(reaped, what_was_not_told_is_shared_out)
{
	struct hog_reaped r = { 0 };
	struct given given = { 0 };

	hog_reaped_begin(&r, getpid());
	use_in_a_child(120 * MS);
	hog_reaped_told(&r, getpid(), 60 * MS);
	hog_reaped_ended(&r, 1000001, getpid(), 1);
	hog_reaped_ended(&r, 1000002, getpid(), 2);
	cr_assert(hog_reaped_look(&r, 1, true));
	hog_reaped_settle(&r, take, &given);
	cr_expect_eq(given.n, 2);
	cr_expect_eq(given.ns[1], given.ns[2]);
	/* The sum counts in ticks of 10 ms, of which two are cut. */
	cr_expect_geq(given.ns[1], 20 * MS);
	cr_expect_leq(given.ns[1], 45 * MS);
	hog_reaped_fini(&r);
}

Test(reaped, what_was_told_is_not_given_again)
{
	struct hog_reaped r = { 0 };
	struct given given = { 0 };

	hog_reaped_begin(&r, getpid());
	use_in_a_child(50 * MS);
	hog_reaped_told(&r, getpid(), 90 * MS);
	hog_reaped_ended(&r, 1000001, getpid(), 1);
	cr_assert(hog_reaped_look(&r, 1, true));
	hog_reaped_settle(&r, take, &given);
	cr_expect_eq(given.n, 0);
	hog_reaped_fini(&r);
}

Test(reaped, programs_that_are_not_shown_take_their_part_away)
{
	struct hog_reaped r = { 0 };
	struct given given = { 0 };

	hog_reaped_begin(&r, getpid());
	use_in_a_child(100 * MS);
	hog_reaped_ended(&r, 1000001, getpid(), 0);
	hog_reaped_ended(&r, 1000002, getpid(), 3);
	cr_assert(hog_reaped_look(&r, 1, true));
	hog_reaped_settle(&r, take, &given);
	cr_expect_eq(given.n, 1);
	cr_expect_leq(given.ns[3], 60 * MS);
	hog_reaped_fini(&r);
}

Test(reaped, what_a_child_waited_for_is_in_its_parents_sum)
{
	struct hog_reaped r = { 0 };

	hog_reaped_begin(&r, getpid());
	hog_reaped_begin(&r, 1000001);
	hog_reaped_told(&r, 1000001, 7 * MS);
	hog_reaped_told(&r, getpid(), 5 * MS);
	hog_reaped_ended(&r, 1000001, getpid(), 1);
	cr_assert_eq(r.n, 1);
	cr_expect_eq(r.v[0].pid, getpid());
	cr_expect_eq(r.v[0].told_ns, 12 * MS);
	hog_reaped_fini(&r);
}

Test(reaped, it_looks_now_and_then)
{
	struct hog_reaped r = { 0 };

	cr_expect(hog_reaped_look(&r, 1000 * MS, false));
	cr_expect_not(hog_reaped_look(&r, 1001 * MS, false));
	cr_expect(hog_reaped_look(&r, 1001 * MS, true));
	cr_expect(hog_reaped_look(&r, 2000 * MS, false));
	hog_reaped_fini(&r);
}
