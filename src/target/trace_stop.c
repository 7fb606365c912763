/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace_impl.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/clock.h"

#define SYSCALL_STOP (SIGTRAP | 0x80)

/* What the kernel answers itself with when a signal has come; user programs
 * never see these. */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516

bool hog_tstop_restarts(int64_t result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR ||
	       result == -ERESTARTNOHAND || result == -ERESTART_RESTARTBLOCK;
}

bool hog_tstop_wants(const struct hog_trace *t, const struct hog_tcall *call)
{
	const uint64_t *bits =
		call->machine == hog_tarch_native ? t->native : t->compat;

	if (t->all)
		return true;
	return bits && (uint64_t)call->number < t->n_numbers &&
	       (bits[call->number / 64] >> call->number % 64 & 1);
}

/* One that its process is stopped with stays so. */
static void let_go(struct hog_trace *t, struct hog_tthread *thr)
{
	if (ptrace(PTRACE_DETACH, thr->tid, NULL,
		   (void *)(intptr_t)thr->signal) == 0)
		hog_tthread_remove(t, thr);
	else
		thr->state = HOG_TSTATE_RUNS; /* killed: its end will be told */
}

void hog_tstop_resume(struct hog_trace *t, struct hog_tthread *thr)
{
	int request = PTRACE_SYSCALL;

	if (thr->proc && !thr->proc->filtered &&
	    (thr->proc->muted || t->quits)) {
		let_go(t, thr);
		return;
	}
	if (thr->in_group_stop)
		request = PTRACE_LISTEN;
	else if (thr->proc && thr->proc->filtered &&
		 !(thr->told || (thr->may_restart && !t->quits)))
		request = PTRACE_CONT;
	thr->state = thr->in_group_stop ? HOG_TSTATE_LISTENS : HOG_TSTATE_RUNS;
	/* Refused for one that was killed just now: its end will be told. */
	ptrace(request, thr->tid, NULL, (void *)(intptr_t)thr->signal);
	thr->signal = 0;
	thr->in_group_stop = false;
}

static void begin_event(struct hog_trace *t, struct hog_tthread *thr,
			enum hog_trace_kind kind, struct hog_trace_event *ret)
{
	*ret = (struct hog_trace_event){
		.kind = kind,
		.pid = thr->proc->pid,
		.tid = thr->tid,
		.time_ns = t->now_ns,
		.stopped = true,
		.number = -1,
	};
	thr->state = HOG_TSTATE_STOPS;
	t->held = thr;
}

static void put_call(const struct hog_tcall *call, struct hog_trace_event *ret)
{
	ret->machine = call->machine;
	ret->number = call->number;
	memcpy(ret->args, call->args, sizeof(ret->args));
}

/* ---- calls ---- */

static bool tell_enter(struct hog_trace *t, struct hog_tthread *thr,
		       struct hog_trace_event *ret)
{
	thr->told = true;
	begin_event(t, thr, HOG_TRACE_ENTER, ret);
	put_call(&thr->call, ret);
	return true;
}

static bool tell_exit(struct hog_trace *t, struct hog_tthread *thr,
		      int64_t result, struct hog_trace_event *ret)
{
	begin_event(t, thr, HOG_TRACE_EXIT, ret);
	put_call(&thr->call, ret);
	ret->result = result;
	ret->restarts = hog_tstop_restarts(result);
	ret->in_progress = thr->in_progress;
	thr->may_restart = result == -ERESTART_RESTARTBLOCK;
	thr->told = thr->in_progress = false;
	return true;
}

/* A call that was under way at attach was interrupted by us and begins anew,
 * unless a signal was there for it as well. */
static bool goes_on(const struct hog_tthread *thr, const struct hog_tcall *now)
{
	return now->number == thr->call.number ||
	       now->number == hog_tarch_restart(now->machine);
}

static bool on_entry(struct hog_trace *t, struct hog_tthread *thr,
		     const struct hog_tcall *call, struct hog_trace_event *ret)
{
	bool restart = thr->may_restart &&
		       call->number == hog_tarch_restart(call->machine);

	if (thr->in_progress && goes_on(thr, call)) {
		thr->told = true;
		return false;
	}
	thr->may_restart = false;
	if (thr->in_progress) {
		thr->next = *call;
		thr->enter_due = restart || hog_tstop_wants(t, call);
		return tell_exit(t, thr, thr->result, ret);
	}
	/* A filtered one comes here only when its call is to be restarted; what
	 * it wants stops once more, by its filter. */
	if (!restart && (thr->proc->filtered || !hog_tstop_wants(t, call)))
		return false;
	thr->call = *call;
	return tell_enter(t, thr, ret);
}

static bool on_syscall(struct hog_trace *t, struct hog_tthread *thr,
		       struct hog_trace_event *ret)
{
	struct hog_tcall call;
	enum hog_twhere where;
	int64_t result = 0;

	/* The exit of a call that nobody wants: it need not be looked at. */
	if (t->quits || (thr->in_call && !thr->told)) {
		thr->in_call = thr->told = false;
		return false;
	}
	if (hog_tarch_stop(thr->tid, thr->in_call, &call, &result, &where) < 0)
		return false;
	thr->in_call = where == HOG_TWHERE_ENTRY;
	if (where == HOG_TWHERE_ENTRY) {
		bool tells = on_entry(t, thr, &call, ret);

		/* It goes on at full speed: its exit is not seen. */
		if (thr->proc->filtered && !thr->told)
			thr->in_call = false;
		return tells;
	}
	if (where == HOG_TWHERE_EXIT && thr->told)
		return tell_exit(t, thr, result, ret);
	return false;
}

static bool on_seccomp(struct hog_trace *t, struct hog_tthread *thr,
		       struct hog_trace_event *ret)
{
	enum hog_twhere where;
	int64_t result;

	if (t->quits || thr->proc->muted || !thr->proc->filtered)
		return false; /* a filter of the target's own, maybe */
	if (hog_tarch_stop(thr->tid, false, &thr->call, &result, &where) < 0)
		return false;
	thr->in_call = true;
	thr->may_restart = false;
	return tell_enter(t, thr, ret);
}

/* What is left to tell at the same stop. */
bool hog_tstop_due(struct hog_trace *t, struct hog_tthread *thr,
		   struct hog_trace_event *ret)
{
	if (thr->exit_due) {
		thr->exit_due = false;
		return tell_exit(t, thr, thr->result, ret);
	}
	if (thr->enter_due) {
		thr->enter_due = false;
		thr->call = thr->next;
		return tell_enter(t, thr, ret);
	}
	return false;
}

/* ---- the end ---- */

static bool on_end(struct hog_trace *t, struct hog_tthread *thr, int status,
		   struct hog_trace_event *ret)
{
	struct hog_tproc *proc = thr->proc;
	bool tells = proc && !proc->muted && !(thr->fresh && thr->birth.parent);

	if (thr->state == HOG_TSTATE_EARLY) { /* its maker may still tell */
		thr->state = HOG_TSTATE_GONE;
		t->n_early--;
		t->n_gone++;
		return false;
	}
	if (tells)
		*ret = (struct hog_trace_event){
			.kind = thr->tid == proc->pid ? HOG_TRACE_END
						      : HOG_TRACE_THREAD_END,
			.pid = proc->pid,
			.tid = thr->tid,
			.time_ns = t->now_ns,
			.number = -1,
			.status = status,
		};
	hog_tattach_settled(t, thr);
	if (proc && thr->tid == proc->pid)
		hog_tthread_exec(t, thr, thr->tid); /* no others are left */
	hog_tthread_remove(t, thr);
	return tells;
}

/* ---- all others ---- */

static bool on_exec(struct hog_trace *t, struct hog_tthread *thr,
		    struct hog_trace_event *ret)
{
	unsigned long former = (unsigned long)thr->tid;

	if (ptrace(PTRACE_GETEVENTMSG, thr->tid, NULL, &former) < 0)
		return false;
	hog_tthread_exec(t, thr, (pid_t)former);
	if (thr->proc->muted || t->quits)
		return false;
	begin_event(t, thr, HOG_TRACE_EXEC, ret);
	return true;
}

static bool on_signal(struct hog_trace *t, struct hog_tthread *thr, int sig,
		      struct hog_trace_event *ret)
{
	thr->signal = sig;
	/* One that nobody knows of yet is told of first. */
	if (thr->proc->muted || t->quits || thr->fresh)
		return false;
	begin_event(t, thr, HOG_TRACE_SIGNAL, ret);
	ret->signal = sig;
	return true;
}

static bool on_event(struct hog_trace *t, struct hog_tthread *thr, int status,
		     struct hog_trace_event *ret)
{
	int event = status >> 16, sig = WSTOPSIG(status);

	switch (event) {
	case PTRACE_EVENT_SECCOMP:
		return on_seccomp(t, thr, ret);
	case PTRACE_EVENT_STOP:
		thr->in_group_stop = sig != SIGTRAP;
		return false;
	case PTRACE_EVENT_EXEC:
		return on_exec(t, thr, ret);
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		return hog_tbirth_told(t, thr, event, ret);
	default:
		if (event != 0)
			return false;
		return sig == SYSCALL_STOP ? on_syscall(t, thr, ret)
					   : on_signal(t, thr, sig, ret);
	}
}

/* The first stop is the one that we have asked for, or that the kernel makes
 * of a new thread; others that come before it keep their meaning. */
static bool on_first(struct hog_trace *t, struct hog_tthread *thr,
		     struct hog_trace_event *ret)
{
	if (thr->birth.parent)
		return hog_tbirth_first(t, thr, ret);
	hog_tattach_settled(t, thr);
	if (thr->proc->muted || t->quits)
		return false;
	begin_event(t, thr, HOG_TRACE_ATTACHED, ret);
	hog_tattach_first(t, thr, ret);
	return true;
}

bool hog_tstop_look(struct hog_trace *t, const struct hog_tstop *stop,
		    struct hog_trace_event *ret)
{
	struct hog_tthread *thr = hog_tthread_find(t, stop->tid);
	bool tells;

	if (!thr || thr->state == HOG_TSTATE_GONE || !thr->proc) {
		if (thr && !WIFSTOPPED(stop->status))
			return on_end(t, thr, stop->status, ret);
		hog_tbirth_early(t, stop);
		return false;
	}
	if (!WIFSTOPPED(stop->status))
		return on_end(t, thr, stop->status, ret);
	thr->state = HOG_TSTATE_STOPS;
	tells = on_event(t, thr, stop->status, ret);
	if (!tells && thr->fresh)
		tells = on_first(t, thr, ret);
	if (!tells && thr->state == HOG_TSTATE_STOPS)
		hog_tstop_resume(t, thr);
	return tells;
}
