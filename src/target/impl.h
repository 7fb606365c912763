/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kind of target (live process, core file) has to bring.  Each embeds
 * struct hog_target as its first member.  Private to target/.
 */
#ifndef HOG_TARGET_IMPL_H
#define HOG_TARGET_IMPL_H

#include "target/target.h"

/* Every callback has the contract of the hog_target_ function of its name. */
struct hog_target_ops {
	int (*refresh_maps)(struct hog_target *target, struct hog_err *err);
	uint64_t (*image)(struct hog_target *target); /* NULL: never known */
	int (*open_map)(struct hog_target *target, const struct hog_map *map);
	int (*threads)(struct hog_target *target, pid_t **ret);
	pid_t (*ns_tid)(struct hog_target *target, pid_t tid);
	pid_t (*host_tid)(struct hog_target *target, pid_t ns_tid);
	/* *ret is "unknown" when these two are called. */
	void (*thread_state)(struct hog_target *target, pid_t tid,
			     struct hog_osthread *ret);
	void (*thread_comm)(struct hog_target *target, pid_t tid, char *buf,
			    size_t cap);
	uint64_t (*thread_tp)(struct hog_target *target, pid_t tid);
	/* Releases what the kind itself holds and frees target; the fields
	 * every target has are released already. */
	void (*close)(struct hog_target *target);
};

/* A process's memory cannot be read: says so in words, with the remedy that
 * fits.  status is the text of its /proc/PID/status.  Returns code. */
int hog_say_not_allowed(pid_t pid, const char *status, int code,
			struct hog_err *err);

/* Splits NUL-separated text into a NULL-terminated list, one allocation;
 * NULL: no memory. */
char **hog_split_cmdline(const char *text, size_t len);

/* Parses a text of /proc/PID/task/TID/syscall.  false: it is none. */
bool hog_parse_syscall(const char *text, struct hog_osthread *ret);
/* State letter of a text of /proc/PID/stat, whose name may hold anything. */
enum hog_osstate hog_parse_stat(const char *text);

#endif
