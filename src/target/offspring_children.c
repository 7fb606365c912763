/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New processes by /proc/PID/task/TID/children: needs no rights, and sees what
 * is alive when it looks.  A look costs some microseconds per thread, so looks
 * are spread out to stay below a small part of a core.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "target/impl.h"
#include "target/offspring_way.h"
#include "target/procfs.h"

/* A look is followed by at least this many times its own duration of rest:
 * 2 % of a core. */
#define REST 50
#define REST_MIN_NS 2000000
/* Children of one thread; more are found when the first have ended. */
#define CHILDREN_TEXT 65536

struct watched {
	pid_t pid;
	int task_fd; /* of /proc/PID/task: another process with that id later
		      * is not mistaken for this one */
};

struct children {
	struct hog_offspring_way base;
	struct watched *v; /* owned */
	size_t n, cap;
	uint64_t next_ns; /* no look before */
	char text[CHILDREN_TEXT];
};

static bool is_watched(const struct children *ch, pid_t pid)
{
	for (size_t i = 0; i < ch->n; i++)
		if (ch->v[i].pid == pid)
			return true;
	return false;
}

static int watch(struct children *ch, pid_t pid)
{
	char path[48], stat[512];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	snprintf(path, sizeof(path), "%d/stat", pid);
	if (hog_proc_read(fd, path, stat, sizeof(stat)) < 0 ||
	    hog_parse_stat(stat) == HOG_OS_GONE) {
		close(fd);
		return -ESRCH; /* a zombie has been told as ended */
	}
	if (ch->n == ch->cap) {
		size_t cap = ch->cap ? 2 * ch->cap : 16;
		struct watched *v = realloc(ch->v, cap * sizeof(*v));

		if (!v) {
			close(fd);
			return -ENOMEM;
		}
		ch->v = v;
		ch->cap = cap;
	}
	ch->v[ch->n++] = (struct watched){ pid, fd };
	ch->next_ns = 0;
	return 0;
}

static int children_add(struct hog_offspring_way *way, pid_t pid)
{
	struct children *ch = (struct children *)way;

	return is_watched(ch, pid) ? 0 : watch(ch, pid);
}

static void drop(struct children *ch, size_t i)
{
	close(ch->v[i].task_fd);
	ch->v[i] = ch->v[--ch->n];
}

static void children_remove(struct hog_offspring_way *way, pid_t pid)
{
	struct children *ch = (struct children *)way;

	for (size_t i = 0; i < ch->n; i++)
		if (ch->v[i].pid == pid) {
			drop(ch, i);
			return;
		}
}

static void read_children(struct children *ch, struct watched by, pid_t tid,
			  struct hog_births *births)
{
	char name[48];
	const char *p = ch->text;

	snprintf(name, sizeof(name), "%d/children", tid);
	if (hog_proc_read(by.task_fd, name, ch->text, sizeof(ch->text)) <= 0)
		return;
	for (;;) {
		char *end;
		pid_t pid = (pid_t)strtol(p, &end, 10);

		/* A number that the buffer's end may have cut is left. */
		if (end == p || *end != ' ')
			return;
		p = end;
		if (is_watched(ch, pid) || watch(ch, pid) < 0)
			continue;
		hog_births_push(births, (struct hog_birth){
						.kind = HOG_BIRTH_FORK,
						.pid = pid,
						.parent = by.pid,
						.time_ns = hog_now_ns(),
						.found = true,
					});
	}
}

/* false: the process has ended. */
static bool look_at(struct children *ch, struct watched by,
		    struct hog_births *births)
{
	int fd = openat(by.task_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool any = false;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return errno != ENOENT && errno != ESRCH;
	}
	while ((entry = readdir(dir))) {
		pid_t tid = (pid_t)atoi(entry->d_name);

		if (tid > 0) {
			any = true;
			read_children(ch, by, tid, births);
		}
	}
	closedir(dir);
	return any;
}

static bool children_look(struct hog_offspring_way *way,
			  struct hog_births *births)
{
	struct children *ch = (struct children *)way;
	uint64_t start = hog_now_ns(), took;

	if (start < ch->next_ns)
		return false;
	/* The list grows on the way: grandchildren come in the same look. */
	for (size_t i = 0; i < ch->n;) {
		struct watched by = ch->v[i];

		if (look_at(ch, by, births)) {
			i++;
			continue;
		}
		drop(ch, i);
		hog_births_push(births, (struct hog_birth){
						.kind = HOG_BIRTH_EXIT,
						.pid = by.pid,
						.time_ns = hog_now_ns(),
					});
	}
	took = hog_now_ns() - start;
	ch->next_ns = start + REST_MIN_NS + took * REST;
	return true;
}

static void children_free(struct hog_offspring_way *way)
{
	struct children *ch = (struct children *)way;

	while (ch->n > 0)
		drop(ch, 0);
	free(ch->v);
	free(ch);
}

static const struct hog_offspring_ops children_ops = {
	.name = "children",
	.add = children_add,
	.remove = children_remove,
	.look = children_look,
	.free = children_free,
};

int hog_offspring_children_new(struct hog_offspring_way **ret)
{
	struct children *ch = calloc(1, sizeof(*ch));

	if (!ch)
		return -ENOMEM;
	ch->base.ops = &children_ops;
	*ret = &ch->base;
	return 0;
}
