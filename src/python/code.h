/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code objects of one runtime, read once and kept: names, line table, byte
 * code.  An address may be freed and used again by another code object, so
 * each entry has a fingerprint and can be checked again; entries get a serial
 * number that is never used twice, by which others may cache what they derive.
 * Bounded: the least recently checked entries go when the limits are passed.
 */
#ifndef HOG_PYTHON_CODE_H
#define HOG_PYTHON_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/lines.h"

struct hog_pyframe;
struct hog_python;
struct hog_pycodes;

#define HOG_PYCODES_MAX 65536         /* entries kept */
#define HOG_PYCODES_BYTES (48u << 20) /* names, tables, byte code kept */

/* co_flags */
enum {
	HOG_CO_VARARGS = 0x4,
	HOG_CO_VARKEYWORDS = 0x8,
	HOG_CO_GENERATOR = 0x20,
	HOG_CO_COROUTINE = 0x80,
	HOG_CO_ITERABLE_COROUTINE = 0x100,
	HOG_CO_ASYNC_GENERATOR = 0x200,
	HOG_CO_ANY_GENERATOR = 0x2a0,
};

struct hog_pycode {
	uint64_t addr;   /* in the target */
	uint32_t serial; /* from 1; never used again */
	uint32_t flags;  /* co_flags */
	int32_t firstlineno;
	uint32_t frame_bytes; /* 3.11+: bytes of its frame on the data stack */
	uint64_t code_start;  /* address of the first instruction */
	uint32_t code_len;    /* bytes of instructions */
	uint32_t firsttraceable; /* 3.11+: byte offset, before it: incomplete */
	const unsigned char *code; /* owned copy, code_len bytes; may be NULL */
	const char *filename, *name, *qualname; /* owned, UTF-8; qualname ==
						 * name before 3.11 */
	const unsigned char *lines;             /* owned */
	uint32_t lines_len;
	bool degraded; /* something could not be read: names may be "?" */
};

struct hog_pycodes *hog_pycodes_new(const struct hog_python *py); /* NULL: no
								   * memory */
void hog_pycodes_free(struct hog_pycodes *codes);

/* The code object at addr, from the cache or read now.  NULL: what stands
 * there is no code object, or memory is out.  Valid until hog_pycodes_reap. */
const struct hog_pycode *hog_pycodes_get(struct hog_pycodes *codes,
					 uint64_t addr);
/* The same, but only from the cache: no system call. */
const struct hog_pycode *hog_pycodes_peek(const struct hog_pycodes *codes,
					  uint64_t addr);
/* The cached code whose instructions include addr, or NULL (a popped 3.14+
 * frame has lost its code pointer, not its instruction pointer). */
const struct hog_pycode *hog_pycodes_by_instr(const struct hog_pycodes *codes,
					      uint64_t addr);
/* Reads the fingerprints of up to max entries again, in turn, all in few
 * system calls, and forgets those whose address now holds something else.
 * Returns how many were forgotten. */
unsigned hog_pycodes_recheck(struct hog_pycodes *codes, unsigned max);
/* Checks one entry that does not fit what was read, unless it was checked a few
 * microseconds ago.  false: it was forgotten. */
bool hog_pycodes_verify(struct hog_pycodes *codes, const struct hog_pycode *c);
/* Are the n frames' code objects what stands at their addresses at this moment?
 * Looks at those that are due: a new one in each sample, an old one the more
 * rarely the longer it has lived, all of them in one system call.  false: one
 * was forgotten, so names of these frames may be wrong.  *ret_due_ns: when to
 * ask again for the same frames. */
bool hog_pycodes_confirm(struct hog_pycodes *codes,
			 const struct hog_pyframe *frames, size_t n,
			 uint64_t now_ns, uint64_t *ret_due_ns);
/* How many of the stacks since the last call had the name of a code object that
 * had died: of those between its last check and the one that found it dead, one
 * half. */
double hog_pycodes_doubt(struct hog_pycodes *codes);
/* Brings the cache below its limits.  How many were forgotten. */
unsigned hog_pycodes_trim(struct hog_pycodes *codes);
/* Frees what was forgotten, and says how many: pointers to those are dead, so
 * callers drop whatever they keep by pointer when it is not 0. */
unsigned hog_pycodes_reap(struct hog_pycodes *codes);
/* Goes up by one whenever an entry was forgotten. */
uint64_t hog_pycodes_epoch(const struct hog_pycodes *codes);

/* Place of the instruction at byte offset `at` (an instruction pointer minus
 * code_start; f_lasti times lasti_scale before 3.11). */
void hog_pycode_place(const struct hog_python *py, const struct hog_pycode *c,
		      int32_t at, struct hog_pyplace *ret);

#endif
