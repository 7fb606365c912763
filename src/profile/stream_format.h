/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writer and the reader of a recording must agree on; docs/STREAM.md
 * says the same to others.  Private to this room.
 */
#ifndef HOG_PROFILE_STREAM_FORMAT_H
#define HOG_PROFILE_STREAM_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "profile/event.h"

/* A byte above 127 and both line ends, so that a transfer as text shows. */
#define HOG_STREAM_MAGIC "\x89HOG\r\n\x1a\n"
#define HOG_STREAM_MAGIC_SIZE 8
#define HOG_STREAM_MAJOR 1      /* up: older readers must refuse */
#define HOG_STREAM_MINOR 0      /* up: older readers may skip what is new */
#define HOG_STREAM_HEAD_SIZE 16 /* of the file and of each block */
#define HOG_STREAM_CHECKED 12   /* bytes of a head under its check */
#define HOG_STREAM_RAW_MAX (16u << 20)    /* of a block's content */
#define HOG_STREAM_STORED_MAX (17u << 20) /* the same, compressed badly */
#define HOG_STREAM_EVENTS_MAX (1u << 18)  /* in one block */

enum hog_stream_block {
	HOG_BLOCK_RUN = 1,
	HOG_BLOCK_DATA = 2,
	HOG_BLOCK_STATS = 3,
	HOG_BLOCK_END = 4,
};

/* Block flag: a reader that does not know the type must not skip it. */
#define HOG_BLOCK_REQUIRED 1

enum hog_stream_run_flag { HOG_RUN_IDLE = 1, HOG_RUN_FOLLOW = 2 };

/* Opcodes in a data block: below 0x40 an event (what differs from what was
 * foreseen), below 0x80 so many events as foreseen, above definitions. */
enum hog_stream_differs {
	HOG_DIFF_THREAD = 1,
	HOG_DIFF_STACK = 2,
	HOG_DIFF_TIME = 4,
	HOG_DIFF_VALUE = 8,
	HOG_DIFF_FLAGS = 16,
	HOG_DIFF_REST = 32, /* kind, duration, second value */
};
#define HOG_OP_REPEAT 0x40
#define HOG_OP_REPEAT_LONG 0x3f /* low bits: a varint follows */
enum hog_stream_define {
	HOG_OP_STRINGS = 0x80,
	HOG_OP_FUNCTIONS,
	HOG_OP_FRAMES,
	HOG_OP_STACKS,
	HOG_OP_PROCESSES,
	HOG_OP_THREADS,
	HOG_OP_RENAMES,
	HOG_OP_DETAILS,
	HOG_OP_FORGET, /* all details so far; no entries follow */
};

/* FNV-1a of the first HOG_STREAM_CHECKED bytes of a head. */
uint32_t hog_stream_check(const unsigned char *head);

/*
 * What both sides foresee: the thread that came next the last time, as long
 * after the event before it as the last time, with all else as it was.
 */
struct hog_stream_track {
	struct hog_event last; /* of this thread; time_ns: the gap before it */
	uint32_t next;         /* the thread whose event followed */
};

struct hog_stream_guess {
	struct hog_stream_track *tracks; /* owned; by thread id */
	uint32_t n;
	uint32_t thread; /* of the last event */
	uint64_t time_ns;
};

/* A zeroed struct is a guess before any event.  Takes zeroed or used. */
void hog_stream_guess_fini(struct hog_stream_guess *g);
/* Makes room for a thread id: 0 or -ENOMEM. */
int hog_stream_guess_room(struct hog_stream_guess *g, uint32_t thread);
uint32_t hog_stream_guess_thread(const struct hog_stream_guess *g);
/* The event to expect of a thread, for which there is room. */
struct hog_event hog_stream_guess_event(const struct hog_stream_guess *g,
					uint32_t thread);
/* Takes note of what came.  There is room for its thread. */
void hog_stream_guess_learn(struct hog_stream_guess *g,
			    const struct hog_event *ev);

#endif
