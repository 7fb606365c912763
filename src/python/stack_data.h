/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the data-stack reader (CPython 3.11+), shared by its files only:
 * stack_data.c (copies and verdicts), stack_chunks.c (what of the data stack to
 * copy), stack_sides.c (data stacks of other greenlets), stack_climb.c (from the
 * bottom up), stack_gen.c (generators on top),
 * stack_pairs.c (who was seen calling whom), stack_rules.c (what versions do).
 *
 * How a moving stack is read right, in short: the frames of Python-to-Python
 * calls lie one behind the other in chunks.  One element of one readv copies a
 * chunk within a fraction of a microsecond, so neighbours in it belong
 * together; the thread state's current_frame, read in another element, does
 * not.  So the copy alone decides: climb from the first frame, step to the
 * next slot while it is linked and alive, and trust only (caller, callee)
 * pairs that were proven once.
 */
#ifndef HOG_PYTHON_STACK_DATA_H
#define HOG_PYTHON_STACK_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "python/python.h"
#include "python/stack.h"

#define DS_CHUNKS_MAX 64       /* newest ones; older are cut off (truncated) */
#define DS_COPY_MAX (1u << 20) /* of one chunk */
#define DS_CLIMB_MAX 65536     /* frames from the root up to the leaf */
#define DS_SLACK 512           /* bytes copied past the highest frame seen */
#define DS_HEAP_MAX 48         /* generator frames known per thread */
#define DS_HEAP_HEAD 8         /* bytes copied before each: its gen state */
#define DS_FRAME_HEAD 88       /* bytes of a frame's fixed part, any version */
#define DS_SHIMS_MAX 256
#define DS_LINKS_MAX 4096
#define DS_REJECTS_MAX 16
#define DS_CODES_MAX 64
#define DS_EXTRA_MAX 16
#define DS_GEN_CHAIN_MAX 64
#define DS_CSTACK_MAX 16384 /* span of cframe addresses that is copied */
#define DS_RUNNING (-1)     /* stacktop of a running frame, 3.11-3.13 */
#define DS_PAIRS_MAX 65536
#define DS_SEEN_SLOTS 16384
#define DS_SIDES_MAX 8
#define DS_SIDE_CHUNKS 8

/* What one minor version does, beyond its offsets.  truth-311 rules. */
struct ds_rules {
	uint8_t minor;
	uint8_t popped_ops[6]; /* opcodes at which a frame off the stack stands;
				* 0 ends the list */
	uint8_t raise_ops[2];  /* a frame that stands here and is not said to be
			       * running was left by an exception */
	uint8_t return_generator;
	bool marks_running; /* stacktop == -1 while running (<= 3.13) */
	bool clears_code;   /* popped frames lose f_executable (3.14+) */
	bool shims;         /* C callbacks go through a frame on the C stack */
	bool entry_flag;    /* 3.11: is_entry instead of a shim */
	bool has_return_offset; /* > 0 in every caller (3.13+) */
	int8_t gen_executing;   /* gi_frame_state while running */
};

const struct ds_rules *ds_rules_for(unsigned minor);

/* (caller code, callee code) pairs and call sites; shared by all threads. */
struct ds_shared {
	const struct hog_python *py;
	const struct ds_rules *rules;
	struct hog_map64 pairs; /* key pair_key -> DS_PAIR_PROVEN | sightings */
	struct hog_map64 sites; /* key site_key -> 1 */
	struct hog_map64 callers; /* callee serial -> its one proven caller's
				   * serial, or DS_MANY */
	struct hog_map64 edges; /* key pair_key -> the caller's last live `at` */
	struct hog_map64 doubts; /* key site_key -> samples that had it, while it
				  * is not known to be one */
	struct hog_map64 addrs; /* caller serial -> address of its code object */
	uint32_t seen[DS_SEEN_SLOTS]; /* sightings by callee serial, hashed */
};

#define DS_PAIR_PROVEN (1ull << 63)
#define DS_MANY UINT64_MAX

/* A frame as it stands in a copy. */
struct ds_frame {
	uint64_t addr;
	uint64_t previous;
	uint64_t func;
	const struct hog_pycode *code;
	int32_t at;            /* byte offset; -2 and less: not started */
	int32_t stacktop;      /* DS_RUNNING, or slots; 3.14+: 0 */
	uint64_t stackpointer; /* 3.14+ */
	uint16_t return_offset;
	uint8_t owner, is_entry;
	bool cleared;               /* 3.14+: f_executable is NULL */
	bool heap;                  /* not in a chunk: a generator's */
	uint8_t gen_state_bad;      /* heap: it was not executing when copied */
	uint8_t chunk;              /* index of its chunk */
	const unsigned char *bytes; /* in the copy: DS_FRAME_HEAD and slots */
	uint32_t bytes_left;
	uint32_t born; /* sample since which it has stood there unchanged */
};

struct ds_chunk {
	uint64_t addr;
	uint32_t size;    /* of the whole chunk */
	uint32_t want;    /* bytes to copy */
	uint32_t planned; /* of the copy under way */
	uint32_t got;
	uint32_t high, high_before; /* highest end of a frame in this window
				     * of samples, and in the one before */
	unsigned char *buf;         /* owned: the copy under way */
	uint32_t cap;
	/* Owned: the copy before, of which the frames that stand there were
	 * taken; what is equal in both is not looked at again. */
	unsigned char *old;
	uint32_t old_cap, old_got;
};

struct ds_side { /* the data stack of a greenlet that does not run */
	struct ds_chunk chunks[DS_SIDE_CHUNKS]; /* oldest first */
	unsigned n;
	uint32_t used; /* sample number when last it ran */
};

struct ds_sides; /* of stack_sides.c */

struct ds_heap { /* a generator frame known in this thread */
	uint64_t addr;
	uint32_t used; /* sample number when last part of a stack */
	const unsigned char *bytes; /* of its frame in the copy, or NULL */
};

struct ds_shim {
	uint64_t addr, previous;
};

struct ds_reject { /* how a slot that held no callee looked, and when */
	uint64_t look;
	uint32_t sample;
};

struct ds_reader {
	struct hog_pyreader base;
	struct ds_shared *shared;
	const struct ds_rules *rules;

	unsigned char *state; /* owned: copy of the thread state's head */
	uint32_t state_len;
	uint64_t leaf_addr; /* L0: the current frame as first read; see
				* leaf_known */
	bool leaf_known;
	/* What lies on the C stack and is needed: cframes (3.11, 3.12) and, while
	 * generators run, shims (3.12+). */
	uint64_t cstack_lo, cstack_hi;
	unsigned char *cstack; /* owned: copy of that range */
	uint64_t cstack_from;  /* where the copy begins */
	uint32_t cstack_len, cstack_cap;
	uint64_t cframe_ns; /* when the cframe was last copied */
	bool cstack_left;   /* it was left out of this copy */

	struct ds_chunk chunks[DS_CHUNKS_MAX]; /* oldest first */
	unsigned n_chunks;
	uint32_t dropped;       /* root frames left out of the last result */
	bool cut;               /* older chunks than chunks[0] exist */
	struct ds_sides *sides; /* owned; NULL: no greenlet switch was seen */
	uint32_t fresh; /* sample in which the list became another stack's */
	bool elsewhere; /* the copy is of a stack just left: no leaf is known */

	struct ds_heap heap[DS_HEAP_MAX]; /* sorted by address */
	unsigned n_heap;
	unsigned char *heap_buf; /* owned */
	uint32_t gen_seen;       /* sample number when last a generator ran */

	struct ds_shim shims[DS_SHIMS_MAX]; /* by hash of the address */
	struct hog_map64 links; /* shims that were seen to lead somewhere */
	struct ds_reject rejects[DS_REJECTS_MAX]; /* the same */
	/* Code objects met lately, by hash of the address: most look-ups of a
	 * sample end here. */
	const struct hog_pycode *codes[DS_CODES_MAX];
	struct hog_map64 parents; /* generator frame ^ code -> previous */

	struct ds_frame *f, *g; /* owned: the climb; the walk from the leaf */
	uint32_t n_f, cap_f, n_g, cap_g;
	/* So many of f, from the root, are those of the last result and of the
	 * chunks' old copies.  kept: of these, the ones that the copy under
	 * way leaves as they are.  sited: whose call sites are known. */
	uint32_t valid, kept, sited;
	uint32_t head_len; /* bytes of a frame that decide: up to its locals */
	uint64_t old_leaf; /* leaf_addr of the last result */
	bool settled;      /* no torn copy has come since the last result */

	uint32_t sample;     /* number of this one */
	uint32_t heap_len;   /* of the copy under way */
	unsigned shim_reads; /* left for this sample */
	uint32_t cap_out;    /* of base.stack.frames */
	uint32_t trusted;    /* frames of the last result with proven pairs */
	uint64_t interp;     /* the thread state's back-pointer */
	unsigned char extra[DS_EXTRA_MAX][DS_HEAP_HEAD + DS_FRAME_HEAD];
	unsigned n_extra; /* frames read singly in this sample */
};

/* stack_data.c */
/* No more than n frames, from the root, stand as they did. */
void ds_keep(struct ds_reader *r, uint32_t n);
/* Parses the frame head at bytes.  false: no frame that could be one. */
bool ds_parse(struct ds_reader *r, uint64_t addr, const unsigned char *bytes,
	      uint32_t left, struct ds_frame *ret);
/* Fills code and at; reads a code object that is not known yet. */
bool ds_resolve(struct ds_reader *r, struct ds_frame *f);
bool ds_push(struct ds_frame **v, uint32_t *n, uint32_t *cap,
	     const struct ds_frame *f);
uint64_t ds_word(const void *bytes);

/* From now on [addr, addr + len) of the C stack is copied too. */
void ds_cstack_learn(struct ds_reader *r, uint64_t addr, uint32_t len);
/* In the copy of the C stack; NULL: not there. */
const unsigned char *ds_cstack_at(const struct ds_reader *r, uint64_t addr,
				  uint32_t len);

/* stack_rules.c */
bool ds_popped(const struct ds_reader *r, const struct ds_frame *f);
/* It stands at a return (or yield): that is how it was left. */
bool ds_returned(const struct ds_reader *r, const struct ds_frame *f);
/* It is still being set up: it has called nobody. */
bool ds_set_up(const struct ds_frame *f);
/* 3.13+: it stands between a class that is called and its __init__, below its
 * first traceable instruction and with nowhere to go on for all its life. */
bool ds_calls_init(const struct ds_frame *f);
/* An exception has left it, which its state does not tell from a call. */
bool ds_raised(const struct ds_reader *r, const struct ds_frame *f);

/* stack_chunks.c */
/* In which chunk copy an address lies; NULL none. */
struct ds_chunk *ds_chunk_of(struct ds_reader *r, uint64_t addr);
/* Brings the list of chunks up to the newest.  -EAGAIN: it moved. */
int ds_chunks_load(struct ds_reader *r, uint64_t newest, uint64_t top);
/* Forgets how high the chunks were filled before the window that ends. */
void ds_chunks_roll(struct ds_reader *r);
int ds_chunks_plan(struct ds_reader *r, struct hog_spans *spans);
/* After a read of which got bytes are the chunks'. */
void ds_chunks_place(struct ds_reader *r, size_t got);
/* How many of the valid frames are in the new copy as they were in the old. */
uint32_t ds_chunks_unchanged(struct ds_reader *r);
/* Is what stands where the leaf would have called to as it was, too? */
bool ds_chunks_leaf_holds(struct ds_reader *r);
/* The copy that was looked at is from now on the old one. */
void ds_chunks_settle(struct ds_reader *r);
/* Is the list still that of the thread state just copied?  OK, or RETRY. */
enum hog_pyverdict ds_chunks_check(struct ds_reader *r);

/* Adds the span of one chunk; -ENOMEM. */
int ds_chunk_plan(struct ds_chunk *c, struct hog_spans *spans);
void ds_chunk_free(struct ds_chunk *c);

/* stack_sides.c */
void ds_sides_free(struct ds_reader *r);
/* Keeps the list of chunks aside: the thread has gone over to another one. */
void ds_sides_put(struct ds_reader *r);
int ds_sides_plan(struct ds_reader *r, struct hog_spans *spans);
/* After a read of which got bytes are the sides'. */
void ds_sides_place(struct ds_reader *r, size_t got);
/* Changes the list of chunks for the one that `newest` ends, if it is known;
 * *ret_copied: its copy is of this read. */
bool ds_sides_take(struct ds_reader *r, uint64_t newest, bool *ret_copied);

/* stack_climb.c: fills r->f behind the kept ones.  OK, or RETRY (grow, torn). */
enum hog_pyverdict ds_climb(struct ds_reader *r);
/* The frame that a C-stack shim goes on to; 0 when it is none or cannot be
 * told.  expect: read it again when it is remembered as something else. */
uint64_t ds_shim_previous(struct ds_reader *r, uint64_t addr, uint64_t expect);
bool ds_is_running(const struct ds_reader *r, const struct ds_frame *f);

/* stack_gen.c */
void ds_heap_plan(struct ds_reader *r, struct hog_spans *spans);
void ds_heap_learn(struct ds_reader *r, uint64_t addr);
void ds_heap_forget(struct ds_reader *r);
/* If `from` is a generator frame from which the chain leads to `to`: pushes the
 * generators between them on r->f, outermost first, and says true. */
bool ds_heap_link(struct ds_reader *r, uint64_t from, uint64_t to);
/* After a read of len bytes into heap_buf: where each frame lies in it. */
bool ds_heap_place(struct ds_reader *r, size_t len);
/* Adds what runs above the climb's end in generators.  OK or RETRY. */
enum hog_pyverdict ds_generators(struct ds_reader *r, bool *ret_repaired);
/* The pair of r->f[bad] and its caller is not proven: puts the callers that are
 * the only proven ones there.  false: r->f is to be cut at bad. */
bool ds_heap_repair(struct ds_reader *r, uint32_t bad);

/* stack_pairs.c */
void *ds_shared_new(const struct hog_python *py);
void ds_shared_free(void *shared);
bool ds_site_known(const struct ds_shared *s, const struct ds_frame *caller,
		   const struct ds_frame *callee);
/* The sites of frames [from, n) in their callers. */
void ds_sites_learn(struct ds_reader *r, uint32_t from, uint32_t n);
bool ds_pair_proven(const struct ds_shared *s, const struct ds_frame *caller,
		    const struct ds_frame *callee);
/* Remembers where the callers of a proven, live chain stand; frames [from, n)
 * of it are new. */
void ds_edges_learn(struct ds_reader *r, uint32_t from, uint32_t n);
/* The places of generators and of those who resume them were copied at another
 * moment than what they call: one that is no known site is made the last one
 * that was.  Says whether there was any. */
bool ds_places_settle(struct ds_reader *r);
/* Where caller last stood, live, in a call of callee; -1: never seen. */
int32_t ds_edge_at(const struct ds_shared *s, const struct hog_pycode *caller,
		   const struct hog_pycode *callee);
void ds_count_sightings(struct ds_shared *s, const struct hog_pycode *callee,
			uint32_t n);
/* Counts a sighting and tries to prove the pair.  true: it is proven now. */
bool ds_pair_prove(struct ds_reader *r, const struct ds_frame *caller,
		   const struct ds_frame *callee);
/* The one proven caller of a callee; NULL: none or several. */
const struct hog_pycode *ds_pair_caller(const struct ds_reader *r,
					const struct hog_pycode *callee);

#endif
