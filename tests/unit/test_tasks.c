/* SPDX-License-Identifier: Apache-2.0 */
#include "python/tasks.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake_stack.h"
#include "python/object.h"
#include "python/tasks_priv.h"

/* Types, and objects of them, in 3.13's layout. */
#define TYPES 0x1000000u
#define OBJECTS 0x2000000u
#define MORE 0x3000000u
#define STATE_SUSPENDED (-2)
#define STATE_YIELD_FROM (-1)
#define STATE_EXECUTING 0

enum { TASK, FUTURE, FUTITER, CORO, INT, CMETHOD, N_TYPES };

static const char *const type_names[N_TYPES] = {
	"_asyncio.Task",
	"_asyncio.Future",
	"_asyncio.FutureIter",
	"coroutine",
	"int",
	"builtin_function_or_method",
};

static struct fake_stack f;
static struct hog_pytasks *pt;
static struct hog_pychain *chain;
static unsigned n_objects;

static void poke(uint64_t addr, uint64_t value)
{
	fake_mem_poke_u64(&f.mem, addr, value);
}

static void begin(void)
{
	fake_stack_init(&f);
	fake_mem_add(&f.mem, TYPES, NULL, N_TYPES * 0x1000);
	fake_mem_add(&f.mem, OBJECTS, NULL, 0x20000);
	fake_mem_add(&f.mem, MORE, NULL, 0x1000);
	for (unsigned i = 0; i < N_TYPES; i++) {
		uint64_t type = TYPES + i * 0x1000, name = type + 0x800;

		fake_mem_poke(&f.mem, name, type_names[i],
			      strlen(type_names[i]) + 1);
		poke(type + (uint64_t)f.py.lay.type_name, name);
		poke(type + (uint64_t)f.py.lay.type_flags,
		     i == INT ? HOG_TPFLAG_LONG : 0);
	}
	n_objects = 0;
	pt = hog_pytasks_new(&f.py, f.stacks.codes);
	chain = calloc(1, sizeof(*chain));
}

static void end(void)
{
	free(chain);
	hog_pytasks_free(pt);
	fake_stack_fini(&f);
}

TestSuite(tasks, .init = begin, .fini = end);

static uint64_t object(unsigned type)
{
	uint64_t addr = OBJECTS + 0x200 * n_objects++;

	poke(addr + (uint64_t)f.py.lay.object_type, TYPES + type * 0x1000);
	return addr;
}

static uint64_t number(uint32_t value)
{
	uint64_t addr = object(INT);

	poke(addr + (uint64_t)f.py.lay.long_tag, 1 << 3); /* one digit, >= 0 */
	fake_mem_poke_u32(&f.mem, addr + (uint64_t)f.py.lay.long_digits, value);
	return addr;
}

/* A coroutine of function `code`, which awaits that. */
static uint64_t coroutine(unsigned code, int8_t state, uint64_t awaited)
{
	const struct hog_pylayout *lay = &f.py.lay;
	uint64_t addr = object(CORO), frame = addr + (uint64_t)lay->gen_iframe;
	struct fake_frame values = {
		.code = code, .at = FAKE_AT_CALL, .stacktop = 1, .callee = -1
	};
	uint8_t owner = 1;

	fake_stack_frame(&f, frame, &values);
	fake_mem_poke(&f.mem, frame + (uint64_t)lay->iframe_owner, &owner, 1);
	poke(frame + (uint64_t)lay->iframe_localsplus, awaited);
	fake_mem_poke(&f.mem, addr + (uint64_t)lay->gen_frame_state, &state, 1);
	return addr;
}

static uint64_t task(uint32_t name, uint64_t coro)
{
	uint64_t addr = object(TASK);

	poke(addr + (uint64_t)f.py.lay.task_coro, coro);
	poke(addr + (uint64_t)f.py.lay.task_name, number(name));
	return addr;
}

/* `by` sleeps until `whom` is done. */
static void await(uint64_t by, uint64_t whom)
{
	uint64_t wakeup = object(CMETHOD);

	poke(by + (uint64_t)f.py.lay.task_fut_waiter, whom);
	poke(wakeup + 24, by); /* m_self */
	poke(whom + (uint64_t)f.py.lay.task_callback0, wakeup);
}

static int read_chain(uint64_t of)
{
	return hog_pychain_read(pt, of, HOG_PYCHAIN_TASKS_MAX, NULL, chain);
}

Test(tasks, have_the_frames_of_all_that_they_await)
{
	uint64_t iter = object(FUTITER), future = object(FUTURE);
	uint64_t inner = coroutine(1, STATE_YIELD_FROM, iter);
	uint64_t outer = coroutine(0, STATE_YIELD_FROM, inner);
	uint64_t t = task(7, outer);

	poke(iter + 16, future);
	await(t, future);
	cr_assert_eq(read_chain(t), 0);
	cr_expect_not(chain->torn);
	cr_assert_eq(chain->n_tasks, 1);
	cr_expect_str_eq(chain->tasks[0].name, "Task-7");
	cr_expect_eq(chain->tasks[0].number, 7);
	cr_expect_eq(chain->tasks[0].state, HOG_PYTASK_WAITING);
	cr_assert_eq(chain->n_frames, 2);
	cr_expect_str_eq(chain->frames[0].code->name, "f0");
	cr_expect_str_eq(chain->frames[1].code->name, "f1");
	cr_expect_eq(chain->frames[0].addr, hog_pycoro_frame(pt, outer));
	cr_expect_eq(hog_pytask_by_frame(pt, chain->frames[0].addr), t);
}

Test(tasks, are_ready_when_they_wait_for_nothing)
{
	uint64_t t = task(1, coroutine(0, STATE_SUSPENDED, 0));

	cr_assert_eq(read_chain(t), 0);
	cr_expect_eq(chain->tasks[0].state, HOG_PYTASK_READY);
	cr_expect_eq(chain->n_frames, 1);
}

Test(tasks, that_run_have_their_frames_elsewhere)
{
	uint64_t t = task(1, coroutine(0, STATE_EXECUTING, 0));

	cr_assert_eq(read_chain(t), 0);
	cr_expect_eq(chain->tasks[0].state, HOG_PYTASK_RUNNING);
	cr_expect_eq(chain->n_frames, 0);
	cr_expect_eq(chain->code, f.code[0]);
}

Test(tasks, stand_below_those_that_await_them)
{
	uint64_t child = task(2, coroutine(1, STATE_SUSPENDED, 0));
	uint64_t parent = task(9, coroutine(0, STATE_SUSPENDED, 0));

	await(parent, child);
	cr_assert_eq(read_chain(child), 0);
	cr_assert_eq(chain->n_tasks, 2);
	cr_expect_eq(chain->tasks[0].addr, parent);
	cr_expect_eq(chain->tasks[1].addr, child);
	cr_expect_eq(chain->tasks[1].awaiters[0], parent);
	cr_assert_eq(chain->n_frames, 2);
	cr_expect_str_eq(chain->frames[0].code->name, "f0");
}

Test(tasks, in_a_circle_are_shown_once)
{
	uint64_t a = task(1, coroutine(0, STATE_SUSPENDED, 0));
	uint64_t b = task(2, coroutine(1, STATE_SUSPENDED, 0));

	await(a, b);
	await(b, a);
	cr_assert_eq(read_chain(a), 0);
	cr_expect_eq(chain->n_tasks, 2);
	cr_expect(chain->cycle);
}

Test(tasks, of_a_long_chain_are_cut_at_the_root)
{
	uint64_t first = task(1, object(FUTURE)), last = first;

	for (uint32_t i = 2; i < 20; i++) {
		uint64_t next = task(i, object(FUTURE));

		await(next, last);
		last = next;
	}
	cr_assert_eq(hog_pychain_read(pt, first, 10, NULL, chain), 0);
	cr_expect_eq(chain->n_tasks, 10);
	cr_expect(chain->truncated);
	cr_expect_eq(chain->tasks[9].addr, first);
	cr_expect_eq(chain->tasks[9].state, HOG_PYTASK_UNKNOWN);
}

Test(tasks, that_are_done_or_freed_are_none)
{
	uint64_t t = task(1, coroutine(0, STATE_SUSPENDED, 0));

	fake_mem_poke_u32(&f.mem, t + (uint64_t)f.py.lay.task_state, 2);
	cr_expect_eq(read_chain(t), -ENOENT);
	fake_mem_poke_u32(&f.mem, t + (uint64_t)f.py.lay.task_state, 0);
	poke(t + (uint64_t)f.py.lay.task_coro, 0);
	cr_expect_eq(read_chain(t), -ENOENT);
	cr_expect_eq(read_chain(object(FUTURE)), -ENOENT);
	cr_expect_eq(read_chain(0x10), -ENOENT);
}

Test(tasks, with_a_stack_that_cannot_be_are_torn)
{
	uint64_t coro = coroutine(0, STATE_YIELD_FROM, 0);

	fake_mem_poke_u32(&f.mem,
			  coro + (uint64_t)f.py.lay.gen_iframe +
				  (uint64_t)f.py.lay.iframe_stacktop,
			  100000);
	cr_assert_eq(read_chain(task(1, coro)), 0);
	cr_expect(chain->torn);
}

Test(tasks, are_shown_below_the_first_of_several)
{
	struct hog_pytask a = { .addr = 1, .name = "b" };
	struct hog_pytask b = { .addr = 2, .name = "a" };
	struct hog_pytask n9 = { .has_number = true, .number = 9 };
	struct hog_pytask n10 = { .has_number = true, .number = 10 };

	cr_expect(hog_pytask_before(&b, &a));
	cr_expect(hog_pytask_before(&n9, &n10));
	cr_expect(hog_pytask_before(&n10, &b));
	b.name[0] = 'b';
	cr_expect(hog_pytask_before(&a, &b) && !hog_pytask_before(&b, &a));
}

Test(tasks, are_where_asyncio_says_from_314_on)
{
	/* What 3.14.10 says of itself. */
	uint64_t says[] = { 168,   136,   96,   108, 109, 128, 152,
			    19000, 10880, 1000, 864, 872, 880 };
	struct hog_pylayout lay = { .task_coro = 1 };

	cr_assert_eq(hog_pytasks_parse_debug(&lay, says, sizeof(says)), 0);
	cr_expect_eq(lay.task_coro, 128);
	cr_expect_eq(lay.task_fut_waiter, 120);
	cr_expect_eq(lay.task_state, 104);
	cr_expect_eq(lay.tstate_tasks_head, 880);
	cr_expect_eq(hog_pytasks_parse_debug(&lay, says, 96), -EBADMSG);
	for (unsigned i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		uint64_t was = says[i];

		says[i] = UINT64_MAX;
		cr_expect_eq(hog_pytasks_parse_debug(&lay, says, sizeof(says)),
			     -EBADMSG, "number %u", i);
		says[i] = was;
	}
}

Test(tasks, of_old_versions_are_refused_with_a_reason)
{
	f.py.lay.task_coro = HOG_NO_FIELD;
	cr_expect_not_null(hog_pytasks_why_not(&f.py));
	f.py.lay.major = 2;
	cr_expect_not_null(hog_pytasks_why_not(&f.py));
}

Test(tasks, of_a_set_are_counted_against_what_it_uses)
{
	uint64_t entries[] = { 11, 1, 0, 0, 12, UINT64_MAX, 13, 3 };
	uint64_t set = object(FUTURE), *found;

	fake_mem_poke(&f.mem, MORE, entries, sizeof(entries));
	poke(set + (uint64_t)f.py.lay.set_used, 2);
	poke(set + (uint64_t)f.py.lay.set_mask, 3);
	poke(set + (uint64_t)f.py.lay.set_table, MORE);
	cr_assert_eq(hog_pyset_read(&f.py, set, 10, &found), 2);
	cr_expect_eq(found[0], 11);
	cr_expect_eq(found[1], 13);
	free(found);
	poke(set + (uint64_t)f.py.lay.set_used, 5);
	cr_expect_eq(hog_pyset_read(&f.py, set, 10, &found), -EBADMSG);
}
