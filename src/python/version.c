/* SPDX-License-Identifier: Apache-2.0 */
/* Which Python it is, from its own memory: names of files lie. */
#include "python/find.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "target/mem.h"

#define SCAN_MAX (64u << 20)
#define SCAN_PIECE (256u << 10)
#define SCAN_OVERLAP 64
#define MICRO_UNKNOWN 0xff
#define LEVEL_FINAL 0xf0

void hog_pyversion_format(uint32_t hex, bool free_threaded, char *buf,
			  size_t cap)
{
	static const char *const levels[16] = {
		[0xa] = "a", [0xb] = "b", [0xc] = "rc"
	};
	const char *level = levels[hex >> 4 & 0xf];
	unsigned micro = hex >> 8 & 0xff;
	char micro_text[8] = "", level_text[8] = "";

	if (micro != MICRO_UNKNOWN)
		snprintf(micro_text, sizeof(micro_text), ".%u", micro);
	if (level)
		snprintf(level_text, sizeof(level_text), "%s%u", level,
			 hex & 0xf);
	snprintf(buf, cap, "%u.%u%s%s%s", hex >> 24, hex >> 16 & 0xff,
		 micro_text, level_text, free_threaded ? "t" : "");
}

/* At most three digits, so that nothing runs over. */
static const char *take_number(const char *p, unsigned *ret)
{
	const char *start = p;

	*ret = 0;
	while (isdigit((unsigned char)*p) && p - start < 3)
		*ret = *ret * 10 + (unsigned)(*p++ - '0');
	return p == start ? NULL : p;
}

static const char *take_level(const char *p, uint32_t *ret)
{
	unsigned serial;
	const char *end;

	*ret = LEVEL_FINAL;
	if (*p == 'a' || *p == 'b' || (p[0] == 'r' && p[1] == 'c')) {
		end = take_number(p + (*p == 'r' ? 2 : 1), &serial);
		if (!end)
			return p;
		*ret = (*p == 'a'   ? 0xa0u
			: *p == 'b' ? 0xb0u
				    : 0xc0u) |
		       (serial & 0xf);
		p = end;
	}
	return *p == '+' ? p + 1 : p;
}

uint32_t hog_pyversion_parse(const char *text, size_t *ret_len)
{
	unsigned major, minor, micro;
	uint32_t level;
	const char *p = take_number(text, &major);

	if (!p || *p != '.' || (major != 2 && major != 3))
		return 0;
	p = take_number(p + 1, &minor);
	if (!p || *p != '.' || minor > 99)
		return 0;
	p = take_number(p + 1, &micro);
	if (!p || micro > 254)
		return 0;
	p = take_level(p, &level);
	*ret_len = (size_t)(p - text);
	return (uint32_t)major << 24 | (uint32_t)minor << 16 |
	       (uint32_t)micro << 8 | level;
}

/* "libpython3.9.so.1.0", "libpython3.6m.so.1.0", "libpython2.7.so.1.0". */
static uint32_t from_soname(struct hog_elf *elf)
{
	const char *p = strstr(hog_elf_soname(elf), "python");
	unsigned major, minor;

	p = p ? take_number(p + 6, &major) : NULL;
	if (!p || *p != '.' || !take_number(p + 1, &minor) || minor > 99)
		return 0;
	return (uint32_t)major << 24 | (uint32_t)minor << 16 |
	       MICRO_UNKNOWN << 8 | LEVEL_FINAL;
}

/* The version that starts sys.version ("3.9.18 (main, ...") in a piece of
 * memory that ends in a NUL; 0: none. */
static uint32_t find_in_piece(const char *piece, size_t len, uint32_t soname)
{
	const char *end = piece + len;

	for (const char *p = piece; p < end; p++) {
		uint32_t hex;
		size_t n;

		p = memchr(p, '.', (size_t)(end - p));
		if (!p)
			break;
		if (p == piece || (p[-1] != '2' && p[-1] != '3') ||
		    (p - 1 > piece && isdigit((unsigned char)p[-2])))
			continue;
		hex = hog_pyversion_parse(p - 1, &n);
		if (!hex || strncmp(p - 1 + n, " (", 2) ||
		    (soname && soname >> 16 != hex >> 16))
			continue;
		return hex;
	}
	return 0;
}

/* Py_GetVersion keeps its answer in a static buffer, filled at start-up. */
static uint32_t from_buffer(struct hog_python *py, uint32_t soname)
{
	_cleanup_free_ char *piece = malloc(SCAN_PIECE + 1);
	uint64_t hi = py->data_hi;

	if (!piece || !py->data_lo || hi - py->data_lo > SCAN_MAX)
		return 0;
	for (uint64_t at = py->data_lo; at < hi;
	     at += SCAN_PIECE - SCAN_OVERLAP) {
		size_t len = hi - at < SCAN_PIECE ? hi - at : SCAN_PIECE;
		uint32_t hex;

		if (hog_mem_read(py->mem, at, piece, len))
			continue;
		piece[len] = '\0';
		hex = find_in_piece(piece, len, soname);
		if (hex)
			return hex;
	}
	return 0;
}

static bool is_version(uint64_t hex)
{
	return hex <= UINT32_MAX && (hex >> 24 == 2 || hex >> 24 == 3) &&
	       (hex >> 16 & 0xff) < 100;
}

int hog_pyversion_find(const struct hog_pysite *site, struct hog_python *py)
{
	struct hog_elfsym sym;
	uint64_t header = 0;
	uint32_t hex = 0, soname;

	if (site->header_len) {
		memcpy(&header, site->header + 8, sizeof(header));
		hex = is_version(header) ? (uint32_t)header : 0;
	}
	soname = hex ? 0 : from_soname(site->elf);
	/* Py_Version is there since 3.11; asking for it where it is not costs
	 * a look through .symtab. */
	if (!hex && site->runtime && (!soname || (soname >> 16 & 0xff) >= 11) &&
	    !hog_elf_symbol(site->elf, "Py_Version", &sym) &&
	    (hog_mem_read_u32(py->mem, sym.value + site->bias, &hex) ||
	     !is_version(hex)))
		hex = 0;
	if (!hex)
		hex = from_buffer(py, soname);
	if (!hex)
		hex = soname;
	if (!hex)
		return -ENOENT;
	py->version = hex;
	return 0;
}
