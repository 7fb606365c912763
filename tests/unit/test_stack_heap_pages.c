/* SPDX-License-Identifier: Apache-2.0 */
#include "python/stack_heap_pages.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fake_mem.h"
#include "python/stack.h"

#define AT 0x100000ull
#define LEN 120

static struct fake_mem fake;
static struct hog_heappages pages;
static struct hog_spans spans;

static void start(void)
{
	fake_mem_init(&fake);
	cr_assert_eq(hog_heappages_init(&pages), 0);
}

static void done(void)
{
	hog_heappages_fini(&pages);
	hog_spans_fini(&spans);
	fake_mem_fini(&fake);
}

TestSuite(stack_heap_pages, .init = start, .fini = done);

static void map(uint64_t addr, size_t len, unsigned char fill)
{
	memset(fake_mem_add(&fake, addr, NULL, len), fill, len);
}

static const unsigned char *fetch(uint64_t addr)
{
	cr_assert(hog_heappages_want(&pages, addr, LEN));
	hog_heappages_fetch(&pages, &fake.mem);
	return hog_heappages_get(&pages, addr, LEN);
}

static size_t copy(const uint64_t *addrs, size_t n)
{
	ssize_t got;

	spans.n = 0;
	pages.tick++;
	cr_assert_eq(hog_heappages_plan(&pages, addrs, n, LEN, &spans), 0);
	got = hog_mem_readv(&fake.mem, spans.v, spans.n);
	return hog_heappages_landed(&pages, got < 0 ? 0 : (size_t)got);
}

Test(stack_heap_pages, what_was_used_is_in_the_next_copy)
{
	const uint64_t addrs[] = { AT + 0x400, AT + 0x800 };

	map(AT, 0x1000, 7);
	cr_expect_null(hog_heappages_get(&pages, addrs[0], LEN));
	cr_assert(fetch(addrs[0]));
	cr_assert(hog_heappages_get(&pages, addrs[1], LEN));
	copy(addrs, 2);
	cr_expect_eq(spans.n, 1);
	cr_expect_eq(spans.v[0].addr, AT + 0x400);
	cr_expect_eq(spans.v[0].len, 0x400 + LEN);
	cr_assert(hog_heappages_get(&pages, addrs[1], LEN));
	cr_expect_eq(hog_heappages_get(&pages, addrs[1], LEN)[LEN - 1], 7);
	cr_expect_null(hog_heappages_get(&pages, AT, LEN));
}

Test(stack_heap_pages, a_piece_over_two_pages_is_put_together)
{
	const uint64_t addr = AT + 0x1000 - 40;

	map(AT, 0x1000, 1);
	map(AT + 0x1000, 0x1000, 2);

	const unsigned char *p = fetch(addr);

	cr_assert(p);
	cr_expect_eq(p[39], 1);
	cr_expect_eq(p[40], 2);
	copy(&addr, 1);
	p = hog_heappages_get(&pages, addr, LEN);
	cr_assert(p);
	cr_expect(p[0] == 1 && p[LEN - 1] == 2);
}

Test(stack_heap_pages, the_first_address_is_copied_first)
{
	const uint64_t addrs[] = { AT + 0x2000, AT };

	map(AT, 0x3000, 1);
	fetch(addrs[1]);
	fetch(addrs[0]);
	copy(addrs, 2);
	cr_expect_eq(spans.n, 2);
	cr_expect_eq(spans.v[0].addr, addrs[0]);
}

Test(stack_heap_pages, an_unmapped_page_leaves_the_plan)
{
	const uint64_t addrs[] = { AT, AT + 0x2000 };

	map(AT, 0x1000, 1);
	map(AT + 0x2000, 0x1000, 2);
	fetch(addrs[0]);
	fetch(addrs[1]);
	fake.segs[0].addr = 0x900000; /* unmapped behind our back */
	copy(addrs, 2);
	cr_expect_null(hog_heappages_get(&pages, addrs[0], LEN));
	cr_expect_null(hog_heappages_get(&pages, addrs[1], LEN));
	copy(addrs, 2);
	cr_expect_eq(spans.n, 1);
	cr_expect(hog_heappages_get(&pages, addrs[1], LEN));
	cr_expect_null(fetch(addrs[0]));
}

Test(stack_heap_pages, bytes_left_over_are_the_callers)
{
	const uint64_t addr = AT;
	size_t planned = LEN;

	map(AT, 0x1000, 1);
	fetch(addr);
	spans.n = 0;
	hog_heappages_plan(&pages, &addr, 1, LEN, &spans);
	cr_expect_eq(hog_heappages_landed(&pages, planned + 16), 16);
}

Test(stack_heap_pages, pages_not_used_for_long_are_dropped)
{
	const uint64_t addrs[] = { AT, AT + 0x2000 };

	map(AT, 0x3000, 1);
	fetch(addrs[0]);
	fetch(addrs[1]);
	for (int i = 0; i < 200; i++) {
		copy(addrs, 1);
		hog_heappages_get(&pages, addrs[0], LEN);
	}
	cr_expect_eq(pages.n, 1);
	cr_expect_eq(spans.n, 1);
}

Test(stack_heap_pages, there_is_room_for_so_many_pages_and_no_more)
{
	unsigned taken = 0;

	for (uint64_t i = 0; i < 2000; i++) {
		if (hog_heappages_want(&pages, AT + i * 0x1000, LEN))
			taken++;
		hog_heappages_fetch(&pages, &fake.mem);
	}
	cr_expect_eq(taken, HOG_HEAPPAGES_MAX);
}
