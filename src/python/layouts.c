/* SPDX-License-Identifier: Apache-2.0 */
#include "python/layout.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Newest minor whose _Py_DebugOffsets we have seen; the bytes of the header
 * that never moved: cookie, version, free_threaded. */
#define HEADER_MIN 24
#define HEADER_COOKIE "xdebugpy"
/* No offset and no struct that CPython has comes near it. */
#define SIZE_LIMIT (1u << 24)
/* Py_TRACE_REFS puts two pointers before ob_refcnt. */
#define TRACE_REFS_SHIFT 16

/* One number of the layout that the header tells: *field = u64 at `at`, plus
 * that at `plus`, minus that at `minus` (0: none), and the number at `at` is
 * below that at `limit` (0: no limit but SIZE_LIMIT). */
struct overlay_row {
	uint16_t field;
	uint16_t at, plus, minus, limit;
	bool free_threaded; /* only such builds fill it in */
};

struct overlay_check { /* a size that must hold, or the map does not fit */
	uint16_t at;
	uint8_t size, size_ft;
};

struct overlay_map {
	uint8_t minor;
	uint16_t size; /* of the header */
	const struct overlay_row *rows;
	size_t n;
	struct overlay_check checks[4];
};

#include "python/layouts/debug_offsets.inc"

static const struct hog_pylayout cp27 = {
#include "python/layouts/cp27.inc"
};
static const struct hog_pylayout cp36 = {
#include "python/layouts/cp36.inc"
};
static const struct hog_pylayout cp37 = {
#include "python/layouts/cp37.inc"
};
static const struct hog_pylayout cp38 = {
#include "python/layouts/cp38.inc"
};
static const struct hog_pylayout cp39 = {
#include "python/layouts/cp39.inc"
};
static const struct hog_pylayout cp310 = {
#include "python/layouts/cp310.inc"
};
static const struct hog_pylayout cp311 = {
#include "python/layouts/cp311.inc"
};
static const struct hog_pylayout cp312 = {
#include "python/layouts/cp312.inc"
};
static const struct hog_pylayout cp313 = {
#include "python/layouts/cp313.inc"
};
static const struct hog_pylayout cp314 = {
#include "python/layouts/cp314.inc"
};
static const struct hog_pylayout cp315 = {
#include "python/layouts/cp315.inc"
};
static const struct hog_pylayout cp313t = {
#include "python/layouts/cp313t.inc"
};
static const struct hog_pylayout cp314t = {
#include "python/layouts/cp314t.inc"
};
static const struct hog_pylayout cp315t = {
#include "python/layouts/cp315t.inc"
};

const struct hog_pylayout *const hog_pylayouts[] = {
	&cp27,  &cp36,  &cp37,  &cp38,   &cp39,   &cp310,  &cp311, &cp312,
	&cp313, &cp314, &cp315, &cp313t, &cp314t, &cp315t, NULL,
};

const struct hog_pylayout *hog_pylayout_for(unsigned major, unsigned minor,
					    bool free_threaded, bool *ret_guess)
{
	const struct hog_pylayout *newest = NULL;

	for (size_t i = 0; hog_pylayouts[i]; i++) {
		const struct hog_pylayout *lay = hog_pylayouts[i];

		if (lay->major != major || lay->free_threaded != free_threaded)
			continue;
		if (lay->minor == minor) {
			*ret_guess = false;
			return lay;
		}
		newest = lay;
	}
	if (!newest || major != 3 || minor < newest->minor)
		return NULL;
	*ret_guess = true;
	return newest;
}

/* Groups whose structs begin with a PyObject header.  A generator's embedded
 * frame (gen_iframe) moves with its object; iframe fields do not. */
#define SHIFT_runtime 0
#define SHIFT_interp 0
#define SHIFT_gil 0
#define SHIFT_tstate 0
#define SHIFT_tstate_impl 0
#define SHIFT_cframe 0
#define SHIFT_iframe 0
#define SHIFT_stackchunk 0
#define SHIFT_frame TRACE_REFS_SHIFT
#define SHIFT_gen TRACE_REFS_SHIFT
#define SHIFT_func TRACE_REFS_SHIFT
#define SHIFT_code TRACE_REFS_SHIFT
#define SHIFT_object TRACE_REFS_SHIFT
#define SHIFT_bytes TRACE_REFS_SHIFT
#define SHIFT_unicode TRACE_REFS_SHIFT
#define SHIFT_unicode_full TRACE_REFS_SHIFT
#define SHIFT_unicode_compact TRACE_REFS_SHIFT
#define SHIFT_tuple TRACE_REFS_SHIFT
#define SHIFT_list TRACE_REFS_SHIFT
#define SHIFT_cell TRACE_REFS_SHIFT
#define SHIFT_module TRACE_REFS_SHIFT
#define SHIFT_long TRACE_REFS_SHIFT
#define SHIFT_type TRACE_REFS_SHIFT
#define SHIFT_heaptype TRACE_REFS_SHIFT
#define SHIFT_dict TRACE_REFS_SHIFT
#define SHIFT_set TRACE_REFS_SHIFT
#define SHIFT_instance TRACE_REFS_SHIFT
#define SHIFT_class TRACE_REFS_SHIFT
#define SHIFT_task TRACE_REFS_SHIFT
#define SHIFT_weakref TRACE_REFS_SHIFT
#define SHIFT__sizeof 0 /* those of objects: below */

void hog_pylayout_trace_refs(struct hog_pylayout *lay)
{
	int32_t *const object_sizes[] = {
		&lay->frame_size,
		&lay->code_size,
		&lay->str_ascii_data,
		&lay->str_compact_data,
	};

#define X(field, group, keys)                                                  \
	if (lay->field != HOG_NO_FIELD)                                        \
		lay->field += SHIFT_##group;
	HOG_PYLAYOUT_FIELDS(X)
#undef X
	for (size_t i = 0; i < sizeof(object_sizes) / sizeof(*object_sizes);
	     i++)
		if (*object_sizes[i] != HOG_NO_FIELD)
			*object_sizes[i] += TRACE_REFS_SHIFT;
	lay->traced_refs = true;
}

static uint64_t image_u64(const unsigned char *image, uint16_t at)
{
	uint64_t value;

	memcpy(&value, image + at, sizeof(value));
	return value;
}

static bool map_fits(const struct overlay_map *map, const unsigned char *image,
		     uint32_t len, bool free_threaded)
{
	if (len < map->size)
		return false;
	for (size_t i = 0; i < 4; i++) {
		const struct overlay_check *check = &map->checks[i];
		uint64_t want = free_threaded ? check->size_ft : check->size;

		if (image_u64(image, check->at) != want)
			return false;
	}
	return true;
}

/* The number that a row tells; -1: it cannot be. */
static int64_t row_value(const struct overlay_row *row,
			 const unsigned char *image)
{
	uint64_t value = image_u64(image, row->at);
	uint64_t limit = row->limit ? image_u64(image, row->limit) : SIZE_LIMIT;
	uint64_t plus = row->plus ? image_u64(image, row->plus) : 0;
	uint64_t minus = row->minus ? image_u64(image, row->minus) : 0;

	if (limit > SIZE_LIMIT || value >= limit || plus >= SIZE_LIMIT ||
	    minus > value + plus)
		return -1;
	return (int64_t)(value + plus - minus);
}

static const struct overlay_map *map_for(unsigned minor)
{
	const struct overlay_map *map = NULL;

	for (size_t i = 0; i < sizeof(overlay_maps) / sizeof(*overlay_maps);
	     i++)
		if (overlay_maps[i].minor <= minor)
			map = &overlay_maps[i];
	return map;
}

int hog_pylayout_overlay(struct hog_pylayout *lay, const void *image,
			 uint32_t len)
{
	const unsigned char *bytes = image;
	struct hog_pylayout new = *lay;
	const struct overlay_map *map;
	uint64_t version;

	if (len < HEADER_MIN || memcmp(bytes, HEADER_COOKIE, 8))
		return -EBADMSG;
	version = image_u64(bytes, 8);
	if (version >> 32 || (version >> 24) != 3 ||
	    (image_u64(bytes, 16) != 0) != lay->free_threaded)
		return -EBADMSG;
	map = map_for((version >> 16) & 0xff);
	if (!map || !map_fits(map, bytes, len, lay->free_threaded))
		return -EBADMSG;
	for (size_t i = 0; i < map->n; i++) {
		const struct overlay_row *row = &map->rows[i];
		int32_t *field = (int32_t *)((char *)&new + row->field);
		int64_t value = row_value(row, bytes);

		if (row->free_threaded && !lay->free_threaded)
			continue;
		if (value < 0)
			return -EBADMSG;
		*field = (int32_t)value;
	}
	/* Not in the header, but always the member behind the chunk. */
	new.tstate_datastack_top +=
		new.tstate_datastack_chunk - lay->tstate_datastack_chunk;
	*lay = new;
	return 0;
}
