/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asyncio tasks over a made-up memory: the first byte picks the layout, the
 * rest is what lies at IMAGE.  Its first words are types of every kind; what
 * is no address of the image reads as one, so that objects lead to objects.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_image.h"
#include "python/layout.h"
#include "python/python.h"
#include "python/tasks_priv.h"
#include "python/threads.h"

#define KINDS (HOG_PYKIND_WAKEUP + 1)

/* Every address lies in the image: else few bytes would be of use. */
static int wrapped_read(struct hog_mem *mem, uint64_t addr, void *buf,
			size_t len)
{
	const struct image *im = (const struct image *)mem;
	uint64_t at = (addr - IMAGE) % im->len;

	if (len > im->len - at)
		return -14;
	memcpy(buf, im->bytes + at, len);
	return 0;
}

static const struct hog_mem_ops wrapped_ops = { "wrapped", wrapped_read,
						image_readv, NULL };

static void read_tasks(struct hog_python *py, struct hog_pytasks *pt,
		       struct hog_pychain *chain)
{
	struct hog_pyinterp interp = { .addr = IMAGE };
	struct hog_pytstate state = { .addr = IMAGE + 64, .interp = IMAGE };
	struct hog_pytaskref *refs = NULL;
	uint64_t running[8];

	hog_pytasks_refresh(pt, &interp, 1);
	/* A type is told by its address: the image's first words. */
	for (uint64_t i = 0; i < KINDS; i++)
		for (uint64_t high = 0; high < 16; high++)
			hog_map64_put(&pt->kinds, high << 8 | i, i);
	pt->n_asyncios = 1;
	pt->asyncios[0] = (struct hog_pyasyncio){ IMAGE, IMAGE + 128,
						  IMAGE + 256, IMAGE + 512 };
	hog_pytasks_running(pt, IMAGE, IMAGE + 64, running, 8);
	for (uint64_t at = 0; at < 64; at += 8)
		hog_pychain_read(pt, IMAGE + at, HOG_PYCHAIN_TASKS_MAX, NULL,
				 chain);
	hog_pytask_by_frame(pt, IMAGE + 8);
	if (hog_pytasks_list(pt, &interp, &state, 1, &refs) > 0)
		hog_pychain_read(pt, refs[0].task, 4, NULL, chain);
	free(refs);
	(void)py;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image im;
	struct hog_python py = { .mem = &im.mem };
	struct hog_pycodes *codes;
	struct hog_pychain *chain;
	struct hog_pytasks *pt;
	unsigned n = 0;

	if (size < 600)
		return 0;
	while (hog_pylayouts[n])
		n++;
	py.lay = *hog_pylayouts[data[0] % n];
	py.version = (uint32_t)py.lay.major << 24 | (uint32_t)py.lay.minor
							    << 16;
	(void)hog_pytasks_parse_debug(&py.lay, data + 1, size - 1);
	py.lay = *hog_pylayouts[data[0] % n];
	im = image_of(data + 1, size - 1);
	im.mem.ops = &wrapped_ops;
	codes = hog_pycodes_new(&py);
	pt = hog_pytasks_new(&py, codes);
	chain = malloc(sizeof(*chain));
	if (codes && pt && chain && !hog_pytasks_why_not(&py))
		read_tasks(&py, pt, chain);
	free(chain);
	hog_pytasks_free(pt);
	hog_pycodes_free(codes);
	return 0;
}
