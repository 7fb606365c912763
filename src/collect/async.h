/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --async asks for: stacks of the units that share a thread (asyncio
 * tasks, greenlets) in place of, or beside, those of the thread itself.
 */
#ifndef HOG_COLLECT_ASYNC_H
#define HOG_COLLECT_ASYNC_H

enum hog_async {
	HOG_ASYNC_NONE,
	HOG_ASYNC_RUNNING, /* who runs: with those who wait for it */
	HOG_ASYNC_ALL,     /* those that are suspended, too */
};

#endif
