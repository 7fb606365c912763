/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that do nothing: most of a machine's.  One whose threads have all
 * slept for a while is left alone; what tells that it still does is how often
 * the kernel has given each of its threads a CPU, and that no thread was added.
 * Of few such processes this is looked up in each slot and nothing gets lost.
 * Of many it would cost too much: each is then looked up every few slots, in
 * turn, so that all together cost a 64th of a core, and a look that meets a
 * thread at work stands for the slots since the last one.
 */
#ifndef HOG_COLLECT_DOZE_H
#define HOG_COLLECT_DOZE_H

#include <stdbool.h>
#include <stdint.h>

struct hog_process;
struct hog_slot;

/* Of one process.  Zeroed: it is awake. */
struct hog_doze {
	bool on;
	bool settled;    /* turns of its threads were noted while they slept */
	bool strangers;  /* it has threads that Python does not know (yet) */
	unsigned quiet;  /* slots in a row that found all asleep */
	unsigned passed; /* slots since the last look */
	unsigned paid;   /* slots to come that a look stood for */
	uint64_t since_ns, next_ns;
};

/* What all processes of a slot share. */
struct hog_dozers {
	unsigned files, files_before; /* to be read for all that doze */
	uint64_t gap_ns;              /* between two looks at one */
};

/* At the beginning of a slot, before the first process. */
void hog_doze_begin(struct hog_slot *slot);
/* Whether this slot leaves the process alone.  Else its samples weigh
 * slot->weight. */
bool hog_doze_skips(struct hog_process *p, struct hog_slot *slot);
/* What the slot has found, after it has been served. */
void hog_doze_note(struct hog_process *p, struct hog_slot *slot);

#endif
