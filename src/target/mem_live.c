/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of a live process, by process_vm_readv.  The kernel checks ptrace
 * rights at each call and stops nothing.  This is the sampler's hot path: one
 * system call per batch, nothing allocated.
 */
#include "target/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>

/* User space ends here; higher addresses go to processes that ask for them by
 * name (5-level paging, 52-bit aarch64), which no CPython does. */
#if defined(__x86_64__)
#define USER_END (1ULL << 47)
#else
#define USER_END (1ULL << 48)
#endif

struct mem_live {
	struct hog_mem base;
	pid_t pid;
	/* Kept here, 32 KiB, rather than on the stack of each batch. */
	struct iovec local[HOG_SPANS_MAX], remote[HOG_SPANS_MAX];
};

static int live_read(struct hog_mem *mem, uint64_t addr, void *buf, size_t len)
{
	struct mem_live *live = (struct mem_live *)mem;
	struct iovec local = { buf, len };
	struct iovec remote = { (void *)(uintptr_t)addr, len };
	ssize_t got = process_vm_readv(live->pid, &local, 1, &remote, 1, 0);

	if (got < 0)
		return -errno;
	/* The kernel splits at pages and tells of the mapped beginning. */
	return (size_t)got == len ? 0 : -EFAULT;
}

static ssize_t live_readv(struct hog_mem *mem, const struct hog_span *spans,
			  unsigned n)
{
	struct mem_live *live = (struct mem_live *)mem;
	ssize_t got;

	for (unsigned i = 0; i < n; i++) {
		live->local[i].iov_base = spans[i].buf;
		live->local[i].iov_len = spans[i].len;
		live->remote[i].iov_base = (void *)(uintptr_t)spans[i].addr;
		live->remote[i].iov_len = spans[i].len;
	}
	got = process_vm_readv(live->pid, live->local, n, live->remote, n, 0);
	if (got < 0)
		return errno == EFAULT ? 0 : -errno;
	return got;
}

static void live_close(struct hog_mem *mem)
{
	free(mem);
}

static const struct hog_mem_ops live_ops = {
	.name = "live",
	.read = live_read,
	.readv = live_readv,
	.close = live_close,
};

struct hog_mem *hog_mem_open_live(pid_t pid)
{
	struct mem_live *live = calloc(1, sizeof(*live));

	if (!live)
		return NULL;
	live->base.ops = &live_ops;
	live->base.end = USER_END;
	live->pid = pid;
	return &live->base;
}
