/* SPDX-License-Identifier: Apache-2.0 */
#include "target/mem_copy.h"

#include <criterion/criterion.h>
#include <errno.h>

#include "fake_mem.h"

#define BASE 0x10000ull

static struct fake_mem fake;
static struct hog_mem *copy;

static void start(void)
{
	fake_mem_init(&fake);
	fake_mem_add(&fake, BASE, NULL, 3 * 4096);
	fake_mem_poke_u64(&fake, BASE, 1);
	fake_mem_poke_u64(&fake, BASE + 4096, 2);
	copy = hog_mem_copy_new(&fake.mem);
	cr_assert_not_null(copy);
}

static void stop(void)
{
	hog_mem_close(copy);
	fake_mem_fini(&fake);
}

TestSuite(mem_copy, .init = start, .fini = stop);

static uint64_t word(uint64_t addr)
{
	uint64_t value = 0;

	cr_assert_eq(hog_mem_read_u64(copy, addr, &value), 0);
	return value;
}

/* Has the piece of addr in the copy from now on. */
static void learn(uint64_t addr)
{
	uint64_t value;

	hog_mem_copy_fetch(copy, true);
	hog_mem_read_u64(copy, addr, &value);
	hog_mem_copy_fetch(copy, false);
}

Test(mem_copy, says_what_is_missing_and_has_it_the_next_time)
{
	uint64_t value;

	cr_assert_eq(hog_mem_copy_take(copy), 0);
	cr_assert_eq(hog_mem_read_u64(copy, BASE, &value), -EFAULT);
	cr_assert(hog_mem_copy_missed(copy));
	cr_assert_eq(hog_mem_copy_take(copy), 0);
	cr_assert_eq(word(BASE), 1);
	cr_assert_not(hog_mem_copy_missed(copy));
}

Test(mem_copy, stays_as_it_was_taken)
{
	learn(BASE);
	cr_assert_eq(hog_mem_copy_take(copy), 0);
	fake_mem_poke_u64(&fake, BASE, 7);
	cr_assert_eq(word(BASE), 1);
	cr_assert_eq(hog_mem_copy_take(copy), 0);
	cr_assert_eq(word(BASE), 7);
}

Test(mem_copy, fetches_while_it_may)
{
	cr_assert_eq(hog_mem_copy_take(copy), 0);
	hog_mem_copy_fetch(copy, true);
	cr_assert_eq(word(BASE + 4096), 2);
	hog_mem_copy_fetch(copy, false);
	cr_assert_not(hog_mem_copy_missed(copy));
	fake_mem_poke_u64(&fake, BASE + 4096, 8);
	cr_assert_eq(word(BASE + 4096), 2, "once is enough");
}

Test(mem_copy, takes_all_pieces_in_one_call)
{
	learn(BASE);
	learn(BASE + 4096);
	learn(BASE + 8192);

	uint64_t before = fake.mem.reads;

	cr_assert_eq(hog_mem_copy_take(copy), 0);
	cr_assert_eq(fake.mem.reads - before, 1);
	cr_assert_eq(word(BASE), 1);
	cr_assert_eq(word(BASE + 4096), 2);
}

Test(mem_copy, reads_across_pieces)
{
	unsigned char bytes[16];
	const uint64_t end = 0x1122334455667788;

	fake_mem_poke_u64(&fake, BASE + 4088, end);
	learn(BASE);
	learn(BASE + 4096);
	cr_assert_eq(hog_mem_copy_take(copy), 0);
	cr_assert_eq(hog_mem_read(copy, BASE + 4088, bytes, 16), 0);
	cr_assert_eq(memcmp(bytes, &end, 8), 0);
	cr_assert_eq(bytes[8], 2);
}

Test(mem_copy, bears_pieces_that_are_not_mapped_any_more)
{
	uint64_t value;

	learn(BASE - 4096); /* never was */
	learn(BASE);
	learn(BASE + 4096);
	cr_assert_eq(hog_mem_copy_take(copy), 0);
	cr_assert_eq(word(BASE), 1);
	cr_assert_eq(word(BASE + 4096), 2);
	cr_assert_eq(hog_mem_read_u64(copy, BASE - 4096, &value), -EFAULT);
}

Test(mem_copy, forgets_what_nobody_reads)
{
	learn(BASE);
	learn(BASE + 4096);
	for (int i = 0; i < 300; i++) {
		cr_assert_eq(hog_mem_copy_take(copy), 0);
		cr_assert_eq(word(BASE), 1);
	}

	uint64_t value;

	cr_assert_eq(hog_mem_read_u64(copy, BASE + 4096, &value), -EFAULT);
	cr_assert(hog_mem_copy_missed(copy));
}

Test(mem_copy, has_room_for_so_much_and_passes_the_rest_on)
{
	uint64_t value = 0;

	fake_mem_add(&fake, 0x100000, NULL, 1100 * 4096);
	hog_mem_copy_fetch(copy, true);
	for (unsigned i = 0; i < 1100; i++)
		cr_assert_eq(hog_mem_read_u64(copy, 0x100000 + i * 4096ull,
					      &value),
			     0);
	hog_mem_copy_fetch(copy, false);
	cr_assert_eq(hog_mem_copy_take(copy), 0);
	cr_assert_eq(hog_mem_read_u64(copy, 0x100000, &value), 0);
	cr_assert_eq(hog_mem_read_u64(copy, 0x100000 + 1099 * 4096ull, &value),
		     -EFAULT);
}

Test(mem_copy, says_when_the_process_is_gone)
{
	learn(BASE);
	fake.fail = -ESRCH;
	cr_assert_eq(hog_mem_copy_take(copy), -ESRCH);
}
