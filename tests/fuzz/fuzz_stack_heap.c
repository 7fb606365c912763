/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of heap frames (2.7-3.10) on memory that is anything.  Byte 0
 * chooses the version; the rest is one stretch of memory: the thread state at
 * its start, then frames, a code object and byte code.  Between samples some of
 * it changes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fake_mem.h"
#include "python/python.h"
#include "python/stack.h"

#define BASE 0x100000u
#define MEMORY 0x4000u
#define SAMPLES 6
#define TYPE 0x5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t minors[] = { 7, 6, 7, 8, 9, 10 };
	struct fake_mem fake;
	struct hog_python py = { 0 };
	struct hog_pystacks stacks;
	struct hog_pyreader *reader;
	unsigned char *bytes;
	bool guess;

	if (size < 2)
		return 0;
	fake_mem_init(&fake);
	py.mem = &fake.mem;
	py.lay = *hog_pylayout_for(data[0] % 6 ? 3 : 2, minors[data[0] % 6],
				   false, &guess);
	py.sym.frame_type = TYPE;
	bytes = fake_mem_add(&fake, BASE, NULL, MEMORY);
	memcpy(bytes, data + 1, size - 1 < MEMORY ? size - 1 : MEMORY);
	if (hog_pystacks_init(&stacks, &py) < 0)
		abort();
	reader = hog_pyreader_new(&stacks, BASE);
	if (!reader)
		abort();
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct hog_pystack stack = { 0 };
		unsigned tries;

		hog_pyreader_sample(reader, 4, &stack, &tries);
		for (size_t k = 0; k < stack.n; k++)
			if (!stack.frames[k].code)
				abort();
		if (stack.n > HOG_PYSTACK_MAX || stack.common > stack.n)
			abort();
		bytes[(data[size - 1] * 61u + i * 8u) % MEMORY] ^=
			data[size / 2];
	}
	hog_pyreader_free(reader);
	hog_pystacks_fini(&stacks);
	fake_mem_fini(&fake);
	return 0;
}
