/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a recording block by block; stream_block.h is the way back.  Private
 * to this room.
 */
#ifndef HOG_PROFILE_STREAM_PACK_H
#define HOG_PROFILE_STREAM_PACK_H

#include <stdint.h>
#include <stdio.h>

#include <zstd.h>

#include "base/buf.h"
#include "profile/stream_format.h"

struct hog_stream_pack {
	FILE *out; /* borrowed */
	ZSTD_CCtx *zstd;
	struct hog_buf stored; /* scratch: a block as written */
	uint32_t seq;          /* of the next block */
};

/* Writes the head of the file.  -ENOMEM, or why it cannot write. */
int hog_stream_pack_init(struct hog_stream_pack *pack, FILE *out);
/* Takes zeroed or used. */
void hog_stream_pack_fini(struct hog_stream_pack *pack);
/* Writes a block.  -ENOMEM also when content has failed. */
int hog_stream_pack_block(struct hog_stream_pack *pack,
			  enum hog_stream_block type,
			  const struct hog_buf *content);

/* The bytes of content that base/buf.h does not know. */
void hog_stream_add_double(struct hog_buf *buf, double value);
void hog_stream_add_text(struct hog_buf *buf, const char *text, size_t len);

#endif
