/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Python stacks of running threads, read without stopping them.
 *
 * Each thread state gets a reader, which remembers where its frames were last
 * time.  A sample is: every reader plans what to copy (spans), the caller
 * reads the spans of all of them in as few system calls as possible, and each
 * reader decides from its copy alone.  When the copy is torn the caller plans
 * and reads that thread again at once.
 *
 * Two readers, one per family of frames: data stack (3.11+, stack_data.c) and
 * heap frames (2.7-3.10, stack_heap.c).  For a thread that does not move (core
 * file, stopped, sleeping) hog_pystack_walk follows the pointers.
 */
#ifndef HOG_PYTHON_STACK_H
#define HOG_PYTHON_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/code.h"
#include "target/mem.h"

struct hog_python;

/* Frames kept of one stack; deeper ones lose their root side (truncated). */
#define HOG_PYSTACK_MAX 4096

struct hog_pyframe {
	const struct hog_pycode *code; /* NULL: could not be told */
	int32_t at;    /* byte offset of the instruction in the code */
	uint64_t addr; /* of the frame in the target, for locals */
};

/* Is it still being set up (3.11+), or one that CPython 3.12+ puts between a
 * class that is called and its __init__?  CPython does not show them. */
static inline bool hog_pyframe_is_hidden(const struct hog_pyframe *f)
{
	return f->code && f->at != -1 &&
	       f->at < (int64_t)f->code->firsttraceable;
}

enum hog_pyverdict {
	HOG_PYSTACK_OK,
	HOG_PYSTACK_SAME, /* the same bytes as last time: the last result holds */
	HOG_PYSTACK_RETRY, /* torn, or more must be copied: plan and read again */
	HOG_PYSTACK_GONE, /* the thread state is no more */
};

struct hog_pystack {
	struct hog_pyframe *frames; /* root first; owned by the reader */
	size_t n;                   /* 0: a thread with no Python frame */
	bool truncated;  /* deeper than HOG_PYSTACK_MAX: the root side is cut */
	bool repaired;   /* a part was inferred from earlier samples */
	bool torn;       /* best effort after the last try: may be wrong */
	bool unreadable; /* a frame's memory could not be read */
	uint32_t common; /* so many frames from the root are the same (code, at)
			  * as in this reader's previous result */
};

/* Collects the spans of all threads of one sample. */
struct hog_spans {
	struct hog_span *v; /* owned */
	unsigned n, cap;
};

/* Appends; false when memory is out. */
bool hog_spans_add(struct hog_spans *spans, uint64_t addr, void *buf,
		   size_t len);
void hog_spans_fini(struct hog_spans *spans);
/* hog_mem_readv, and whether it took far longer than a read takes: we, or the
 * virtual machine, lost the CPU in the middle, and what was copied before and
 * after belongs to different moments. */
ssize_t hog_spans_read_timed(struct hog_mem *mem, const struct hog_span *v,
			     unsigned n, bool *ret_slow);

#define HOG_PYPROBE_MAX 256

struct hog_pyreader;

struct hog_pyreader_ops {
	size_t size; /* of the whole struct hog_pyreader that embeds the base */
	int (*init)(struct hog_pyreader *r);
	void (*fini)(struct hog_pyreader *r);
	/* Adds the spans of this thread's next copy.  attempt counts from 0. */
	int (*plan)(struct hog_pyreader *r, struct hog_spans *spans,
		    unsigned attempt);
	/* Decides from the copy.  got: bytes that were copied of this reader's
	 * spans, in their order.  last: no further try, so give the best there
	 * is (torn set) instead of RETRY. */
	enum hog_pyverdict (*parse)(struct hog_pyreader *r, size_t got,
				    bool last, struct hog_pystack *ret);
	/* Where in the target bytes lie that change when this thread enters or
	 * leaves a function: a small read tells whether a sleeper has moved.
	 * At most HOG_PYPROBE_MAX bytes; returns how many. */
	size_t (*probe)(const struct hog_pyreader *r, uint64_t *ret_addr);
	/* Pointers to code objects have died: forget what is kept by pointer. */
	void (*forget)(struct hog_pyreader *r);
	/* State that all readers of one process share; both may be NULL. */
	void *(*shared_new)(const struct hog_python *py); /* NULL: no memory */
	void (*shared_free)(void *shared);
	/* Of so many stacks that are not marked as torn one is wrong, of those
	 * without and with a repaired part: measured against the truth, see
	 * docs/TRUTH.md. */
	unsigned whole_per_wrong, repaired_per_wrong;
};

/* First member of each family's own struct. */
struct hog_pyreader {
	const struct hog_pyreader_ops *ops;
	const struct hog_python *py; /* borrowed */
	struct hog_pycodes *codes; /* borrowed: shared by the process's readers */
	void *shared; /* borrowed: the family's per-process state, or NULL */
	uint64_t tstate;
	uint64_t codes_due_ns; /* when its code objects are looked at again */
	struct hog_pystack stack; /* last result */
	struct hog_spans spans;   /* owned: kept for hog_pyreader_sample */
};

extern const struct hog_pyreader_ops hog_pyreader_data; /* 3.11+ */
extern const struct hog_pyreader_ops hog_pyreader_heap; /* 2.7-3.10 */

/* Everything by which the stacks of one runtime are read: the code cache and
 * the state that its family's readers share (proven pairs, ...). */
struct hog_pystacks {
	const struct hog_python *py; /* borrowed */
	const struct hog_pyreader_ops *ops;
	struct hog_pycodes *codes; /* owned */
	void *shared;              /* owned; the family's, or NULL */
};

/* -ENOMEM. py must outlive it. */
int hog_pystacks_init(struct hog_pystacks *stacks, const struct hog_python *py);
/* All readers must be freed before.  Takes a zeroed struct. */
void hog_pystacks_fini(struct hog_pystacks *stacks);

/* A reader for one thread state; NULL: no memory. */
struct hog_pyreader *hog_pyreader_new(struct hog_pystacks *stacks,
				      uint64_t tstate);
void hog_pyreader_free(struct hog_pyreader *r);

/* After a parse that gave OK or SAME: do the code objects of the stack still
 * stand where they are said to?  false: names may be wrong; the reader has
 * forgotten what it knew, and the thread is to be read again. */
bool hog_pyreader_confirm(struct hog_pyreader *r, struct hog_pystack *stack);

/* The chance that this result is wrong and not marked as torn. */
double hog_pyreader_doubt(const struct hog_pyreader *r,
			  const struct hog_pystack *stack);

/* One whole sample of one thread: plan, read, parse, up to `tries` times.
 * *ret_tries (may be NULL) counts them.  OK, SAME or GONE. */
enum hog_pyverdict hog_pyreader_sample(struct hog_pyreader *r, unsigned tries,
				       struct hog_pystack *ret,
				       unsigned *ret_tries);

/* Follows the frame pointers of a thread that does not move: a core file, a
 * stopped or a sleeping thread.  frames: caller's array.  Returns how many
 * (root first), or -errno; -EAGAIN when the chain was not whole (it moved). */
int hog_pystack_walk(const struct hog_python *py, struct hog_pycodes *codes,
		     uint64_t tstate, struct hog_pyframe *frames, size_t max,
		     bool *ret_truncated);
/* The same way, but for the code objects, only for the memory to be read.  As
 * hog_pystack_walk when it fails; 0. */
int hog_pystack_touch(const struct hog_python *py, uint64_t tstate);

/* A stack that no thread runs just now: a parked greenlet's. */
struct hog_pyparked {
	uint64_t frame;      /* innermost; 0: none */
	uint64_t chunk, top; /* 3.11+: its data stack */
	/* This part of its C stack was taken away, and lies elsewhere. */
	uint64_t moved, moved_len, moved_to;
};

/* The same for such a stack.  Whether it was resumed meanwhile is for the
 * caller to see. */
int hog_pystack_walk_parked(const struct hog_python *py,
			    struct hog_pycodes *codes,
			    const struct hog_pyparked *from,
			    struct hog_pyframe *frames, size_t max,
			    bool *ret_truncated);

#endif
