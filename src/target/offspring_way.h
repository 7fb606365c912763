/* SPDX-License-Identifier: Apache-2.0 */
/* A way of hearing of new processes.  Private to target/. */
#ifndef HOG_TARGET_OFFSPRING_WAY_H
#define HOG_TARGET_OFFSPRING_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/launch.h"

/* Told and not yet asked for.  At 56 bytes each this is 7 MiB; more than that
 * between two polls are counted lost. */
#define HOG_BIRTHS_MAX 131072

struct hog_births {
	struct hog_birth *v; /* owned */
	size_t n, cap;
	uint64_t lost;
};

void hog_births_push(struct hog_births *births, struct hog_birth birth);

struct hog_offspring_way {
	const struct hog_offspring_ops *ops;
};

struct hog_offspring_ops {
	const char *name;
	/* 0; -ESRCH: no such process; another errno: this way cannot. */
	int (*add)(struct hog_offspring_way *way, pid_t pid);
	void (*remove)(struct hog_offspring_way *way, pid_t pid);
	/* Appends what is new.  false: too soon to look again. */
	bool (*look)(struct hog_offspring_way *way, struct hog_births *births);
	/* Readable when a look would find something; NULL: nothing tells. */
	int (*fd)(const struct hog_offspring_way *way);
	void (*free)(struct hog_offspring_way *way);
};

/* 0 or -errno: the kernel refuses it. */
int hog_offspring_perf_new(struct hog_offspring_way **ret);
int hog_offspring_children_new(struct hog_offspring_way **ret);

#endif
