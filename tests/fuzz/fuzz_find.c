/* SPDX-License-Identifier: Apache-2.0 */
/* Exercises the finder (site.c, fit.c, version.c, symbols.c, prove.c) on an
 * image in memory, all of whose bytes are the input: symbols, headers,
 * interpreters, threads, frames and code objects. */
#include <stdlib.h>

#include "base/err.h"
#include "fake_mem.h"
#include "python/find.h"

#define BASE 0x10000 /* low, so that pointers in the input may hit it */
#define INPUT_MAX (64 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct hog_mem *mem, struct hog_elf *elf)
{
	struct hog_python py = { .mem = mem };
	struct hog_err err = { 0 };
	struct hog_pysite site;
	uint64_t bias = hog_elf_bias(elf, BASE, 0);

	if (hog_pysite_open(mem, elf, bias, &site) &&
	    hog_pysite_scan(mem, elf, bias, &site))
		return;
	if (hog_pysite_read(&site, elf, bias, &py, &err) && !err.text[0])
		abort(); /* a failure without a word */
	hog_pysite_tid_offset(mem, elf, bias);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake_mem fake;
	struct hog_elf *elf;

	if (size > INPUT_MAX)
		return 0;
	fake_mem_init(&fake);
	fake_mem_add(&fake, BASE, data, size);
	if (hog_elf_open_memory(&fake.mem, BASE, &elf, NULL) == 0) {
		look(&fake.mem, elf);
		hog_elf_close(elf);
	}
	fake_mem_fini(&fake);
	return 0;
}
