/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contents of an ELF core file: what its program headers and notes say.
 * A core is foreign bytes, and may be cut short (a full disk, ulimit -c).
 * Private to target/, and to its tests.
 */
#ifndef HOG_TARGET_CORE_FILE_H
#define HOG_TARGET_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "target/target.h"

struct hog_err;

#define HOG_CORE_SEGMENTS_MAX (1u << 20)
#define HOG_CORE_THREADS_MAX (1u << 17)
#define HOG_CORE_NOTES_MAX (256u << 20)

struct hog_core_segment {        /* a PT_LOAD */
	uint64_t start, end;     /* in the process */
	uint64_t offset, filled; /* in the core: bytes that are there */
	unsigned prot;           /* HOG_MAP_* */
	bool cut; /* the file ends before it does: its bytes are lost */
};

struct hog_core_thread { /* an NT_PRSTATUS */
	pid_t tid;
	int64_t syscall; /* HOG_NO_SYSCALL */
	uint64_t args[6], sp, pc, tp;
};

struct hog_core_file {               /* an entry of NT_FILE */
	uint64_t start, end, offset; /* offset in bytes */
	const char *path;            /* in struct hog_core.notes */
};

struct hog_core {
	int fd;        /* borrowed */
	uint64_t size; /* of the file */
	unsigned machine;
	struct hog_core_segment *segments; /* owned, sorted by start */
	size_t nsegments;
	struct hog_core_thread *threads; /* owned, in the file's order */
	size_t nthreads;
	struct hog_core_file *files; /* owned, sorted by start */
	size_t nfiles;
	pid_t pid;
	char comm[17];
	char args[81];             /* cut, blanks for NULs */
	const unsigned char *auxv; /* in notes; NULL: none */
	size_t auxv_len;
	unsigned char *notes; /* owned */
};

/* Reads headers and notes of the core that fd holds (borrowed, and needed as
 * long as the core is).  -EBADMSG: not a core, or damaged. */
int hog_core_load(int fd, struct hog_core *ret, struct hog_err *err);
void hog_core_fini(struct hog_core *core);
/* Bytes of the core itself from addr on, up to len: how many are there.  0:
 * addr is in no segment, or not in its filled part. */
size_t hog_core_copy(const struct hog_core *core, uint64_t addr, void *buf,
		     size_t len);
/* The segment that holds addr, or NULL. */
const struct hog_core_segment *hog_core_segment(const struct hog_core *core,
						uint64_t addr);
/* The file that was mapped at addr, or NULL. */
const struct hog_core_file *hog_core_file(const struct hog_core *core,
					  uint64_t addr);
/* An entry of the auxiliary vector (AT_PHDR ...); 0: not there. */
uint64_t hog_core_auxv(const struct hog_core *core, uint64_t type);
/* The command line, from the stack where it is intact, else from the notes. A
 * NULL-terminated list in one allocation; NULL: no memory. */
char **hog_core_cmdline(const struct hog_core *core);

#endif
