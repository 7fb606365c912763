/* SPDX-License-Identifier: Apache-2.0 */
/*
 * greenlets from outside (greenlet 2.0 and later, so gevent and eventlet too):
 * which one a thread runs, which ones there are, and the frames that each is
 * parked in.
 *
 * Nothing lists them.  But each is a C++ object that begins with the address of
 * its class's table of functions, which the extension exports: they are found by
 * looking through the target's writable memory for these words, which takes
 * neither the collector's lists nor a version.  What lies where in the object
 * is a table of layouts; the one whose back-pointers agree on the target's own
 * greenlets is taken, or none.
 */
#ifndef HOG_PYTHON_GREENLETS_H
#define HOG_PYTHON_GREENLETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "python/stack.h"

struct hog_err;
struct hog_python;
struct hog_pytstate;

#define HOG_GREENLETS_MAX 65536
#define HOG_GREENLET_NAME_MAX 128

/* Offsets in the C++ object, from its start. */
struct hog_greenlet_layout {
	uint16_t python_lo, python_hi; /* 100 * major + minor */
	bool free_threaded;
	const char *greenlet; /* the versions that have it, in words */
	uint16_t self;        /* the Python object */
	uint16_t stack_start; /* then stop, copy, saved: 8 bytes each */
	uint16_t top_frame;   /* 2.7-3.10 */
	uint16_t frame;       /* 3.11+: innermost; 0: none */
	uint16_t chunk;       /* 3.11+: newest chunk, then top */
	uint16_t main;        /* of a user's: main greenlet, run, parent */
	uint16_t thread;      /* of a main one: greenlet's thread state */
};

/* Ends with a row of zeros. */
extern const struct hog_greenlet_layout hog_greenlet_layouts[];

enum hog_greenlet_state {
	HOG_GREENLET_NEW, /* not started */
	HOG_GREENLET_RUNNING,
	HOG_GREENLET_PARKED,
	HOG_GREENLET_DEAD,
};
const char *hog_greenlet_state_name(enum hog_greenlet_state state);

/* One greenlet at one moment.  All numbers are the target's. */
struct hog_greenlet {
	uint64_t addr; /* what id() says */
	uint64_t impl; /* its C++ object */
	enum hog_greenlet_state state;
	bool is_main;    /* of its thread */
	uint64_t main;   /* the main greenlet of its thread; 0: not known yet */
	uint64_t parent; /* 0: none */
	uint64_t run;    /* callable, before it starts; 0 */
	uint64_t current; /* address of its thread's running greenlet */
	uint64_t dict;
	uint64_t start, stop; /* of its C stack */
	uint64_t copy, saved; /* where so many bytes from start on lie now */
	uint64_t frame;       /* innermost, while it is parked */
	uint64_t chunk, top;  /* its data stack, while it is parked */
};

struct hog_greenlets {
	const struct hog_python *py;           /* borrowed */
	const struct hog_greenlet_layout *lay; /* NULL: not proven yet */
	uint64_t user_table, main_table;       /* first word of an object */
	uint64_t *v; /* owned: addresses of those that the last look found */
	size_t n;
	bool cut; /* there was more memory than a look takes */
	struct hog_greenlets_look *look; /* owned: one under way, or NULL */
};

/* Is the extension there, and one that can be read?  Errors, with words:
 * -ENOENT it is not loaded; -ENOTSUP it is older than 2.0, or there is no
 * layout for this Python. */
int hog_greenlets_open(const struct hog_python *py, struct hog_greenlets *ret,
		       struct hog_err *err);
void hog_greenlets_fini(struct hog_greenlets *g);

/* Looks for all of them: tens of milliseconds for each 100 MB of memory, so some
 * of it at a time: until_ns (of hog_now_ns; UINT64_MAX: all of it).  1 when there
 * is more to do: call again.  0: done, v is new.  -ENOTSUP: there are some, and
 * no layout fits them; -errno. */
int hog_greenlets_look(struct hog_greenlets *g, uint64_t until_ns);

/* -ENOENT: there is none at addr (any more). */
int hog_greenlet_read(const struct hog_greenlets *g, uint64_t addr,
		      struct hog_greenlet *ret);
/* Address of the word that names the running greenlet of the thread that this
 * main greenlet belongs to; 0: it has no thread. */
uint64_t hog_greenlet_current_addr(const struct hog_greenlets *g,
				   const struct hog_greenlet *main);
/* The thread on whose C stack a started greenlet (not a main one) lives: index
 * in states, or -1. */
int hog_greenlet_thread(const struct hog_greenlets *g,
			const struct hog_greenlet *greenlet,
			const struct hog_pytstate *states, size_t n);
/* Its name attribute, "main", "Hub", or what `root`, the outermost function
 * that it runs (may be NULL), is called; "" none.  Its length. */
size_t hog_greenlet_name(const struct hog_greenlets *g,
			 const struct hog_greenlet *greenlet,
			 const struct hog_pycode *root, char *buf, size_t cap);
/* gevent's or eventlet's loop: of a class that is called ...Hub. */
bool hog_greenlet_is_hub(const struct hog_greenlets *g, uint64_t addr);
/* Frames of a parked one, root first.  How many, or -errno; -EAGAIN: it was
 * resumed meanwhile. */
int hog_greenlet_walk(const struct hog_greenlets *g, struct hog_pycodes *codes,
		      const struct hog_greenlet *greenlet,
		      struct hog_pyframe *frames, size_t max,
		      bool *ret_truncated);

#endif
