/* SPDX-License-Identifier: Apache-2.0 */
/* A live process as a target.  Private to target/. */
#ifndef HOG_TARGET_TARGET_LIVE_H
#define HOG_TARGET_TARGET_LIVE_H

#include "base/map.h"
#include "target/impl.h"

struct target_live {
	struct hog_target base;
	int proc_fd;  /* /proc/PID: stays this process's, whoever gets the id */
	bool same_ns; /* the target's thread ids are ours */
	struct hog_map64 host_tids; /* id in its namespace -> our id */
};

int hog_live_open_map(struct hog_target *target, const struct hog_map *map);
int hog_live_threads(struct hog_target *target, pid_t **ret);
pid_t hog_live_ns_tid(struct hog_target *target, pid_t tid);
pid_t hog_live_host_tid(struct hog_target *target, pid_t ns_tid);
void hog_live_thread_state(struct hog_target *target, pid_t tid,
			   struct hog_osthread *ret);
void hog_live_thread_comm(struct hog_target *target, pid_t tid, char *buf,
			  size_t cap);

#endif
