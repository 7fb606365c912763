/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One OS thread with states in several interpreters: it runs in one of them at
 * a time, so only one of its states may be sampled, or it would count twice.
 */
#ifndef HOG_COLLECT_TWINS_H
#define HOG_COLLECT_TWINS_H

#include "collect/process.h"

/* After a listing: which threads have several states. */
void hog_twins_find(struct hog_process *p);
/* State t is gone, its thread may live on in another: that one has its CPU time
 * from now on. */
void hog_twins_part(struct hog_process *p, struct hog_sampled *t);
/* Before a slot: which state of each such thread is the one in use (t->out is
 * set for the others).  The one that holds its GIL; when none does, as before;
 * at first the one in the interpreter entered last. */
void hog_twins_choose(struct hog_process *p, struct hog_slot *slot);

#endif
