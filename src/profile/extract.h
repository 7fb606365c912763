/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of a model as a model of its own: what the events that are taken over
 * refer to, and nothing else.  For outputs that show one process of many.
 */
#ifndef HOG_PROFILE_EXTRACT_H
#define HOG_PROFILE_EXTRACT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/map.h"
#include "profile/event.h"
#include "profile/model.h"

struct hog_extract {
	const struct hog_model *from; /* borrowed */
	struct hog_model *to;         /* owned */
	/* Ids there to ids here. */
	struct hog_map64 strings, functions, frames, stacks, threads, processes;
	struct hog_buf detail; /* scratch */
	uint32_t renames;      /* of from, when threads were named last */
};

/* -ENOMEM. */
int hog_extract_init(struct hog_extract *x, const struct hog_model *from);
void hog_extract_fini(struct hog_extract *x);
/* ev as it reads here.  -ENOMEM. */
int hog_extract_event(struct hog_extract *x, const struct hog_event *ev,
		      struct hog_event *ret);
/* Threads that were named since get their names here too. */
void hog_extract_names(struct hog_extract *x);

#endif
