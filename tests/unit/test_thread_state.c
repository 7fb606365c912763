/* SPDX-License-Identifier: Apache-2.0 */
#include "real_kernel.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/impl.h"

static struct hog_osthread fresh(void)
{
	return (struct hog_osthread){ .syscall = HOG_NO_SYSCALL };
}

Test(thread_state, reads_a_call_and_its_arguments)
{
	struct hog_osthread os = fresh();

	cr_assert(hog_parse_syscall("202 0x7f01 0x189 0x0 0x1 0x2 0xffffffff "
				    "0x7ffe10 0x7f22\n",
				    &os));
	cr_assert_eq(os.state, HOG_OS_SLEEPING);
	cr_assert_eq(os.syscall, 202);
	cr_assert_eq(os.args[0], 0x7f01);
	cr_assert_eq(os.args[5], 0xffffffff);
	cr_assert_eq(os.sp, 0x7ffe10);
	cr_assert_eq(os.pc, 0x7f22);
}

Test(thread_state, knows_a_thread_outside_of_calls)
{
	struct hog_osthread os = fresh();

	cr_assert(hog_parse_syscall("-1 0x7ffe10 0x7f22\n", &os));
	cr_assert_eq(os.syscall, HOG_NO_SYSCALL);
	cr_assert_eq(os.sp, 0x7ffe10);
	os = fresh();
	cr_assert(hog_parse_syscall("running\n", &os));
	cr_assert_eq(os.state, HOG_OS_RUNNING);
}

Test(thread_state, refuses_half_a_line)
{
	struct hog_osthread os = fresh();

	cr_assert_not(hog_parse_syscall("", &os));
	cr_assert_not(hog_parse_syscall("202 0x1 0x2\n", &os));
	cr_assert_not(hog_parse_syscall("-1\n", &os));
	cr_assert_eq(os.state, HOG_OS_UNKNOWN);
}

Test(thread_state, finds_the_letter_behind_any_name)
{
	cr_assert_eq(hog_parse_stat("1 (a) R (b)) D 1 2"), HOG_OS_DISK);
	cr_assert_eq(hog_parse_stat("1 (x) R 1"), HOG_OS_RUNNING);
	cr_assert_eq(hog_parse_stat("1 (x) t 1"), HOG_OS_STOPPED);
	cr_assert_eq(hog_parse_stat("1 (x) Z 1"), HOG_OS_GONE);
	cr_assert_eq(hog_parse_stat("1 (x)"), HOG_OS_UNKNOWN);
	cr_assert_eq(hog_parse_stat(""), HOG_OS_UNKNOWN);
}

Test(thread_state, watches_a_child_that_waits_in_read)
{
	needs_real_kernel();

	struct hog_oswatch watch;
	struct hog_osthread os;
	struct hog_oscpu cpu;
	int ends[2];
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		char byte;

		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 ? 7 : 8);
	}
	cr_assert_eq(hog_oswatch_open(&watch, pid, pid), 0);
	for (int i = 0; i < 2000; i++) {
		hog_oswatch_state(&watch, &os);
		if (os.syscall == SYS_read)
			break;
		usleep(1000);
	}
	cr_assert_eq(os.state, HOG_OS_SLEEPING);
	cr_assert_eq(os.syscall, SYS_read);
	cr_assert_eq(os.args[0], (uint64_t)ends[0]);
	cr_assert_eq(hog_oswatch_cpu(&watch, &cpu), 0);
	close(ends[1]);
	waitpid(pid, NULL, 0);
	hog_oswatch_state(&watch, &os);
	cr_assert_eq(os.state, HOG_OS_GONE);
	cr_assert_eq(hog_oswatch_cpu(&watch, &cpu), -ESRCH);
	hog_oswatch_close(&watch);
	cr_assert_eq(watch.stat_fd, -1);
	cr_assert_eq(hog_oswatch_open(&watch, getpid(), pid), -ESRCH);
}
