/* SPDX-License-Identifier: Apache-2.0 */
#include "target/mem.h"

#include "real_kernel.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_mem.h"

static struct fake_mem fake;

static void setup(void)
{
	fake_mem_init(&fake);
	fake_mem_add(&fake, 4096, "hello world", 12);
}

static void teardown(void)
{
	fake_mem_fini(&fake);
}

TestSuite(mem, .init = setup, .fini = teardown);

Test(mem, reads_all_or_nothing)
{
	char buf[16];

	cr_assert_eq(hog_mem_read(&fake.mem, 4096, buf, 12), 0);
	cr_assert_str_eq(buf, "hello world");
	cr_assert_eq(hog_mem_read(&fake.mem, 4096, buf, 13), -EFAULT);
	cr_assert_eq(fake.mem.faults, 1);
	cr_assert_eq(fake.mem.reads, 2);
}

Test(mem, refuses_addresses_no_target_owns_without_asking)
{
	char buf[16];

	cr_assert_eq(hog_mem_read(&fake.mem, UINT64_MAX - 3, buf, 8), -EFAULT);
	cr_assert_eq(hog_mem_read(&fake.mem, 1ULL << 47, buf, 1), -EFAULT);
	cr_assert_eq(hog_mem_read(&fake.mem, 4096, buf, SIZE_MAX), -EFAULT);
	cr_assert_eq(fake.mem.reads, 0);
	cr_assert_eq(fake.mem.faults, 3);
}

Test(mem, ends_a_batch_before_a_bad_span)
{
	char a[5], b[4], c[5];
	struct hog_span spans[] = { { 4096, a, 5 },
				    { UINT64_MAX, b, 4 },
				    { 4102, c, 5 } };

	cr_assert_eq(hog_mem_readv(&fake.mem, spans, 3), 5);
	spans[1].addr = 9999;
	cr_assert_eq(hog_mem_readv(&fake.mem, spans, 3), 5);
	spans[1].addr = 4100;
	cr_assert_eq(hog_mem_readv(&fake.mem, spans, 3), 14);
	cr_assert_eq(memcmp(c, "world", 5), 0);
	cr_assert_eq(hog_mem_readv(&fake.mem, spans, HOG_SPANS_MAX + 1),
		     -EINVAL);
	cr_assert_eq(fake.mem.faults, 2);
}

Test(mem, tells_that_the_target_is_gone)
{
	char a[5];
	struct hog_span span = { 4096, a, 5 };

	fake.fail = -ESRCH;
	cr_assert_eq(hog_mem_readv(&fake.mem, &span, 1), -ESRCH);
	cr_assert_eq(hog_mem_read(&fake.mem, 4096, a, 5), -ESRCH);
}

Test(mem, reads_a_string_that_ends_where_memory_does)
{
	static char page[4096];
	char buf[600];

	memset(page, 'x', sizeof(page));
	memcpy(page + 4090, "tail", 5);
	page[4095] = 0;
	fake_mem_add(&fake, 0x10000, page, sizeof(page));
	cr_assert_eq(hog_mem_read_cstr(&fake.mem, 0x10000 + 4090, buf,
				       sizeof(buf)),
		     4);
	cr_assert_str_eq(buf, "tail");
	/* From the middle it is longer than the buffer: cut. */
	cr_assert_eq(hog_mem_read_cstr(&fake.mem, 0x10000 + 1000, buf, 10), 9);
	cr_assert_str_eq(buf, "xxxxxxxxx");
	cr_assert_eq(hog_mem_read_cstr(&fake.mem, 77, buf, 10), -EFAULT);
}

Test(mem, reads_numbers_little_endian)
{
	uint64_t u64 = 7;
	uint32_t u32 = 7;

	fake_mem_add(&fake, 0x2000, "\1\2\3\4\5\6\7\x80", 8);
	cr_assert_eq(hog_mem_read_u32(&fake.mem, 0x2000, &u32), 0);
	cr_assert_eq(u32, 0x04030201u);
	cr_assert_eq(hog_mem_read_u64(&fake.mem, 0x2000, &u64), 0);
	cr_assert_eq(u64, 0x8007060504030201u);
	cr_assert_eq(hog_mem_read_u64(&fake.mem, 0x2001, &u64), -EFAULT);
	cr_assert_eq(u64, 0x8007060504030201u, "written only on success");
}

/* A process may always read itself: the live reader needs no other. */
Test(mem_live, reads_around_a_hole)
{
	needs_real_kernel();

	long page = sysconf(_SC_PAGESIZE);
	char *area = mmap(NULL, (size_t)page * 3, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct hog_mem *mem = hog_mem_open_live(getpid());
	char a[8] = "", b[8] = "", c[8] = "";

	cr_assert_neq(area, MAP_FAILED);
	memcpy(area, "first", 6);
	memcpy(area + 2 * page, "third", 6);
	munmap(area + page, (size_t)page);

	uint64_t base = (uint64_t)(uintptr_t)area;
	struct hog_span spans[] = { { base, a, 6 },
				    { base + (uint64_t)page, b, 6 },
				    { base + 2 * (uint64_t)page, c, 6 } };

	cr_assert_eq(hog_mem_readv(mem, spans, 3), 6);
	cr_assert_str_eq(a, "first");
	cr_assert_str_eq(c, "", "behind the hole nothing is read");
	cr_assert_eq(hog_mem_readv(mem, spans + 1, 2), 0);
	cr_assert_eq(hog_mem_readv(mem, spans + 2, 1), 6);
	cr_assert_eq(hog_mem_read(mem, base + (uint64_t)page - 4, b, 8),
		     -EFAULT);
	hog_mem_close(mem);
}

Test(mem_live, says_that_a_process_is_gone)
{
	needs_real_kernel();

	pid_t pid = fork();
	char byte;

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);

	struct hog_mem *mem = hog_mem_open_live(pid);

	cr_assert_eq(hog_mem_read(mem, 4096, &byte, 1), -ESRCH);
	hog_mem_close(mem);
}
