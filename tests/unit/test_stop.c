/* SPDX-License-Identifier: Apache-2.0 */
#include "target/stop.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "real_kernel.h"

/* What a child counts, in memory that it shares with us. */
struct counts {
	volatile unsigned long rounds, signals, tid;
};

static struct counts *counts;
static struct hog_stops stops;
static pid_t child;

static void nap_ms(unsigned ms)
{
	const struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&ts, NULL);
}

static void on_signal(int sig)
{
	(void)sig;
	counts->signals++;
}

static void work(void)
{
	for (;;)
		counts->rounds++;
}

static void start(void)
{
	needs_real_kernel();
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(counts, MAP_FAILED);
}

static void finish(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

TestSuite(stop, .init = start, .fini = finish);

static void run_child(void (*what)(void))
{
	child = fork();
	if (child == 0) {
		signal(SIGUSR1, on_signal);
		what();
		_exit(0);
	}
	nap_ms(20);
}

static unsigned long progress(unsigned ms)
{
	unsigned long before = counts->rounds;

	nap_ms(ms);
	return counts->rounds - before;
}

static bool runs_within(unsigned ms)
{
	for (unsigned i = 0; i < ms; i += 5)
		if (progress(5) > 0)
			return true;
	return false;
}

static char state_of(pid_t pid)
{
	char path[64], line[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return strrchr(line, ')') ? strrchr(line, ')')[2] : 0;
}

static bool reaches(pid_t pid, char state)
{
	for (int i = 0; i < 400; i++) {
		if (state_of(pid) == state)
			return true;
		nap_ms(5);
	}
	return false;
}

Test(stop, holds_a_thread_and_lets_it_go_on)
{
	struct hog_stop stop;

	run_child(work);
	cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0);
	/* One that waits for a CPU stops when it gets it. */
	progress(20);
	cr_assert_eq(progress(20), 0);
	hog_stop_end(&stops, &stop);
	hog_stops_fini(&stops);
	cr_assert(runs_within(2000));
	cr_assert_eq(stops.n_left, 0);
	cr_assert_eq(stops.count, 1);
	cr_assert_gt(stops.held_ns, 0);
}

Test(stop, does_so_a_thousand_times)
{
	run_child(work);
	for (int i = 0; i < 1000; i++) {
		struct hog_stop stop;
		unsigned long before;

		cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0);
		before = counts->rounds;
		for (int k = 0; k < 1000; k++)
			cr_assert_eq(counts->rounds, before);
		hog_stop_end(&stops, &stop);
	}
	hog_stops_fini(&stops);
	cr_assert(runs_within(2000));
}

Test(stop, loses_no_signal)
{
	unsigned sent = 0;

	run_child(work);
	for (int i = 0; i < 500; i++) {
		struct hog_stop stop;
		unsigned long before = counts->signals;

		cr_assert_eq(kill(child, SIGUSR1), 0);
		sent++;
		cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0);
		hog_stop_end(&stops, &stop);
		for (int k = 0; k < 2000 && counts->signals == before; k++) {
			hog_stops_serve(&stops);
			nap_ms(1);
		}
	}
	cr_assert_eq(counts->signals, sent);
}

Test(stop, leaves_a_stopped_process_stopped)
{
	struct hog_stop stop;

	run_child(work);
	kill(child, SIGSTOP);
	cr_assert(reaches(child, 'T'));
	cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0);
	cr_assert_not(stop.pending);
	hog_stop_end(&stops, &stop);
	cr_assert(reaches(child, 'T'));
	cr_assert_eq(progress(20), 0);
	kill(child, SIGCONT);
	cr_assert(runs_within(2000));
}

Test(stop, lets_a_stop_signal_work_that_comes_meanwhile)
{
	struct hog_stop stop;

	run_child(work);
	cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0);
	kill(child, SIGSTOP);
	hog_stop_end(&stops, &stop);
	hog_stops_fini(&stops);
	cr_assert(reaches(child, 'T'));
	kill(child, SIGCONT);
	cr_assert(runs_within(2000));
}

Test(stop, bears_a_child_that_is_killed_meanwhile)
{
	struct hog_stop stop;
	int status;

	run_child(work);
	cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0);
	kill(child, SIGKILL);
	cr_assert(reaches(child, 'Z'));
	hog_stop_end(&stops, &stop);
	hog_stops_fini(&stops);
	cr_assert_eq(waitpid(child, &status, 0), child, "it is left to us");
	cr_assert(WIFSIGNALED(status));
	child = 0;
	cr_assert_eq(stops.n_left, 0);
}

Test(stop, says_that_nobody_is_there)
{
	struct hog_stop stop;
	struct hog_err err = { 0 };

	run_child(work);
	kill(child, SIGKILL);
	cr_assert(reaches(child, 'Z'));
	cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), -ESRCH);
	waitpid(child, NULL, 0);
	cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), -ESRCH);
	cr_assert_eq(hog_stop_check(child, &err), -ESRCH);
	child = 0;
}

Test(stop, says_who_traces_already)
{
	struct hog_stop stop;
	struct hog_err err = { 0 };
	int ready[2];
	char byte;

	run_child(work);
	cr_assert_eq(pipe(ready), 0);

	pid_t tracer = fork();

	if (tracer == 0) {
		byte = ptrace(PTRACE_SEIZE, child, NULL, NULL) == 0;
		byte = write(ready[1], &byte, 1) == 1;
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	cr_assert_eq(byte, 1, "a sibling may trace it");
	cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), -EBUSY);
	cr_assert_eq(hog_stop_check(child, &err), -EBUSY);
	cr_assert(strstr(err.text, "traces it already"));
	cr_assert_not_null(err.hint);
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	cr_assert_eq(hog_stop_check(child, NULL), 0);
}

Test(stop, can_be_asked_for_without_one)
{
	run_child(work);
	for (int i = 0; i < 20; i++) {
		struct hog_stop stop;

		cr_assert_eq(hog_stop_check(child, NULL), 0);
		cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0,
			     "it is free again");
		hog_stop_end(&stops, &stop);
		hog_stops_fini(&stops);
	}
	cr_assert(runs_within(2000));
}

/* Our end lets it go: that of a process between two that ends in a stop. */
Test(stop, ends_with_us)
{
	run_child(work);

	pid_t holder = fork();

	if (holder == 0) {
		struct hog_stop stop;
		int r = hog_stop_begin(&stops, child, child, &stop);

		kill(getpid(), SIGKILL);
		_exit(r);
	}

	int status;

	cr_assert_eq(waitpid(holder, &status, 0), holder);
	cr_assert(WIFSIGNALED(status));
	cr_assert(runs_within(2000));
}

static void fork_by_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		nap_ms(300); /* its parent waits in the kernel all the time */
		_exit(0);
	}
	work();
}

Test(stop, does_not_wait_for_one_that_is_deep_in_the_kernel)
{
	struct hog_stop stop;
	uint64_t before = hog_now_ns();

	run_child(fork_by_vfork);
	cr_assert_eq(state_of(child), 'D');
	cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0);
	cr_assert(stop.pending);
	hog_stop_end(&stops, &stop);
	cr_assert_lt(hog_now_ns() - before, 250000000, "not that long");
	cr_assert_eq(stops.n_left, 1);
	hog_stops_fini(&stops);
	cr_assert_eq(stops.n_left, 0);
	cr_assert(runs_within(2000));
}

Test(stop, hears_of_one_that_comes_back)
{
	struct hog_stop stop;

	run_child(fork_by_vfork);
	hog_stops_init(&stops);
	cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0);
	hog_stop_end(&stops, &stop);
	cr_assert_eq(stops.n_left, 1);
	hog_stops_serve_until(&stops, hog_now_ns() + 2000000000);
	cr_assert_eq(stops.n_left, 0);
	cr_assert(runs_within(2000));
	hog_stops_fini(&stops);
}

static void *end_soon(void *arg)
{
	counts->tid = (unsigned long)gettid();
	nap_ms(2);
	return arg;
}

static void make_threads(void)
{
	for (;;) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, end_soon, NULL) == 0)
			pthread_join(thread, NULL);
		counts->rounds++;
	}
}

/* Nothing of a thread may stay that died in our hands: its process would wait
 * for it. */
Test(stop, bears_threads_that_end)
{
	run_child(make_threads);
	for (int i = 0; i < 500; i++) {
		struct hog_stop stop;
		pid_t tid = (pid_t)counts->tid;

		if (tid && hog_stop_begin(&stops, child, tid, &stop) == 0)
			hog_stop_end(&stops, &stop);
	}
	hog_stops_fini(&stops);
	cr_assert_eq(stops.n_left, 0);
	cr_assert(runs_within(2000));
}

static void exec_in_a_moment(void)
{
	nap_ms(30);
	execlp("sh", "sh", "-c", "while :; do :; done", NULL);
}

Test(stop, bears_an_exec)
{
	run_child(exec_in_a_moment);
	for (int i = 0; i < 500; i++) {
		struct hog_stop stop;

		cr_assert_eq(hog_stop_begin(&stops, child, child, &stop), 0);
		hog_stop_end(&stops, &stop);
	}
	hog_stops_fini(&stops);
	cr_assert(reaches(child, 'R'));
}

static void *exec_from_a_thread(void *arg)
{
	counts->tid = (unsigned long)gettid();
	nap_ms(30);
	execlp("sh", "sh", "-c", "while :; do :; done", NULL);
	return arg;
}

static void start_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exec_from_a_thread, NULL);
	for (;;)
		pause();
}

/* It becomes the first thread: its own number is no more. */
Test(stop, bears_an_exec_by_another_thread)
{
	run_child(start_a_thread);
	for (int i = 0; i < 500; i++) {
		struct hog_stop stop;

		if (hog_stop_begin(&stops, child, (pid_t)counts->tid, &stop) ==
		    0)
			hog_stop_end(&stops, &stop);
		hog_stops_serve(&stops);
	}
	hog_stops_fini(&stops);
	cr_assert_eq(stops.n_left, 0);
	cr_assert(reaches(child, 'R'));
}
