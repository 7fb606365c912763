/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

#define VARINT_BITS 64

void hog_cursor_init(struct hog_cursor *cur, const void *bytes, size_t len)
{
	cur->pos = bytes ? bytes : (const void *)""; /* nothing of nothing */
	cur->end = cur->pos + (bytes ? len : 0);
	cur->bad = false;
}

size_t hog_cursor_left(const struct hog_cursor *cur)
{
	return (size_t)(cur->end - cur->pos);
}

const unsigned char *hog_cursor_take(struct hog_cursor *cur, size_t len)
{
	const unsigned char *taken = cur->pos;

	if (cur->bad || len > hog_cursor_left(cur)) {
		cur->bad = true;
		return NULL;
	}
	cur->pos += len;
	return taken;
}

static uint64_t little_endian(struct hog_cursor *cur, size_t len)
{
	const unsigned char *bytes = hog_cursor_take(cur, len);
	uint64_t value = 0;

	if (!bytes)
		return 0;
	for (size_t i = len; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

uint8_t hog_cursor_u8(struct hog_cursor *cur)
{
	return (uint8_t)little_endian(cur, 1);
}

uint16_t hog_cursor_u16(struct hog_cursor *cur)
{
	return (uint16_t)little_endian(cur, 2);
}

uint32_t hog_cursor_u32(struct hog_cursor *cur)
{
	return (uint32_t)little_endian(cur, 4);
}

uint64_t hog_cursor_u64(struct hog_cursor *cur)
{
	return little_endian(cur, 8);
}

uint64_t hog_cursor_varint(struct hog_cursor *cur)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < VARINT_BITS; shift += 7) {
		uint8_t byte = hog_cursor_u8(cur);

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return cur->bad ? 0 : value;
	}
	cur->bad = true;
	return 0;
}

int64_t hog_cursor_svarint(struct hog_cursor *cur)
{
	uint64_t raw = hog_cursor_varint(cur);

	return (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
}
