/* SPDX-License-Identifier: Apache-2.0 */
/* Exercises python/code.c and coderead.c: byte 0 chooses the layout, the rest
 * is memory with code objects at its start and, overlapping, behind it. */
#include <stdlib.h>
#include <string.h>

#include "fake_mem.h"
#include "python/code.h"
#include "python/python.h"

#define BASE 0x10000
#define N_LAYOUTS 14
#define INPUT_MAX (16 << 10)
#define OBJECTS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct hog_python *py, struct hog_pycodes *codes,
		const struct hog_pycode *c)
{
	struct hog_pyplace place;
	size_t names =
		strlen(c->filename) + strlen(c->name) + strlen(c->qualname);
	unsigned sum = 0;

	if (c->code)
		for (size_t i = 0; i < c->code_len; i++)
			sum += c->code[i];
	for (int32_t at = -2; at < 64; at += 2)
		hog_pycode_place(py, c, at, &place);
	if (place.line < 0 || sum + names == 12345678)
		abort();
	hog_pycodes_by_instr(codes, c->code_start);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_python py = { 0 };
	struct hog_pycodes *codes;
	struct fake_mem fake;

	if (size < 1 || size > INPUT_MAX)
		return 0;
	fake_mem_init(&fake);
	fake_mem_add(&fake, BASE, data + 1, size - 1);
	py.mem = &fake.mem;
	py.lay = *hog_pylayouts[data[0] % N_LAYOUTS];
	codes = hog_pycodes_new(&py);
	if (!codes)
		abort();
	for (uint64_t i = 0; i < OBJECTS; i++) {
		const struct hog_pycode *c;

		c = hog_pycodes_get(codes, BASE + i * 64);
		if (c)
			use(&py, codes, c);
	}
	if (size > 200)
		memset(fake.segs[0].bytes + 100, 0xff, 50);
	hog_pycodes_recheck(codes, OBJECTS);
	hog_pycodes_by_instr(codes, BASE + 300);
	hog_pycodes_trim(codes);
	hog_pycodes_free(codes);
	fake_mem_fini(&fake);
	return 0;
}
