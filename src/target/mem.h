/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading another process's memory, whoever holds it: a live process, a core
 * file, or an image that a test made up.  Nothing above this file knows which.
 */
#ifndef HOG_TARGET_MEM_H
#define HOG_TARGET_MEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_mem;

/* One piece of a batched read: len bytes at addr, into buf (borrowed). */
struct hog_span {
	uint64_t addr;
	void *buf;
	size_t len;
};

/* The most spans one batched read takes (the kernel's UIO_MAXIOV). */
#define HOG_SPANS_MAX 1024

struct hog_mem_ops {
	const char *name;
	/* Copy all len bytes or none: -EFAULT not mapped, -ESRCH gone,
	 * -EPERM not allowed. */
	int (*read)(struct hog_mem *mem, uint64_t addr, void *buf, size_t len);
	/* Copy the spans in order, ending at the first byte that cannot be
	 * read.  Returns the bytes copied (maybe 0), or a negative errno when
	 * none was copied because the target is gone or not allowed.  Spans
	 * behind a bad one are NOT read: the caller goes on behind it. */
	ssize_t (*readv)(struct hog_mem *mem, const struct hog_span *spans,
			 unsigned n);
	void (*close)(struct hog_mem *mem); /* frees mem itself */
};

/* First member of every implementation's own struct. */
struct hog_mem {
	const struct hog_mem_ops *ops;
	uint64_t end;    /* one past the highest address the target can own */
	uint64_t reads;  /* calls of ops, for statistics */
	uint64_t faults; /* reads that failed, for the report's footer */
};

/* Checks the range before it asks ops->read.  0, or a negative errno. */
int hog_mem_read(struct hog_mem *mem, uint64_t addr, void *buf, size_t len);
/* As ops->readv.  -EINVAL for more than HOG_SPANS_MAX spans. */
ssize_t hog_mem_readv(struct hog_mem *mem, const struct hog_span *spans,
		      unsigned n);
/* 4 or 8 bytes at addr, as the target's (little endian) number. */
int hog_mem_read_u32(struct hog_mem *mem, uint64_t addr, uint32_t *ret);
int hog_mem_read_u64(struct hog_mem *mem, uint64_t addr, uint64_t *ret);
/* A NUL-terminated string, cut to cap - 1 bytes.  Its length, or -errno. */
ssize_t hog_mem_read_cstr(struct hog_mem *mem, uint64_t addr, char *buf,
			  size_t cap);
/* NULL is fine. */
void hog_mem_close(struct hog_mem *mem);

/* A live process, by process_vm_readv.  Needs ptrace rights at each read. */
struct hog_mem *hog_mem_open_live(pid_t pid); /* NULL: no memory */

#endif
