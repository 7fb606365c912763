/* SPDX-License-Identifier: Apache-2.0 */
/* Tables are what the compilers of the versions named wrote for one function
 * of seven lines with a call over two lines. */
#include "python/lines.h"

#include <criterion/criterion.h>
#include <errno.h>

static const unsigned char lnotab_27[] = { 0,  1, 10, 1, 12, 1,
					   19, 1, 3,  1, 16, 1 };
static const unsigned char lnotab_39[] = { 0, 1, 8, 1, 8,    1, 12,
					   1, 2, 1, 2, 0xff, 6, 2 };
static const unsigned char linetable_310[] = { 8, 1, 8, 1, 12,   1, 2,
					       1, 2, 1, 6, 0xff, 4, 2 };
static const unsigned char locations_313[] = {
	0x80, 0x00, 0xd8, 0x08, 0x09, 0x88, 0x41, 0x89, 0x05, 0x80, 0x41,
	0xd8, 0x07, 0x08, 0x88, 0x31, 0x83, 0x75, 0xdc, 0x11, 0x16, 0x90,
	0x71, 0x96, 0x18, 0x88, 0x41, 0xdc, 0x10, 0x11, 0xd8, 0x10, 0x11,
	0xf3, 0x03, 0x01, 0x11, 0x13, 0x8a, 0x41, 0xf1, 0x03, 0x00, 0x12,
	0x1a, 0xf0, 0x06, 0x00, 0x0c, 0x0d, 0x80, 0x48
};

static int32_t line_at(enum hog_pylines format, const unsigned char *table,
		       size_t len, int32_t at)
{
	struct hog_pyplace place;

	cr_assert_eq(hog_pylines_find(format, table, len, 1, at, &place), 0);
	return place.line;
}

#define LINE(format, table, at)                                                \
	line_at(HOG_PYLINES_##format, table, sizeof(table), at)

Test(lines, lnotab_of_27_only_goes_forward)
{
	cr_expect_eq(LINE(LNOTAB_UNSIGNED, lnotab_27, 0), 2);
	cr_expect_eq(LINE(LNOTAB_UNSIGNED, lnotab_27, 21), 3);
	cr_expect_eq(LINE(LNOTAB_UNSIGNED, lnotab_27, 22), 4);
	cr_expect_eq(LINE(LNOTAB_UNSIGNED, lnotab_27, 45), 6);
	cr_expect_eq(LINE(LNOTAB_UNSIGNED, lnotab_27, 999), 7);
}

Test(lines, lnotab_of_39_goes_back_for_the_call_itself)
{
	cr_expect_eq(LINE(LNOTAB, lnotab_39, 28), 5);
	cr_expect_eq(LINE(LNOTAB, lnotab_39, 30), 6);
	cr_expect_eq(LINE(LNOTAB, lnotab_39, 32), 5);
	cr_expect_eq(LINE(LNOTAB, lnotab_39, 38), 7);
}

Test(lines, lnotab_jump_of_more_than_a_byte_is_added_up)
{
	static const unsigned char table[] = { 255, 0, 45, 127, 0, 73, 2, 1 };

	cr_expect_eq(LINE(LNOTAB, table, 299), 1);
	cr_expect_eq(LINE(LNOTAB, table, 300), 201);
	cr_expect_eq(LINE(LNOTAB, table, 302), 202);
}

Test(lines, linetable_of_310_gives_each_range)
{
	cr_expect_eq(LINE(LINETABLE_310, linetable_310, 0), 2);
	cr_expect_eq(LINE(LINETABLE_310, linetable_310, 30), 6);
	cr_expect_eq(LINE(LINETABLE_310, linetable_310, 36), 5);
	cr_expect_eq(LINE(LINETABLE_310, linetable_310, 41), 7);
}

Test(lines, linetable_range_without_line_has_none)
{
	static const unsigned char table[] = { 4, 1, 2, 0x80, 2, 1 };

	cr_expect_eq(LINE(LINETABLE_310, table, 4), 0);
	cr_expect_eq(LINE(LINETABLE_310, table, 6), 3);
}

Test(lines, locations_give_lines_and_columns)
{
	struct hog_pyplace place;

	cr_expect_eq(LINE(LOCATIONS, locations_313, 0), 1);
	cr_assert_eq(hog_pylines_find(HOG_PYLINES_LOCATIONS, locations_313,
				      sizeof(locations_313), 1, 2, &place),
		     0);
	cr_expect_eq(place.line, 2);
	cr_expect_eq(place.column, 8);
	cr_expect_eq(place.end_column, 9);
}

Test(lines, locations_of_a_call_over_two_lines_span_both)
{
	struct hog_pyplace place;
	int32_t at = 0;

	do
		cr_assert_eq(
			hog_pylines_find(HOG_PYLINES_LOCATIONS, locations_313,
					 sizeof(locations_313), 1, at, &place),
			0);
	while (place.end_line == place.line && (at += 2));
	cr_expect_eq(place.line, 5);
	cr_expect_eq(place.end_line, 6);
	cr_expect_eq(place.column, 16);
	cr_expect_eq(place.end_column, 18);
}

Test(lines, frame_that_has_not_started_is_at_the_first_line)
{
	cr_expect_eq(LINE(LOCATIONS, locations_313, -2), 1);
	cr_expect_eq(LINE(LNOTAB, lnotab_39, -1), 1);
}

Test(lines, instruction_behind_the_table_is_an_error)
{
	struct hog_pyplace place;

	cr_expect_eq(hog_pylines_find(HOG_PYLINES_LOCATIONS, locations_313,
				      sizeof(locations_313), 7, 4000, &place),
		     -EBADMSG);
	cr_expect_eq(place.line, 7);
	cr_expect_eq(place.column, -1);
}

Test(lines, truncated_entry_is_an_error)
{
	static const unsigned char table[] = { 0xf3, 0x03 };
	static const unsigned char resync[] = { 0xf3, 0x80, 0x00, 0x00, 0x00 };
	struct hog_pyplace place;

	cr_expect_eq(hog_pylines_find(HOG_PYLINES_LOCATIONS, table,
				      sizeof(table), 1, 0, &place),
		     -EBADMSG);
	cr_expect_eq(hog_pylines_find(HOG_PYLINES_LOCATIONS, resync,
				      sizeof(resync), 1, 0, &place),
		     -EBADMSG);
}

Test(lines, line_numbers_that_run_away_are_an_error)
{
	static const unsigned char table[] = { 0xe8, 0x43, 0x00 };
	struct hog_pyplace place;

	cr_expect_eq(hog_pylines_find(HOG_PYLINES_LOCATIONS, table,
				      sizeof(table), 0, 0, &place),
		     -EBADMSG);
	cr_expect_eq(place.line, 0);
}
