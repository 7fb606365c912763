/* SPDX-License-Identifier: Apache-2.0 */
/* An ELF image in a target's memory. */
#include <errno.h>

#include "use_elf.h"

#define BASE 0x10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct flat {
	struct hog_mem mem;
	const uint8_t *data;
	size_t size;
};

static int flat_read(struct hog_mem *mem, uint64_t addr, void *buf, size_t len)
{
	struct flat *flat = (struct flat *)mem;

	if (addr < BASE || addr - BASE > flat->size ||
	    len > flat->size - (addr - BASE))
		return -EFAULT;
	memcpy(buf, flat->data + (addr - BASE), len);
	return 0;
}

static const struct hog_mem_ops flat_ops = { .name = "flat",
					     .read = flat_read };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flat flat = { { .ops = &flat_ops, .end = 1ULL << 47 },
			     data,
			     size };
	struct hog_elf *elf;

	if (hog_elf_open_memory(&flat.mem, BASE, &elf, NULL) == 0) {
		use_elf(elf);
		hog_elf_close(elf);
	}
	return 0;
}
