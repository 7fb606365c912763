/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

#include "fake_mem.h"
#include "python/python.h"

#define CODE_TYPE 0x5000
#define FRAME_TYPE 0x6000
#define TSTATE 0x10000
#define CODES 0x100000 /* a page each */
#define BYTECODE 0x180000
#define FRAMES 0x200000 /* 0x1c0 apart: nine a page, as in a pool */
#define CODE_LEN 40
#define TRIES 4

enum { MODULE, MAIN, WORK, FUNCTIONS };

static struct fake_mem fake;
static struct hog_python py;
static struct hog_pystacks stacks;
static struct hog_pyreader *reader;
static struct hog_pystack stack;

static uint64_t frame_at(unsigned i)
{
	return FRAMES + i * 0x1c0;
}

static void poke(uint64_t addr, int32_t field, uint64_t value, size_t len)
{
	if (field != HOG_NO_FIELD)
		fake_mem_poke(&fake, addr + (uint64_t)field, &value, len);
}

static void add_code(unsigned i)
{
	const struct hog_pylayout *lay = &py.lay;
	uint64_t addr = CODES + i * 0x1000;

	fake_mem_add(&fake, addr, NULL, 0x1000);
	poke(addr, lay->object_type - 8, 1, 8); /* references */
	poke(addr, lay->object_type, CODE_TYPE, 8);
	poke(addr, lay->code_code, BYTECODE, 8);
	/* Names and lines that make no sense are no reason to lose frames. */
	poke(addr, lay->code_name, BYTECODE, 8);
	poke(addr, lay->code_filename, BYTECODE, 8);
	poke(addr, lay->code_linetable, BYTECODE, 8);
}

static void set_running(uint64_t addr, bool running)
{
	const struct hog_pylayout *lay = &py.lay;

	poke(addr, lay->object_type - 8, running, 8); /* references */
	poke(addr, lay->frame_executing, running, 1);
	poke(addr, lay->frame_state, running ? 0 : 1, 1);
	poke(addr, lay->frame_stacktop, running ? 0 : addr, 8);
}

static void set_frame(unsigned i, unsigned code, uint64_t back, int32_t lasti)
{
	const struct hog_pylayout *lay = &py.lay;
	uint64_t addr = frame_at(i);

	poke(addr, lay->object_type, FRAME_TYPE, 8);
	poke(addr, lay->frame_back, back, 8);
	poke(addr, lay->frame_code, CODES + code * 0x1000, 8);
	poke(addr, lay->frame_lasti, (uint32_t)lasti, 4);
	set_running(addr, true);
}

static void set_thread(uint64_t frame, uint32_t depth)
{
	poke(TSTATE, py.lay.tstate_frame, frame, 8);
	poke(TSTATE, py.lay.tstate_recursion_depth, depth, 4);
}

/* <module> calls main, which calls work: frames 0, 1 and 2. */
static void begin(unsigned major, unsigned minor)
{
	bool guess;

	fake_mem_init(&fake);
	py = (struct hog_python){ .mem = &fake.mem };
	py.lay = *hog_pylayout_for(major, minor, false, &guess);
	py.sym.code_type = CODE_TYPE;
	py.sym.frame_type = FRAME_TYPE;
	fake_mem_add(&fake, TSTATE, NULL, 0x1000);
	fake_mem_add(&fake, FRAMES, NULL, 0x4000);
	fake_mem_add(&fake, BYTECODE, NULL, 0x1000);
	poke(BYTECODE, py.lay.bytes_size, CODE_LEN, 8);
	for (unsigned i = 0; i < CODE_LEN; i++) /* calls: CALL_FUNCTION */
		poke(BYTECODE, py.lay.bytes_data + (int32_t)i, 131, 1);
	for (unsigned i = 0; i < FUNCTIONS; i++)
		add_code(i);
	set_frame(0, MODULE, 0, 4);
	set_frame(1, MAIN, frame_at(0), 6);
	set_frame(2, WORK, frame_at(1), 8);
	set_thread(frame_at(2), 3);
	cr_assert_eq(hog_pystacks_init(&stacks, &py), 0);
	reader = hog_pyreader_new(&stacks, TSTATE);
	cr_assert(reader);
}

static void end(void)
{
	hog_pyreader_free(reader);
	hog_pystacks_fini(&stacks);
	fake_mem_fini(&fake);
}

static enum hog_pyverdict sample(void)
{
	return hog_pyreader_sample(reader, TRIES, &stack, NULL);
}

static void expect_frames(size_t n)
{
	cr_assert_eq(stack.n, n);
	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(stack.frames[i].code->addr, CODES + i * 0x1000);
		cr_expect_eq(stack.frames[i].addr, frame_at((unsigned)i));
		cr_expect_eq(stack.frames[i].at,
			     (4 + 2 * (int32_t)i) * py.lay.lasti_scale);
	}
}

static void reads_a_running_stack(unsigned major, unsigned minor)
{
	begin(major, minor);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	expect_frames(3);
	cr_expect(!stack.torn && !stack.repaired && !stack.truncated);
	cr_expect_eq(sample(), HOG_PYSTACK_SAME);
	cr_expect_eq(stack.common, 3);
	poke(frame_at(2), py.lay.frame_lasti, 10, 4);
	cr_expect_eq(sample(), HOG_PYSTACK_OK);
	cr_expect_eq(stack.common, 2);
	end();
}

Test(stack_heap, a_running_stack_is_read_with_its_places)
{
	reads_a_running_stack(2, 7);
	for (unsigned minor = 6; minor <= 10; minor++)
		reads_a_running_stack(3, minor);
}

Test(stack_heap, one_call_is_enough_once_the_frames_are_known)
{
	begin(3, 8);
	for (unsigned i = 0; i < 16; i++) {
		poke(frame_at(2), py.lay.frame_lasti, i % 8, 4);
		sample();
	}
	usleep(50000); /* till code that has just been read is trusted */
	sample();

	uint64_t reads = fake.mem.reads;

	for (unsigned i = 0; i < 16; i++) {
		poke(frame_at(2), py.lay.frame_lasti, i % 8, 4);
		cr_expect_eq(sample(), HOG_PYSTACK_OK);
	}
	cr_expect_eq(fake.mem.reads, reads + 16);
	end();
}

Test(stack_heap, frames_that_have_returned_are_followed_to_their_callers)
{
	begin(3, 8);
	sample();
	set_running(frame_at(2), false);
	set_running(frame_at(1), false);
	poke(frame_at(1), py.lay.frame_lasti, 30, 4); /* its return */
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	expect_frames(3); /* main still stands where it called work */
	cr_expect(!stack.torn);
	end();
}

static void moves_along_a_caller(unsigned major, unsigned minor)
{
	begin(major, minor);
	for (int32_t at = 2; at < CODE_LEN / 2; at += 2) {
		poke(frame_at(1), py.lay.frame_lasti, (uint32_t)at, 4);
		cr_assert_eq(sample(), HOG_PYSTACK_OK);
		cr_expect_eq(stack.frames[1].at, at * py.lay.lasti_scale);
		cr_expect(!stack.repaired);
	}
	end();
}

Test(stack_heap, a_caller_is_believed_wherever_it_calls)
{
	moves_along_a_caller(2, 7);
	for (unsigned minor = 6; minor <= 10; minor++)
		moves_along_a_caller(3, minor);
}

Test(stack_heap, a_caller_that_has_moved_on_stands_where_it_called)
{
	begin(3, 8);
	poke(BYTECODE, py.lay.bytes_data + 12, 124, 1); /* LOAD_FAST */
	sample();
	poke(frame_at(1), py.lay.frame_lasti, 12, 4);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	cr_expect_eq(stack.frames[1].at, 6);
	cr_expect(!stack.repaired);
	end();
}

Test(stack_heap, a_place_that_was_never_seen_is_said_to_be_guessed)
{
	begin(3, 8);
	set_running(frame_at(2), false);
	set_running(frame_at(1), false);
	poke(frame_at(1), py.lay.frame_lasti, 30, 4);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	cr_assert_eq(stack.n, 3);
	cr_expect_eq(stack.frames[1].at, -1);
	cr_expect(stack.repaired && !stack.torn);
	end();
}

Test(stack_heap, a_generator_that_has_yielded_keeps_its_caller)
{
	begin(3, 8);
	poke(CODES + WORK * 0x1000, py.lay.code_flags, HOG_CO_GENERATOR, 4);
	sample();
	set_running(frame_at(2), false);
	poke(frame_at(2), py.lay.frame_back, 0, 8);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	expect_frames(3);
	cr_expect(stack.repaired);
	cr_expect(!stack.torn);
	end();
}

Test(stack_heap, a_chain_of_free_frames_is_torn)
{
	begin(3, 8);
	sample();
	set_frame(3, WORK, 0, 8); /* the end of the free list */
	set_running(frame_at(3), false);
	set_thread(frame_at(3), 9);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	cr_expect(stack.torn);
	end();
}

Test(stack_heap, a_ring_of_frames_ends)
{
	begin(3, 8);
	poke(frame_at(0), py.lay.frame_back, frame_at(2), 8);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	cr_expect(stack.torn);
	end();
}

Test(stack_heap, what_is_no_frame_is_torn)
{
	begin(3, 8);
	poke(frame_at(1), py.lay.object_type, 0x7000, 8);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	cr_expect(stack.torn);
	cr_expect_eq(stack.n, 1);
	end();
}

Test(stack_heap, a_frame_in_unmapped_memory_is_unreadable)
{
	begin(3, 8);
	set_thread(0xdead0000, 3);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	cr_expect(stack.torn && stack.unreadable);
	cr_expect_eq(stack.n, 0);
	end();
}

Test(stack_heap, an_instruction_beyond_the_code_is_torn)
{
	begin(3, 10);
	poke(frame_at(2), py.lay.frame_lasti, CODE_LEN / 2, 4);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	cr_expect(stack.torn);
	end();
}

Test(stack_heap, a_level_lost_is_doubted_once)
{
	unsigned tries;

	begin(3, 8);
	sample();
	set_thread(frame_at(2), 5); /* two more than these calls have had */
	cr_assert_eq(hog_pyreader_sample(reader, TRIES, &stack, &tries),
		     HOG_PYSTACK_OK);
	cr_expect_eq(tries, 2);
	expect_frames(3);
	end();
}

Test(stack_heap, a_torn_copy_is_replaced_by_the_one_stack_of_its_depth)
{
	begin(3, 8);
	for (int32_t i = 0; i < 4; i++) {
		poke(frame_at(2), py.lay.frame_lasti, (uint64_t)i, 4);
		sample();
	}
	poke(frame_at(2), py.lay.frame_lasti, 8, 4);
	set_running(frame_at(2), false);
	/* work's frame is on the free list, before one of main's. */
	set_frame(3, MAIN, 0, 6);
	set_running(frame_at(3), false);
	poke(frame_at(2), py.lay.frame_back, frame_at(3), 8);
	cr_assert_eq(sample(), HOG_PYSTACK_OK);
	cr_expect(stack.repaired && !stack.torn);
	cr_assert_eq(stack.n, 3);
	cr_expect_eq(stack.frames[0].code->addr, CODES);
	cr_expect_eq(stack.frames[2].at, 8);
	end();
}

Test(stack_heap, a_thread_without_frames_is_empty)
{
	begin(3, 8);
	set_thread(0, 0);
	cr_expect_eq(sample(), HOG_PYSTACK_OK);
	cr_expect_eq(stack.n, 0);
	cr_expect(!stack.torn);
	cr_expect_eq(sample(), HOG_PYSTACK_SAME);
	end();
}

Test(stack_heap, a_thread_state_that_is_unmapped_is_gone)
{
	begin(3, 8);
	fake.n = 0;
	cr_expect_eq(sample(), HOG_PYSTACK_GONE);
	fake.n = 1;
	end();
}

Test(stack_heap, a_deep_stack_is_cut_at_its_root)
{
	begin(3, 8);
	fake_mem_add(&fake, 0x800000, NULL, (HOG_PYSTACK_MAX + 10) * 0x1c0);
	for (unsigned i = 0; i < HOG_PYSTACK_MAX + 10; i++) {
		unsigned at = (0x800000 - FRAMES) / 0x1c0 + 1 + i;

		if (i + 1 < HOG_PYSTACK_MAX + 10)
			set_frame(at, WORK, i ? frame_at(at - 1) : frame_at(1),
				  8);
		set_thread(frame_at(at - 1), 3 + i);
	}
	for (int i = 0; i < 3; i++)
		sample();
	cr_expect(stack.truncated);
	cr_expect(!stack.torn);
	cr_expect_eq(stack.n, HOG_PYSTACK_MAX);
	end();
}

Test(stack_heap, forgetting_codes_keeps_the_reader_working)
{
	begin(3, 8);
	sample();
	reader->ops->forget(reader);
	cr_expect_eq(sample(), HOG_PYSTACK_OK);
	expect_frames(3);
	cr_expect_eq(stack.common, 0);
	end();
}
