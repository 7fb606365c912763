/* SPDX-License-Identifier: Apache-2.0 */
/* A core file as a target.  Private to target/. */
#ifndef HOG_TARGET_TARGET_CORE_H
#define HOG_TARGET_TARGET_CORE_H

#include "target/core_file.h"
#include "target/impl.h"

/* A file that was mapped, found (or not) on this machine. */
struct core_disk {
	const char *path; /* as noted, borrowed from the core */
	int fd;           /* owned; negative errno: it cannot be used */
};

struct target_core {
	struct hog_target base;
	int fd; /* owned: the core */
	struct hog_core core;
	const char *main_path;   /* of the program, as noted; NULL: unknown */
	char *exe_path;          /* owned; the user's --exe, or NULL */
	struct core_disk *disks; /* owned, one per path asked for so far */
	size_t ndisks;
};

/* The file on disk behind an entry, opened once and checked by its build id
 * where the core has one.  Borrowed fd, or -errno (-ESTALE: another build). */
int hog_core_disk(struct target_core *tc, const struct hog_core_file *file);

/* Memory of a core: what it holds, and else the mapped files. Borrows tc. */
struct hog_mem *hog_mem_open_core(struct target_core *tc);

#endif
