/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The definitions of a recording, taken over into a model.  The ids of the file
 * are its own: the model may have given another one, or none (it was full).
 * Private to this room.
 */
#ifndef HOG_PROFILE_STREAM_DEFINE_H
#define HOG_PROFILE_STREAM_DEFINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "profile/model.h"

struct hog_stream_names {
	struct hog_model *model; /* borrowed */
	/* uint32_t model ids by id of the file; 0 is 0 in each. */
	struct hog_buf strings, functions, frames, stacks, processes, threads;
	struct hog_buf details; /* those that are kept, from details_from on */
	uint32_t details_from;
	struct hog_buf detail; /* scratch */
};

/* -ENOMEM. */
int hog_stream_names_init(struct hog_stream_names *names,
			  struct hog_model *model);
/* Takes zeroed or used. */
void hog_stream_names_fini(struct hog_stream_names *names);
/* Reads one record of definitions: op is read, the rest is at cur.
 * -EBADMSG, -ENOMEM. */
int hog_stream_names_read(struct hog_stream_names *names, unsigned op,
			  struct hog_cursor *cur);
/* The model's id of a thread or stack of the file; false: not defined. */
bool hog_stream_names_thread(const struct hog_stream_names *names, uint64_t id,
			     uint32_t *ret_id);
bool hog_stream_names_stack(const struct hog_stream_names *names, uint64_t id,
			    uint32_t *ret_id);
bool hog_stream_names_detail(const struct hog_stream_names *names, uint64_t id,
			     uint32_t *ret_id);
bool hog_stream_names_process(const struct hog_stream_names *names, uint64_t id,
			      uint32_t *ret_id);

#endif
