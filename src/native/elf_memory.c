/* SPDX-License-Identifier: Apache-2.0 */
/* An ELF image as a loader laid it out, when its file is out of reach. */
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "native/elf.h"
#include "native/elf_image.h"

static int load_image(struct hog_elf *elf, uint64_t base)
{
	Elf64_Ehdr head;
	int r = hog_mem_read(elf->mem, base, &head, sizeof(head));

	if (r < 0)
		return r;
	if (hog_elf_check_head(&head) < 0 || head.e_phnum == 0 ||
	    head.e_phnum > HOG_ELF_PHDRS_MAX)
		return -EBADMSG;
	elf->machine = head.e_machine;
	elf->phdrs = calloc(head.e_phnum, sizeof(*elf->phdrs));
	if (!elf->phdrs)
		return -ENOMEM;
	r = hog_mem_read(elf->mem, base + head.e_phoff, elf->phdrs,
			 head.e_phnum * sizeof(*elf->phdrs));
	if (r < 0)
		return r;
	elf->nphdrs = head.e_phnum;
	/* The header is the file's first bytes: base is where offset 0 is. */
	for (size_t i = 0; i < elf->nphdrs; i++) {
		const Elf64_Phdr *ph = &elf->phdrs[i];

		if (ph->p_type == PT_LOAD && (ph->p_offset & ~0xfffULL) == 0) {
			elf->bias = base - (ph->p_vaddr - ph->p_offset);
			return 0;
		}
	}
	return -EBADMSG;
}

int hog_elf_open_memory(struct hog_mem *mem, uint64_t base,
			struct hog_elf **ret, struct hog_err *err)
{
	struct hog_elf *elf = calloc(1, sizeof(*elf));
	int r;

	if (!elf)
		return hog_err_set(err, -ENOMEM, "open an ELF image");
	elf->fd = -1;
	elf->mem = mem;
	r = load_image(elf, base);
	if (r < 0) {
		hog_elf_close(elf);
		return hog_err_set(err, r, "read an ELF image at 0x%llx",
				   (unsigned long long)base);
	}
	*ret = elf;
	return 0;
}
