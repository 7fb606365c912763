/* SPDX-License-Identifier: Apache-2.0 */
/* Reading small files of /proc: for target/, and for doctor's findings. */
#ifndef HOG_TARGET_PROCFS_H
#define HOG_TARGET_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_buf;
struct hog_err;

/* Whether /proc is there and numbers processes as we do: 0, or -EOPNOTSUPP. */
int hog_proc_check(struct hog_err *err);

/* The whole of a small file, cut to cap - 1 bytes, NUL behind it.  Its length,
 * or -errno. */
ssize_t hog_proc_read(int dirfd, const char *name, char *buf, size_t cap);
/* The whole of a file, appended; -E2BIG past max bytes. */
int hog_proc_read_all(int dirfd, const char *name, struct hog_buf *buf,
		      size_t max);
/* Entries of a folder whose names are numbers, ascending.  *ret is the caller's.
 * How many, or -ESRCH ... */
int hog_proc_numbers(int dirfd, const char *name, int **ret);
/* Thread ids of a `task` folder, ascending.  *ret is the caller's.  How many (at
 * least 1), or -ESRCH ... */
int hog_task_list(int dirfd, const char *name, pid_t **ret);
/* Number behind "Key:" of a /proc/PID/status text; -ENOENT: no such line. */
int hog_status_number(const char *status, const char *key, int64_t *ret);
/* What stands behind "Key:" in a status text, or NULL.  Up to the line's end
 * (not cut there). */
const char *hog_status_field(const char *status, const char *key);
/* The status text of a thread of pid; false: it is gone. */
bool hog_status_read(pid_t pid, pid_t tid, char *buf, size_t cap);
/* A zombie, or less, by its status text. */
bool hog_status_is_dead(const char *status);
/* Last number of the NSpid line (the innermost namespace's); 0: no such line.
 * *ret_levels: how many numbers there are. */
pid_t hog_status_nspid(const char *status, unsigned *ret_levels);

#endif
