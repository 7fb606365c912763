/* SPDX-License-Identifier: Apache-2.0 */
#include "python/str.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fake_mem.h"
#include "python/python.h"

#define AT 0x10000
#define KIND(n) ((n) << 2)
#define COMPACT (1u << 5)
#define ASCII (1u << 6)
#define READY (1u << 7)

static struct fake_mem fake;
static struct hog_python py;
static char text[4 * HOG_PYSTR_CHARS_MAX + 8];

static void use(unsigned major, unsigned minor, bool free_threaded)
{
	bool guess;

	py = (struct hog_python){ .mem = &fake.mem };
	py.lay = *hog_pylayout_for(major, minor, free_threaded, &guess);
}

static void setup(void)
{
	fake_mem_init(&fake);
	use(3, 12, false);
}

static void teardown(void)
{
	fake_mem_fini(&fake);
}

TestSuite(str, .init = setup, .fini = teardown);

/* A str object of n characters in `len` bytes that end the mapping. */
static void make(uint32_t state, uint64_t n, int32_t data_at, const void *data,
		 size_t len)
{
	unsigned char *p = fake_mem_add(&fake, AT, NULL, (size_t)data_at + len);

	memcpy(p + py.lay.str_length, &n, 8);
	memcpy(p + py.lay.str_state, &state, 4);
	memcpy(p + data_at, data, len);
}

static ssize_t get(void)
{
	memset(text, 'x', sizeof(text));
	return hog_pystr_read(&py, AT, text, sizeof(text));
}

Test(str, ascii_is_read_to_the_end_of_the_mapping)
{
	make(KIND(1) | COMPACT | ASCII, 5, py.lay.str_ascii_data, "hello", 5);
	cr_expect_eq(get(), 5);
	cr_expect_str_eq(text, "hello");
}

Test(str, empty_one_is_empty)
{
	make(KIND(1) | COMPACT | ASCII, 0, py.lay.str_ascii_data, "", 1);
	cr_expect_eq(get(), 0);
	cr_expect_str_eq(text, "");
}

Test(str, latin1_becomes_utf8)
{
	make(KIND(1) | COMPACT, 3, py.lay.str_compact_data, "a\xe9z", 3);
	cr_expect_eq(get(), 4);
	cr_expect_str_eq(text, "a\xc3\xa9z");
}

Test(str, two_and_four_byte_characters_become_utf8)
{
	static const uint16_t two[] = { 0x4e2d, 0x6587 };
	static const uint32_t four[] = { 0x1f600, 'x' };

	make(KIND(2) | COMPACT, 2, py.lay.str_compact_data, two, sizeof(two));
	cr_expect_eq(get(), 6);
	cr_expect_str_eq(text, "\xe4\xb8\xad\xe6\x96\x87");
	fake_mem_fini(&fake);
	make(KIND(4) | COMPACT, 2, py.lay.str_compact_data, four, sizeof(four));
	cr_expect_eq(get(), 5);
	cr_expect_str_eq(text, "\xf0\x9f\x98\x80x");
}

Test(str, lone_surrogate_becomes_a_replacement)
{
	static const uint16_t two[] = { 0xd800 };

	make(KIND(2) | COMPACT, 1, py.lay.str_compact_data, two, sizeof(two));
	cr_expect_eq(get(), 3);
	cr_expect_str_eq(text, "\xef\xbf\xbd");
}

Test(str, one_that_is_not_compact_is_read_through_its_pointer)
{
	uint64_t pointer = 0x20000;

	make(KIND(1), 3, py.lay.str_any_data, &pointer, 8);
	fake_mem_add(&fake, pointer, "abc", 3);
	cr_expect_eq(get(), 3);
	cr_expect_str_eq(text, "abc");
}

Test(str, wide_one_of_36_that_is_not_ready_is_read)
{
	static const uint32_t wide[] = { 'w', 0xe4 };

	use(3, 6, false);
	unsigned char *p = fake_mem_add(&fake, AT, NULL, 80);
	uint64_t at = 0x20000, n = 2;

	memcpy(p + py.lay.str_wstr, &at, 8);
	memcpy(p + 64, &n, 8); /* wstr_length */
	fake_mem_add(&fake, at, wide, sizeof(wide));
	cr_expect_eq(get(), 3);
	cr_expect_str_eq(text, "w\xc3\xa4");
}

Test(str, free_threaded_314_has_its_kind_in_the_second_byte)
{
	use(3, 14, true);
	make(3 | 1u << 8 | 1u << 11 | 1u << 12, 2, py.lay.str_ascii_data, "ok",
	     2);
	cr_expect_eq(get(), 2);
	cr_expect_str_eq(text, "ok");
}

Test(str, names_of_27_are_bytes_and_bad_utf8_is_replaced)
{
	use(2, 7, false);
	unsigned char *p = fake_mem_add(&fake, AT, NULL, 36 + 5);

	p[py.lay.bytes_size] = 5;
	memcpy(p + py.lay.bytes_data, "a\xffz\xc3\xa9", 5);
	cr_expect_eq(get(), 7);
	cr_expect_str_eq(text, "a\xef\xbf\xbdz\xc3\xa9");
}

Test(str, impossible_states_are_refused)
{
	make(KIND(3) | COMPACT, 3, py.lay.str_compact_data, "abc", 3);
	cr_expect_eq(get(), -EBADMSG);
	fake_mem_poke_u32(&fake, AT + 32, KIND(2) | COMPACT | ASCII);
	cr_expect_eq(get(), -EBADMSG);
	fake_mem_poke_u32(&fake, AT + 32, KIND(1) | COMPACT);
	fake_mem_poke_u64(&fake, AT + 16, UINT64_MAX);
	cr_expect_eq(get(), -EBADMSG);
}

Test(str, unmapped_data_is_a_fault)
{
	make(KIND(1) | COMPACT | ASCII, 6, py.lay.str_ascii_data, "hello", 5);
	cr_expect_eq(get(), -EFAULT);
	cr_expect_eq(hog_pystr_read(&py, 0x9000, text, 10), -EFAULT);
}

Test(str, cap_cuts_at_a_character)
{
	make(KIND(1) | COMPACT, 3, py.lay.str_compact_data, "a\xe9z", 3);
	cr_expect_eq(hog_pystr_read(&py, AT, text, 3), 1);
	cr_expect_str_eq(text, "a");
	cr_expect_eq(hog_pystr_read(&py, AT, text, 4), 3);
}

Test(str, overlong_one_is_cut_and_says_so)
{
	static char data[HOG_PYSTR_CHARS_MAX + 10];

	memset(data, 'a', sizeof(data));
	make(KIND(1) | COMPACT | ASCII, sizeof(data), py.lay.str_ascii_data,
	     data, sizeof(data));
	cr_expect_eq(get(), HOG_PYSTR_CHARS_MAX + 3);
	cr_expect_str_eq(text + HOG_PYSTR_CHARS_MAX - 1, "a...");
}

Test(str, bytes_tell_their_whole_length)
{
	unsigned char *p = fake_mem_add(&fake, AT, NULL, 40);
	unsigned char got[4];

	p[py.lay.bytes_size] = 8;
	memcpy(p + py.lay.bytes_data, "12345678", 8);
	cr_expect_eq(hog_pybytes_read(&py, AT, got, sizeof(got)), 8);
	cr_expect_arr_eq(got, "1234", 4);
}
