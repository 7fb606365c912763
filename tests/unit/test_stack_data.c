/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>

#include "fake_stack.h"

static struct fake_stack f;
static struct hog_pystack stack;

static void setup(void)
{
	fake_stack_init(&f);
}

static void teardown(void)
{
	fake_stack_fini(&f);
}

TestSuite(stack_data, .init = setup, .fini = teardown);

static void expect(size_t n)
{
	cr_assert_eq(fake_stack_sample(&f, &stack), HOG_PYSTACK_OK);
	cr_assert_eq(stack.n, n, "%zu frames", stack.n);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(stack.frames[i].code->addr, f.code[i]);
	cr_assert_not(stack.torn);
}

Test(stack_data, a_chain_is_read_root_first)
{
	fake_stack_chain(&f, 4);
	expect(4);
	cr_assert_eq(stack.frames[0].at, FAKE_AT_CALL);
	cr_assert_eq(stack.frames[3].addr, fake_stack_addr(&f, 3));
}

Test(stack_data, what_did_not_change_is_told)
{
	fake_stack_chain(&f, 4);
	expect(4);
	cr_assert_eq(fake_stack_sample(&f, &stack), HOG_PYSTACK_SAME);
	cr_assert_eq(stack.n, 4);
	cr_assert_eq(stack.common, 4);
	fake_stack_chain(&f, 3);
	expect(3);
	cr_assert_eq(stack.common, 3);
}

Test(stack_data, local_variables_make_no_other_stack)
{
	fake_stack_chain(&f, 4);
	expect(4);
	fake_mem_poke_u64(&f.mem,
			  fake_stack_addr(&f, 1) +
				  (uint64_t)f.py.lay.iframe_localsplus,
			  0x1234);
	cr_assert_eq(fake_stack_sample(&f, &stack), HOG_PYSTACK_SAME);
}

Test(stack_data, another_function_below_the_same_leaf_is_seen)
{
	struct fake_frame other = { 5, fake_stack_addr(&f, 0), FAKE_AT_CALL, 2,
				    2 };

	fake_stack_chain(&f, 4);
	expect(4);
	fake_stack_frame(&f, fake_stack_addr(&f, 1), &other);
	cr_assert_eq(fake_stack_sample(&f, &stack), HOG_PYSTACK_OK);
	cr_assert_geq(stack.n, 2);
	cr_assert_eq(stack.frames[1].code->addr, f.code[5]);
	cr_assert_eq(stack.common, 1);
}

/* 3.13+: CPython's own frame below __init__ has nowhere to go on. */
Test(stack_data, what_a_class_calls_stands_above_a_frame_of_pythons_own)
{
	const struct hog_pylayout *lay = &f.py.lay;
	uint64_t at[3];
	struct fake_frame frame[3] = { { 0, 0, FAKE_AT_CALL, 2, 1 },
				       { 1, 0, 0, 0, -1 },
				       { 2, 0, 12, -1, -1 } };

	fake_stack_chain(&f, 1);
	fake_mem_poke(&f.mem, f.code[1] + (uint64_t)lay->code_firsttraceable,
		      &(uint32_t){ FAKE_CODE_BYTES }, 4);
	for (unsigned i = 0; i < 3; i++) {
		at[i] = fake_stack_addr(&f, i);
		frame[i].previous = i ? at[i - 1] : 0;
		fake_stack_frame(&f, at[i], &frame[i]);
	}
	fake_mem_poke(&f.mem, at[1] + (uint64_t)lay->iframe_return_offset,
		      &(uint16_t){ 0 }, 2);
	fake_mem_poke_u64(&f.mem,
			  FAKE_TSTATE + (uint64_t)lay->tstate_current_frame,
			  at[2]);
	expect(3);
}

/* One of the things that happen to a stack between two copies of it. */
static void change_something(unsigned random)
{
	unsigned i = random / 8 % 5;
	uint64_t caller = i ? fake_stack_addr(&f, i - 1) : 0;
	struct fake_frame frame = { i, caller, FAKE_AT_CALL, 2, (int)i + 1 };

	switch (random % 8) {
	case 0:
	case 1:
	case 2:
		fake_stack_chain(&f, 1 + random / 8 % 6);
		return;
	case 3:
		frame.at = FAKE_AT_RETURN;
		break;
	case 4:
		frame.stacktop = frame.callee = -1;
		frame.at = (int)(random / 64 % 16) * 2;
		break;
	case 5:
		frame.code = random / 64 % FAKE_CODES;
		break;
	case 6:
		frame.previous = fake_stack_addr(&f, 7);
		break;
	default:
		return;
	}
	fake_stack_frame(&f, fake_stack_addr(&f, i), &frame);
}

static bool same_frames(const struct hog_pystack *a,
			const struct hog_pystack *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (a->frames[i].code != b->frames[i].code ||
		    a->frames[i].at != b->frames[i].at ||
		    a->frames[i].addr != b->frames[i].addr)
			return false;
	return a->n == b->n;
}

static void sample_anew(struct hog_pyreader **reader, struct hog_pystack *ret)
{
	hog_pyreader_free(*reader);
	*reader = hog_pyreader_new(&f.stacks, FAKE_TSTATE);
	hog_pyreader_sample(*reader, 4, ret, NULL);
}

Test(stack_data, what_is_kept_is_what_a_new_reader_sees)
{
	struct hog_pyreader *first = NULL, *second = NULL;
	unsigned random = 1, compared = 0;

	for (unsigned round = 0; round < 5000; round++) {
		struct hog_pystack kept, before, after;

		random = random * 1103515245 + 12345;
		change_something(random >> 8);
		/* What was the current frame the last time is no matter here. */
		fake_mem_poke_u64(
			&f.mem, FAKE_TSTATE + f.py.lay.tstate_current_frame, 0);
		sample_anew(&first, &before);
		fake_stack_sample(&f, &kept);
		sample_anew(&second, &after);
		if (!same_frames(&before, &after))
			continue; /* a pair was proven meanwhile */
		compared++;
		cr_assert(same_frames(&kept, &after), "round %u", round);
	}
	cr_assert_gt(compared, 4000, "%u", compared);
	hog_pyreader_free(first);
	hog_pyreader_free(second);
}

Test(stack_data, old_bytes_above_a_running_leaf_are_no_frames)
{
	fake_stack_chain(&f, 5);
	fake_stack_chain(&f, 2);
	expect(2);
}

Test(stack_data, a_slot_linked_to_another_caller_ends_the_stack)
{
	struct fake_frame other = { 3, fake_stack_addr(&f, 0), FAKE_AT_CALL, -1,
				    -1 };

	fake_stack_chain(&f, 4);
	expect(4);
	fake_stack_frame(&f, fake_stack_addr(&f, 3), &other);
	expect(3);
}

Test(stack_data, a_callee_that_has_just_returned_was_there_at_that_instant)
{
	struct fake_frame popped = { 3, fake_stack_addr(&f, 2), FAKE_AT_RETURN,
				     0, -1 };

	fake_stack_chain(&f, 4);
	expect(4);
	fake_stack_frame(&f, fake_stack_addr(&f, 3), &popped);
	expect(4);
	cr_assert_eq(stack.frames[3].at, FAKE_AT_RETURN);
}

Test(stack_data, a_pair_that_never_was_is_cut_off_and_marked)
{
	/* f0 called f1; f5 stands where f1 stood, as a torn copy has it. */
	struct fake_frame caller = { 0, 0, FAKE_AT_CALL, 2, -1 };
	struct fake_frame torn = { 5, fake_stack_addr(&f, 0), FAKE_AT_RETURN, 0,
				   -1 };

	fake_stack_chain(&f, 2);
	expect(2);
	fake_stack_frame(&f, fake_stack_addr(&f, 0), &caller);
	fake_stack_frame(&f, fake_stack_addr(&f, 1), &torn);
	fake_mem_poke_u64(&f.mem, FAKE_TSTATE + f.py.lay.tstate_current_frame,
			  0);
	cr_assert_eq(fake_stack_sample(&f, &stack), HOG_PYSTACK_OK);
	cr_assert_eq(stack.n, 1);
	cr_assert_eq(stack.frames[0].code->addr, f.code[0]);
}

Test(stack_data, a_thread_state_of_another_interpreter_is_gone)
{
	fake_stack_chain(&f, 2);
	expect(2);
	fake_mem_poke_u64(&f.mem, FAKE_TSTATE + f.py.lay.tstate_interp, 0x666);
	cr_assert_eq(fake_stack_sample(&f, &stack), HOG_PYSTACK_GONE);
}

Test(stack_data, a_dead_process_is_gone)
{
	fake_stack_chain(&f, 2);
	f.mem.fail = -ESRCH;
	cr_assert_eq(fake_stack_sample(&f, &stack), HOG_PYSTACK_GONE);
}

Test(stack_data, a_thread_without_frames_has_an_empty_stack)
{
	expect(0);
}

Test(stack_data, frames_go_on_in_the_next_chunk)
{
	const uint64_t second = FAKE_CHUNK + 0x80000;
	struct fake_frame leaf = { 3, fake_stack_addr(&f, 2), FAKE_AT_CALL, -1,
				   -1 };

	fake_stack_chain(&f, 4);
	expect(4);
	/* The same call, but its frame did not fit into the first chunk. */
	fake_mem_add(&f.mem, second, NULL, FAKE_CHUNK_SIZE);
	fake_mem_poke_u64(&f.mem, second + f.py.lay.chunk_size,
			  FAKE_CHUNK_SIZE);
	fake_mem_poke_u64(&f.mem, second + f.py.lay.chunk_previous, FAKE_CHUNK);
	fake_mem_poke_u64(&f.mem, FAKE_TSTATE + f.py.lay.tstate_datastack_chunk,
			  second);
	fake_mem_poke_u64(&f.mem,
			  fake_stack_addr(&f, 3) + f.py.lay.iframe_previous, 0);
	fake_stack_frame(&f, second + f.py.lay.chunk_data, &leaf);
	expect(4);
	cr_assert_eq(stack.frames[3].addr, second + f.py.lay.chunk_data);
}

/* Another data stack, as a greenlet has one: f4 calls f5 in it. */
static const uint64_t other = FAKE_CHUNK + 0x400000;

static void make_other(void)
{
	uint64_t at = other + (uint64_t)f.py.lay.chunk_data + 8;
	struct fake_frame root = { 4, 0, FAKE_AT_CALL, 2, 5 };
	struct fake_frame leaf = { 5, at, FAKE_AT_CALL, -1, -1 };

	fake_mem_add(&f.mem, other, NULL, FAKE_CHUNK_SIZE);
	fake_mem_poke_u64(&f.mem, other + f.py.lay.chunk_size, FAKE_CHUNK_SIZE);
	fake_stack_frame(&f, fake_stack_frame(&f, at, &root), &leaf);
}

/* The thread switches; returns how many tries a sample takes then. */
static unsigned switch_to(uint64_t chunk, size_t n)
{
	unsigned tries;

	fake_mem_poke_u64(&f.mem, FAKE_TSTATE + f.py.lay.tstate_datastack_chunk,
			  chunk);
	cr_assert_eq(hog_pyreader_sample(f.reader, 3, &stack, &tries),
		     HOG_PYSTACK_OK);
	cr_assert_eq(stack.n, n, "%zu frames", stack.n);
	cr_assert_eq(stack.frames[0].code->addr,
		     f.code[chunk == other ? 4 : 0]);
	cr_assert_not(stack.torn);
	return tries;
}

Test(stack_data, a_thread_that_switches_stacks_is_read_at_once)
{
	fake_stack_chain(&f, 4);
	make_other();
	unsigned more = 0;

	expect(4);
	cr_assert_geq(switch_to(other, 2), 2);
	switch_to(FAKE_CHUNK, 4);
	for (int i = 0; i < 50; i++) {
		more += switch_to(other, 2) - 1;
		more += switch_to(FAKE_CHUNK, 4) - 1;
	}
	/* A copy in whose middle we lost the CPU is made again. */
	cr_assert_leq(more, 10, "%u tries too many", more);
}

Test(stack_data, a_stack_whose_memory_is_another_ones_now_is_loaded_again)
{
	fake_stack_chain(&f, 4);
	make_other();
	expect(4);
	switch_to(other, 2);
	switch_to(FAKE_CHUNK, 4);
	switch_to(other, 2);
	switch_to(FAKE_CHUNK, 4);
	fake_mem_poke_u64(&f.mem, other + f.py.lay.chunk_size,
			  FAKE_CHUNK_SIZE / 2);
	cr_assert_eq(switch_to(other, 2), 2);
}
