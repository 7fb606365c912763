/* SPDX-License-Identifier: Apache-2.0 */
/* Interpreters, thread states, thread names, and who has the GIL. */
#ifndef HOG_PYTHON_THREADS_H
#define HOG_PYTHON_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_python;
struct hog_osthread;

#define HOG_PYINTERPS_MAX 256
#define HOG_PYTHREADS_MAX 65536 /* of an interpreter; the newest */
#define HOG_PYTHREAD_NAME_MAX 256

struct hog_pyinterp {
	uint64_t addr;
	int64_t id; /* 0 is the main one; counted from the tail <= 3.6 */
	uint64_t threads_head_addr; /* where the pointer to its newest tstate is */
	/* Where to read its GIL and collector now; 0: does not apply. */
	uint64_t gil_locked_addr, gil_holder_addr, gil_enabled_addr,
		collecting_addr;
	uint64_t gil_addr; /* the GIL struct; equal for sharers.  0: 2.7, 3.6 */
	uint64_t gil_lock; /* 2.7: what waits for the GIL sleeps on this; it is
			    * made once, with the first thread; 0 not yet */
};

/* All interpreters, main first.  How many, or -errno (-EAGAIN: none yet). */
int hog_pyinterps_list(const struct hog_python *py, struct hog_pyinterp *ret,
		       size_t max);

struct hog_pytstate {
	uint64_t addr;      /* PyThreadState */
	uint64_t next;      /* the older one, 0 the last */
	uint64_t interp;    /* back-pointer, checked */
	uint64_t thread_id; /* pthread_self() */
	/* Native id in our PID namespace; 0 unknown.  Of the thread that made
	 * the state: _xxsubinterpreters of 3.8-3.12 runs an interpreter's code
	 * with its oldest state in whatever thread asks for it. */
	pid_t tid;
	bool main; /* tid is the process's first thread */
};

/* All thread states of an interpreter, newest first, the list checked against
 * loops, back-pointers and freed members.  How many, or -errno. */
int hog_pytstates_list(const struct hog_python *py,
		       const struct hog_pyinterp *interp,
		       struct hog_pytstate *ret, size_t max);

/* threading.Thread.name as UTF-8: all at once into names (cap bytes each, ""
 * for threads that have none), by ident.  Walks sys.modules['threading'].
 * 0, or -ENOENT when threading is not imported, or -errno. */
int hog_pythread_names(const struct hog_python *py,
		       const struct hog_pyinterp *interp,
		       const struct hog_pytstate *states, size_t n,
		       char (*names)[HOG_PYTHREAD_NAME_MAX]);

enum hog_pygilrole { HOG_GIL_NONE, HOG_GIL_HOLDS, HOG_GIL_WAITS };
const char *hog_pygilrole_name(enum hog_pygilrole role); /* "holds" ... */

struct hog_pygil {
	bool used; /* false: free-threaded and off, or 2.7 without threads */
	uint64_t holder; /* tstate address, 0: nobody */
	bool collecting; /* a garbage collection is running */
};

/* Reads the GIL of one interpreter now (locked, holder, locked again). */
int hog_pygil_read(const struct hog_python *py,
		   const struct hog_pyinterp *interp, struct hog_pygil *ret);

#define HOG_PYGIL_SPAN_MAX 64

/* The bytes that say who holds it, for readers that copy them together with
 * other things.  How many; 0: no GIL, or they lie too far apart. */
size_t hog_pygil_span(const struct hog_python *py,
		      const struct hog_pyinterp *interp, uint64_t *ret_addr);
/* The holder's tstate by those bytes; 0: nobody. */
uint64_t hog_pygil_span_holder(const struct hog_pyinterp *interp,
			       const unsigned char *bytes);
/* How often the GIL has gone over to another thread, plus one, and who took it
 * last (it need not be locked); 0: not told. */
uint64_t hog_pygil_span_switches(const struct hog_python *py,
				 const struct hog_pyinterp *interp,
				 const unsigned char *bytes,
				 uint64_t *ret_holder);
/* Does a thread that sleeps in this system call wait for that GIL? */
bool hog_pygil_is_wait(const struct hog_python *py,
		       const struct hog_pyinterp *interp,
		       const struct hog_osthread *os);

/* sys.path of the interpreter, UTF-8, as one buffer of NUL-ended strings ended
 * by an empty one; caller frees.  For shortening file names. */
int hog_pysyspath_read(const struct hog_python *py,
		       const struct hog_pyinterp *interp, char **ret);

#endif
