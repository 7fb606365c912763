/* SPDX-License-Identifier: Apache-2.0 */
#include "python/lines.h"

#include <errno.h>

#include "base/cursor.h"

/* Beyond this a line number is taken for damage: no source is that long, and
 * sums of two such stay far inside an int32_t. */
#define LINE_MAX_PLAUSIBLE (1 << 28)

static bool is_line(int64_t line)
{
	return line >= 0 && line <= LINE_MAX_PLAUSIBLE;
}

/* Pairs of (bytes, line delta): the last pair that begins at or before `at`
 * decides.  Deltas are signed since 3.6. */
static int find_lnotab(struct hog_cursor *cur, bool is_signed, int32_t at,
		       struct hog_pyplace *ret)
{
	int64_t line = ret->line;
	int64_t addr = 0;

	if (hog_cursor_left(cur) % 2)
		return -EBADMSG;
	while (hog_cursor_left(cur)) {
		uint8_t bytes = hog_cursor_u8(cur);
		uint8_t delta = hog_cursor_u8(cur);

		addr += bytes;
		if (addr > at)
			break;
		line += is_signed ? (int8_t)delta : (int)delta;
	}
	if (!is_line(line))
		return -EBADMSG;
	ret->line = ret->end_line = (int32_t)line;
	return 0;
}

/* 3.10: pairs of (length of a range, delta to its line); -128 is a range
 * without a line. */
static int find_linetable(struct hog_cursor *cur, int32_t at,
			  struct hog_pyplace *ret)
{
	int64_t line = ret->line;
	int64_t end = 0;

	while (hog_cursor_left(cur)) {
		uint8_t bytes = hog_cursor_u8(cur);
		int8_t delta = (int8_t)hog_cursor_u8(cur);

		if (cur->bad)
			return -EBADMSG;
		end += bytes;
		if (delta != -128)
			line += delta;
		if (end <= at)
			continue;
		if (!is_line(line))
			return -EBADMSG;
		ret->line = ret->end_line = delta == -128 ? 0 : (int32_t)line;
		return 0;
	}
	return -EBADMSG;
}

/* Six bits a byte, low first, bit 6: more follow.  Bit 7 starts an entry, so
 * it never stands inside a number. */
static uint32_t location_varint(struct hog_cursor *cur)
{
	uint32_t value = 0;

	for (unsigned shift = 0; shift < 30; shift += 6) {
		uint8_t byte = hog_cursor_u8(cur);

		if (byte & 0x80)
			cur->bad = true;
		value |= (uint32_t)(byte & 0x3f) << shift;
		if (!(byte & 0x40))
			return value;
	}
	cur->bad = true;
	return 0;
}

static int32_t location_svarint(struct hog_cursor *cur)
{
	uint32_t value = location_varint(cur);

	return value & 1 ? -(int32_t)(value >> 1) : (int32_t)(value >> 1);
}

enum {
	LOCATION_SHORT_LAST = 9, /* 0-9: same line, columns in one byte */
	LOCATION_ONE_LINE_0 = 10,
	LOCATION_ONE_LINE_2 = 12,
	LOCATION_NO_COLUMNS = 13,
	LOCATION_LONG = 14,
	LOCATION_NONE = 15,
};

/* Reads the payload of one entry; moves *line on and fills the place. */
static void location_entry(struct hog_cursor *cur, unsigned code, int64_t *line,
			   struct hog_pyplace *ret)
{
	int64_t end_line;
	uint8_t byte;

	ret->column = ret->end_column = -1;
	if (code <= LOCATION_SHORT_LAST) {
		byte = hog_cursor_u8(cur);
		ret->column = (int32_t)code * 8 + (byte >> 4);
		ret->end_column = ret->column + (byte & 15);
	} else if (code <= LOCATION_ONE_LINE_2) {
		*line += (int)code - LOCATION_ONE_LINE_0;
		ret->column = hog_cursor_u8(cur);
		ret->end_column = hog_cursor_u8(cur);
	} else if (code != LOCATION_NONE) {
		*line += location_svarint(cur);
	}
	end_line = *line;
	if (code == LOCATION_LONG) {
		end_line += location_varint(cur);
		ret->column = (int32_t)location_varint(cur) - 1;
		ret->end_column = (int32_t)location_varint(cur) - 1;
	}
	if (!is_line(*line) || !is_line(end_line)) {
		cur->bad = true;
		return;
	}
	ret->line = code == LOCATION_NONE ? 0 : (int32_t)*line;
	ret->end_line = code == LOCATION_NONE ? 0 : (int32_t)end_line;
}

/* 3.11+. */
static int find_location(struct hog_cursor *cur, int32_t at,
			 struct hog_pyplace *ret)
{
	struct hog_pyplace place = *ret;
	int64_t line = ret->line;
	int64_t end = 0;

	while (hog_cursor_left(cur)) {
		uint8_t first = hog_cursor_u8(cur);

		if (!(first & 0x80))
			return -EBADMSG;
		end += 2 * ((first & 7) + 1);
		location_entry(cur, (first >> 3) & 15, &line, &place);
		if (cur->bad)
			return -EBADMSG;
		if (at < end) {
			*ret = place;
			return 0;
		}
	}
	return -EBADMSG;
}

int hog_pylines_find(enum hog_pylines format, const unsigned char *table,
		     size_t len, int32_t firstlineno, int32_t at,
		     struct hog_pyplace *ret)
{
	struct hog_cursor cur;

	*ret = (struct hog_pyplace){ firstlineno, firstlineno, -1, -1 };
	if (at < 0)
		return 0;
	if (!is_line(firstlineno) || len > HOG_PYLINES_MAX)
		return -EBADMSG;
	/* An empty table may come without an address. */
	hog_cursor_init(&cur, len ? table : (const unsigned char *)"", len);
	switch (format) {
	case HOG_PYLINES_LNOTAB_UNSIGNED:
		return find_lnotab(&cur, false, at, ret);
	case HOG_PYLINES_LNOTAB:
		return find_lnotab(&cur, true, at, ret);
	case HOG_PYLINES_LINETABLE_310:
		return find_linetable(&cur, at, ret);
	case HOG_PYLINES_LOCATIONS:
		return find_location(&cur, at, ret);
	}
	return -EBADMSG;
}
