/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking a process that runs.  To stop at calls each thread must have been
 * stopped once: a call that it sleeps in begins anew then, by itself (but for
 * a few, epoll_wait the best known, that end with EINTR as signal(7) says).
 */
#include "target/trace_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "target/impl.h"
#include "target/procfs.h"

#define STATUS_BYTES 4096
#define ROUNDS_MAX 1000
#define CHILDREN_BYTES_MAX (1 << 20)
#define DEPTH_MAX 64

long hog_trace_ptrace_options(const struct hog_trace *t, bool filtered)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
		       PTRACE_O_TRACEEXEC;

	if (t->follow || filtered)
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
	/* A filter without a tracer makes every wanted call fail. */
	if (filtered)
		options |= PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
	return options;
}

static pid_t tracer_of(const char *status)
{
	int64_t tracer = 0;

	hog_status_number(status, "TracerPid", &tracer);
	return (pid_t)tracer;
}

/* Why the kernel has refused, of the things that it calls EPERM.  0: it is ours
 * already, as its maker was. */
static int why_refused(pid_t pid, pid_t tid)
{
	char status[STATUS_BYTES];
	pid_t tracer;

	if (!hog_status_read(pid, tid, status, sizeof(status)))
		return -ESRCH;
	if (hog_status_is_dead(status))
		return -ESRCH;
	tracer = tracer_of(status);
	if (tracer == gettid())
		return 0;
	return tracer > 0 ? -EBUSY : -EPERM;
}

/* 1: it is new and ours. */
static int seize(struct hog_trace *t, pid_t pid, pid_t tid)
{
	struct hog_tthread *thr;
	int r;

	if (hog_tthread_find(t, tid))
		return 0;
	thr = hog_tthread_add(t, tid, pid);
	if (!thr)
		return -ENOMEM;
	if (ptrace(PTRACE_SEIZE, tid, NULL,
		   (void *)hog_trace_ptrace_options(t, false)) < 0) {
		r = errno == EPERM ? why_refused(pid, tid) : -errno;
		hog_tthread_remove(t, thr);
		return r;
	}
	thr->fresh = true;
	thr->proc->n_fresh++;
	/* Refused only for one that is dying: its end will be told. */
	ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
	return 1;
}

/* Threads made by one that is ours are ours as well; others may make more until
 * they are.  0, or why not even the first. */
static int seize_all(struct hog_trace *t, pid_t pid)
{
	char path[64];
	int worst = -ESRCH, rounds = 0, news = 1, in_all = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	while (news > 0 && rounds++ < ROUNDS_MAX) {
		_cleanup_free_ pid_t *tids = NULL;
		int n = hog_task_list(AT_FDCWD, path, &tids);

		news = 0;
		for (int i = 0; i < n; i++) {
			int r = seize(t, pid, tids[i]);

			if (r == -ENOMEM)
				return r;
			if (r < 0 && r != -ESRCH)
				worst = r;
			news += r > 0;
		}
		in_all += news;
	}
	return in_all > 0 ? 0 : worst;
}

static int say_traced(pid_t pid, const char *status, struct hog_err *err)
{
	char path[64], comm[32] = "";
	pid_t tracer = tracer_of(status);

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tracer);
	if (hog_proc_read(AT_FDCWD, path, comm, sizeof(comm)) < 0)
		comm[0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	return hog_err_say(err, -EBUSY, "detach that debugger or tracer first",
			   "system calls of process %d cannot be followed: "
			   "process %d%s%s%s traces it already",
			   (int)pid, (int)tracer, comm[0] ? " (" : "", comm,
			   comm[0] ? ")" : "");
}

static int say(pid_t pid, int code, struct hog_err *err)
{
	char status[STATUS_BYTES] = "";

	if (code != -ESRCH &&
	    !hog_status_read(pid, pid, status, sizeof(status)))
		code = -ESRCH;
	switch (code) {
	case -EBUSY:
		return say_traced(pid, status, err);
	case -ESRCH:
		return hog_err_say(err, code, NULL, "process %d has ended",
				   (int)pid);
	case -EPERM:
		return hog_say_not_allowed(pid, status, code, err);
	default:
		return hog_err_set(err, code, "trace process %d", (int)pid);
	}
}

static void attach_children(struct hog_trace *t, pid_t pid, int depth);

static void attach_listed(struct hog_trace *t, const char *list, int depth)
{
	char *end;

	for (;;) {
		long pid = strtol(list, &end, 10);

		if (end == list || pid <= 0)
			return;
		list = end;
		if (!hog_tthread_find(t, (pid_t)pid) &&
		    seize_all(t, (pid_t)pid) == 0)
			attach_children(t, (pid_t)pid, depth + 1);
	}
}

/* Its threads are ours by now: what they still make is told by the kernel. */
static void attach_children(struct hog_trace *t, pid_t pid, int depth)
{
	_cleanup_free_ char *list = NULL;
	_cleanup_free_ pid_t *tids = NULL;
	char path[64];
	int n;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	n = depth < DEPTH_MAX ? hog_task_list(AT_FDCWD, path, &tids) : 0;
	list = n > 0 ? malloc(CHILDREN_BYTES_MAX) : NULL;
	for (int i = 0; i < n && list; i++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
			 (int)pid, (int)tids[i]);
		if (hog_proc_read(AT_FDCWD, path, list, CHILDREN_BYTES_MAX) > 0)
			attach_listed(t, list, depth);
	}
}

/* Whether the new one will be ours is decided when clone begins, but it can be
 * seen only when that is nearly over: one seized in between has made one that
 * is not, which no list has shown. */
void hog_tattach_settled(struct hog_trace *t, struct hog_tthread *thr)
{
	struct hog_tproc *proc = thr->proc;
	bool counts = thr->fresh && proc && !thr->birth.parent;

	thr->fresh = false;
	if (!counts || proc->n_fresh == 0 || --proc->n_fresh > 0 || t->quits)
		return;
	seize_all(t, proc->pid);
	if (t->follow)
		attach_children(t, proc->pid, 0);
}

int hog_trace_attach(struct hog_trace *t, pid_t pid, struct hog_err *err)
{
	int r;

	if (t->via == HOG_TRACE_SECCOMP)
		return hog_err_say(
			err, -EOPNOTSUPP,
			"use --via=ptrace, or start the program with "
			"hognose",
			"a process that runs already can be given "
			"no seccomp filter");
	r = hog_proc_check(err);
	if (r < 0)
		return r;
	r = seize_all(t, pid);
	if (r < 0)
		return say(pid, r, err);
	if (t->follow)
		attach_children(t, pid, 0);
	return 0;
}

void hog_tattach_first(struct hog_trace *t, struct hog_tthread *thr,
		       struct hog_trace_event *ret)
{
	struct hog_tcall call;
	int64_t result;

	if (hog_tarch_call(thr->proc->pid, thr->tid, &call, &result) < 0 ||
	    call.number < 0 || !hog_tstop_wants(t, &call))
		return;
	thr->call = call;
	thr->result = result;
	thr->in_progress = true;
	/* Else it goes on with the call, and that will end one day. */
	thr->exit_due = !hog_tstop_restarts(result);
	ret->machine = call.machine;
	ret->number = call.number;
	memcpy(ret->args, call.args, sizeof(ret->args));
}
