/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A target's memory made from bytes: segments at addresses, everything between
 * them unmapped.  Behaves as the live one does: a read is all or nothing, a
 * batch ends at its first unmapped byte.
 */
#ifndef HOG_TESTS_FAKE_MEM_H
#define HOG_TESTS_FAKE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "target/mem.h"

#define FAKE_SEGS_MAX 64

struct fake_seg {
	uint64_t addr;
	size_t len;
	unsigned char *bytes; /* owned */
};

struct fake_mem {
	struct hog_mem mem; /* give &fake.mem to what is tested */
	struct fake_seg segs[FAKE_SEGS_MAX];
	unsigned n;
	int fail; /* not 0: every read gives this errno, as a dead target */
};

void fake_mem_init(struct fake_mem *fake);
void fake_mem_fini(struct fake_mem *fake);
/* Maps len bytes at addr: a copy of bytes, or zeros when NULL.  Returns where
 * they are kept, for tests that change them later. */
void *fake_mem_add(struct fake_mem *fake, uint64_t addr, const void *bytes,
		   size_t len);
/* Overwrites mapped bytes; aborts when they are not mapped. */
void fake_mem_poke(struct fake_mem *fake, uint64_t addr, const void *bytes,
		   size_t len);
void fake_mem_poke_u64(struct fake_mem *fake, uint64_t addr, uint64_t value);
void fake_mem_poke_u32(struct fake_mem *fake, uint64_t addr, uint32_t value);

#endif
