/* SPDX-License-Identifier: Apache-2.0 */
#include "target/target_live.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "target/maps.h"
#include "target/procfs.h"

#define CMDLINE_MAX (4u << 20) /* above it a command line is cut out */

static int live_refresh_maps(struct hog_target *target, struct hog_err *err)
{
	struct target_live *live = (struct target_live *)target;
	struct hog_buf text = { 0 };
	struct hog_maps maps;
	int r = hog_proc_read_all(live->proc_fd, "maps", &text,
				  HOG_MAPS_TEXT_MAX);

	/* A byte more, for the parser to end the text with. */
	hog_buf_add_u8(&text, 0);
	if (r == 0 && text.failed)
		r = -ENOMEM;
	if (r < 0) {
		hog_buf_fini(&text);
		return hog_err_set(err, r == -ENOENT ? -ESRCH : r,
				   "read the mappings of process %d",
				   target->pid);
	}
	r = hog_maps_parse((char *)text.data, text.len - 1, &maps);
	if (r < 0)
		return hog_err_set(err, r, "parse the mappings of process %d",
				   target->pid);
	hog_maps_fini(&target->maps);
	target->maps = maps;
	return 0;
}

/* A numeric field of a text of /proc/PID/stat, counted from 1; 0: none. */
static uint64_t stat_field(const char *text, int field)
{
	const char *p = strrchr(text, ')'); /* ends the second field */

	for (int i = 3; i <= field && p; i++) {
		p = strchr(p, ' ');
		if (p && i == field)
			return strtoull(p + 1, NULL, 10);
		p += p != NULL;
	}
	return 0;
}

/* Where code and stack begin: the 26th and the 28th field. */
static uint64_t live_image(struct hog_target *target)
{
	struct target_live *live = (struct target_live *)target;
	uint64_t code, stack;
	char text[1024];

	if (hog_proc_read(live->proc_fd, "stat", text, sizeof(text)) <= 0)
		return 0;
	code = stat_field(text, 26);
	stack = stat_field(text, 28);
	return stack < 2 ? 0 : hog_hash64(hog_hash64(code) ^ stack);
}

bool hog_target_shares_memory(pid_t pid, pid_t other)
{
	return syscall(SYS_kcmp, pid, other, KCMP_VM, 0, 0) == 0;
}

uint64_t hog_target_cpu_ns(pid_t pid)
{
	struct hog_oswatch watch;
	struct hog_oscpu cpu = { 0 };

	if (hog_oswatch_open(&watch, pid, pid) < 0)
		return 0;
	if (hog_oswatch_cpu(&watch, &cpu) < 0)
		cpu.ns = 0;
	hog_oswatch_close(&watch);
	return cpu.ns;
}

/* The sum of n fields of its stat file that count clock ticks. */
static uint64_t ticks_ns(pid_t pid, int field, int n)
{
	long hz = sysconf(_SC_CLK_TCK);
	char path[32], text[1024];
	uint64_t ticks = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (hz <= 0 || hog_proc_read(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return 0;
	while (n-- > 0)
		ticks += stat_field(text, field++);
	return ticks * (1000000000ULL / (uint64_t)hz);
}

uint64_t hog_target_reaped_ns(pid_t pid)
{
	return ticks_ns(pid, 16, 2); /* cutime, cstime */
}

uint64_t hog_target_born_ns(pid_t pid)
{
	return ticks_ns(pid, 22, 1); /* starttime */
}

static uint64_t live_thread_tp(struct hog_target *target, pid_t tid)
{
	(void)target;
	(void)tid;
	return 0;
}

static void live_close(struct hog_target *target)
{
	struct target_live *live = (struct target_live *)target;

	if (live->proc_fd >= 0)
		close(live->proc_fd);
	hog_map64_fini(&live->host_tids);
	free(live);
}

static const struct hog_target_ops live_ops = {
	.refresh_maps = live_refresh_maps,
	.image = live_image,
	.open_map = hog_live_open_map,
	.threads = hog_live_threads,
	.ns_tid = hog_live_ns_tid,
	.host_tid = hog_live_host_tid,
	.thread_state = hog_live_thread_state,
	.thread_comm = hog_live_thread_comm,
	.thread_tp = live_thread_tp,
	.close = live_close,
};

static int open_proc(struct target_live *live, struct hog_err *err)
{
	pid_t pid = live->base.pid;
	char path[32];
	int r;

	if (pid <= 0)
		return hog_err_say(err, -EINVAL, NULL, "%d is not a process id",
				   pid);
	r = hog_proc_check(err);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d", pid);
	live->proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (live->proc_fd >= 0)
		return 0;
	if (errno != ENOENT)
		return hog_err_set(err, -errno, "open %s", path);
	if (kill(pid, 0) == 0 || errno == EPERM)
		return hog_err_say(err, -EPERM,
				   "run as its user or as root, and with "
				   "/proc mounted",
				   "process %d is hidden in /proc", pid);
	return hog_err_say(err, -ESRCH, NULL, "no process has the id %d", pid);
}

/* What cannot be looked at, told from its status text. */
static int check_kind(pid_t pid, const char *status, struct hog_err *err)
{
	const char *state = hog_status_field(status, "State");
	int64_t tgid;

	if (hog_status_number(status, "Tgid", &tgid) == 0 && tgid != pid)
		return hog_err_say(err, -EINVAL,
				   "give the id of the process: all of its "
				   "threads are looked at",
				   "%d is a thread of process %d", pid,
				   (int)tgid);
	if (state && (*state == 'Z' || *state == 'X'))
		return hog_err_say(err, -ESRCH, NULL,
				   "process %d has ended (it is a zombie that "
				   "its parent has not waited for)",
				   pid);
	/* Only kernel threads have no memory of their own. */
	if (!hog_status_field(status, "VmSize"))
		return hog_err_say(err, -EINVAL, NULL,
				   "process %d is a kernel thread", pid);
	return 0;
}

/* Rights are not guessed: a byte of the target is read. */
static int try_a_read(struct hog_target *target, const char *status,
		      struct hog_err *err)
{
	int r = -EFAULT;

	for (size_t i = 0; i < target->maps.n && r == -EFAULT; i++) {
		const struct hog_map *map = &target->maps.v[i];
		char byte;

		if (map->prot & HOG_MAP_READ)
			r = hog_mem_read(target->mem, map->start, &byte, 1);
	}
	target->mem->reads = target->mem->faults = 0;
	if (r == -EPERM || r == -ENOSYS)
		return hog_say_not_allowed(target->pid, status, -EPERM, err);
	if (r == -ESRCH)
		return hog_err_say(err, r, NULL, "process %d has ended",
				   target->pid);
	return r < 0 ? hog_err_set(err, r, "read the memory of process %d",
				   target->pid)
		     : 0;
}

static bool is_elf_head(const unsigned char *head)
{
	return memcmp(head, ELFMAG, SELFMAG) == 0;
}

#define HEAD_BYTES (EI_NIDENT + 4) /* up to e_machine */

/* The program's machine; where its file may not be opened, that of the first
 * ELF image in memory.  EM_NONE: there is none. */
static unsigned machine_of(struct target_live *live)
{
	_cleanup_close_ int fd =
		openat(live->proc_fd, "exe", O_RDONLY | O_CLOEXEC);
	const struct hog_maps *maps = &live->base.maps;
	unsigned char head[HEAD_BYTES];
	bool found = fd >= 0 && pread(fd, head, HEAD_BYTES, 0) == HEAD_BYTES &&
		     is_elf_head(head);

	for (size_t i = 0; i < maps->n && !found; i++)
		found = maps->v[i].offset == 0 && maps->v[i].inode != 0 &&
			hog_mem_read(live->base.mem, maps->v[i].start, head,
				     HEAD_BYTES) == 0 &&
			is_elf_head(head);
	if (!found)
		return EM_NONE;
	return (unsigned)head[EI_NIDENT + 2] | (unsigned)head[EI_NIDENT + 3]
						       << 8;
}

/* Names and command line; all of them may be unreadable or gone. */
static int read_words(struct target_live *live)
{
	struct hog_target *target = &live->base;
	struct hog_buf line = { 0 };
	char text[4096];
	ssize_t len;

	len = hog_proc_read(live->proc_fd, "comm", text, sizeof(text));
	if (len > 0 && text[len - 1] == '\n')
		len--;
	target->comm = strndup(text, len > 0 ? (size_t)len : 0);

	len = readlinkat(live->proc_fd, "exe", text, sizeof(text));
	if (len > 10 && memcmp(text + len - 10, " (deleted)", 10) == 0)
		len -= 10;
	target->exe = strndup(text, len > 0 ? (size_t)len : 0);

	if (hog_proc_read_all(live->proc_fd, "cmdline", &line, CMDLINE_MAX) < 0)
		hog_buf_clear(&line);
	target->cmdline = hog_split_cmdline((const char *)line.data, line.len);
	hog_buf_fini(&line);
	return target->comm && target->exe && target->cmdline ? 0 : -ENOMEM;
}

/* What needs no rights.  status[cap] gets the text of /proc/PID/status. */
static int fill_basics(struct target_live *live, char *status, size_t cap,
		       struct hog_err *err)
{
	struct hog_target *target = &live->base;
	unsigned levels;
	int r = open_proc(live, err);

	if (r < 0)
		return r;
	if (hog_proc_read(live->proc_fd, "status", status, cap) < 0)
		return hog_err_say(err, -ESRCH, NULL, "process %d has ended",
				   target->pid);
	r = check_kind(target->pid, status, err);
	if (r < 0)
		return r;
	hog_status_nspid(status, &levels);
	live->same_ns = levels < 2;
	target->mem = hog_mem_open_live(target->pid);
	if (!target->mem)
		return hog_err_set(err, -ENOMEM, "open process %d",
				   target->pid);
	return 0;
}

static int fill(struct target_live *live, struct hog_err *err)
{
	struct hog_target *target = &live->base;
	char status[4096];
	int r = fill_basics(live, status, sizeof(status), err);

	if (r < 0)
		return r;
	r = live_refresh_maps(target, err);
	if (r == -EACCES || r == -EPERM)
		return hog_say_not_allowed(target->pid, status, -EPERM, err);
	if (r < 0)
		return r;
	r = target->mem ? try_a_read(target, status, err) : -ESRCH;
	if (r < 0)
		return r;
	if (read_words(live) < 0)
		return hog_err_set(err, -ENOMEM, "open process %d",
				   target->pid);
	target->machine = machine_of(live);
	return 0;
}

static struct target_live *live_new(pid_t pid)
{
	struct target_live *live = calloc(1, sizeof(*live));

	if (!live)
		return NULL;
	live->base.ops = &live_ops;
	live->base.pid = pid;
	live->base.live = true;
	live->proc_fd = -1;
	return live;
}

int hog_target_open_pid(pid_t pid, struct hog_target **ret, struct hog_err *err)
{
	struct target_live *live = live_new(pid);
	int r;

	if (!live)
		return hog_err_set(err, -ENOMEM, "open process %d", pid);
	r = fill(live, err);
	if (r < 0) {
		hog_target_close(&live->base);
		return r;
	}
	*ret = &live->base;
	return 0;
}

int hog_target_open_fork(pid_t pid, const struct hog_target *parent,
			 uint64_t image, struct hog_target **ret)
{
	struct target_live *live = live_new(pid);
	char status[4096];
	int r;

	if (!live)
		return -ENOMEM;
	r = fill_basics(live, status, sizeof(status), NULL);
	if (r == 0 && (!image || live_image(&live->base) != image))
		r = -ESTALE;
	if (r == 0)
		r = read_words(live);
	if (r < 0) {
		hog_target_close(&live->base);
		return r;
	}
	live->base.machine = parent->machine;
	*ret = &live->base;
	return 0;
}
