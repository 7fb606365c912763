/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One CPython runtime inside a target: found, its version told, its layout
 * chosen and proven by a checked walk of the main thread.
 */
#ifndef HOG_PYTHON_PYTHON_H
#define HOG_PYTHON_PYTHON_H

#include <stdbool.h>
#include <stdint.h>

#include "python/layout.h"
#include "target/target.h"

struct hog_err;

#define HOG_PYVERSION_TEXT 32

/* Exported objects by which values and types are told apart; 0: not found. */
struct hog_pysymbols {
	uint64_t type_type, code_type, frame_type, float_type, set_type,
		frozenset_type, bool_type, complex_type, bytearray_type,
		module_type, function_type, cell_type;
	uint64_t none, true_, false_;
};

struct hog_python {
	struct hog_target *target; /* borrowed */
	struct hog_mem *mem;       /* borrowed: the target's */
	struct hog_pylayout lay;   /* a copy, fitted to this build */
	struct hog_pysymbols sym;  /* run-time addresses */
	uint32_t version;          /* PY_VERSION_HEX; micro 0xff.. unknown */
	char version_text[HOG_PYVERSION_TEXT]; /* "3.12.1", "3.13.0t" */
	bool guessed_layout; /* a later minor read with the newest known map */
	bool debug_offsets;  /* 3.13+: the target's own table was used */
	uint64_t runtime_addr;        /* &_PyRuntime; 0 in 2.7, 3.6 */
	uint64_t interp_head_addr;    /* where the pointer to the newest
				    * interpreter lies */
	uint64_t tstate_current_addr; /* 2.7, 3.6: &_PyThreadState_Current */
	uint64_t gil_lock_addr; /* 2.7: &interpreter_lock; 3.6: start of the GIL's
				 * statics (.bss lo); 0 unknown */
	uint64_t gil_lock_end;
	uint64_t collecting_addr;  /* 2.7, 3.6 static; 3.7, 3.8 runtime; else 0:
				   * per interpreter */
	uint64_t data_lo, data_hi; /* writable image of the interpreter's ELF */
	uint32_t pthread_tid_offset; /* of the TID in libc's thread struct;
				      * 0 unknown.  <= 3.10 needs it */
	bool glibc; /* its locks are not musl's; false: cannot be told */
};

/* Finds CPython in the target.  Errors, each with words and a remedy:
 * -ENOENT no Python in this process; -EAGAIN Python is there but not yet
 * initialised (or already finalised); -ENOTSUP a version or layout that we do
 * not know; -EPERM; -ESRCH.  Nothing to release: plain data. */
int hog_python_find(struct hog_target *target, struct hog_python *ret,
		    struct hog_err *err);

/* The same for a target that runs a copy of parent's memory: every address is
 * known, and is only proven.  -EAGAIN, -EBADMSG: it cannot be read like that. */
int hog_python_of_fork(struct hog_target *target,
		       const struct hog_python *parent, struct hog_python *ret);

#endif
