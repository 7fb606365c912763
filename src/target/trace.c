/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>

#include "base/clock.h"
#include "base/err.h"
#include "target/trace_impl.h"

#define LEAVE_NS (2 * HOG_NS_PER_SEC)

static uint64_t *copy_bits(const uint64_t *bits, unsigned n)
{
	size_t words = (n + 63) / 64;
	uint64_t *v = calloc(words ? words : 1, sizeof(*v));

	if (v && bits)
		memcpy(v, bits, words * sizeof(*v));
	return v;
}

/* With all calls wanted a filter only adds to the cost, and its program could
 * never be let go. */
static bool picks_seccomp(const struct hog_trace_options *opt)
{
	if (opt->via != HOG_TRACE_AUTO)
		return opt->via == HOG_TRACE_SECCOMP;
	return !opt->all && hog_trace_probe(HOG_TRACE_SECCOMP, NULL) == 0;
}

int hog_trace_new(const struct hog_trace_options *opt, struct hog_trace **ret,
		  struct hog_err *err)
{
	struct hog_trace *t = calloc(1, sizeof(*t));

	if (!t)
		return hog_err_set(err, -ENOMEM, "follow system calls");
	t->native = copy_bits(opt->native, opt->n_numbers);
	t->compat = copy_bits(opt->compat, opt->n_numbers);
	if (!t->native || !t->compat || hog_twait_init(t) < 0) {
		hog_trace_free(t);
		return hog_err_set(err, -ENOMEM, "follow system calls");
	}
	t->n_numbers = opt->n_numbers;
	t->all = opt->all;
	t->follow = opt->follow;
	t->via = opt->via;
	t->seccomp = picks_seccomp(opt);
	*ret = t;
	return 0;
}

/* Filtered ones would see each wanted call fail from now on. */
static void kill_filtered(struct hog_trace *t)
{
	struct hog_tthread *thr;
	size_t pos = 0;

	while ((thr = hog_tthread_each(t, &pos)))
		if (thr->proc && thr->proc->filtered)
			kill(thr->proc->pid, SIGKILL);
}

void hog_trace_free(struct hog_trace *t)
{
	uint64_t end = hog_now_ns() + LEAVE_NS;
	struct hog_trace_event ev;

	if (!t)
		return;
	kill_filtered(t);
	hog_trace_quit(t);
	while (hog_now_ns() < end && hog_trace_next(t, end, &ev) != -ECHILD)
		;
	hog_twait_fini(t);
	hog_ttable_fini(t);
	free(t->native);
	free(t->compat);
	free(t);
}

void hog_trace_quit(struct hog_trace *t)
{
	struct hog_tthread *thr;
	size_t pos = 0;

	t->quits = true;
	while ((thr = hog_tthread_each(t, &pos)))
		if (thr->proc && !thr->proc->filtered &&
		    (thr->state == HOG_TSTATE_RUNS ||
		     thr->state == HOG_TSTATE_LISTENS))
			ptrace(PTRACE_INTERRUPT, thr->tid, NULL, NULL);
}

void hog_trace_go(struct hog_trace *t)
{
	struct hog_tthread *thr = t->held;

	if (!thr || thr->exit_due || thr->enter_due)
		return;
	t->held = NULL;
	hog_tstop_resume(t, thr);
}

int hog_trace_next(struct hog_trace *t, uint64_t until_ns,
		   struct hog_trace_event *ret)
{
	struct hog_tthread *thr = t->held;
	struct hog_tstop stop;
	int r;

	t->held = NULL;
	if (thr && !t->quits && hog_tstop_due(t, thr, ret))
		return 1;
	if (thr)
		hog_tstop_resume(t, thr);
	for (;;) {
		if ((t->n_early || t->n_gone) && hog_tbirth_adopt(t, ret))
			return 1;
		r = hog_twait_next(t, until_ns, &stop);
		if (r == -EAGAIN)
			continue;
		if (r <= 0)
			return r;
		if (hog_tstop_look(t, &stop, ret))
			return 1;
		if (t->now_ns >= until_ns)
			return 0;
	}
}

const char *hog_trace_way(const struct hog_trace *t)
{
	return t->seccomp ? "seccomp" : "ptrace";
}
