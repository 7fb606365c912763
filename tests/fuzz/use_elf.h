/* SPDX-License-Identifier: Apache-2.0 */
/* Asks an ELF object all that there is to ask, for the two fuzzers. */
#ifndef HOG_FUZZ_USE_ELF_H
#define HOG_FUZZ_USE_ELF_H

#include <stdlib.h>
#include <string.h>

#include "native/elf.h"

static inline void use_elf(struct hog_elf *elf)
{
	static const char *const names[] = { "_PyRuntime", "PyCode_Type", "x",
					     "main", "" };
	struct hog_elfsym syms[5];
	struct hog_elfsect sect;
	unsigned char bytes[64];
	uint64_t lo, hi;

	if (hog_elf_symbols(elf, names, 5, syms) > 5)
		abort();
	hog_elf_section(elf, ".PyRuntime", &sect);
	if (hog_elf_build_id(elf, bytes, 20) > 20)
		abort();
	if (strlen(hog_elf_soname(elf)) > 1u << 28)
		abort();
	if (hog_elf_writable(elf, &lo, &hi) == 0) {
		if (lo >= hi)
			abort();
		hog_elf_read(elf, lo, bytes, sizeof(bytes));
	}
	hog_elf_bias(elf, 0x7f0000000000, 0x1000);
}

#endif
