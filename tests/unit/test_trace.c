/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace.h"

#include <errno.h>
#include <sys/time.h>

#include "trace_watch.h"

/* Each of these spoils something if a tracer has bad manners: it ends with 0 if
 * all went well. */
static const char *const programs[] = {
	"calls",   "queued", "timer",      "stops",          "sleeper",
	"threads", "forks",  "exit_group", "exec_in_thread", "vforks",
	"restart", "compat", "own_filter", "thread_storm",
};

#define N_PROGRAMS (sizeof(programs) / sizeof(*programs))

static void unharmed_when_launched(const char *calls, enum hog_trace_via via)
{
	for (size_t i = 0; i < N_PROGRAMS; i++) {
		struct watch w;

		watch_new(&w, calls, via);
		watch_launch(&w, programs[i]);
		watch_to_end(&w);
		cr_expect_eq(w.status, 0, "%s ended with %#x", programs[i],
			     (unsigned)w.status);
		cr_expect_eq(w.unmatched, 0, "%s", programs[i]);
		hog_trace_free(w.trace);
	}
}

Test(trace, launched_with_a_filter_runs_as_alone)
{
	unharmed_when_launched("getppid read sleep compat", HOG_TRACE_SECCOMP);
}

Test(trace, launched_with_a_filter_of_all_calls_runs_as_alone)
{
	unharmed_when_launched(NULL, HOG_TRACE_SECCOMP);
}

Test(trace, launched_with_stops_at_all_calls_runs_as_alone)
{
	unharmed_when_launched(NULL, HOG_TRACE_PTRACE);
}

Test(trace, attached_to_runs_as_alone)
{
	for (size_t i = 0; i < N_PROGRAMS; i++) {
		struct watch w;

		watch_new(&w, i % 2 ? NULL : "getppid", HOG_TRACE_AUTO);
		watch_attach(&w, programs[i]);
		watch_go(&w);
		watch_to_end(&w);
		cr_expect_eq(w.status, 0, "%s ended with %#x", programs[i],
			     (unsigned)w.status);
		cr_expect_eq(w.unmatched, 0, "%s", programs[i]);
		hog_trace_free(w.trace);
	}
}

static void launched(struct watch *w, const char *calls, const char *what,
		     enum hog_trace_via via)
{
	watch_new(w, calls, via);
	watch_launch(w, what);
	watch_to_end(w);
	hog_trace_free(w->trace);
}

static const enum hog_trace_via ways[] = { HOG_TRACE_SECCOMP,
					   HOG_TRACE_PTRACE };

Test(trace, tells_each_wanted_call_and_no_other)
{
	for (int i = 0; i < 2; i++) {
		struct watch w;

		launched(&w, "getppid", "calls", ways[i]);
		cr_expect_eq(w.n[HOG_TRACE_ENTER], 100);
		cr_expect_eq(w.n[HOG_TRACE_EXIT], 100);
		cr_expect_eq(w.last_result, getpid());
		cr_expect_eq(w.n[HOG_TRACE_EXEC], 1);
		cr_expect_eq(w.n[HOG_TRACE_END], 1);
	}
}

Test(trace, tells_threads_and_where_they_end)
{
	for (int i = 0; i < 2; i++) {
		struct watch w;

		launched(&w, "getppid", "threads", ways[i]);
		cr_expect_eq(w.n[HOG_TRACE_THREAD], 100);
		cr_expect_eq(w.n[HOG_TRACE_THREAD_END], 100);
		cr_expect_eq(w.n[HOG_TRACE_EXIT], 100);
		cr_expect_eq(w.n[HOG_TRACE_FORK], 0);
	}
}

Test(trace, tells_each_of_many_forks)
{
	for (int i = 0; i < 2; i++) {
		struct watch w;

		launched(&w, "getppid", "forks", ways[i]);
		cr_expect_eq(w.n[HOG_TRACE_FORK], 100);
		cr_expect_eq(w.n[HOG_TRACE_END], 101);
		cr_expect_eq(w.n[HOG_TRACE_EXIT], 100);
	}
}

Test(trace, tells_vforks_and_what_they_become)
{
	for (int i = 0; i < 2; i++) {
		struct watch w;

		launched(&w, "getppid", "vforks", ways[i]);
		cr_expect_eq(w.n[HOG_TRACE_FORK], 12);
		cr_expect_eq(w.vforks, 12); /* posix_spawn is one */
		cr_expect_eq(w.n[HOG_TRACE_EXEC], 3);
		cr_expect_eq(w.n[HOG_TRACE_EXIT], 200);
	}
}

Test(trace, does_not_tell_of_children_that_are_not_followed)
{
	for (int i = 0; i < 2; i++) {
		struct hog_trace_options opt = { .follow = false,
						 .n_numbers = NUMBERS,
						 .via = ways[i] };
		struct watch w;

		watch_new(&w, "getppid", HOG_TRACE_AUTO);
		hog_trace_free(w.trace);
		opt.native = opt.compat = w.bits;
		cr_assert_eq(hog_trace_new(&opt, &w.trace, NULL), 0);
		watch_launch(&w, "forks");
		watch_to_end(&w);
		cr_expect_eq(w.status, 0);
		cr_expect_eq(w.n[HOG_TRACE_FORK], 0);
		cr_expect_eq(w.n[HOG_TRACE_END], 1);
		cr_expect_eq(w.n[HOG_TRACE_EXIT], 0);
		hog_trace_free(w.trace);
	}
}

Test(trace, keeps_up_with_an_exec_in_another_thread)
{
	for (int i = 0; i < 2; i++) {
		struct watch w;

		launched(&w, "getppid", "exec_in_thread", ways[i]);
		cr_expect_eq(w.n[HOG_TRACE_EXEC], 2);
		cr_expect_geq(w.n[HOG_TRACE_EXIT], 101);
		cr_expect_eq(w.n[HOG_TRACE_END], 1);
		cr_expect_eq(w.status, 0);
	}
}

Test(trace, says_that_a_call_begins_anew)
{
	for (int i = 0; i < 2; i++) {
		struct watch w;

		launched(&w, "read", "restart", ways[i]);
		cr_expect_eq(w.status, 0);
		cr_expect_geq(w.restarts, 1);
		cr_expect_eq(w.last_result, 1);
	}
}

Test(trace, tells_a_sleep_that_goes_on_after_a_stop)
{
	for (int i = 0; i < 2; i++) {
		struct watch w;

		launched(&w, "sleep", "sleeper", ways[i]);
		cr_expect_eq(w.status, 0);
		cr_expect_geq(w.restarts, 1);
		cr_expect_geq(w.restart_calls, 1);
	}
}

Test(trace, knows_32_bit_calls_of_a_64_bit_program)
{
#if defined(__x86_64__)
	for (int i = 0; i < 2; i++) {
		struct watch w;

		launched(&w, "compat", "compat", ways[i]);
		cr_expect_eq(w.status, 0);
		cr_expect_eq(w.compat, 1);
		cr_expect_eq(w.last_result, getpid());
	}
#endif
}

Test(trace, lets_the_programs_own_filter_win)
{
	struct watch w;

	launched(&w, "getppid", "own_filter", HOG_TRACE_SECCOMP);
	cr_expect_eq(w.status, 0);
	cr_expect_eq(w.n[HOG_TRACE_ENTER], 0);
	launched(&w, "getppid", "own_filter", HOG_TRACE_PTRACE);
	cr_expect_eq(w.status, 0);
	cr_expect_eq(w.n[HOG_TRACE_EXIT], 1);
	cr_expect_eq(w.last_result, -EDOM);
}

Test(trace, survives_a_kill_at_any_moment)
{
	for (int i = 0; i < 20; i++) {
		struct watch w;

		watch_new(&w, i % 2 ? NULL : "getppid", HOG_TRACE_AUTO);
		watch_launch(&w, "exit_group");
		watch_run(&w, HOG_TRACE_ENTER, 1 + (unsigned)i * 40, 2000);
		kill(w.pid, SIGKILL);
		watch_to_end(&w);
		cr_expect(w.status == SIGKILL || w.status == 0);
		hog_trace_free(w.trace);
	}
}

Test(trace, says_why_a_program_cannot_be_started)
{
	char *missing[] = { "/nonexistent/program", NULL };
	char *folder[] = { "/tmp", NULL };

	for (int i = 0; i < 2; i++) {
		struct hog_err err = { 0 };
		struct watch w;
		pid_t pid = -7;

		watch_new(&w, "getppid", ways[i]);
		cr_expect_eq(hog_trace_launch(w.trace, missing, NULL, &pid,
					      &err),
			     -ENOENT);
		cr_expect(strstr(err.text, "/nonexistent/program"));
		cr_expect(err.hint);
		cr_expect_eq(hog_trace_launch(w.trace, folder, NULL, &pid,
					      &err),
			     -EACCES);
		cr_expect_eq(pid, -7);
		cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1); /* no zombie */
		hog_trace_free(w.trace);
	}
}

Test(trace, comes_back_at_its_time)
{
	struct hog_trace_event ev;
	uint64_t start;
	struct watch w;
	int r;

	watch_new(&w, "getppid", HOG_TRACE_AUTO);
	watch_launch(&w, "nap");
	watch_run(&w, HOG_TRACE_EXEC, 1, 1000);
	start = hog_now_ns();
	r = hog_trace_next(w.trace, start + 30000000, &ev);
	cr_expect_eq(r, 0);
	cr_expect_geq(hog_now_ns() - start, 30000000);
	watch_to_end(&w);
	hog_trace_free(w.trace);
}

static void ignore(int sig)
{
	(void)sig;
}

Test(trace, comes_back_for_a_signal)
{
	const struct itimerval once = { { 0, 0 }, { 0, 20000 } };
	struct sigaction act = { .sa_handler = ignore };
	struct hog_trace_event ev;
	uint64_t start;
	struct watch w;

	watch_new(&w, "getppid", HOG_TRACE_AUTO);
	watch_launch(&w, "nap");
	watch_run(&w, HOG_TRACE_EXEC, 1, 1000);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &once, NULL);
	start = hog_now_ns();
	cr_expect_eq(hog_trace_next(w.trace, start + 5000000000ull, &ev), 0);
	cr_expect_lt(hog_now_ns() - start, 1000000000);
	watch_to_end(&w);
	hog_trace_free(w.trace);
}

Test(trace, only_waves_filtered_calls_through_after_quit)
{
	struct watch w;
	unsigned told;

	watch_new(&w, "getppid", HOG_TRACE_SECCOMP);
	watch_launch(&w, "calls");
	watch_run(&w, HOG_TRACE_ENTER, 10, 2000);
	told = w.n[HOG_TRACE_EXIT];
	hog_trace_quit(w.trace);
	watch_to_end(&w);
	cr_expect_eq(w.n[HOG_TRACE_EXIT], told);
	cr_expect_eq(w.status, 0);
	hog_trace_free(w.trace);
}

Test(trace, takes_a_filtered_program_with_it_when_killed)
{
	int fds[2];
	pid_t tracer, pid = 0;

	needs_real_kernel();
	cr_assert_eq(pipe(fds), 0);
	tracer = fork();
	if (tracer == 0) {
		struct watch w;

		watch_new(&w, "getppid", HOG_TRACE_SECCOMP);
		watch_launch(&w, "nap");
		watch_run(&w, HOG_TRACE_EXEC, 1, 1000);
		_exit(write(fds[1], &w.pid, sizeof(w.pid)) < 0);
	}
	cr_assert_eq(read(fds[0], &pid, sizeof(pid)), sizeof(pid));
	waitpid(tracer, NULL, 0);
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++) {
		char state = '?';

		status_of(pid, "Pid", &state);
		if (state == 'Z')
			break; /* nobody here collects it */
		nap_ms(1);
		cr_expect_lt(i, 99);
	}
}

Test(trace, says_which_ways_work)
{
	struct hog_err err = { 0 };

	needs_real_kernel();
	cr_expect_eq(hog_trace_probe(HOG_TRACE_PTRACE, &err), 0, "%s",
		     err.text);
	cr_expect_eq(hog_trace_probe(HOG_TRACE_SECCOMP, &err), 0, "%s",
		     err.text);
}
