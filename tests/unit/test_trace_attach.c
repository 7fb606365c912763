/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace.h"

#include <errno.h>
#include <sys/ptrace.h>

#include "trace_watch.h"

Test(trace_attach, tells_the_call_that_was_under_way_and_its_end)
{
	struct watch w;

	watch_new(&w, "read", HOG_TRACE_AUTO);
	watch_attach(&w, "nothing");
	watch_run(&w, HOG_TRACE_ATTACHED, 1, 2000);
	cr_expect_eq(w.attached_in, SYS_read);
	watch_go(&w);
	watch_to_end(&w);
	cr_expect_eq(w.in_progress, 1);
	cr_expect_eq(w.last_result, 1);
	cr_expect_eq(w.n[HOG_TRACE_ENTER], 0);
	cr_expect_eq(w.status, 0);
	hog_trace_free(w.trace);
}

Test(trace_attach, tells_the_end_of_a_sleep_as_that_of_the_sleep)
{
	struct hog_err err = { 0 };
	struct watch w;
	int in;

	watch_new(&w, "sleep", HOG_TRACE_AUTO);
	w.pid = start_waiting("nap", &in);
	cr_assert_eq(write(in, "g", 1), 1);
	nap_ms(20);
	cr_assert_eq(hog_trace_attach(w.trace, w.pid, &err), 0, "%s", err.text);
	watch_to_end(&w);
	cr_expect(w.attached_in == SYS_nanosleep ||
		  w.attached_in == SYS_clock_nanosleep);
	cr_expect_eq(w.in_progress, 1);
	cr_expect_eq(w.last_result, 0);
	cr_expect_eq(w.restart_calls, 0);
	close(in);
	hog_trace_free(w.trace);
}

Test(trace_attach, takes_eight_processes_at_once)
{
	struct hog_err err = { 0 };
	int in[8];
	struct watch w;

	watch_new(&w, "getppid", HOG_TRACE_AUTO);
	for (int i = 0; i < 8; i++) {
		w.pid = start_waiting("calls", &in[i]);
		cr_assert_eq(hog_trace_attach(w.trace, w.pid, &err), 0);
	}
	watch_run(&w, HOG_TRACE_ATTACHED, 8, 2000);
	for (int i = 0; i < 8; i++)
		cr_assert_eq(write(in[i], "g", 1), 1);
	watch_to_end(&w);
	cr_expect_eq(w.n[HOG_TRACE_EXIT], 800);
	cr_expect_eq(w.n[HOG_TRACE_END], 8);
	hog_trace_free(w.trace);
}

/* Every thread that is there now. */
static unsigned count_not_ours(pid_t pid)
{
	char path[64];
	pid_t *tids;
	unsigned others = 0;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	n = hog_task_list(AT_FDCWD, path, &tids);
	for (int i = 0; i < n; i++) {
		char state = '?';
		int64_t tracer = status_of(tids[i], "TracerPid", &state);

		others += tracer >= 0 && tracer != gettid() && state != 'X' &&
			  state != 'Z';
	}
	if (n > 0)
		free(tids);
	return others;
}

Test(trace_attach, misses_no_thread_of_a_storm)
{
	for (long delay = 0; delay < 10; delay += 3) {
		struct hog_err err = { 0 };
		struct watch w;
		int in;

		watch_new(&w, "getppid", HOG_TRACE_AUTO);
		w.pid = start_waiting("thread_storm", &in);
		cr_assert_eq(write(in, "g", 1), 1);
		nap_ms(delay);
		hog_trace_attach(w.trace, w.pid, &err);
		watch_run(&w, HOG_TRACE_THREAD, 5, 2000);
		cr_expect_eq(count_not_ours(w.pid), 0);
		watch_to_end(&w);
		cr_expect(w.status == 0 || w.status == -1);
		close(in);
		hog_trace_free(w.trace);
	}
}

Test(trace_attach, leaves_nobody_traced_or_stopped)
{
	char state = '?';
	struct watch w;
	int status;

	watch_new(&w, NULL, HOG_TRACE_AUTO);
	watch_attach(&w, "thread_storm");
	watch_go(&w);
	watch_run(&w, HOG_TRACE_THREAD, 20, 2000);
	hog_trace_free(w.trace);
	cr_expect_eq(status_of(w.pid, "TracerPid", &state), 0);
	cr_expect_neq(state, 't');
	cr_expect_eq(waitpid(w.pid, &status, 0), w.pid);
	cr_expect_eq(status, 0);
}

Test(trace_attach, leaves_a_stopped_process_stopped)
{
	struct hog_err err = { 0 };
	char state = '?';
	struct watch w;
	int in, status;

	watch_new(&w, NULL, HOG_TRACE_AUTO);
	w.pid = start_waiting("nothing", &in);
	kill(w.pid, SIGSTOP);
	cr_assert_eq(waitpid(w.pid, &status, WUNTRACED), w.pid);
	cr_assert_eq(hog_trace_attach(w.trace, w.pid, &err), 0, "%s", err.text);
	watch_run(&w, HOG_TRACE_ATTACHED, 1, 2000);
	watch_run(&w, HOG_TRACE_END, 1, 20);
	hog_trace_free(w.trace);
	nap_ms(5);
	cr_expect_eq(status_of(w.pid, "TracerPid", &state), 0);
	cr_expect_eq(state, 'T', "it is %c", state);
	kill(w.pid, SIGCONT);
	cr_assert_eq(write(in, "g", 1), 1);
	cr_expect_eq(waitpid(w.pid, &status, 0), w.pid);
	cr_expect_eq(status, 0);
}

Test(trace_attach, lets_the_target_run_on_when_killed)
{
	pid_t pid, tracer;
	char state;
	int in, status;

	needs_real_kernel();
	pid = start_waiting("thread_storm", &in);
	tracer = fork();
	if (tracer == 0) {
		struct watch w;

		watch_new(&w, NULL, HOG_TRACE_AUTO);
		hog_trace_attach(w.trace, pid, NULL);
		watch_to_end(&w);
		_exit(0);
	}
	for (int i = 0; i < 1000 && status_of(pid, "TracerPid", &state) == 0;
	     i++)
		nap_ms(1);
	cr_assert_eq(write(in, "g", 1), 1);
	nap_ms(5);
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	cr_expect_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(status, 0);
}

Test(trace_attach, says_who_traces_already)
{
	struct hog_err err = { 0 };
	char number[16], byte;
	struct watch w;
	pid_t tracer;
	int in, fds[2];

	watch_new(&w, NULL, HOG_TRACE_AUTO);
	w.pid = start_waiting("nothing", &in);
	cr_assert_eq(pipe(fds), 0);
	tracer = fork();
	if (tracer == 0) {
		ptrace(PTRACE_SEIZE, w.pid, NULL, NULL);
		if (write(fds[1], "r", 1) == 1)
			pause();
		_exit(0);
	}
	cr_assert_eq(read(fds[0], &byte, 1), 1);
	cr_expect_eq(hog_trace_attach(w.trace, w.pid, &err), -EBUSY);
	snprintf(number, sizeof(number), "%d", (int)tracer);
	cr_expect(strstr(err.text, number), "%s", err.text);
	cr_expect(err.hint);
	kill(tracer, SIGKILL);
	waitpid(tracer, NULL, 0);
	kill(w.pid, SIGKILL);
	waitpid(w.pid, NULL, 0);
	cr_expect_eq(hog_trace_attach(w.trace, w.pid, &err), -ESRCH);
	hog_trace_free(w.trace);
}

Test(trace_attach, takes_children_that_were_there)
{
	struct hog_err err = { 0 };
	char *sh[] = { "sh", "-c", "\"$0\" nap; :", child_path(), NULL };
	struct watch w;
	pid_t pid;

	watch_new(&w, NULL, HOG_TRACE_AUTO);
	pid = fork();
	if (pid == 0) {
		execvp(sh[0], sh);
		_exit(97);
	}
	nap_ms(60);
	w.pid = pid;
	cr_assert_eq(hog_trace_attach(w.trace, pid, &err), 0, "%s", err.text);
	watch_to_end(&w);
	cr_expect_eq(w.n[HOG_TRACE_ATTACHED], 2);
	cr_expect_eq(w.n[HOG_TRACE_END], 2);
	hog_trace_free(w.trace);
}
