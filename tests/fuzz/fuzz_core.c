/* SPDX-License-Identifier: Apache-2.0 */
/* A core file: headers, notes, segments, command line. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target/core_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_around(const struct hog_core *core)
{
	char buf[64];

	for (size_t i = 0; i < core->nsegments; i++) {
		const struct hog_core_segment *seg = &core->segments[i];

		if (seg->filled > seg->end - seg->start ||
		    hog_core_segment(core, seg->start) != seg)
			abort();
		hog_core_copy(core, seg->start, buf, sizeof(buf));
		hog_core_copy(core, seg->end - 1, buf, sizeof(buf));
	}
	for (size_t i = 0; i < core->nfiles; i++)
		if (hog_core_file(core, core->files[i].start) !=
		    &core->files[i])
			abort();
	free(hog_core_cmdline(core));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_core core;
	int fd = memfd_create("core", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (hog_core_load(fd, &core, NULL) == 0) {
		look_around(&core);
		hog_core_fini(&core);
	}
	close(fd);
	return 0;
}
