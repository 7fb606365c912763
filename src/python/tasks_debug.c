/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From 3.14 on _asyncio says in a section of its own where it keeps what a
 * reader from outside needs.  The section lies in _asyncio.*.so, or in the
 * interpreter where the module is built in.  Without it (its file is gone) the
 * numbers measured on known builds serve.
 */
#include <errno.h>
#include <string.h>

#include "native/elf.h"
#include "python/object.h"
#include "python/tasks_priv.h"
#include "target/target.h"

#define SECTION ".AsyncioDebug"
#define NUMBERS 13
#define TASK_SIZE_MAX 1024
#define STATE_SIZE_MAX (1u << 20)

/* In the order of the section. */
enum {
	TASK_SIZE,
	TASK_NAME,
	TASK_AWAITED_BY,
	TASK_IS_TASK,
	TASK_AWAITED_BY_IS_SET,
	TASK_CORO,
	TASK_NODE,
	INTERP_SIZE,
	INTERP_TASKS_HEAD,
	THREAD_SIZE,
	THREAD_RUNNING_LOOP,
	THREAD_RUNNING_TASK,
	THREAD_TASKS_HEAD,
};

static bool plausible(const uint64_t *v)
{
	if (v[TASK_SIZE] > TASK_SIZE_MAX || v[INTERP_SIZE] > STATE_SIZE_MAX ||
	    v[THREAD_SIZE] > STATE_SIZE_MAX)
		return false;
	for (int i = TASK_NAME; i <= TASK_NODE; i++)
		if (v[i] >= v[TASK_SIZE])
			return false;
	if (v[INTERP_TASKS_HEAD] >= v[INTERP_SIZE])
		return false;
	for (int i = THREAD_RUNNING_LOOP; i <= THREAD_TASKS_HEAD; i++)
		if (v[i] >= v[THREAD_SIZE])
			return false;
	return v[TASK_CORO] >= 8 && v[TASK_IS_TASK] >= 4;
}

int hog_pytasks_parse_debug(struct hog_pylayout *lay, const void *bytes,
			    size_t len)
{
	uint64_t v[NUMBERS];

	if (len < sizeof(v))
		return -EBADMSG;
	memcpy(v, bytes, sizeof(v));
	if (!plausible(v))
		return -EBADMSG;
	lay->task_name = (int32_t)v[TASK_NAME];
	lay->task_awaited_by = (int32_t)v[TASK_AWAITED_BY];
	lay->task_is_task = (int32_t)v[TASK_IS_TASK];
	lay->task_awaited_by_is_set = (int32_t)v[TASK_AWAITED_BY_IS_SET];
	lay->task_coro = (int32_t)v[TASK_CORO];
	lay->task_node = (int32_t)v[TASK_NODE];
	lay->interp_tasks_head = (int32_t)v[INTERP_TASKS_HEAD];
	lay->tstate_running_task = (int32_t)v[THREAD_RUNNING_TASK];
	lay->tstate_tasks_head = (int32_t)v[THREAD_TASKS_HEAD];
	/* Not said, but neighbours in every version: 3.7 to 3.15. */
	lay->task_fut_waiter = lay->task_coro - 8;
	lay->task_state = lay->task_is_task - 4;
	return 0;
}

static bool may_have_it(const struct hog_target *target,
			const struct hog_map *map)
{
	const char *base = strrchr(map->path, '/');

	return base && map->offset == 0 &&
	       (strstr(base, "_asyncio") || strstr(base, "python") ||
		(target->exe && !strcmp(map->path, target->exe)));
}

static int read_section(struct hog_target *target, const struct hog_map *map,
			struct hog_pylayout *lay)
{
	unsigned char bytes[NUMBERS * 8];
	struct hog_elf *elf = NULL;
	struct hog_elfsect sect;
	int fd = hog_target_open_map(target, map);
	int r = fd < 0 ? fd : hog_elf_open(fd, &elf, NULL);

	if (r < 0)
		return r;
	r = hog_elf_section(elf, SECTION, &sect);
	if (r == 0 && sect.size < sizeof(bytes))
		r = -EBADMSG;
	if (r == 0)
		r = hog_elf_read(elf, sect.addr, bytes, sizeof(bytes));
	if (r == 0)
		r = hog_pytasks_parse_debug(lay, bytes, sizeof(bytes));
	hog_elf_close(elf);
	return r;
}

void hog_pytasks_take_debug(struct hog_pytasks *pt)
{
	struct hog_target *target = pt->py.target;

	if (pt->debug_read || !target || !hog_pyversion_atleast(&pt->py, 3, 14))
		return;
	pt->debug_read = true;
	/* _asyncio may have come after the maps were read. */
	if (target->live && hog_target_refresh_maps(target, NULL) < 0)
		return;
	for (size_t i = 0; i < target->maps.n; i++)
		if (may_have_it(target, &target->maps.v[i]) &&
		    read_section(target, &target->maps.v[i], &pt->py.lay) == 0)
			return;
}
