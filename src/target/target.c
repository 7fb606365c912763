/* SPDX-License-Identifier: Apache-2.0 */
#include "target/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "target/impl.h"

const char *hog_osstate_name(enum hog_osstate state)
{
	switch (state) {
	case HOG_OS_RUNNING:
		return "running";
	case HOG_OS_SLEEPING:
		return "sleeping";
	case HOG_OS_STOPPED:
		return "stopped";
	case HOG_OS_DISK:
		return "disk";
	case HOG_OS_UNKNOWN:
	case HOG_OS_GONE:
		break;
	}
	return "unknown";
}

void hog_target_close(struct hog_target *target)
{
	if (!target)
		return;
	hog_mem_close(target->mem);
	hog_maps_fini(&target->maps);
	free(target->comm);
	free(target->cmdline);
	free(target->exe);
	target->ops->close(target);
}

int hog_target_refresh_maps(struct hog_target *target, struct hog_err *err)
{
	return target->ops->refresh_maps(target, err);
}

int hog_target_open_map(struct hog_target *target, const struct hog_map *map)
{
	return target->ops->open_map(target, map);
}

int hog_target_threads(struct hog_target *target, pid_t **ret)
{
	return target->ops->threads(target, ret);
}

uint64_t hog_target_image(struct hog_target *target)
{
	return target->ops->image ? target->ops->image(target) : 0;
}

pid_t hog_target_ns_tid(struct hog_target *target, pid_t tid)
{
	return target->ops->ns_tid(target, tid);
}

pid_t hog_target_host_tid(struct hog_target *target, pid_t ns_tid)
{
	return target->ops->host_tid(target, ns_tid);
}

void hog_target_thread_state(struct hog_target *target, pid_t tid,
			     struct hog_osthread *ret)
{
	*ret = (struct hog_osthread){ .syscall = HOG_NO_SYSCALL };
	target->ops->thread_state(target, tid, ret);
}

void hog_target_thread_comm(struct hog_target *target, pid_t tid, char *buf,
			    size_t cap)
{
	buf[0] = '\0';
	target->ops->thread_comm(target, tid, buf, cap);
}

uint64_t hog_target_thread_tp(struct hog_target *target, pid_t tid)
{
	return target->ops->thread_tp(target, tid);
}

char **hog_split_cmdline(const char *text, size_t len)
{
	size_t n = 0;
	char **list;
	char *copy;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\0';
	if (len > 0 && text[len - 1] != '\0')
		n++;
	list = malloc((n + 1) * sizeof(*list) + len + 1);
	if (!list)
		return NULL;
	copy = (char *)(list + n + 1);
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	for (size_t i = 0; i < n; i++) {
		list[i] = copy;
		copy += strlen(copy) + 1;
	}
	list[n] = NULL;
	return list;
}
