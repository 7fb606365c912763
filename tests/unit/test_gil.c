/* SPDX-License-Identifier: Apache-2.0 */
#include "python/threads.h"

#include <criterion/criterion.h>
#include <string.h>

#include "python/python.h"

#define LAST_HOLDER 0x1008 /* as in CPython: the holder, then locked */
#define LOCKED 0x1010

static const struct hog_pyinterp interp = {
	.gil_holder_addr = LAST_HOLDER,
	.gil_locked_addr = LOCKED,
};

Test(gil, both_words_come_in_one_span)
{
	struct hog_python py = { 0 };
	uint64_t addr;

	cr_assert_eq(hog_pygil_span(&py, &interp, &addr), 24);
	cr_assert_eq(addr, LAST_HOLDER);
}

Test(gil, a_free_gil_has_no_holder)
{
	unsigned char bytes[HOG_PYGIL_SPAN_MAX] = { 0 };
	uint64_t holder = 0x7f00aabb;

	memcpy(bytes, &holder, sizeof(holder)); /* the last one */
	cr_assert_eq(hog_pygil_span_holder(&interp, bytes), 0);
	bytes[LOCKED - LAST_HOLDER] = 1;
	cr_assert_eq(hog_pygil_span_holder(&interp, bytes), holder);
	memset(bytes + LOCKED - LAST_HOLDER, 0xff, 4); /* -1: not made yet */
	cr_assert_eq(hog_pygil_span_holder(&interp, bytes), 0);
}

Test(gil, the_number_of_switches_stands_behind)
{
	unsigned char bytes[HOG_PYGIL_SPAN_MAX] = { 0 };
	struct hog_pyinterp old = { .gil_holder_addr = LAST_HOLDER };
	struct hog_python py = { 0 };
	uint64_t holder = 0, last = 0x7f00aabb, switches = 41;

	memcpy(bytes + 16, &switches, sizeof(switches));
	cr_assert_eq(hog_pygil_span_switches(&py, &interp, bytes, &holder), 0);
	memcpy(bytes, &last, sizeof(last));
	cr_assert_eq(hog_pygil_span_switches(&py, &interp, bytes, &holder), 42);
	cr_assert_eq(holder, last);
	cr_assert_eq(hog_pygil_span_switches(&py, &old, bytes, &holder), 0);
	py.lay.free_threaded = true;
	cr_assert_eq(hog_pygil_span_switches(&py, &interp, bytes, &holder), 0);
}

Test(gil, before_37_there_is_the_holder_only)
{
	struct hog_pyinterp old = { .gil_holder_addr = LAST_HOLDER };
	struct hog_python py = { 0 };
	unsigned char bytes[HOG_PYGIL_SPAN_MAX] = { 0xcd, 0xab };
	uint64_t addr;

	cr_assert_eq(hog_pygil_span(&py, &old, &addr), 8);
	cr_assert_eq(hog_pygil_span_holder(&old, bytes), 0xabcd);
}

Test(gil, words_far_apart_are_not_read_together)
{
	struct hog_pyinterp far = interp;
	struct hog_python py = { 0 };
	uint64_t addr;

	far.gil_locked_addr = LAST_HOLDER + HOG_PYGIL_SPAN_MAX;
	cr_assert_eq(hog_pygil_span(&py, &far, &addr), 0);
	far.gil_locked_addr = UINT64_MAX - 1;
	cr_assert_eq(hog_pygil_span(&py, &far, &addr), 0);
}

Test(gil, without_a_gil_there_is_nothing_to_read)
{
	struct hog_python py = { .lay.free_threaded = true };
	uint64_t addr;

	cr_assert_eq(hog_pygil_span(&py, &interp, &addr), 0);
}
