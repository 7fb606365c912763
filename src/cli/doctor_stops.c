/* SPDX-License-Identifier: Apache-2.0 */
/* Whether record --exact and --stop-budget could stop threads, and hognose
 * syscalls follow calls. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/realtime.h"
#include "cli/doctor.h"
#include "target/stop.h"
#include "target/trace.h"

#define TRIALS 15
#define PAUSE_NS 500000
#define WAIT_NS (HOG_NS_PER_SEC / 20)

/* A child that runs, as threads do that are worth a stop. */
static pid_t start_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			(void)getppid();
	return pid;
}

/* One stop.  The child may be waiting for our CPU: then it stops when we sleep.
 * For how many ns it was held, or what refused it. */
static int64_t try_stop(struct hog_stops *stops, pid_t pid)
{
	uint64_t before = stops->held_ns;
	struct hog_stop stop;
	int r = hog_stop_begin(stops, pid, pid, &stop);

	if (r < 0)
		return r;
	hog_stop_end(stops, &stop);
	hog_stops_serve_until(stops, hog_now_ns() + WAIT_NS);
	return (int64_t)(stops->held_ns - before);
}

/* Median of some. */
static int64_t typical_hold(pid_t pid, bool prompt)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct hog_stops stops;
	int64_t held[TRIALS], this = 0;

	hog_stops_init(&stops);
	stops.prompt = prompt;
	for (int i = 0; i < TRIALS && this >= 0; i++) {
		int at = i;

		nanosleep(&pause, NULL);
		this = try_stop(&stops, pid);
		for (; at > 0 && held[at - 1] > this; at--)
			held[at] = held[at - 1];
		held[at] = this;
	}
	hog_stops_fini(&stops);
	return this < 0 ? this : held[TRIALS / 2];
}

static void add_refused(struct hog_findings *f, const char *name, pid_t pid,
			int code)
{
	struct hog_err err = { 0 };

	hog_stop_say(pid, code, &err);
	hog_findings_add(f, name, HOG_HEALTH_NOTE,
			 err.hint ? err.hint : "do without --exact", "%s",
			 err.text);
}

void hog_doctor_stops_here(struct hog_findings *f)
{
	bool hurries = hog_realtime_begin();
	pid_t pid = start_child();
	int64_t ns;

	if (pid < 0)
		return;
	ns = typical_hold(pid, hurries);
	if (hurries)
		hog_realtime_end();
	if (ns < 0)
		add_refused(f, "stops", pid, (int)ns);
	else if (hurries)
		hog_findings_add(f, "stops", HOG_HEALTH_OK, NULL,
				 "--exact would hold a thread for %lld us",
				 (long long)ns / 1000);
	else
		hog_findings_add(f, "stops", HOG_HEALTH_NOTE,
				 "use sudo, or the capability CAP_SYS_NICE",
				 "--exact would hold a thread for %lld us, "
				 "longer on a busy machine: no real-time "
				 "priority",
				 (long long)ns / 1000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void hog_doctor_stops_of(struct hog_findings *f, pid_t pid)
{
	int r = hog_stop_check(pid, NULL);

	if (r < 0)
		add_refused(f, "stoppable", pid, r);
	else
		hog_findings_add(f, "stoppable", HOG_HEALTH_OK, NULL,
				 "its threads can be stopped (--exact)");
}

void hog_doctor_calls(struct hog_findings *f)
{
	struct hog_err err = { 0 };

	if (hog_trace_probe(HOG_TRACE_PTRACE, &err) < 0)
		hog_findings_add(f, "syscalls", HOG_HEALTH_NOTE,
				 err.hint ? err.hint
					  : "do without hognose syscalls",
				 "%s", err.text);
	else if (hog_trace_probe(HOG_TRACE_SECCOMP, &err) < 0)
		hog_findings_add(f, "syscalls", HOG_HEALTH_NOTE,
				 "expect launched programs to stop at every "
				 "call",
				 "launched and attached: ptrace (%s)",
				 err.text);
	else
		hog_findings_add(f, "syscalls", HOG_HEALTH_OK, NULL,
				 "launched: seccomp, attached: ptrace");
}
