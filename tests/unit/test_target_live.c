/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "real_kernel.h"
#include "target/target.h"

/* A child that sleeps; of itself, so that its memory is known. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TestSuite(target_live, .init = needs_real_kernel);

Test(target_live, reads_a_child)
{
	static const char secret[] = "what the child knows";
	pid_t pid = sleeper();
	struct hog_target *target;
	char buf[64] = "", comm[16];
	pid_t *tids;

	cr_assert_eq(hog_target_open_pid(pid, &target, NULL), 0);
	cr_assert(target->live);
	cr_assert_eq(hog_mem_read_cstr(target->mem, (uint64_t)(uintptr_t)secret,
				       buf, 64),
		     (ssize_t)strlen(secret));
	cr_assert_str_eq(buf, secret);
	cr_assert_gt(target->maps.n, 3);
	cr_assert_not_null(target->cmdline[0]);
	cr_assert_neq(target->machine, 0);
	cr_assert_eq(hog_target_threads(target, &tids), 1);
	cr_assert_eq(tids[0], pid);
	cr_assert_eq(hog_target_ns_tid(target, pid), pid);
	cr_assert_eq(hog_target_host_tid(target, pid), pid);
	hog_target_thread_comm(target, pid, comm, sizeof(comm));
	cr_assert_str_eq(comm, target->comm);
	free(tids);
	end(pid);
	cr_assert_eq(hog_mem_read(target->mem, (uint64_t)(uintptr_t)secret, buf,
				  4),
		     -ESRCH);
	cr_assert_eq(hog_target_threads(target, &tids), -ESRCH);
	cr_assert_lt(hog_target_refresh_maps(target, NULL), 0);
	hog_target_close(target);
}

Test(target_live, says_in_words_what_it_cannot_open)
{
	struct hog_target *target;
	struct hog_err err = { 0 };
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	cr_assert_eq(hog_target_open_pid(pid, &target, &err), -ESRCH);
	cr_assert(strstr(err.text, "zombie"), "%s", err.text);
	waitpid(pid, NULL, 0);
	cr_assert_eq(hog_target_open_pid(pid, &target, &err), -ESRCH);
	cr_assert(strstr(err.text, "no process"), "%s", err.text);
	cr_assert_eq(hog_target_open_pid(0, &target, &err), -EINVAL);
	cr_assert_eq(hog_target_open_pid(-1, &target, &err), -EINVAL);
}

/* Maps one page of a file of ours and gives the entry of the list. */
static const struct hog_map *map_file(struct hog_target *target,
				      const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	void *page;

	cr_assert_eq(write(fd, "first", 5), 5);
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	cr_assert_neq(page, MAP_FAILED);
	close(fd);
	cr_assert_eq(hog_target_refresh_maps(target, NULL), 0);
	return hog_maps_find(&target->maps, (uint64_t)(uintptr_t)page);
}

static void check_content(int fd, const char *want)
{
	char buf[16] = "";

	cr_assert_geq(fd, 0);
	cr_assert_gt(pread(fd, buf, sizeof(buf) - 1, 0), 0);
	cr_assert_str_eq(buf, want);
	close(fd);
}

Test(target_live, opens_the_mapped_file_and_no_other)
{
	char path[] = "/tmp/hog-test-XXXXXX", other[64];
	struct hog_target *target;
	const struct hog_map *map;
	int fd;

	close(mkstemp(path));
	cr_assert_eq(hog_target_open_pid(getpid(), &target, NULL), 0);
	map = map_file(target, path);
	cr_assert_not_null(map);
	cr_assert_str_eq(map->path, path);
	check_content(hog_target_open_map(target, map), "first");

	/* Another file takes the name: it must not be taken for ours. */
	snprintf(other, sizeof(other), "%s.new", path);
	fd = open(other, O_WRONLY | O_CREAT, 0600);
	cr_assert_eq(write(fd, "second", 6), 6);
	close(fd);
	cr_assert_eq(rename(other, path), 0);
	fd = hog_target_open_map(target, map);
	if (fd >= 0)
		check_content(fd, "first"); /* by map_files, with rights */
	else
		cr_assert_eq(fd, -ESTALE);

	/* A FIFO of that name must not make us wait. */
	unlink(path);
	cr_assert_eq(mkfifo(path, 0600), 0);
	fd = hog_target_open_map(target, map);
	if (fd >= 0)
		check_content(fd, "first");
	unlink(path);
	hog_target_close(target);
}
