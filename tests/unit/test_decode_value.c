/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/decode.h"

#include "call_text.h"

static struct call_text t;

static void setup(void)
{
	call_text_init(&t);
	call_text_poke_str(&t, 0, "/x");
}

static void teardown(void)
{
	call_text_fini(&t);
}

TestSuite(decode_value, .init = setup, .fini = teardown);

Test(decode_value, flags_by_name_and_what_is_left_as_a_number)
{
	SHOWS(&t, 3, "open(\"/x\", O_RDWR|O_APPEND|0x40000000) = 3", "open", AT,
	      02 | 02000 | 0x40000000);
#if defined(__x86_64__) /* other bits on aarch64 */
	SHOWS(&t, 3, "open(\"/x\", O_WRONLY|O_TMPFILE, 0600) = 3", "open", AT,
	      1 | 020200000, 0600);
#endif
	SHOWS(&t, 0, "access(\"/x\", F_OK) = 0", "access", AT, 0);
	SHOWS(&t, 0, "access(\"/x\", R_OK|X_OK) = 0", "access", AT, 5);
	SHOWS(&t, 0, "mprotect(0x1000, 4096, PROT_NONE) = 0", "mprotect",
	      0x1000, 4096, 0);
	SHOWS(&t, 0, "unlinkat(AT_FDCWD, \"/x\", AT_REMOVEDIR) = 0", "unlinkat",
	      -100, AT, 0x200);
	SHOWS(&t, 5, "eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK) = 5", "eventfd2", 0,
	      02004000);
	SHOWS(&t, 5, "memfd_create(\"/x\", 0x8000 /* MFD_??? */) = 5",
	      "memfd_create", AT, 0x8000);
	SHOWS(&t, 0, "close_range(3, 4294967295, CLOSE_RANGE_CLOEXEC) = 0",
	      "close_range", 3, 0xffffffff, 4);
}

Test(decode_value, one_of_many_by_name)
{
	SHOWS(&t, 9, "lseek(3, -9, SEEK_END) = 9", "lseek", 3, -9, 2);
	SHOWS(&t, 0, "madvise(0x1000, 8, MADV_DONTNEED) = 0", "madvise", 0x1000,
	      8, 4);
	SHOWS(&t, 0, "madvise(NULL, 8, 0x4d2 /* MADV_??? */) = 0", "madvise", 0,
	      8, 1234);
	SHOWS(&t, 0, "getrusage(RUSAGE_CHILDREN, NULL) = 0", "getrusage", -1,
	      0);
	SHOWS(&t, 0, "sched_getscheduler(0) = 0 (SCHED_OTHER)",
	      "sched_getscheduler", 0);
}

Test(decode_value, sockets_by_family_type_and_protocol)
{
	SHOWS(&t, 3,
	      "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3",
	      "socket", 2, 1 | 02000000, 6);
	SHOWS(&t, 3, "socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3",
	      "socket", 16, 3, 0);
	SHOWS(&t, 3, "socket(AF_UNIX, SOCK_DGRAM|SOCK_NONBLOCK, 0) = 3",
	      "socket", 1, 2 | 04000, 0);
}

Test(decode_value, modes_have_three_digits)
{
	SHOWS(&t, 0, "chmod(\"/x\", 000) = 0", "chmod", AT, 0);
	SHOWS(&t, 0, "chmod(\"/x\", 007) = 0", "chmod", AT, 7);
	SHOWS(&t, 0, "chmod(\"/x\", 04755) = 0", "chmod", AT, 04755);
	SHOWS(&t, 0, "mknod(\"/x\", S_IFCHR|0644, makedev(0x1, 0x3)) = 0",
	      "mknod", AT, 020644, 0x103);
}

Test(decode_value, signals_and_ids)
{
	SHOWS(&t, 0, "kill(-5, SIGKILL) = 0", "kill", -5, 9);
	SHOWS(&t, 0, "kill(1, 0) = 0", "kill", 1, 0);
	SHOWS(&t, 0, "tgkill(1, 2, SIGRT_2) = 0", "tgkill", 1, 2, 34);
	SHOWS(&t, 0, "chown(\"/x\", 1000, -1) = 0", "chown", AT, 1000,
	      0xffffffff);
	SHOWS(&t, 0, "shmget(IPC_PRIVATE, 100, IPC_CREAT|0600) = 0", "shmget",
	      0, 100, 01600);
}

Test(decode_value, long_paths_are_whole_and_bounded)
{
	char *path = fake_mem_add(&t.fake, 0x80000, NULL, 0x3000);

	memset(path, 'p', 0x3000);
	call_text_entry(&t, "open", ARGS(0x80000 + 0xff0, 0));
	cr_expect_eq(t.call.args[0].string_len, 4096);
	path[0xff0 + 300] = '\0';
	call_text_entry(&t, "open", ARGS(0x80000 + 0xff0, 0));
	cr_expect_eq(t.call.args[0].string_len, 300);
}

Test(decode_value, a_path_at_the_end_of_memory_is_read_at_once)
{
	char *page = fake_mem_add(&t.fake, 0x80000, NULL, 0x1000);

	memset(page, 0, 0x1000);
	strcpy(page + 0x1000 - 6, "/edge");
	call_text_entry(&t, "open", ARGS(0x80000 + 0x1000 - 6, 0));
	cr_expect_str_eq(t.text, "open(\"/edge\", O_RDONLY");
	cr_expect_eq(t.fake.mem.reads, 1);
	/* Without its end it is shown as far as it goes. */
	page[0xfff] = 'X';
	call_text_entry(&t, "open", ARGS(0x80000 + 0x1000 - 6, 0));
	cr_expect_str_eq(t.text, "open(\"/edgeX\"..., O_RDONLY");
}
