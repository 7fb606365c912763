/* SPDX-License-Identifier: Apache-2.0 */
/* Exercises the readers of moving stacks (stack_data.c, stack_heap.c and the
 * files beside them) and the walk of standing ones: byte 0 chooses the layout,
 * the rest is a thread state, chunks, frames and code objects, in which every
 * pointer may point anywhere.  Between samples some bytes change. */
#include <stdlib.h>
#include <string.h>

#include "fake_mem.h"
#include "python/python.h"
#include "python/stack.h"

#define BASE 0x10000
#define INPUT_MAX (32 << 10)
#define SAMPLES 6
#define TRIES 3
#define FRAMES 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned layouts(void)
{
	unsigned n = 0;

	while (hog_pylayouts[n])
		n++;
	return n;
}

static void check(const struct hog_pystack *s)
{
	if (s->n > HOG_PYSTACK_MAX || s->common > s->n)
		abort();
	for (size_t i = 0; i < s->n; i++)
		if (s->frames[i].code && !s->frames[i].code->name)
			abort();
}

static void sample(struct hog_pystacks *stacks, struct fake_mem *fake)
{
	struct hog_pyreader *r = hog_pyreader_new(stacks, BASE);
	struct hog_pyframe frames[FRAMES];
	struct hog_pystack stack;
	bool truncated;

	if (!r)
		abort();
	for (unsigned i = 0; i < SAMPLES; i++) {
		struct fake_seg *seg = &fake->segs[0];

		if (hog_pyreader_sample(r, TRIES, &stack, NULL) ==
		    HOG_PYSTACK_OK)
			check(&stack);
		if (hog_pycodes_recheck(stacks->codes, 64) ||
		    hog_pycodes_trim(stacks->codes))
			r->ops->forget(r);
		seg->bytes[(size_t)i * 997 % seg->len] ^= 0x10;
	}
	hog_pystack_walk(stacks->py, stacks->codes, BASE, frames, FRAMES,
			 &truncated);
	hog_pyreader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_python py = { 0 };
	struct hog_pystacks stacks;
	struct fake_mem fake;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	fake_mem_init(&fake);
	fake_mem_add(&fake, BASE, data + 1, size - 1);
	py.mem = &fake.mem;
	py.lay = *hog_pylayouts[data[0] % layouts()];
	if (hog_pystacks_init(&stacks, &py) < 0)
		abort();
	sample(&stacks, &fake);
	hog_pystacks_fini(&stacks);
	fake_mem_fini(&fake);
	return 0;
}
