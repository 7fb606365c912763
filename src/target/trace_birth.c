/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New threads and processes.  The kernel stops both the maker, to tell the
 * number, and the new one, in any order; and a maker that is killed in between
 * tells nothing.
 */
#include "target/trace_impl.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "target/procfs.h"

/* The maker's stop comes within microseconds, if it comes. */
#define EARLY_NS (HOG_NS_PER_SEC / 100)
#define GONE_NS HOG_NS_PER_SEC
#define STATUS_BYTES 4096

static pid_t status_number(const char *status, const char *key)
{
	int64_t value = 0;

	hog_status_number(status, key, &value);
	return (pid_t)value;
}

/* Registers do not always tell (a 32-bit call of a 64-bit program). */
static bool is_thread_of(pid_t tid, pid_t pid)
{
	char status[STATUS_BYTES];

	return hog_status_read(tid, tid, status, sizeof(status)) &&
	       status_number(status, "Tgid") == pid;
}

static struct hog_tbirth birth_by(const struct hog_tthread *maker, int event,
				  pid_t tid)
{
	struct hog_tbirth b = { .parent = maker->proc->pid,
				.parent_tid = maker->tid,
				.vfork = event == PTRACE_EVENT_VFORK };
	uint64_t flags;

	if (hog_tarch_clone_flags(maker->tid, &flags) == 0) {
		b.thread = flags & CLONE_THREAD;
		b.shares_files = flags & CLONE_FILES;
	} else {
		b.thread = event == PTRACE_EVENT_CLONE &&
			   is_thread_of(tid, maker->proc->pid);
	}
	return b;
}

/* Its process, and what that takes over from the maker's. */
static int settle(struct hog_trace *t, struct hog_tthread *thr,
		  const struct hog_tbirth *birth, const struct hog_tproc *from)
{
	pid_t pid = birth->thread ? birth->parent : thr->tid;

	if (hog_tthread_join(t, thr, pid) < 0)
		return -1;
	thr->birth = *birth;
	if (!birth->thread && from) {
		thr->proc->filtered = from->filtered;
		thr->proc->muted = from->muted || !t->follow;
	}
	return 0;
}

bool hog_tbirth_first(struct hog_trace *t, struct hog_tthread *thr,
		      struct hog_trace_event *ret)
{
	thr->fresh = false;
	if (thr->proc->muted || t->quits)
		return false;
	*ret = (struct hog_trace_event){
		.kind = thr->birth.thread ? HOG_TRACE_THREAD : HOG_TRACE_FORK,
		.pid = thr->proc->pid,
		.tid = thr->tid,
		.time_ns = t->now_ns,
		.stopped = true,
		.number = -1,
		.parent = thr->birth.parent,
		.parent_tid = thr->birth.parent_tid,
		.vfork = thr->birth.vfork,
		.shares_files = thr->birth.shares_files,
	};
	thr->state = HOG_TSTATE_STOPS;
	t->held = thr;
	return true;
}

/* It stands since before its process was known. */
static bool wake_early(struct hog_trace *t, struct hog_tthread *thr,
		       struct hog_trace_event *ret)
{
	thr->state = HOG_TSTATE_STOPS;
	t->n_early--;
	if (hog_tbirth_first(t, thr, ret))
		return true;
	hog_tstop_resume(t, thr);
	return false;
}

bool hog_tbirth_told(struct hog_trace *t, struct hog_tthread *maker, int event,
		     struct hog_trace_event *ret)
{
	unsigned long msg = 0;
	struct hog_tthread *thr;
	struct hog_tbirth birth;

	if (ptrace(PTRACE_GETEVENTMSG, maker->tid, NULL, &msg) < 0 || msg == 0)
		return false;
	thr = hog_tthread_find(t, (pid_t)msg);
	if (thr && thr->state == HOG_TSTATE_GONE) {
		hog_tthread_remove(t, thr);
		return false;
	}
	if (thr && thr->state != HOG_TSTATE_EARLY)
		return false; /* found by looking around */
	birth = birth_by(maker, event, (pid_t)msg);
	if (!thr) {
		thr = hog_tthread_add(t, (pid_t)msg, 0);
		if (!thr)
			return false;
		thr->state = HOG_TSTATE_BORN;
		thr->fresh = true;
		if (settle(t, thr, &birth, maker->proc) < 0)
			hog_tthread_remove(t, thr);
		return false;
	}
	if (settle(t, thr, &birth, maker->proc) < 0 || !wake_early(t, thr, ret))
		return false;
	hog_tstop_resume(t, maker);
	return true;
}

void hog_tbirth_early(struct hog_trace *t, const struct hog_tstop *stop)
{
	struct hog_tthread *thr = hog_tthread_find(t, stop->tid);
	int status = stop->status;

	if (!thr)
		thr = hog_tthread_add(t, stop->tid, 0);
	else
		t->n_gone -= thr->state == HOG_TSTATE_GONE;
	if (!thr)
		return;
	thr->since_ns = t->now_ns;
	if (!WIFSTOPPED(status)) {
		thr->state = HOG_TSTATE_GONE;
		t->n_gone++;
		return;
	}
	thr->state = HOG_TSTATE_EARLY;
	thr->fresh = true;
	thr->in_group_stop = status >> 16 == PTRACE_EVENT_STOP &&
			     WSTOPSIG(status) != SIGTRAP;
	t->n_early++;
}

static bool adopt(struct hog_trace *t, struct hog_tthread *thr,
		  struct hog_trace_event *ret)
{
	char status[STATUS_BYTES];
	struct hog_tbirth birth = { 0 };
	const struct hog_tthread *maker;
	pid_t pid;

	if (!hog_status_read(thr->tid, thr->tid, status, sizeof(status)))
		return false; /* its end will be told */
	pid = status_number(status, "Tgid");
	birth.thread = pid != thr->tid;
	birth.parent = birth.thread ? pid : status_number(status, "PPid");
	birth.parent_tid = birth.parent;
	maker = hog_tthread_find(t, birth.parent);
	if (settle(t, thr, &birth, maker ? maker->proc : NULL) < 0)
		return false;
	return wake_early(t, thr, ret);
}

bool hog_tbirth_adopt(struct hog_trace *t, struct hog_trace_event *ret)
{
	struct hog_tthread *thr;
	size_t pos = 0;

	while ((thr = hog_tthread_each(t, &pos))) {
		uint64_t age = t->now_ns - thr->since_ns;

		if (thr->state == HOG_TSTATE_GONE && age > GONE_NS) {
			hog_tthread_remove(t, thr);
			pos = 0;
		} else if (thr->state == HOG_TSTATE_EARLY && age > EARLY_NS &&
			   adopt(t, thr, ret)) {
			return true;
		}
	}
	return false;
}
