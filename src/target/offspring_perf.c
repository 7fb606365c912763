/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New processes by the kernel's own records: a software event that counts CPU
 * time and is inherited, on each thread and CPU, writing FORK, EXIT and COMM
 * into one ring per CPU, and READ with the count of each thread that ends.  Works for one's own processes with
 * perf_event_paranoid up to 2; nothing is stopped, a look at the rings is a
 * read of memory.  An inherited event with a ring must be bound to a CPU, hence
 * the many descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/offspring_way.h"
#include "target/procfs.h"

#define RING_PAGES_MAX 64 /* 256 KiB: some 5000 records */
#define RING_PAGES_MIN 4
#define CPUS_MAX 1024
/* Descriptors of all added processes; beyond it the other way is better. */
#define FDS_MAX 512

struct ring {
	int fd; /* an event of our own that holds the ring; -1: no such CPU */
	struct perf_event_mmap_page *page;
	size_t size; /* of the data behind the first page */
};

struct perf {
	struct hog_offspring_way base;
	struct ring *rings; /* owned, one per CPU number */
	int ncpus;
	size_t page_size;
	int epoll_fd; /* of all rings; -1 */
	int fds[FDS_MAX];
	size_t nfds;
};

static int open_event(const struct perf_event_attr *attr, pid_t tid, int cpu)
{
	long fd = syscall(SYS_perf_event_open, attr, tid, cpu, -1,
			  PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static struct perf_event_attr plain_attr(void)
{
	return (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(struct perf_event_attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.watermark = 1,
		.wakeup_watermark = 1,
	};
}

static int open_ring(struct perf *perf, struct ring *ring, int cpu)
{
	struct perf_event_attr attr = plain_attr();
	int r;

	ring->fd = open_event(&attr, 0, cpu);
	if (ring->fd < 0)
		return ring->fd;
	for (size_t pages = RING_PAGES_MAX; pages >= RING_PAGES_MIN;
	     pages /= 2) {
		void *page =
			mmap(NULL, (pages + 1) * perf->page_size,
			     PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);

		if (page != MAP_FAILED) {
			ring->page = page;
			ring->size = pages * perf->page_size;
			return 0;
		}
	}
	r = -errno;
	close(ring->fd);
	ring->fd = -1;
	return r;
}

static void perf_free(struct hog_offspring_way *way)
{
	struct perf *perf = (struct perf *)way;

	for (size_t i = 0; i < perf->nfds; i++)
		close(perf->fds[i]);
	for (int cpu = 0; cpu < perf->ncpus; cpu++) {
		struct ring *ring = &perf->rings[cpu];

		if (ring->page)
			munmap(ring->page, ring->size + perf->page_size);
		if (ring->fd >= 0)
			close(ring->fd);
	}
	if (perf->epoll_fd >= 0)
		close(perf->epoll_fd);
	free(perf->rings);
	free(perf);
}

static int open_thread(struct perf *perf, pid_t tid)
{
	struct perf_event_attr attr = plain_attr();

	/* Counts without a sample take no timer; the read of a count is as
	 * exact as the scheduler's own (a tick is not waited for). */
	attr.config = PERF_COUNT_SW_TASK_CLOCK;
	attr.inherit_stat = 1;
	attr.inherit = 1;
	attr.task = 1;
	attr.comm = 1;
	attr.comm_exec = 1;
	for (int cpu = 0; cpu < perf->ncpus; cpu++) {
		int fd;

		if (perf->rings[cpu].fd < 0)
			continue;
		if (perf->nfds == FDS_MAX)
			return -E2BIG;
		fd = open_event(&attr, tid, cpu);
		if (fd < 0)
			return fd;
		perf->fds[perf->nfds++] = fd;
		if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, perf->rings[cpu].fd) <
		    0)
			return -errno;
	}
	return 0;
}

static bool is_in(const pid_t *list, int n, pid_t tid)
{
	for (int i = 0; i < n; i++)
		if (list[i] == tid)
			return true;
	return false;
}

/* A thread made by one that is watched already inherits; one made by a thread
 * that is not yet, while we go through the list, shows in the next list. */
#define ROUNDS_MAX 8

static int open_all(struct perf *perf, pid_t pid)
{
	_cleanup_free_ pid_t *seen = NULL;
	int nseen = 0;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		_cleanup_free_ pid_t *now = NULL;
		int n = hog_task_list(AT_FDCWD, path, &now);
		bool news = false;

		if (n < 0)
			return n;
		for (int i = 0; i < n; i++) {
			int r;

			if (is_in(seen, nseen, now[i]))
				continue;
			news = true;
			r = open_thread(perf, now[i]);
			if (r < 0 && (r != -ESRCH || now[i] == pid))
				return r;
		}
		if (!news)
			break;
		free(seen);
		seen = hog_move(now);
		nseen = n;
	}
	return 0;
}

static int perf_add(struct hog_offspring_way *way, pid_t pid)
{
	struct perf *perf = (struct perf *)way;
	size_t before = perf->nfds;
	int r = open_all(perf, pid);

	while (r < 0 && perf->nfds > before)
		close(perf->fds[--perf->nfds]);
	return r;
}

/* The descriptors stay: what the descendants inherited ends with them. */
static void perf_remove(struct hog_offspring_way *way, pid_t pid)
{
	(void)way;
	(void)pid;
}

/* The records we asked for, as the kernel lays them out. */
struct task_record { /* FORK, EXIT */
	struct perf_event_header header;
	uint32_t pid, ppid, tid, ptid;
	uint64_t time;
};

struct comm_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	/* the name, padded to 8 bytes, and then the time */
};

struct read_record { /* of a thread that ends, and its part on one CPU */
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t count;
};

#define RECORD_MAX 512

static void take_name(struct hog_birth *birth, const unsigned char *bytes,
		      size_t len)
{
	const size_t at = sizeof(struct comm_record), tail = sizeof(uint64_t);
	size_t n = len > at + tail ? len - at - tail : 0;

	if (n > sizeof(birth->comm) - 1)
		n = sizeof(birth->comm) - 1;
	memcpy(birth->comm, bytes + at, n);
}

static bool take_count(struct hog_birth *birth, const unsigned char *bytes,
		       size_t len)
{
	struct read_record record;

	if (len < sizeof(record))
		return false;
	memcpy(&record, bytes, sizeof(record));
	birth->kind = HOG_BIRTH_CPU;
	birth->tid = (pid_t)record.tid;
	birth->cpu_ns = record.count;
	return record.count > 0; /* it has not been on each CPU */
}

static void take_record(const unsigned char *bytes, size_t len,
			struct hog_births *births)
{
	struct task_record task = { 0 };
	struct hog_birth birth = { 0 };

	memcpy(&task, bytes, len < sizeof(task) ? len : sizeof(task));
	birth.pid = (pid_t)task.pid;
	if (len >= sizeof(struct comm_record) + sizeof(birth.time_ns))
		memcpy(&birth.time_ns, bytes + len - sizeof(birth.time_ns),
		       sizeof(birth.time_ns));
	switch (task.header.type) {
	case PERF_RECORD_FORK:
		if (task.pid == task.ppid)
			return; /* a thread */
		birth.kind = HOG_BIRTH_FORK;
		birth.parent = (pid_t)task.ppid;
		break;
	case PERF_RECORD_EXIT:
		if (task.pid != task.tid)
			return;
		birth.kind = HOG_BIRTH_EXIT;
		break;
	case PERF_RECORD_COMM:
		if (!(task.header.misc & PERF_RECORD_MISC_COMM_EXEC))
			return;
		birth.kind = HOG_BIRTH_EXEC;
		take_name(&birth, bytes, len);
		break;
	case PERF_RECORD_READ:
		if (!take_count(&birth, bytes, len))
			return;
		break;
	case PERF_RECORD_LOST:
		births->lost++;
		return;
	default:
		return;
	}
	if (birth.pid > 0) /* else of a namespace that we do not see */
		hog_births_push(births, birth);
}

/* Copies len bytes out of the ring, which may wrap. */
static void copy_out(const struct ring *ring, const unsigned char *data,
		     uint64_t at, void *buf, size_t len)
{
	size_t pos = (size_t)(at % ring->size);
	size_t first = len < ring->size - pos ? len : ring->size - pos;

	memcpy(buf, data + pos, first);
	memcpy((char *)buf + first, data, len - first);
}

static void drain(const struct perf *perf, struct ring *ring,
		  struct hog_births *births)
{
	const unsigned char *data =
		(const unsigned char *)ring->page + perf->page_size;
	uint64_t head =
		__atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->page->data_tail;

	while (head - tail >= sizeof(struct perf_event_header)) {
		struct perf_event_header header;
		unsigned char record[RECORD_MAX];

		copy_out(ring, data, tail, &header, sizeof(header));
		if (header.size < sizeof(header) || header.size > head - tail) {
			births->lost++;
			tail = head;
			break;
		}
		if (header.size <= sizeof(record)) {
			copy_out(ring, data, tail, record, header.size);
			take_record(record, header.size, births);
		}
		tail += header.size;
	}
	__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
}

static bool perf_look(struct hog_offspring_way *way, struct hog_births *births)
{
	struct perf *perf = (struct perf *)way;

	for (int cpu = 0; cpu < perf->ncpus; cpu++)
		if (perf->rings[cpu].page)
			drain(perf, &perf->rings[cpu], births);
	return true;
}

static int perf_fd(const struct hog_offspring_way *way)
{
	return ((const struct perf *)way)->epoll_fd;
}

static const struct hog_offspring_ops perf_ops = {
	.name = "perf",
	.add = perf_add,
	.remove = perf_remove,
	.look = perf_look,
	.fd = perf_fd,
	.free = perf_free,
};

static int open_rings(struct perf *perf)
{
	int open = 0, r = -ENODEV;

	for (int cpu = 0; cpu < perf->ncpus; cpu++)
		perf->rings[cpu].fd = -1;
	for (int cpu = 0; cpu < perf->ncpus; cpu++) {
		r = open_ring(perf, &perf->rings[cpu], cpu);
		if (r == -ENODEV || r == -EINVAL)
			continue; /* that CPU is switched off */
		if (r < 0)
			return r;
		epoll_ctl(perf->epoll_fd, EPOLL_CTL_ADD, perf->rings[cpu].fd,
			  &(struct epoll_event){ .events = EPOLLIN });
		open++;
	}
	return open > 0 ? 0 : r;
}

int hog_offspring_perf_new(struct hog_offspring_way **ret)
{
	struct perf *perf = calloc(1, sizeof(*perf));
	long ncpus = sysconf(_SC_NPROCESSORS_CONF);
	int r;

	if (!perf)
		return -ENOMEM;
	perf->base.ops = &perf_ops;
	perf->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	perf->page_size = (size_t)sysconf(_SC_PAGESIZE);
	if (ncpus > 0 && ncpus <= CPUS_MAX)
		perf->rings = calloc((size_t)ncpus, sizeof(*perf->rings));
	if (!perf->rings) {
		perf_free(&perf->base);
		return ncpus > CPUS_MAX ? -E2BIG : -ENOMEM;
	}
	perf->ncpus = (int)ncpus;
	r = open_rings(perf);
	if (r < 0) {
		perf_free(&perf->base);
		return r;
	}
	*ret = &perf->base;
	return 0;
}
