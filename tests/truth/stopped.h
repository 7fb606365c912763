/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of threads that are stopped for them, as record --exact takes them,
 * and for how long they were held.  Of measure_stacks. */
#ifndef TRUTH_STOPPED_H
#define TRUTH_STOPPED_H

#include "python/stack.h"
#include "python/stack_held.h"
#include "python/threads.h"
#include "target/stop.h"

#define STOPPED_THREADS 16
#define STOPPED_HOLDS 100000

struct stopped {
	struct hog_stops stops;
	struct stopped_thread {
		pid_t pid, tid;
		struct hog_pyheld *held; /* owned */
		size_t n_before;         /* frames of its last stack */
		bool failed;             /* its last try */
	} threads[STOPPED_THREADS];
	unsigned n_threads;
	/* Times that no stop showed a whole stack; those in a row, of a thread
	 * that waits for a CPU where none is whole, count once. */
	uint64_t failed;
	uint32_t holds[STOPPED_HOLDS]; /* ns of each stop */
	unsigned n_holds;
};

bool stopped_add(struct stopped *st, const struct hog_pystacks *stacks,
		 const struct hog_pytstate *state);
void stopped_fini(struct stopped *st);
/* As hog_pyreader_sample, of thread i. */
enum hog_pyverdict stopped_sample(struct stopped *st, unsigned i,
				  struct hog_pystack *ret, unsigned *ret_tries);
/* "stops" and their times, as members of a JSON object; nothing without. */
void stopped_print(struct stopped *st);

#endif
