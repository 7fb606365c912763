/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process whose system calls are followed, and its threads: what it is
 * called, and the Python stack of a thread that stands still in a call.  It
 * need not be Python, or not yet.
 */
#ifndef HOG_COLLECT_TRACED_H
#define HOG_COLLECT_TRACED_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/frames.h"
#include "python/python.h"
#include "python/stack.h"
#include "python/threads.h"
#include "syscalls/decode.h"
#include "target/target.h"

struct hog_pyheld;

struct hog_traced { /* a program in a process: an exec makes another one */
	pid_t pid, parent;       /* parent 0: named by the user */
	struct hog_model *model; /* borrowed */
	uint32_t model_process;
	struct hog_target *target; /* owned; NULL: it cannot be read (yet) */
	uint64_t image;            /* see hog_target_image */
	uint64_t opened_ns;
	uint64_t now_ns; /* of the event under way */

	/* Its Python, looked for until it is found. */
	bool has_python, hopeless;
	uint64_t tried_ns, try_cost_ns;
	struct hog_python py;
	struct hog_pystacks stacks;
	struct hog_frames frames;
	struct hog_pyinterp *interps; /* owned, n_interps */
	unsigned n_interps;
	struct hog_pytstate *states; /* owned, of all interpreters */
	unsigned *state_interp;      /* owned: index in interps */
	unsigned n_states;
	uint64_t listed_ns, list_cost_ns;
	uint64_t codes_ns;
	uint32_t generation; /* goes up when stacks by readers must be forgotten */
};

struct hog_calls;

struct hog_tracedthread {
	struct hog_traced *process; /* borrowed */
	struct hog_calls *calls;    /* borrowed: for the decoder */
	pid_t tid;
	uint32_t model_thread;
	uint64_t born_ns; /* first seen */
	uint64_t named_ns;
	bool has_name;   /* by its Python: else it is the kernel's */
	uint64_t tstate; /* 0: none known */
	unsigned interp;
	struct hog_pyheld *held; /* owned */
	uint32_t held_generation;
	struct hog_stackmemo memo;
	struct hog_pyreader *reader; /* owned: of its stack while it moves */
	struct hog_stackmemo moving;

	/* The call that it is in. */
	bool in_call, in_progress; /* it began before we looked */
	bool has_stack;            /* stack was taken at the entry */
	bool held_gil;
	struct hog_call call;
	uint64_t entered_ns;
	uint32_t stack;
};

/* from: the parent that it is a fork of, when its memory is a copy of that; or
 * NULL.  NULL: no memory. */
struct hog_traced *hog_traced_new(pid_t pid, pid_t parent, uint64_t now_ns,
				  struct hog_model *model,
				  const struct hog_traced *from);
void hog_traced_free(struct hog_traced *p);
/* Memory of the process, for decoding; NULL: it cannot be read. */
struct hog_mem *hog_traced_mem(struct hog_traced *p);

struct hog_tracedthread *hog_tracedthread_new(struct hog_traced *p, pid_t tid,
					      uint64_t now_ns);
void hog_tracedthread_free(struct hog_tracedthread *t);
/* The id in the model, its name brought up to date now and then. */
uint32_t hog_tracedthread_id(struct hog_tracedthread *t);
/* The Python stack of a thread that stands still, as a stack of the model; 0:
 * it runs no Python. */
uint32_t hog_tracedthread_stack(struct hog_tracedthread *t);
/* The same of one that is not held, but waits in its call. */
uint32_t hog_tracedthread_waiting_stack(struct hog_tracedthread *t);
/* The same of one that runs; 0 also when it could not be told for sure. */
uint32_t hog_tracedthread_moving_stack(struct hog_tracedthread *t);
/* Whether it has the GIL, as it stands. */
bool hog_tracedthread_has_gil(struct hog_tracedthread *t);

#endif
