/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values, locals, dicts, thread lists and names over a made-up memory: the
 * first byte picks the layout, the rest is what lies at IMAGE, where every
 * pointer that should lead somewhere points back to.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_image.h"
#include "python/dict.h"
#include "python/object.h"
#include "python/python.h"
#include "python/stack.h"
#include "python/threads.h"
#include "python/value_read.h"

static void read_value(const struct hog_python *py)
{
	struct hog_pyvalues *ctx = calloc(1, sizeof(*ctx));
	struct hog_pyvalue value = { 0 };
	struct hog_buf repr = { 0 };
	char type[HOG_PYTYPE_NAME_MAX];

	if (!ctx)
		return;
	ctx->py = py;
	ctx->limit = 64;
	hog_pyvalue_read_ref(ctx, IMAGE, 0, &value, &repr, type);
	hog_pyvalue_cut(&repr, ctx->limit);
	hog_pyvalue_fini(&value);
	hog_buf_fini(&repr);
	free(ctx);
}

static void read_locals(const struct hog_python *py, uint32_t flags)
{
	const struct hog_pycode code = { .addr = IMAGE, .flags = flags };
	const struct hog_pyframe frame = { &code, 0, IMAGE };
	struct hog_pylocal *locals = NULL;
	int n = hog_pylocals_read(py, &frame, 64, &locals);

	hog_pylocals_free(locals, n > 0 ? (size_t)n : 0);
}

static void read_threads(const struct hog_python *py)
{
	struct hog_pyinterp interps[4];
	struct hog_pytstate states[8];
	char names[8][HOG_PYTHREAD_NAME_MAX];
	struct hog_pygil gil;
	char *path = NULL;
	int n = hog_pyinterps_list(py, interps, 4);

	for (int i = 0; i < n; i++) {
		int m = hog_pytstates_list(py, &interps[i], states, 8);

		if (m > 0)
			hog_pythread_names(py, &interps[i], states, (size_t)m,
					   names);
		hog_pygil_read(py, &interps[i], &gil);
		if (hog_pysyspath_read(py, &interps[i], &path) == 0)
			free(path);
	}
}

static void walk(const struct hog_python *py)
{
	struct hog_pycodes *codes = hog_pycodes_new(py);
	struct hog_pyframe frames[32];
	bool truncated;

	if (codes)
		hog_pystack_walk(py, codes, IMAGE, frames, 32, &truncated);
	hog_pycodes_free(codes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_python py = { .interp_head_addr = IMAGE };
	struct image im;
	unsigned n = 0;

	while (hog_pylayouts[n])
		n++;
	if (size < 2)
		return 0;
	py.lay = *hog_pylayouts[data[0] % n];
	py.version = (uint32_t)py.lay.major << 24 | (uint32_t)py.lay.minor
							    << 16;
	im = image_of(data + 2, size - 2);
	py.mem = &im.mem;
	switch (data[1] % 5) {
	case 0:
		read_value(&py);
		break;
	case 1:
		read_locals(&py, 1);
		break;
	case 2:
		read_locals(&py, 0);
		break;
	case 3:
		read_threads(&py);
		break;
	default:
		walk(&py);
	}
	return 0;
}
