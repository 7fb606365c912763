/* SPDX-License-Identifier: Apache-2.0 */
/* An ELF file that a target has mapped. */
#include <sys/mman.h>
#include <unistd.h>

#include "use_elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_elf *elf;
	int fd = memfd_create("elf", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (hog_elf_open(fd, &elf, NULL) == 0) {
		use_elf(elf);
		hog_elf_close(elf);
	}
	return 0;
}
