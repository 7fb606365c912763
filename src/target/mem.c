/* SPDX-License-Identifier: Apache-2.0 */
#include "target/mem.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* A string is read in pieces that never cross a line of this size, so that a
 * name which ends right before an unmapped page can still be read. */
#define CSTR_PIECE 256

static bool in_range(const struct hog_mem *mem, uint64_t addr, size_t len)
{
	return addr <= mem->end && len <= mem->end - addr;
}

int hog_mem_read(struct hog_mem *mem, uint64_t addr, void *buf, size_t len)
{
	int r = -EFAULT;

	if (in_range(mem, addr, len)) {
		if (len == 0)
			return 0;
		mem->reads++;
		r = mem->ops->read(mem, addr, buf, len);
	}
	if (r < 0)
		mem->faults++;
	return r;
}

ssize_t hog_mem_readv(struct hog_mem *mem, const struct hog_span *spans,
		      unsigned n)
{
	size_t want = 0;
	unsigned good = 0;
	ssize_t got = 0;

	if (n > HOG_SPANS_MAX)
		return -EINVAL;
	/* A span out of range ends the batch as an unmapped one does. */
	while (good < n && in_range(mem, spans[good].addr, spans[good].len))
		want += spans[good++].len;
	if (want > 0) {
		mem->reads++;
		got = mem->ops->readv(mem, spans, good);
	}
	if (good < n || got < 0 || (size_t)got < want)
		mem->faults++;
	return got;
}

int hog_mem_read_u32(struct hog_mem *mem, uint64_t addr, uint32_t *ret)
{
	uint32_t value;
	int r = hog_mem_read(mem, addr, &value, sizeof(value));

	if (r == 0)
		*ret = le32toh(value);
	return r;
}

int hog_mem_read_u64(struct hog_mem *mem, uint64_t addr, uint64_t *ret)
{
	uint64_t value;
	int r = hog_mem_read(mem, addr, &value, sizeof(value));

	if (r == 0)
		*ret = le64toh(value);
	return r;
}

ssize_t hog_mem_read_cstr(struct hog_mem *mem, uint64_t addr, char *buf,
			  size_t cap)
{
	size_t len = 0;

	if (cap == 0)
		return -EINVAL;
	while (len < cap - 1) {
		size_t piece = CSTR_PIECE - (size_t)((addr + len) % CSTR_PIECE);
		int r;

		if (piece > cap - 1 - len)
			piece = cap - 1 - len;
		r = hog_mem_read(mem, addr + len, buf + len, piece);
		if (r < 0)
			return r;

		const char *nul = memchr(buf + len, '\0', piece);

		if (nul)
			return nul - buf;
		len += piece;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

void hog_mem_close(struct hog_mem *mem)
{
	if (mem)
		mem->ops->close(mem);
}
