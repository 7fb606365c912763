/* SPDX-License-Identifier: Apache-2.0 */
/* Version and layout of a CPython that was found, fitted to its build. */
#include <errno.h>

#include "base/err.h"
#include "python/find.h"
#include "target/mem.h"

#define WAIT_HINT "try again when it has started up, or use --wait"

static int pid_of(const struct hog_python *py)
{
	return py->target ? py->target->pid : 0;
}

/* Whether each object begins with two more pointers (Py_TRACE_REFS): where
 * PyType_Type points at itself.  From 3.13 on nothing moves. */
static bool has_trace_refs(const struct hog_python *py)
{
	uint64_t head[4], type = py->sym.type_type;

	return type && !py->debug_offsets &&
	       !hog_mem_read(py->mem, type, head, sizeof(head)) &&
	       head[1] != type && head[3] == type;
}

/* 3.7.0-3.7.3 had no switch_cond and switch_mutex in the GIL, so that what
 * comes behind it lies 88 bytes lower. */
static void fit_micro(struct hog_python *py)
{
	if (py->version >> 8 >= 0x030704 || py->version >> 16 != 0x0307)
		return;
	py->lay.runtime_tstate_current -= 88;
	py->lay.runtime_size -= 88;
	py->lay.gil_switch_cond = py->lay.gil_switch_mutex = HOG_NO_FIELD;
}

/* Version and layout of a site. */
static int choose_layout(const struct hog_pysite *site, struct hog_python *py,
			 struct hog_err *err)
{
	bool free_threaded = site->header_len && site->header[16];
	const struct hog_pylayout *lay;

	if (hog_elf_writable(site->elf, &py->data_lo, &py->data_hi) == 0) {
		py->data_lo += site->bias;
		py->data_hi += site->bias;
	}
	if (hog_pyversion_find(site, py))
		return hog_err_say(err, -ENOTSUP, NULL,
				   "cannot tell the version of the Python in "
				   "process %d",
				   pid_of(py));
	hog_pyversion_format(py->version, free_threaded, py->version_text,
			     sizeof(py->version_text));
	lay = hog_pylayout_for(py->version >> 24, py->version >> 16 & 0xff,
			       free_threaded, &py->guessed_layout);
	if (!lay || (lay->minor >= 13 && !site->header_len))
		return hog_err_say(err, -ENOTSUP,
				   "CPython 2.7 and 3.6 or later can be read",
				   "Python %s is not supported",
				   py->version_text);
	py->lay = *lay;
	fit_micro(py);
	if (!site->header_len || lay->major != 3 || lay->minor < 13)
		return 0;
	if (hog_pylayout_overlay(&py->lay, site->header, site->header_len))
		return hog_err_say(err, -ENOTSUP,
				   "a pre-release, or newer than this hognose",
				   "unknown layout of Python %s",
				   py->version_text);
	py->debug_offsets = true;
	return 0;
}

static int say_prove(int r, const struct hog_python *py, struct hog_err *err)
{
	if (r == -EAGAIN)
		return hog_err_say(err, r, WAIT_HINT,
				   "Python %s in process %d is not running yet "
				   "(or no longer)",
				   py->version_text, pid_of(py));
	if (r == -EBADMSG || r == -EFAULT)
		return hog_err_say(err, -ENOTSUP,
				   "this build's structures are not those of "
				   "its version",
				   "Python %s in process %d cannot be read",
				   py->version_text, pid_of(py));
	return hog_err_set(err, r, "read the memory of process %d", pid_of(py));
}

int hog_pysite_read(const struct hog_pysite *site, struct hog_elf *exe,
		    uint64_t exe_bias, struct hog_python *py,
		    struct hog_err *err)
{
	int r = choose_layout(site, py, err);

	if (r)
		return r;
	hog_pysite_symbols(site, exe, exe_bias, py);
	if (!py->interp_head_addr)
		return hog_err_say(err, -ENOTSUP,
				   "its symbols are needed: take a build that "
				   "is not stripped",
				   "cannot find the interpreters of Python %s",
				   py->version_text);
	if (has_trace_refs(py))
		hog_pylayout_trace_refs(&py->lay);
	r = hog_python_prove(py);
	return r ? say_prove(r, py, err) : 0;
}
