/* SPDX-License-Identifier: Apache-2.0 */
/* From stops to events: a call with its arguments, its result and the Python
 * stack that made it. */
#include "collect/calls_priv.h"

#include <stdio.h>
#include <string.h>

#include "syscalls/names.h"

#define DETAILS_KEPT (HOG_MODEL_DETAIL_BYTES_MAX / 2)

void hog_calls_send(struct hog_calls *c, struct hog_event *ev)
{
	int r = hog_sink_event(c->sink, ev);

	if (r < 0 && !c->error)
		c->error = r;
	if (ev->kind == HOG_EV_SYSCALL)
		c->run.stats.stacks++;
	/* An event's detail was read by now. */
	if (hog_model_detail_bytes(c->model) > DETAILS_KEPT)
		hog_model_forget_details(c->model);
}

/* ---- a call in the model ---- */

/* Names and types are constants: told by their addresses. */
static uint32_t constant(struct hog_calls *c, const char *text)
{
	uint64_t key = (uint64_t)(uintptr_t)text;
	uint64_t *known = hog_map64_get(&c->names, key);
	uint32_t id;

	if (known)
		return (uint32_t)*known;
	id = hog_model_cstr(c->model, text);
	(void)hog_map64_put(&c->names, key, id);
	return id;
}

static void add_arg(struct hog_calls *c, const struct hog_call *call,
		    const struct hog_callarg *arg, const char *name)
{
	const char *bytes = (const char *)call->bytes.data;
	struct hog_detail_field f = {
		.name = constant(c, name),
		.type = arg->type ? constant(c, arg->type) : 0,
		.kind = (enum hog_value_kind)arg->kind,
		.number = arg->number,
	};

	if (arg->kind == HOG_CALLARG_STRING) {
		f.string = bytes + arg->string;
		f.string_len = arg->string_len;
	}
	f.text = bytes ? bytes + arg->text : "";
	f.text_len = arg->text_len;
	hog_detail_add(&c->detail, &f);
}

_Static_assert((int)HOG_CALLARG_NONE == (int)HOG_VALUE_NONE &&
		       (int)HOG_CALLARG_INT == (int)HOG_VALUE_INT &&
		       (int)HOG_CALLARG_STRING == (int)HOG_VALUE_STRING,
	       "kinds are taken over as they are");

static uint32_t detail_of(struct hog_calls *c, const struct hog_call *call)
{
	static const struct hog_callarg unknown = { .text_len = 0 };
	/* Names of unknown calls are no constants. */
	uint32_t name = call->name ? constant(c, call->name)
				   : hog_model_cstr(c->model, call->unknown);

	hog_detail_begin(&c->detail, name, call->n + 1);
	for (unsigned i = 0; i < call->n; i++)
		add_arg(c, call, &call->args[i], call->args[i].name);
	add_arg(c, call, call->exited ? &call->result : &unknown, "return");
	return hog_detail_put(c->model, &c->detail);
}

/* ---- begins and ends ---- */

static struct hog_calldecoder decoder(struct hog_calls *c,
				      struct hog_tracedthread *t)
{
	return (struct hog_calldecoder){
		.mem = hog_traced_mem(t->process),
		.string_limit = c->opt.string_limit,
		.fd = hog_calls_describe_fd,
		.arg = t,
	};
}

static bool is_shown(const struct hog_calls *c,
		     const struct hog_tracedthread *t)
{
	bool compat = t->call.raw.machine != hog_calls_machine(c);

	return hog_callset_has(&c->opt.set, compat, t->call.raw.number);
}

/* The stack of these is gone when they come back, if they do. */
static bool ends_here(const struct hog_call *call)
{
	static const char *const calls[] = { "execve", "execveat", "exit",
					     "exit_group" };

	for (size_t i = 0; call->name && i < sizeof(calls) / sizeof(*calls);
	     i++)
		if (strcmp(call->name, calls[i]) == 0)
			return true;
	return false;
}

static void take_stack(struct hog_calls *c, struct hog_tracedthread *t)
{
	t->stack = c->opt.no_stacks ? 0 : hog_tracedthread_stack(t);
	t->has_stack = true;
}

void hog_calls_enter(struct hog_calls *c, struct hog_tracedthread *t,
		     const struct hog_trace_event *ev)
{
	struct hog_calldecoder d = decoder(c, t);
	struct hog_syscall raw = { .machine = ev->machine,
				   .number = ev->number };

	memcpy(raw.args, ev->args, sizeof(raw.args));
	t->in_call = true;
	t->in_progress = t->has_stack = t->held_gil = false;
	t->stack = 0;
	t->entered_ns = ev->time_ns;
	hog_call_enter(&t->call, &d, &raw);
	if (ends_here(&t->call))
		take_stack(c, t);
	if (c->opt.gil)
		t->held_gil = hog_tracedthread_has_gil(t);
	if (c->opt.fds_exit && t->call.name &&
	    strcmp(t->call.name, "exit_group") == 0)
		hog_calls_tell_fds(c, t->process, hog_tracedthread_id(t),
				   t->stack, ev->time_ns, HOG_FDS_EXIT);
}

/* Asked first without the stack, which costs most. */
static bool is_wanted(struct hog_calls *c, struct hog_tracedthread *t,
		      struct hog_event *ev)
{
	int r = HOG_CALLS_YES;

	if (c->opt.wanted)
		r = c->opt.wanted(c->opt.arg, &c->run, ev, t->has_stack);
	if (r == HOG_CALLS_NO)
		return false;
	if (!t->has_stack) {
		take_stack(c, t);
		ev->stack = t->stack;
	}
	if (r == HOG_CALLS_NEEDS_STACK)
		r = c->opt.wanted(c->opt.arg, &c->run, ev, true);
	return r == HOG_CALLS_YES;
}

static void tell(struct hog_calls *c, struct hog_tracedthread *t,
		 uint64_t end_ns, uint32_t flags)
{
	struct hog_event ev = {
		.time_ns = t->entered_ns,
		.duration_ns = end_ns - t->entered_ns,
		.kind = HOG_EV_SYSCALL,
		.stack = t->stack,
		.flags = flags,
	};

	t->in_call = false;
	if (!is_shown(c, t))
		return;
	if (t->call.exited)
		ev.value[0] = t->call.raw.result;
	if (t->in_progress)
		ev.flags |= HOG_EVF_IN_PROGRESS;
	if (t->held_gil)
		ev.flags |= HOG_EVF_GIL;
	ev.thread = hog_tracedthread_id(t);
	ev.value[1] = detail_of(c, &t->call);
	if (is_wanted(c, t, &ev))
		hog_calls_send(c, &ev);
}

void hog_calls_leave(struct hog_calls *c, struct hog_tracedthread *t,
		     const struct hog_trace_event *ev)
{
	struct hog_calldecoder d = decoder(c, t);

	if (!t->in_call) {
		if (!ev->in_progress)
			return; /* told already: an exec's comes late */
		hog_calls_enter(c, t, ev);
		t->in_progress = true;
	}
	hog_call_exit(&t->call, &d, ev->result);
	hog_calls_note_fds(c, t);
	tell(c, t, ev->time_ns, ev->restarts ? HOG_EVF_RESTARTED : 0);
}

/* Of what has ended there is the stack that was taken at the entry, or none. */
void hog_calls_abandon(struct hog_calls *c, struct hog_tracedthread *t,
		       uint64_t now_ns, bool ended)
{
	if (!t->in_call)
		return;
	if (!t->has_stack && !ended && !c->opt.no_stacks && is_shown(c, t))
		t->stack = hog_tracedthread_waiting_stack(t);
	t->has_stack = true;
	tell(c, t, now_ns, HOG_EVF_UNFINISHED);
}

/* ---- processes ---- */

void hog_calls_tell_fork(struct hog_calls *c, struct hog_tracedthread *by,
			 struct hog_tracedthread *child, struct hog_traced *p,
			 const struct hog_trace_event *ev)
{
	struct hog_event out = {
		.time_ns = ev->time_ns,
		.kind = HOG_EV_FORK,
		.thread = hog_tracedthread_id(by),
		.value = { p->model_process, 0 },
	};
	struct hog_detail_field flags = {
		.name = hog_model_cstr(c->model, "flags"),
		.type = hog_model_cstr(c->model, "unsigned long"),
		.kind = HOG_VALUE_INT,
		.number = (ev->shares_files ? 0x400 : 0) |
			  (ev->vfork ? 0x4000 : 0), /* CLONE_FILES, _VFORK */
		.text = ev->shares_files ? "CLONE_FILES" : "",
		.text_len = ev->shares_files ? 11 : 0,
	};

	if (child && !c->opt.no_stacks)
		out.stack = hog_tracedthread_stack(child);
	hog_detail_begin(&c->detail, hog_model_cstr(c->model, "fork"), 1);
	hog_detail_add(&c->detail, &flags);
	out.value[1] = hog_detail_put(c->model, &c->detail);
	hog_calls_send(c, &out);
	if (c->opt.fds_fork && child && !ev->shares_files)
		hog_calls_tell_fds(c, p, hog_tracedthread_id(child), out.stack,
				   ev->time_ns, HOG_FDS_FORK);
}

uint32_t hog_calls_tell_exec(struct hog_calls *c, struct hog_tracedthread *t,
			     const struct hog_trace_event *ev)
{
	uint32_t thread = hog_tracedthread_id(t);

	/* It has succeeded, which its own end will say too late. */
	if (t->in_call) {
		struct hog_calldecoder raw = { .raw = true };

		hog_call_exit(&t->call, &raw, 0);
		tell(c, t, ev->time_ns, 0);
	}
	return thread;
}

void hog_calls_tell_program(struct hog_calls *c, uint32_t thread,
			    struct hog_traced *p,
			    const struct hog_trace_event *ev)
{
	struct hog_event out = {
		.time_ns = ev->time_ns,
		.kind = HOG_EV_EXEC,
		.thread = thread,
		.value = { p->model_process, 0 },
	};

	hog_calls_send(c, &out);
	if (c->opt.fds_exec)
		hog_calls_tell_fds(c, p, thread, 0, ev->time_ns, HOG_FDS_EXEC);
}

void hog_calls_tell_end(struct hog_calls *c, struct hog_traced *p,
			const struct hog_trace_event *ev)
{
	struct hog_thread_info info = { .process = p->model_process,
					.tid = p->pid };
	struct hog_event out = {
		.time_ns = ev->time_ns,
		.kind = HOG_EV_EXIT,
		.thread = hog_model_thread(c->model, &info),
		.value = { ev->status, 0 },
	};

	hog_calls_send(c, &out);
}
