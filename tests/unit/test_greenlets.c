/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fake_stack.h"
#include "python/greenlets.h"
#include "python/threads.h"

#define HEAP 0x7f0000000000
#define HEAP_LEN 0x2000
#define C_STACK 0x7ff000000000
#define USER_TABLE 0x5550
#define MAIN_TABLE 0x5770
#define MAIN (HEAP + 0x100) /* Python objects, and their C++ ones */
#define MAIN_IMPL (HEAP + 0x200)
#define GREEN (HEAP + 0x400)
#define GREEN_IMPL (HEAP + 0x500)
#define THREAD (HEAP + 0x700)

/* greenlet 3.1-3.4 on 3.13, the version of the fake stack. */
enum {
	SELF = 8,
	START = 56,
	STOP = 64,
	COPY = 72,
	SAVED = 80,
	FRAME = 128,
	CHUNK = 136,
	MAIN_AT = 160,
	RUN_AT = 168,
	PARENT_AT = 176,
	THREAD_AT = 168
};

static struct fake_stack f;
static struct hog_target target;
static struct hog_map maps[2] = {
	{ .start = HEAP,
	  .end = HEAP + HEAP_LEN,
	  .prot = HOG_MAP_READ | HOG_MAP_WRITE,
	  .path = "" },
	{ .start = C_STACK,
	  .end = C_STACK + 0x1000,
	  .prot = HOG_MAP_READ | HOG_MAP_WRITE,
	  .path = "[stack]" },
};
static struct hog_greenlets g;

static void poke(uint64_t addr, uint64_t value)
{
	fake_mem_poke_u64(&f.mem, addr, value);
}

static void object(uint64_t addr, uint64_t impl, uint64_t table)
{
	poke(addr + 32, impl);
	poke(impl, table);
	poke(impl + SELF, addr);
}

static void setup(void)
{
	fake_stack_init(&f);
	f.py.version = 0x030d0000;
	target = (struct hog_target){ .maps = { .v = maps, .n = 2 } };
	f.py.target = &target;
	g = (struct hog_greenlets){ .py = &f.py,
				    .user_table = USER_TABLE,
				    .main_table = MAIN_TABLE };
	fake_mem_add(&f.mem, HEAP, NULL, HEAP_LEN);
	object(MAIN, MAIN_IMPL, MAIN_TABLE);
	poke(MAIN_IMPL + THREAD_AT, THREAD);
	poke(THREAD, MAIN);
	poke(THREAD + 8, MAIN);
	poke(MAIN_IMPL + START, 1);
	poke(MAIN_IMPL + STOP, UINT64_MAX);
	object(GREEN, GREEN_IMPL, USER_TABLE);
	poke(GREEN_IMPL + MAIN_AT, MAIN);
	poke(GREEN_IMPL + PARENT_AT, MAIN);
	poke(GREEN_IMPL + START, C_STACK + 0x100);
	poke(GREEN_IMPL + STOP, C_STACK + 0x200);
}

static void teardown(void)
{
	hog_greenlets_fini(&g);
	fake_stack_fini(&f);
}

TestSuite(greenlets, .init = setup, .fini = teardown);

static struct hog_greenlet read_green(void)
{
	struct hog_greenlet v = { 0 };

	cr_assert_eq(hog_greenlets_look(&g, UINT64_MAX), 0);
	cr_assert_eq(hog_greenlet_read(&g, GREEN, &v), 0);
	return v;
}

Test(greenlets, are_found_by_their_first_word)
{
	cr_assert_eq(hog_greenlets_look(&g, UINT64_MAX), 0);
	cr_assert_eq(g.n, 2);
	cr_assert_eq(g.v[0], MAIN);
	cr_assert_eq(g.v[1], GREEN);
	cr_assert_str_eq(g.lay->greenlet, "3.1-3.4");
}

Test(greenlets, a_word_without_its_object_is_none)
{
	poke(HEAP + 0x1000, USER_TABLE);
	poke(GREEN + 32, MAIN_IMPL); /* it names another one */
	cr_assert_eq(hog_greenlets_look(&g, UINT64_MAX), 0);
	cr_assert_eq(g.n, 1);
}

Test(greenlets, one_whose_back_pointers_fit_no_layout_is_refused)
{
	poke(THREAD, 0);
	poke(GREEN_IMPL + MAIN_AT, 0);
	cr_assert_eq(hog_greenlets_look(&g, UINT64_MAX), -ENOTSUP);
}

Test(greenlets, those_before_the_one_that_proves_the_layout_are_found_too)
{
	poke(THREAD, 0); /* the main one, which comes first, proves nothing */
	cr_assert_eq(hog_greenlets_look(&g, UINT64_MAX), 0);
	cr_assert_eq(g.n, 2);
}

Test(greenlets, a_look_can_be_done_in_parts)
{
	int parts = 0;

	while (hog_greenlets_look(&g, 0) == 1)
		cr_assert_lt(++parts, 10);
	cr_assert_eq(g.n, 2);
	cr_assert_geq(parts, 1);
}

Test(greenlets, tell_their_state)
{
	struct hog_greenlet v = read_green();

	cr_assert_eq(v.state, HOG_GREENLET_PARKED);
	cr_assert_eq(v.parent, MAIN);
	poke(THREAD + 8, GREEN);
	cr_assert_eq(read_green().state, HOG_GREENLET_RUNNING);
	poke(GREEN_IMPL + START, 0);
	cr_assert_eq(read_green().state, HOG_GREENLET_DEAD);
	poke(GREEN_IMPL + STOP, 0);
	cr_assert_eq(read_green().state, HOG_GREENLET_NEW);
}

Test(greenlets, one_that_is_gone_is_not_read)
{
	struct hog_greenlet v;

	read_green();
	poke(GREEN_IMPL, 0);
	cr_assert_eq(hog_greenlet_read(&g, GREEN, &v), -ENOENT);
	cr_assert_eq(hog_greenlet_read(&g, 0x10, &v), -ENOENT);
}

Test(greenlets, belong_to_the_thread_whose_stack_they_are_on)
{
	const struct hog_pytstate states[] = {
		{ .thread_id = HEAP + 0x10 },
		{ .thread_id = HEAP + 0x20, .main = true },
	};
	struct hog_greenlet v = read_green();

	cr_assert_eq(hog_greenlet_thread(&g, &v, states, 2), 1);
	v.stop = HEAP + 0x18; /* a thread's descriptor lies above its stack */
	cr_assert_eq(hog_greenlet_thread(&g, &v, states, 2), 1);
	v.stop = HEAP + 0x8;
	cr_assert_eq(hog_greenlet_thread(&g, &v, states, 2), 0);
}

Test(greenlets, who_runs_is_told_by_the_thread_of_the_main_one)
{
	struct hog_greenlet v;

	read_green();
	cr_assert_eq(hog_greenlet_read(&g, MAIN, &v), 0);
	cr_assert_eq(hog_greenlet_current_addr(&g, &v), THREAD + 8);
}

Test(greenlets, frames_of_a_parked_one_are_walked)
{
	struct hog_pyframe frames[8];
	struct hog_greenlet v;
	bool truncated;

	fake_stack_chain(&f, 3);
	poke(GREEN_IMPL + FRAME, fake_stack_addr(&f, 2));
	poke(GREEN_IMPL + CHUNK, FAKE_CHUNK);
	poke(GREEN_IMPL + CHUNK + 8, FAKE_CHUNK + 0x800);
	v = read_green();
	cr_assert_eq(hog_greenlet_walk(&g, f.stacks.codes, &v, frames, 8,
				       &truncated),
		     3);
	cr_assert_eq(frames[0].code->addr, f.code[0]);
	cr_assert_not(truncated);
}

/* 3.12 and later: C code that calls Python leaves a frame on the C stack, which
 * greenlet has copied away. */
Test(greenlets, a_frame_on_the_c_stack_is_read_where_it_was_saved)
{
	const uint64_t shim = C_STACK + 0x140, copy = HEAP + 0x1800;
	struct hog_pyframe frames[8];
	struct hog_greenlet v;
	bool truncated;
	unsigned char owner = f.py.lay.owner_shim;

	fake_stack_chain(&f, 3);
	poke(fake_stack_addr(&f, 2) + (uint64_t)f.py.lay.iframe_previous, shim);
	poke(copy + 0x40 + (uint64_t)f.py.lay.iframe_previous,
	     fake_stack_addr(&f, 1));
	fake_mem_poke(&f.mem, copy + 0x40 + (uint64_t)f.py.lay.iframe_owner,
		      &owner, 1);
	poke(GREEN_IMPL + COPY, copy);
	poke(GREEN_IMPL + SAVED, 0x100);
	poke(GREEN_IMPL + FRAME, fake_stack_addr(&f, 2));
	v = read_green();
	cr_assert_eq(hog_greenlet_walk(&g, f.stacks.codes, &v, frames, 8,
				       &truncated),
		     3);
}
