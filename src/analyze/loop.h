/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event loops, as a stack shows them: is this call the loop's own wait (idle, no
 * harm), was it made by a callback of a loop, and of which task?  Told by files
 * and functions of Python; a new loop is some rows in loop.c.
 */
#ifndef HOG_ANALYZE_LOOP_H
#define HOG_ANALYZE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hog_callview;
struct hog_model;

enum hog_loop {
	HOG_LOOP_NONE,
	HOG_LOOP_AUTO, /* any that we know */
	HOG_LOOP_ASYNCIO,
	HOG_LOOP_UVLOOP,
	HOG_LOOP_GEVENT,
	HOG_LOOP_TORNADO,
};

/* Of the calls that a loop waits in: epoll_wait, poll ... */
bool hog_loop_may_wait(const char *call, size_t len);
/* -1: not a name of one. */
int hog_loop_parse(const char *text);

/* What a call is to a loop. */
enum hog_loop_part {
	HOG_LOOP_OUTSIDE, /* made by no callback that the stack shows */
	HOG_LOOP_WAIT,    /* the loop waits for something to do */
	HOG_LOOP_SPARE,   /* a thread of an executor waits for work */
	HOG_LOOP_INSIDE,  /* in a callback or task */
};

enum hog_loop_part hog_loop_part_of(enum hog_loop loop,
				    const struct hog_callview *v);
/* The name of the task or callback that a stack of a loop's thread is in; ""
 * when it is in none.  wait_stack: of that loop's last wait, or 0. */
const char *hog_loop_task(const struct hog_model *m, uint32_t stack,
			  uint32_t wait_stack, size_t *ret_len);

#endif
