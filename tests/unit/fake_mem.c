/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where addr is kept and how many bytes follow it there; NULL: not mapped. */
static unsigned char *at(struct fake_mem *fake, uint64_t addr, size_t *ret_left)
{
	for (unsigned i = 0; i < fake->n; i++) {
		struct fake_seg *seg = &fake->segs[i];

		if (addr >= seg->addr && addr - seg->addr < seg->len) {
			*ret_left = seg->len - (size_t)(addr - seg->addr);
			return seg->bytes + (addr - seg->addr);
		}
	}
	return NULL;
}

/* Copies what is mapped from addr on; segments may adjoin. */
static size_t copy(struct fake_mem *fake, uint64_t addr, void *buf, size_t len)
{
	size_t done = 0, left;

	while (done < len) {
		const unsigned char *from = at(fake, addr + done, &left);

		if (!from)
			break;
		if (left > len - done)
			left = len - done;
		memcpy((char *)buf + done, from, left);
		done += left;
	}
	return done;
}

static int fake_read(struct hog_mem *mem, uint64_t addr, void *buf, size_t len)
{
	struct fake_mem *fake = (struct fake_mem *)mem;

	if (fake->fail)
		return fake->fail;
	return copy(fake, addr, buf, len) == len ? 0 : -EFAULT;
}

static ssize_t fake_readv(struct hog_mem *mem, const struct hog_span *spans,
			  unsigned n)
{
	struct fake_mem *fake = (struct fake_mem *)mem;
	ssize_t total = 0;

	if (fake->fail)
		return fake->fail;
	for (unsigned i = 0; i < n; i++) {
		size_t got =
			copy(fake, spans[i].addr, spans[i].buf, spans[i].len);

		total += (ssize_t)got;
		if (got < spans[i].len)
			break;
	}
	return total;
}

static void fake_close(struct hog_mem *mem)
{
	(void)mem; /* the test owns it */
}

static const struct hog_mem_ops fake_ops = {
	.name = "fake",
	.read = fake_read,
	.readv = fake_readv,
	.close = fake_close,
};

void fake_mem_init(struct fake_mem *fake)
{
	*fake = (struct fake_mem){ .mem = { .ops = &fake_ops,
					    .end = 1ULL << 47 } };
}

void fake_mem_fini(struct fake_mem *fake)
{
	for (unsigned i = 0; i < fake->n; i++)
		free(fake->segs[i].bytes);
	fake->n = 0;
}

void *fake_mem_add(struct fake_mem *fake, uint64_t addr, const void *bytes,
		   size_t len)
{
	struct fake_seg *seg = &fake->segs[fake->n];

	if (fake->n == FAKE_SEGS_MAX)
		abort();
	seg->bytes = calloc(1, len + 1);
	if (!seg->bytes)
		abort();
	if (bytes)
		memcpy(seg->bytes, bytes, len);
	seg->addr = addr;
	seg->len = len;
	fake->n++;
	return seg->bytes;
}

void fake_mem_poke(struct fake_mem *fake, uint64_t addr, const void *bytes,
		   size_t len)
{
	size_t left;
	unsigned char *to = at(fake, addr, &left);

	if (!to || left < len)
		abort();
	memcpy(to, bytes, len);
}

void fake_mem_poke_u64(struct fake_mem *fake, uint64_t addr, uint64_t value)
{
	fake_mem_poke(fake, addr, &value, sizeof(value));
}

void fake_mem_poke_u32(struct fake_mem *fake, uint64_t addr, uint32_t value)
{
	fake_mem_poke(fake, addr, &value, sizeof(value));
}
