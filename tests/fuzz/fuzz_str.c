/* SPDX-License-Identifier: Apache-2.0 */
/* Exercises python/str.c: byte 0 chooses the layout, the rest is memory with a
 * str object at its start. */
#include <stdlib.h>
#include <string.h>

#include "fake_mem.h"
#include "python/python.h"
#include "python/str.h"

#define BASE 0x10000
#define N_LAYOUTS 14
#define INPUT_MAX (64 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_into(const struct hog_python *py, char *text, size_t cap)
{
	ssize_t n = hog_pystr_read(py, BASE, text, cap);

	if (n >= 0 && ((size_t)n >= cap || text[n] != '\0'))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[4 * HOG_PYSTR_CHARS_MAX];
	struct hog_python py = { 0 };
	struct fake_mem fake;

	if (size < 1 || size > INPUT_MAX)
		return 0;
	fake_mem_init(&fake);
	fake_mem_add(&fake, BASE, data + 1, size - 1);
	py.mem = &fake.mem;
	py.lay = *hog_pylayouts[data[0] % N_LAYOUTS];
	read_into(&py, text, sizeof(text));
	read_into(&py, text, 7);
	hog_pybytes_read(&py, BASE, text, 64);
	fake_mem_fini(&fake);
	return 0;
}
