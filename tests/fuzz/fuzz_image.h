/* SPDX-License-Identifier: Apache-2.0 */
/* A target's memory that is the fuzzer's input, at IMAGE. */
#ifndef HOG_FUZZ_IMAGE_H
#define HOG_FUZZ_IMAGE_H

#include <string.h>

#include "target/mem.h"

#define IMAGE 0x10000u

struct image {
	struct hog_mem mem;
	const uint8_t *bytes;
	size_t len;
};

static inline int image_read(struct hog_mem *mem, uint64_t addr, void *buf,
			     size_t len)
{
	const struct image *im = (const struct image *)mem;

	if (addr < IMAGE || addr - IMAGE > im->len ||
	    len > im->len - (addr - IMAGE))
		return -14;
	memcpy(buf, im->bytes + (addr - IMAGE), len);
	return 0;
}

static inline ssize_t image_readv(struct hog_mem *mem,
				  const struct hog_span *spans, unsigned n)
{
	ssize_t got = 0;

	for (unsigned i = 0; i < n; i++) {
		if (mem->ops->read(mem, spans[i].addr, spans[i].buf,
				   spans[i].len))
			break;
		got += (ssize_t)spans[i].len;
	}
	return got ? got : -14;
}

static const struct hog_mem_ops image_ops = { "image", image_read, image_readv,
					      NULL };

static inline struct image image_of(const uint8_t *bytes, size_t len)
{
	return (struct image){ .mem = { .ops = &image_ops, .end = UINT64_MAX },
			       .bytes = bytes,
			       .len = len };
}

#endif
