/* SPDX-License-Identifier: Apache-2.0 */
#include "target/target_core.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"

static int core_refresh_maps(struct hog_target *target, struct hog_err *err)
{
	(void)target;
	(void)err;
	return 0;
}

static int core_open_map(struct hog_target *target, const struct hog_map *map)
{
	struct target_core *tc = (struct target_core *)target;
	const struct hog_core_file *file = hog_core_file(&tc->core, map->start);
	int fd;

	if (!file)
		return -ENOENT;
	fd = hog_core_disk(tc, file);
	if (fd < 0)
		return fd;
	/* The caller closes his own. */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

static int core_threads(struct hog_target *target, pid_t **ret)
{
	struct target_core *tc = (struct target_core *)target;
	pid_t *list = calloc(tc->core.nthreads, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < tc->core.nthreads; i++)
		list[i] = tc->core.threads[i].tid;
	qsort(list, tc->core.nthreads, sizeof(*list), by_number);
	*ret = list;
	return (int)tc->core.nthreads;
}

/* A core has the ids of the dumper's namespace only. */
static pid_t core_same_tid(struct hog_target *target, pid_t tid)
{
	(void)target;
	return tid;
}

static const struct hog_core_thread *find_thread(struct hog_target *target,
						 pid_t tid)
{
	struct target_core *tc = (struct target_core *)target;

	for (size_t i = 0; i < tc->core.nthreads; i++)
		if (tc->core.threads[i].tid == tid)
			return &tc->core.threads[i];
	return NULL;
}

static void core_thread_state(struct hog_target *target, pid_t tid,
			      struct hog_osthread *ret)
{
	const struct hog_core_thread *thread = find_thread(target, tid);

	if (!thread)
		return;
	ret->syscall = thread->syscall;
	if (thread->syscall != HOG_NO_SYSCALL)
		memcpy(ret->args, thread->args, sizeof(ret->args));
	ret->sp = thread->sp;
	ret->pc = thread->pc;
}

/* Only the process's own name is noted. */
static void core_thread_comm(struct hog_target *target, pid_t tid, char *buf,
			     size_t cap)
{
	if (tid == target->pid)
		snprintf(buf, cap, "%s", target->comm);
}

static uint64_t core_thread_tp(struct hog_target *target, pid_t tid)
{
	const struct hog_core_thread *thread = find_thread(target, tid);

	return thread ? thread->tp : 0;
}

static void core_close(struct hog_target *target)
{
	struct target_core *tc = (struct target_core *)target;

	for (size_t i = 0; i < tc->ndisks; i++)
		if (tc->disks[i].fd >= 0)
			close(tc->disks[i].fd);
	free(tc->disks);
	free(tc->exe_path);
	hog_core_fini(&tc->core);
	if (tc->fd >= 0)
		close(tc->fd);
	free(tc);
}

static const struct hog_target_ops core_ops = {
	.refresh_maps = core_refresh_maps,
	.open_map = core_open_map,
	.threads = core_threads,
	.ns_tid = core_same_tid,
	.host_tid = core_same_tid,
	.thread_state = core_thread_state,
	.thread_comm = core_thread_comm,
	.thread_tp = core_thread_tp,
	.close = core_close,
};

static int by_start(const void *a, const void *b)
{
	const struct hog_map *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* NT_FILE's entries, with the rights of their segment, and the segments that
 * are not in a file.  gcore writes no segment for text and read-only data. */
static int make_maps(struct target_core *tc)
{
	const struct hog_core *core = &tc->core;
	struct hog_maps *maps = &tc->base.maps;

	maps->v = calloc(core->nfiles + core->nsegments + 1, sizeof(*maps->v));
	if (!maps->v)
		return -ENOMEM;
	for (size_t i = 0; i < core->nfiles; i++) {
		const struct hog_core_file *file = &core->files[i];
		const struct hog_core_segment *seg =
			hog_core_segment(core, file->start);

		maps->v[maps->n++] = (struct hog_map){
			.start = file->start,
			.end = file->end,
			.offset = file->offset,
			.prot = seg ? seg->prot : HOG_MAP_READ | HOG_MAP_EXEC,
			.path = file->path,
		};
	}
	for (size_t i = 0; i < core->nsegments; i++) {
		const struct hog_core_segment *seg = &core->segments[i];

		if (!hog_core_file(core, seg->start))
			maps->v[maps->n++] = (struct hog_map){
				.start = seg->start,
				.end = seg->end,
				.prot = seg->prot,
				.path = "",
			};
	}
	qsort(maps->v, maps->n, sizeof(*maps->v), by_start);
	return 0;
}

/* The program: the file that holds its own program headers. */
static const struct hog_core_file *main_file(const struct hog_core *core)
{
	const struct hog_core_file *file =
		hog_core_file(core, hog_core_auxv(core, AT_PHDR));

	if (!file && core->nfiles > 0)
		file = &core->files[0];
	return file;
}

/* Without its program most of a core cannot be understood. */
static int check_main(struct target_core *tc, struct hog_err *err)
{
	const struct hog_core_file *file = main_file(&tc->core);
	const char *name;
	int r;

	if (!file)
		return 0; /* no NT_FILE: live on what is in the core */
	tc->main_path = file->path;
	name = tc->exe_path ? tc->exe_path : file->path;
	r = hog_core_disk(tc, file);
	if (r >= 0)
		return 0;
	if (r == -ESTALE)
		return hog_err_say(err, r,
				   "name the very program that was "
				   "running with --exe FILE",
				   "%s is not the build that the core came "
				   "from (build ids differ)",
				   name);
	hog_err_set(err, r, "open %s, the program of the core", name);
	if (err)
		err->hint = "name the program that was running with --exe FILE";
	return r;
}

static int fill(struct target_core *tc, const char *core_path,
		const char *exe_path, struct hog_err *err)
{
	struct hog_target *target = &tc->base;
	int r;

	tc->fd = open(core_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (tc->fd < 0)
		return hog_err_set(err, -errno, "open %s", core_path);
	if (exe_path) {
		tc->exe_path = strdup(exe_path);
		if (!tc->exe_path)
			return hog_err_set(err, -ENOMEM, "open %s", core_path);
	}
	r = hog_core_load(tc->fd, &tc->core, err);
	if (r < 0)
		return hog_err_wrap(err, r, "%s", core_path);
	r = check_main(tc, err);
	if (r < 0)
		return r;
	target->pid = tc->core.pid;
	target->machine = tc->core.machine;
	target->mem = hog_mem_open_core(tc);
	target->comm = strdup(tc->core.comm);
	target->exe = strdup(tc->exe_path    ? tc->exe_path
			     : tc->main_path ? tc->main_path
					     : "");
	target->cmdline = hog_core_cmdline(&tc->core);
	if (!target->mem || !target->comm || !target->exe || !target->cmdline ||
	    make_maps(tc) < 0)
		return hog_err_set(err, -ENOMEM, "open %s", core_path);
	return 0;
}

int hog_target_open_core(const char *core_path, const char *exe_path,
			 struct hog_target **ret, struct hog_err *err)
{
	struct target_core *tc = calloc(1, sizeof(*tc));
	int r;

	if (!tc)
		return hog_err_set(err, -ENOMEM, "open %s", core_path);
	tc->base.ops = &core_ops;
	tc->fd = -1;
	r = fill(tc, core_path, exe_path, err);
	if (r < 0) {
		hog_target_close(&tc->base);
		return r;
	}
	*ret = &tc->base;
	return 0;
}
