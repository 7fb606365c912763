/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of hog_python_find, from an ELF image to a proven layout. */
#ifndef HOG_PYTHON_FIND_H
#define HOG_PYTHON_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "native/elf.h"
#include "python/python.h"

struct hog_err;

/* More of _Py_DebugOffsets than any version has. */
#define HOG_PYHEADER_MAX 2048

/* One image of a process that has a CPython in it. */
struct hog_pysite {
	struct hog_elf *elf; /* borrowed */
	uint64_t bias;
	uint64_t runtime;    /* address of _PyRuntime; 0: 2.7, 3.6 */
	uint32_t header_len; /* 0: has no _Py_DebugOffsets */
	unsigned char header[HOG_PYHEADER_MAX];
};

/* Whether the image has a CPython, and where.  0 or -ENOENT. */
int hog_pysite_open(struct hog_mem *mem, struct hog_elf *elf, uint64_t bias,
		    struct hog_pysite *ret);
/* As a last resort: _PyRuntime by the cookie it starts with (3.13+), anywhere
 * in the image's writable part.  0 or -ENOENT. */
int hog_pysite_scan(struct hog_mem *mem, struct hog_elf *elf, uint64_t bias,
		    struct hog_pysite *ret);
/* The address that the first load of an exported function refers to: how
 * statics of stripped 2.7 and 3.6 are found.  0: not that kind of function. */
uint64_t hog_pysite_load_target(struct hog_mem *mem,
				const struct hog_pysite *site,
				const char *function);
/* Fills version and version_text.  0, or -ENOENT: nothing tells. */
int hog_pyversion_find(const struct hog_pysite *site, struct hog_python *py);
/* "3.9.18+" to PY_VERSION_HEX; 0: no version.  *ret_len: characters taken. */
uint32_t hog_pyversion_parse(const char *text, size_t *ret_len);
void hog_pyversion_format(uint32_t hex, bool free_threaded, char *buf,
			  size_t cap);

/* Fills symbols and addresses of the site; interp_head_addr 0: unknown. */
void hog_pysite_symbols(const struct hog_pysite *site, struct hog_elf *exe,
			uint64_t exe_bias, struct hog_python *py);
/* Offset of the TID in libc's thread struct; 0: this libc does not tell. */
uint32_t hog_pysite_tid_offset(struct hog_mem *mem, struct hog_elf *libc,
			       uint64_t bias);

/* All of the above for one site: target and mem of *py are set, the rest is
 * filled.  exe: the program's own image (may be the site's, or NULL).  0, or
 * what hog_python_find says of it. */
int hog_pysite_read(const struct hog_pysite *site, struct hog_elf *exe,
		    uint64_t exe_bias, struct hog_python *py,
		    struct hog_err *err);

/* Whether the layout fits: reads interpreter, threads and a code object, and
 * checks each by what it must be.  0; -EAGAIN not (yet, or any more) running;
 * -EBADMSG it does not fit; -EPERM, -ESRCH. */
int hog_python_prove(struct hog_python *py);

#endif
