/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Greenlets over a made-up memory: the first byte picks the layout of CPython,
 * the rest is what lies at IMAGE.  The tables of functions lie in it, too, so
 * that a word of the input can name them.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_image.h"
#include "python/greenlets.h"
#include "python/python.h"
#include "python/threads.h"

static void read_one(struct hog_greenlets *g, struct hog_pycodes *codes,
		     uint64_t addr)
{
	const struct hog_pytstate states[] = { { .thread_id = IMAGE + 64 },
					       { .main = true } };
	struct hog_pyframe frames[32];
	char name[HOG_GREENLET_NAME_MAX];
	struct hog_greenlet v;
	bool truncated;

	if (hog_greenlet_read(g, addr, &v) < 0)
		return;
	hog_greenlet_thread(g, &v, states, 2);
	hog_greenlet_current_addr(g, &v);
	hog_greenlet_name(g, &v, NULL, name, sizeof(name));
	hog_greenlet_walk(g, codes, &v, frames, 32, &truncated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image im = image_of(data + 1, size ? size - 1 : 0);
	struct hog_map map = { .start = IMAGE,
			       .end = IMAGE + im.len,
			       .prot = HOG_MAP_READ | HOG_MAP_WRITE,
			       .path = "" };
	struct hog_target target = { .maps = { .v = &map, .n = 1 } };
	struct hog_python py = { .target = &target, .mem = &im.mem };
	struct hog_greenlets g = { .py = &py,
				   .user_table = IMAGE + 1,
				   .main_table = IMAGE + 2 };
	struct hog_pycodes *codes;
	unsigned n = 0;

	if (size < 2)
		return 0;
	while (hog_pylayouts[n])
		n++;
	py.lay = *hog_pylayouts[data[0] % n];
	py.version = (uint32_t)py.lay.major << 24 | (uint32_t)py.lay.minor
							    << 16;
	codes = hog_pycodes_new(&py);
	if (codes && hog_greenlets_look(&g, UINT64_MAX) == 0)
		for (size_t i = 0; i < g.n && i < 16; i++)
			read_one(&g, codes, g.v[i]);
	hog_greenlets_fini(&g);
	hog_pycodes_free(codes);
	return 0;
}
