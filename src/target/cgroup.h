/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups as a user names them: by path, by a part of it, or by the id
 * of a container; and whether a process is in one, by its /proc/PID/cgroup.
 */
#ifndef HOG_TARGET_CGROUP_H
#define HOG_TARGET_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

struct hog_err;

enum hog_cgroup_kind {
	HOG_CGROUP_PATH, /* from the hierarchy's root on */
	HOG_CGROUP_PART, /* whole components, anywhere in the path */
	HOG_CGROUP_ID,   /* the id of a container, or its beginning */
};

struct hog_cgroup {
	enum hog_cgroup_kind kind;
	char *path; /* owned; without a slash at either end */
	/* Owned; of a path below a mount: the options of that mount, which name
	 * a version 1 hierarchy; "" version 2.  NULL: any hierarchy. */
	char *hierarchy;
};

/* 12 to 64 hex digits name a container, what starts with '/' a path (below a
 * mount of that mountinfo text, or from the root on), the rest a part.
 * -EINVAL: it is empty; -ENOMEM. */
int hog_cgroup_parse(const char *arg, const char *mountinfo,
		     struct hog_cgroup *ret);
/* The same with this machine's mounts; -ENOENT: a path below a mount that is
 * not there. */
int hog_cgroup_open(const char *arg, struct hog_cgroup *ret,
		    struct hog_err *err);
void hog_cgroup_fini(struct hog_cgroup *cg);
/* Whether a /proc/PID/cgroup text says that it is in the group or below. */
bool hog_cgroup_matches(const struct hog_cgroup *cg, const char *text);
/* The same for a process; false when that cannot be known. */
bool hog_cgroup_holds(const struct hog_cgroup *cg, pid_t pid);

#endif
