/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of a live process, and their ids in two PID namespaces. */
#include "target/target_live.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/procfs.h"

#define STATUS_MAX 4096

int hog_live_threads(struct hog_target *target, pid_t **ret)
{
	return hog_task_list(((struct target_live *)target)->proc_fd, "task",
			     ret);
}

static ssize_t read_of_thread(struct hog_target *target, pid_t tid,
			      const char *file, char *buf, size_t cap)
{
	struct target_live *live = (struct target_live *)target;
	char name[48];

	snprintf(name, sizeof(name), "task/%d/%s", tid, file);
	return hog_proc_read(live->proc_fd, name, buf, cap);
}

pid_t hog_live_ns_tid(struct hog_target *target, pid_t tid)
{
	struct target_live *live = (struct target_live *)target;
	char status[STATUS_MAX];
	unsigned levels;
	pid_t inner;

	if (live->same_ns ||
	    read_of_thread(target, tid, "status", status, sizeof(status)) < 0)
		return tid;
	inner = hog_status_nspid(status, &levels);
	return inner ? inner : tid;
}

static bool is_thread(struct target_live *live, pid_t tid)
{
	char name[32];

	snprintf(name, sizeof(name), "task/%d", tid);
	return faccessat(live->proc_fd, name, F_OK, 0) == 0;
}

pid_t hog_live_host_tid(struct hog_target *target, pid_t ns_tid)
{
	struct target_live *live = (struct target_live *)target;
	_cleanup_free_ pid_t *tids = NULL;
	const uint64_t *known;
	int n;

	if (live->same_ns)
		return ns_tid;
	known = hog_map64_get(&live->host_tids, (uint64_t)ns_tid);
	if (known && is_thread(live, (pid_t)*known))
		return (pid_t)*known;
	hog_map64_clear(&live->host_tids);
	n = hog_live_threads(target, &tids);
	for (int i = 0; i < n; i++)
		if (hog_map64_put(&live->host_tids,
				  (uint64_t)hog_live_ns_tid(target, tids[i]),
				  (uint64_t)tids[i]) < 0)
			return 0;
	known = hog_map64_get(&live->host_tids, (uint64_t)ns_tid);
	return known ? (pid_t)*known : 0;
}

void hog_live_thread_state(struct hog_target *target, pid_t tid,
			   struct hog_osthread *ret)
{
	struct hog_oswatch watch;
	char text[1024];

	if (hog_oswatch_open(&watch, target->pid, tid) < 0) {
		ret->state = HOG_OS_GONE;
		return;
	}
	hog_oswatch_state(&watch, ret);
	hog_oswatch_close(&watch);
	/* `syscall` cannot tell asleep from stopped or waiting for a disk. */
	if (ret->state == HOG_OS_SLEEPING &&
	    read_of_thread(target, tid, "stat", text, sizeof(text)) > 0) {
		enum hog_osstate state = hog_parse_stat(text);

		if (state == HOG_OS_STOPPED || state == HOG_OS_DISK)
			ret->state = state;
	}
}

void hog_live_thread_comm(struct hog_target *target, pid_t tid, char *buf,
			  size_t cap)
{
	ssize_t len = read_of_thread(target, tid, "comm", buf, cap);

	if (len < 0)
		buf[0] = '\0';
	else if (len > 0 && buf[len - 1] == '\n')
		buf[len - 1] = '\0';
}
