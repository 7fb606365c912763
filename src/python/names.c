/* SPDX-License-Identifier: Apache-2.0 */
/* Thread names: sys.modules['threading']._active, ident -> Thread. */
#include "python/threads.h"

#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "python/dict.h"
#include "python/object.h"
#include "python/python.h"
#include "python/str.h"
#include "python/value_int.h"

static int find_active(const struct hog_python *py,
		       const struct hog_pyinterp *interp, uint64_t *ret)
{
	uint64_t modules, module, dict;
	int r = hog_pyread_ptr(py, interp->addr, py->lay.interp_modules,
			       &modules);

	if (r == 0)
		r = hog_pydict_get(py, modules, "threading", &module);
	if (r == 0)
		r = hog_pyread_ptr(py, module, py->lay.module_dict, &dict);
	if (r == 0)
		r = hog_pydict_get(py, dict, "_active", ret);
	return r;
}

/* Text of a name: any str; in 2.7 mostly a byte string. */
static void read_name(const struct hog_python *py, uint64_t thread, char *name)
{
	const char *attr = py->lay.major == 2 ? "_Thread__name" : "_name";
	struct hog_pytype type;
	uint64_t text;
	ssize_t n = -ENOENT;

	if (hog_pyattr_get(py, thread, attr, &text) == 0 &&
	    hog_pytype_of(py, text, &type) == 0 &&
	    type.flags & (HOG_TPFLAG_STR | HOG_TPFLAG_BYTES))
		n = hog_pystr_read(py, text, name, HOG_PYTHREAD_NAME_MAX);
	if (n < 0)
		name[0] = '\0';
}

static int index_states(const struct hog_pytstate *states, size_t n,
			struct hog_map64 *by_ident)
{
	for (size_t i = 0; i < n; i++) {
		int r = hog_map64_put(by_ident, states[i].thread_id, i);

		if (r < 0)
			return r;
	}
	return 0;
}

int hog_pythread_names(const struct hog_python *py,
		       const struct hog_pyinterp *interp,
		       const struct hog_pytstate *states, size_t n,
		       char (*names)[HOG_PYTHREAD_NAME_MAX])
{
	struct hog_map64 by_ident = { 0 };
	struct hog_pydict_iter it;
	uint64_t active, key, thread;
	int r;

	for (size_t i = 0; i < n; i++)
		names[i][0] = '\0';
	r = find_active(py, interp, &active);
	if (r == 0)
		r = hog_pydict_open(py, active, &it);
	if (r == 0)
		r = index_states(states, n, &by_ident);
	if (r == 0) {
		while ((r = hog_pydict_next(&it, &key, &thread)) > 0) {
			int64_t ident;
			const uint64_t *i;

			if (hog_pyint_read64(py, key, &ident) < 0)
				continue;
			i = hog_map64_get(&by_ident, (uint64_t)ident);
			if (i)
				read_name(py, thread, names[*i]);
		}
	}
	hog_map64_fini(&by_ident);
	return r;
}
