/* SPDX-License-Identifier: Apache-2.0 */
/* sys.path, by which file names are shortened. */
#include "python/threads.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "python/dict.h"
#include "python/object.h"
#include "python/python.h"
#include "python/str.h"

#define PATHS_MAX 512 /* longer ones than any seen; the rest is not used */

static int read_list(const struct hog_python *py,
		     const struct hog_pyinterp *interp, uint64_t items[],
		     size_t *ret_n)
{
	uint64_t sysdict, list, size, first;
	int r = hog_pyread_ptr(py, interp->addr, py->lay.interp_sysdict,
			       &sysdict);

	if (r == 0)
		r = hog_pydict_get(py, sysdict, "path", &list);
	if (r == 0)
		r = hog_pyread_ptr(py, list, py->lay.bytes_size, &size);
	if (r == 0)
		r = hog_pyread_ptr(py, list, py->lay.list_items, &first);
	if (r < 0)
		return r;
	if (size > (uint64_t)1 << 32)
		return -EBADMSG;
	if (size > PATHS_MAX)
		size = PATHS_MAX;
	*ret_n = (size_t)size;
	return size ? hog_mem_read(py->mem, first, items,
				   (size_t)size * sizeof(*items))
		    : 0;
}

int hog_pysyspath_read(const struct hog_python *py,
		       const struct hog_pyinterp *interp, char **ret)
{
	uint64_t items[PATHS_MAX];
	char text[HOG_PYSTR_CHARS_MAX];
	struct hog_buf out = { 0 };
	size_t n = 0;
	int r = read_list(py, interp, items, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct hog_pytype type;

		if (hog_pytype_of(py, items[i], &type) < 0 ||
		    !(type.flags & (HOG_TPFLAG_STR | HOG_TPFLAG_BYTES)))
			continue; /* sys.path may hold anything */
		if (hog_pystr_read(py, items[i], text, sizeof(text)) > 0)
			hog_buf_add(&out, text, strlen(text) + 1);
	}
	hog_buf_add_u8(&out, 0);
	hog_buf_add_u8(&out, 0); /* an empty list ends too */
	if (out.failed) {
		hog_buf_fini(&out);
		return -ENOMEM;
	}
	*ret = (char *)hog_move(out.data);
	return 0;
}
