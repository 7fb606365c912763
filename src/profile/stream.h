/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recording (.hog): append-only, interned, zstd-compressed and checksummed
 * blocks; docs/STREAM.md has the bytes.  Written as a sink; read back into a
 * fresh model and the events, so that any other sink can draw it.
 */
#ifndef HOG_PROFILE_STREAM_H
#define HOG_PROFILE_STREAM_H

#include <stdio.h>

#include "profile/model.h"
#include "profile/run.h"
#include "profile/sink.h"

extern const struct hog_sink_ops hog_sink_hog;

struct hog_stream_reader;

/* Reads the head of a recording.  in is borrowed.  -EBADMSG: not a recording
 * or damaged in its head, -ENOTSUP: of a later version. */
int hog_stream_open(FILE *in, struct hog_stream_reader **ret,
		    struct hog_err *err);
void hog_stream_close(struct hog_stream_reader *r);
/* The run as recorded; its model grows while events are read; its stats are
 * final after the last event.  Valid until close. */
const struct hog_run *hog_stream_run(const struct hog_stream_reader *r);
/* 1 and an event; 0 at a proper end; -EBADMSG at damage (what was read before
 * it stands); -ENODATA when the file just stops (hognose was killed): the
 * events before are all there, and the statistics are what the last block
 * says. */
int hog_stream_next(struct hog_stream_reader *r, struct hog_event *ret,
		    struct hog_err *err);

#endif
