/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording as a row of blocks: each read whole, checked and unpacked before
 * anything in it is believed.  Private to this room.
 */
#ifndef HOG_PROFILE_STREAM_BLOCK_H
#define HOG_PROFILE_STREAM_BLOCK_H

#include <stdint.h>
#include <stdio.h>

#include <zstd.h>

#include "base/buf.h"
#include "base/cursor.h"

struct hog_err;

struct hog_stream_blocks {
	FILE *in; /* borrowed */
	ZSTD_DCtx *zstd;
	struct hog_buf stored, raw;
	uint64_t offset; /* of what is read next */
	uint32_t seq;    /* of the next block */
};

/* Reads the head of the file.  -EBADMSG: no recording; -ENOTSUP: of a later
 * version; -ENOMEM; -EIO and the like from reading. */
int hog_stream_blocks_init(struct hog_stream_blocks *b, FILE *in,
			   struct hog_err *err);
/* Takes zeroed or used. */
void hog_stream_blocks_fini(struct hog_stream_blocks *b);
/* Reads the next block that this version knows.  Its type, and its content
 * until the next call; -ENODATA: the file ends here, or in the midst of it. */
int hog_stream_blocks_next(struct hog_stream_blocks *b,
			   struct hog_cursor *ret_content, struct hog_err *err);

#endif
