/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind tasks.h share. */
#ifndef HOG_PYTHON_TASKS_PRIV_H
#define HOG_PYTHON_TASKS_PRIV_H

#include "base/map.h"
#include "python/python.h"
#include "python/tasks.h"

/* What an object is to us, told by its type. */
enum hog_pykind {
	HOG_PYKIND_OTHER,
	HOG_PYKIND_STR,
	HOG_PYKIND_INT,
	HOG_PYKIND_SET,
	HOG_PYKIND_GEN,       /* has a frame: coroutine, (async) generator */
	HOG_PYKIND_WRAPPER,   /* stands for the object behind its header */
	HOG_PYKIND_FUTITER,   /* what `await future` leaves on the stack */
	HOG_PYKIND_TASK,      /* _asyncio.Task and classes made from it */
	HOG_PYKIND_FUTURE,    /* _asyncio.Future, likewise */
	HOG_PYKIND_GATHERING, /* a Future that gather() has made */
	HOG_PYKIND_PYTASK,    /* asyncio.tasks._PyTask */
	HOG_PYKIND_PYFUTURE,  /* asyncio.futures._PyFuture */
	HOG_PYKIND_CMETHOD,   /* callbacks: a C function with a self */
	HOG_PYKIND_METHOD,
	HOG_PYKIND_FUNCTION,
	HOG_PYKIND_PARTIAL,
	HOG_PYKIND_WAKEUP, /* 3.7-3.9: wakes the task behind its header */
};

#define HOG_PYASYNCIOS_MAX 64 /* interpreters that have asyncio */

/* One interpreter's asyncio.tasks; 0: it has no such thing. */
struct hog_pyasyncio {
	uint64_t interp;
	uint64_t current;   /* dict, loop -> task */
	uint64_t weak_sets; /* WeakSet of all, or of all that are scheduled */
	uint64_t eager;     /* set */
};

struct hog_pytasks {
	struct hog_journal journal;
	struct hog_python py; /* reads through the journal */
	struct hog_pycodes *codes;
	struct hog_map64 kinds; /* type -> enum hog_pykind */
	struct hog_pyasyncio asyncios[HOG_PYASYNCIOS_MAX];
	unsigned n_asyncios;
	bool debug_read; /* .AsyncioDebug was looked for */
	struct hog_notes notes;
};

/* NULL: the interpreter has none. */
const struct hog_pyasyncio *hog_pyasyncio_of(const struct hog_pytasks *pt,
					     uint64_t interp);

/* Bytes of an object's header: the first member of its own stands there. */
static inline uint64_t hog_pyhead(const struct hog_pytasks *pt)
{
	return (uint64_t)pt->py.lay.object_type + 8;
}

enum hog_pykind hog_pykind_of(struct hog_pytasks *pt, uint64_t object);
bool hog_pykind_is_task(enum hog_pykind kind);

/* What a coroutine is suspended in. */
enum hog_pycoro_state {
	HOG_PYCORO_NONE, /* nothing that we know */
	HOG_PYCORO_CREATED,
	HOG_PYCORO_SUSPENDED,
	HOG_PYCORO_EXECUTING,
	HOG_PYCORO_DONE,
};

struct hog_pyawait {
	enum hog_pycoro_state state; /* of the outermost */
	bool executing; /* the innermost executes, or one that came between */
	bool cut;       /* deeper than max */
	size_t n;
	uint64_t end; /* the object that the innermost awaits; 0 none */
};

/* Frames of a coroutine and of those it awaits, outermost first.  0 or -errno;
 * -EAGAIN: it moved. */
int hog_pyawait_read(struct hog_pytasks *pt, uint64_t coro,
		     struct hog_pyframe *frames, size_t max,
		     struct hog_pyawait *ret);

/* Address of the code object that a coroutine runs; 0: none. */
uint64_t hog_pycoro_code(struct hog_pytasks *pt, uint64_t coro);

/* Reads a task by itself.  -ENOENT: there is none. */
int hog_pytask_read(struct hog_pytasks *pt, uint64_t addr,
		    struct hog_pytask *ret);
/* Fills task->awaiters. */
void hog_pytask_awaiters(struct hog_pytasks *pt, struct hog_pytask *task);

/* Members of a set: up to max into *ret (the caller's); how many. */
int hog_pyset_read(const struct hog_python *py, uint64_t set, size_t max,
		   uint64_t **ret);
/* Offsets that the target's own _asyncio tells (3.14+). */
void hog_pytasks_take_debug(struct hog_pytasks *pt);
/* The same from its bytes.  -EBADMSG: they cannot be. */
int hog_pytasks_parse_debug(struct hog_pylayout *lay, const void *bytes,
			    size_t len);

#endif
