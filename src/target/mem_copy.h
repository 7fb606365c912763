/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process's memory as it stood at one moment: the pieces that a reader needed
 * the last times, copied in one call while a thread is stopped and read when it
 * has gone on.  What was missing is copied the next time.
 */
#ifndef HOG_TARGET_MEM_COPY_H
#define HOG_TARGET_MEM_COPY_H

#include <stdbool.h>

#include "target/mem.h"

/* under: borrowed, where the copies come from.  NULL: no memory.  Ended by
 * hog_mem_close. */
struct hog_mem *hog_mem_copy_new(struct hog_mem *under);
/* Copies anew all pieces that were asked for lately; forgets what was copied
 * before.  0, or -errno when the process is gone or may not be read. */
int hog_mem_copy_take(struct hog_mem *copy);
/* Until false again: what is missing is fetched at once.  Else a read of it
 * fails with -EFAULT. */
void hog_mem_copy_fetch(struct hog_mem *copy, bool fetch);
/* Was something missing since the last take, or since fetching ended? */
bool hog_mem_copy_missed(const struct hog_mem *copy);

#endif
