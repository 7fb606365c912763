/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "target/target_core.h"

struct mem_core {
	struct hog_mem base;
	struct target_core *tc; /* borrowed */
};

/* Bytes of the mapped file at addr, up to len; 0: there are none. */
static size_t copy_disk(struct target_core *tc, uint64_t addr, void *buf,
			size_t len)
{
	const struct hog_core_segment *seg = hog_core_segment(&tc->core, addr);
	const struct hog_core_file *file = hog_core_file(&tc->core, addr);
	uint64_t offset;
	ssize_t got;
	int fd;

	/* A core that was cut short lost what had been written there; the
	 * disk would give what it was before. */
	if (!file || (seg && seg->cut))
		return 0;
	fd = hog_core_disk(tc, file);
	if (fd < 0)
		return 0;
	if (len > file->end - addr)
		len = (size_t)(file->end - addr);
	if (seg && len > seg->end - addr)
		len = (size_t)(seg->end - addr);
	if (__builtin_add_overflow(file->offset, addr - file->start, &offset) ||
	    offset > INT64_MAX)
		return 0;
	got = pread(fd, buf, len, (off_t)offset);
	return got > 0 ? (size_t)got : 0;
}

static size_t copy_all(struct mem_core *core, uint64_t addr, void *buf,
		       size_t len)
{
	size_t done = 0;

	while (done < len) {
		char *to = (char *)buf + done;
		size_t got = hog_core_copy(&core->tc->core, addr + done, to,
					   len - done);

		if (got == 0)
			got = copy_disk(core->tc, addr + done, to, len - done);
		if (got == 0)
			break;
		done += got;
	}
	return done;
}

static int core_read(struct hog_mem *mem, uint64_t addr, void *buf, size_t len)
{
	return copy_all((struct mem_core *)mem, addr, buf, len) == len
		       ? 0
		       : -EFAULT;
}

static ssize_t core_readv(struct hog_mem *mem, const struct hog_span *spans,
			  unsigned n)
{
	ssize_t total = 0;

	for (unsigned i = 0; i < n; i++) {
		size_t got = copy_all((struct mem_core *)mem, spans[i].addr,
				      spans[i].buf, spans[i].len);

		total += (ssize_t)got;
		if (got < spans[i].len)
			break;
	}
	return total;
}

static void core_close(struct hog_mem *mem)
{
	free(mem);
}

static const struct hog_mem_ops core_ops = {
	.name = "core",
	.read = core_read,
	.readv = core_readv,
	.close = core_close,
};

struct hog_mem *hog_mem_open_core(struct target_core *tc)
{
	struct mem_core *core = calloc(1, sizeof(*core));

	if (!core)
		return NULL;
	core->base.ops = &core_ops;
	core->base.end = 1ULL << 56; /* its segments are the real bound */
	core->tc = tc;
	return &core->base;
}
