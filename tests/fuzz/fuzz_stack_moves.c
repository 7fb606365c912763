/* SPDX-License-Identifier: Apache-2.0 */
/* Exercises the data-stack reader on a sound thread that then goes wrong: the
 * input is a list of 8-byte words put somewhere into its memory, each word a
 * small number, a pointer into the thread, or garbage, with samples between. */
#include <stdlib.h>
#include <string.h>

#include "fake_stack.h"

#define STEP 6
#define INPUT_MAX 4096
#define FAKE_FRAMES 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t word_of(const struct fake_stack *f, uint8_t kind, uint16_t arg)
{
	switch (kind % 5) {
	case 0:
		return arg;
	case 1:
		return FAKE_CHUNK + arg % FAKE_CHUNK_SIZE;
	case 2:
		return f->code[arg % FAKE_CODES];
	case 3:
		return fake_stack_addr(f, arg % FAKE_FRAMES);
	default:
		return (uint64_t)arg << 48 | arg;
	}
}

static void poke(struct fake_stack *f, const uint8_t *step)
{
	const struct fake_seg *seg = &f->mem.segs[step[0] % f->mem.n];
	size_t at = ((size_t)step[1] << 8 | step[2]) * 4 % seg->len;
	uint64_t word = word_of(f, step[3], (uint16_t)(step[4] << 8 | step[5]));

	if (at + sizeof(word) <= seg->len)
		memcpy(seg->bytes + at, &word, sizeof(word));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_pystack stack;
	struct fake_stack f;

	if (size > INPUT_MAX)
		return 0;
	fake_stack_init(&f);
	fake_stack_chain(&f, FAKE_FRAMES);
	for (size_t i = 0; i + STEP <= size; i += STEP) {
		poke(&f, data + i);
		if (data[i] & 0x80)
			continue; /* several changes between two samples */
		if (fake_stack_sample(&f, &stack) == HOG_PYSTACK_OK &&
		    (stack.n > HOG_PYSTACK_MAX || stack.common > stack.n))
			abort();
	}
	fake_stack_fini(&f);
	return 0;
}
