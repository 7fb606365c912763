/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_heap_memory.h"

#include <criterion/criterion.h>

static struct hog_heapmem mem;

static void done(void)
{
	hog_heapmem_fini(&mem);
}

TestSuite(stack_heap_memory, .fini = done);

Test(stack_heap_memory, a_call_is_proven_by_two_copies_in_a_row)
{
	cr_expect(!hog_heapmem_sight_edge(&mem, 1, 2, 10, false));
	cr_expect(!hog_heapmem_sight_edge(&mem, 1, 2, 12, false));
	cr_expect(hog_heapmem_sight_edge(&mem, 1, 2, 13, false));
	cr_expect(hog_heapmem_sight_edge(&mem, 1, 2, 99, false));
	cr_expect(!hog_heapmem_sight_edge(&mem, 2, 1, 100, false));
}

Test(stack_heap_memory, a_call_is_proven_by_a_copy_in_which_nothing_moved)
{
	cr_expect(hog_heapmem_sight_edge(&mem, 1, 2, 10, true));
}

Test(stack_heap_memory, a_place_is_known_from_its_second_sight_on)
{
	bool several;

	hog_heapmem_note_site(&mem, 1, 2, 40);
	cr_expect(!hog_heapmem_site_known(&mem, 1, 2, 40));
	cr_expect_eq(hog_heapmem_site(&mem, 1, 2, &several), HOG_HEAPSITE_NONE);
	hog_heapmem_note_site(&mem, 1, 2, 40);
	cr_expect(hog_heapmem_site_known(&mem, 1, 2, 40));
	cr_expect(!hog_heapmem_site_known(&mem, 1, 3, 40));
	cr_expect_eq(hog_heapmem_site(&mem, 1, 2, &several), 40);
	cr_expect(!several);
}

Test(stack_heap_memory, a_place_seen_once_does_not_stand_beside_a_known_one)
{
	bool several;

	hog_heapmem_note_site(&mem, 1, 2, 40);
	hog_heapmem_note_site(&mem, 1, 2, 40);
	hog_heapmem_note_site(&mem, 1, 2, 60);
	cr_expect_eq(hog_heapmem_site(&mem, 1, 2, &several), 40);
	cr_expect(!several);
}

Test(stack_heap_memory, a_function_may_call_from_many_places)
{
	bool several;

	for (int32_t at = 0; at < 40; at += 2) {
		hog_heapmem_note_site(&mem, 1, 2, at);
		hog_heapmem_note_site(&mem, 1, 2, at);
	}
	for (int32_t at = 0; at < 40; at += 2)
		cr_expect(hog_heapmem_site_known(&mem, 1, 2, at));
	cr_expect_eq(hog_heapmem_site(&mem, 1, 2, &several), 38);
	cr_expect(several);
}

Test(stack_heap_memory, a_place_proves_its_call)
{
	hog_heapmem_note_site(&mem, 1, 2, 40);
	cr_expect(hog_heapmem_sight_edge(&mem, 1, 2, 10, false));
}

Test(stack_heap_memory, a_depth_may_be_one_more_while_a_call_is_entered)
{
	cr_expect_eq(hog_heapmem_range(&mem, 7, 2), HOG_HEAPRANGE_NEW);
	cr_expect(hog_heapmem_note_range(&mem, 7, 2));
	cr_expect_eq(hog_heapmem_range(&mem, 7, 1), HOG_HEAPRANGE_OUT);
	cr_expect_eq(hog_heapmem_range(&mem, 7, 2), HOG_HEAPRANGE_IN);
	cr_expect_eq(hog_heapmem_range(&mem, 7, 3), HOG_HEAPRANGE_IN);
	cr_expect_eq(hog_heapmem_range(&mem, 7, 4), HOG_HEAPRANGE_OUT);
	hog_heapmem_note_range(&mem, 7, 2);
	cr_expect(!hog_heapmem_note_range(&mem, 7, 3));
	cr_expect_eq(hog_heapmem_range(&mem, 7, 4), HOG_HEAPRANGE_IN);
}

Test(stack_heap_memory, a_generator_of_two_callers_has_no_sure_one)
{
	hog_heapmem_note_parent(&mem, 0x1000, 5, 0x2000, 6);
	cr_assert(hog_heapmem_one_parent(&mem, 0x1000, 5));
	cr_expect_eq(hog_heapmem_one_parent(&mem, 0x1000, 5)->parent, 0x2000);
	cr_expect_null(hog_heapmem_one_parent(&mem, 0x1000, 4));
	hog_heapmem_note_parent(&mem, 0x1000, 5, 0x3000, 6);
	cr_expect_null(hog_heapmem_one_parent(&mem, 0x1000, 5));
	for (int i = 0; i < 100; i++)
		hog_heapmem_note_parent(&mem, 0x1000, 5, 0x3000, 6);
	cr_assert(hog_heapmem_one_parent(&mem, 0x1000, 5));
	cr_expect_eq(hog_heapmem_one_parent(&mem, 0x1000, 5)->parent, 0x3000);
}

Test(stack_heap_memory, tables_stay_bounded)
{
	static struct hog_pycode codes[5000];

	for (uint32_t i = 1; i < 50000; i++) {
		uint32_t node = 0;

		codes[i % 5000].serial = i;
		hog_heapmem_note_parent(&mem, 8ull * i, 1, 8ull * i + 8, 1);
		hog_heapmem_note_site(&mem, i, i + 1, 4);
		hog_heapmem_note_range(&mem, i, 0);
		node = hog_heapmem_node(&mem, 0, &codes[i % 5000], 2);
		if (node)
			hog_heapmem_note_stack(&mem, node, 1);
	}
	cr_expect_leq(mem.cap_parents, 4096);
	cr_expect_leq(mem.edges.cap, 8192);
	cr_expect_leq(mem.ranges.cap, 8192);
	cr_expect_leq(mem.stacks.cap, 16384);
	cr_expect_leq(mem.cap_nodes, 8192);
	cr_expect(mem.n_parents > 0);
}

Test(stack_heap_memory, a_stack_stands_in_only_while_it_is_the_only_one)
{
	struct hog_pycode main_code = { .serial = 1 }, a = { .serial = 2 },
			  b = { .serial = 3 }, leaf = { .serial = 4 };
	uint32_t root = hog_heapmem_node(&mem, 0, &main_code, 4);
	uint32_t by_a = hog_heapmem_node(
		&mem, hog_heapmem_node(&mem, root, &a, 6), &leaf, -1);
	uint32_t by_b = hog_heapmem_node(
		&mem, hog_heapmem_node(&mem, root, &b, 6), &leaf, -1);

	cr_expect_eq(mem.nodes[by_a].depth, 3);
	cr_expect_eq(hog_heapmem_node(&mem, 0, &main_code, 4), root);
	hog_heapmem_note_stack(&mem, by_a, 3);
	cr_expect_eq(hog_heapmem_stack(&mem, 4, 3), 0);
	hog_heapmem_note_stack(&mem, by_a, 3);
	cr_expect_eq(hog_heapmem_stack(&mem, 4, 3), by_a);
	cr_expect_eq(hog_heapmem_stack(&mem, 4, 4), 0);
	hog_heapmem_note_stack(&mem, by_b, 3);
	cr_expect_eq(hog_heapmem_stack(&mem, 4, 3), 0);
}
