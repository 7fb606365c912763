/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/decode.h"

#include "call_text.h"

static struct call_text t;

static void setup(void)
{
	call_text_init(&t);
}

static void teardown(void)
{
	call_text_fini(&t);
}

TestSuite(decode, .init = setup, .fini = teardown);

Test(decode, names_types_and_numbers_are_the_kernels)
{
	call_text_poke_str(&t, 0, "/etc/hosts");
	call_text_entry(&t, "openat",
			ARGS(0xffffff9c, AT, 0x80000, 0xdeadbeef));
	cr_assert_eq(t.call.n, 3, "no mode: nothing is created");
	cr_expect_str_eq(t.call.args[0].name, "dfd");
	cr_expect_str_eq(t.call.args[0].type, "int");
	cr_expect_eq(t.call.args[0].number, -100);
	cr_expect_str_eq(t.call.args[1].name, "filename");
	cr_expect_eq(t.call.args[1].kind, HOG_CALLARG_STRING);
	cr_expect_eq(t.call.args[1].string_len, 10);
	cr_expect_eq(memcmp(t.call.bytes.data + t.call.args[1].string,
			    "/etc/hosts", 10),
		     0);
	cr_expect_eq(t.call.args[2].kind, HOG_CALLARG_INT);
	cr_expect_eq(t.call.args[2].number, 0x80000);
}

Test(decode, results_are_shown_by_what_they_are)
{
	t.d.fd = call_text_fd;
	call_text_poke_str(&t, 0, "/etc/hosts");
	SHOWS(&t, 3,
	      "openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY|O_CLOEXEC) = "
	      "3</etc/hosts>",
	      "openat", -100, AT, 02000000);
	SHOWS(&t, -2, "openat(4, \"/etc/hosts\", O_WRONLY|O_CREAT, 0644) = -1",
	      "openat", 4, AT, 0101, 0644);
	SHOWS(&t, 0x7f0000001000,
	      "mmap(NULL, 8192, PROT_READ|PROT_WRITE, "
	      "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000",
	      "mmap", 0, 8192, 3, 0x22, -1, 0);
	SHOWS(&t, 022, "umask(000) = 022", "umask", 0);
	cr_expect(t.call.exited);
	cr_expect_eq(t.call.result.number, 022);
	SHOWS(&t, -512, "pause() = ?", "pause", 0);
}

Test(decode, an_unreadable_path_is_a_value)
{
	call_text_entry(&t, "openat", ARGS(-100, 0x10, 0));
	cr_expect_str_eq(t.text, "openat(AT_FDCWD, 0x10, O_RDONLY");
	cr_expect_eq(t.call.args[1].kind, HOG_CALLARG_NONE);
	SHOWS(&t, -14, "open(NULL, O_RDONLY) = -1", "open", 0, 0);
}

Test(decode, calls_without_a_name_show_their_registers)
{
	struct hog_syscall raw = { .machine = EM_X86_64,
				   .number = 0x1f3,
				   .args = { 1, 2, 0xff } };

	hog_call_enter(&t.call, &t.d, &raw);
	cr_assert_null(t.call.name);
	cr_expect_str_eq(t.call.unknown, "syscall_0x1f3");
	cr_expect_eq(t.call.n, 6);
	hog_call_exit(&t.call, &t.d, -38);
	t.text[0] = '\0';
	call_text_add(&t, &t.call.args[2]);
	cr_expect_str_eq(t.text, "0xff");
}

Test(decode, raw_reads_no_memory_and_writes_no_text)
{
	t.d.raw = true;
	call_text_entry(&t, "openat", ARGS(-100, AT, 0x80000));
	call_text_exit(&t, 3);
	cr_expect_eq(t.fake.mem.reads, 0);
	cr_expect_eq(t.call.args[1].number, AT);
	cr_expect_eq(t.call.args[2].number, 0x80000);
	cr_expect_eq(t.call.args[1].text_len, 0);
	cr_expect_eq(t.call.result.number, 3);
}

Test(decode, without_a_memory_pointers_stay_raw)
{
	t.d.mem = NULL;
	SHOWS(&t, 5, "write(1, 0x10000, 5) = 5", "write", 1, AT, 5);
	SHOWS(&t, 0, "pipe(0x10000) = 0", "pipe", AT);
}

Test(decode, a_new_call_forgets_the_old_one)
{
	call_text_poke_str(&t, 0, "/long/enough/to/be/seen");
	SHOWS(&t, 3, "open(\"/long/enough/to/be/seen\", O_RDONLY) = 3", "open",
	      AT, 0);
	SHOWS(&t, 0, "close(3) = 0", "close", 3);
	call_text_entry(&t, "close", ARGS(4));
	cr_expect_not(t.call.exited);
}

Test(decode, calls_of_32_bits_have_their_own_words)
{
	uint32_t iov[2] = { AT + 0x100, 5 };

	t.machine = EM_386;
	call_text_poke_str(&t, 0x100, "hello");
	fake_mem_poke(&t.fake, AT, iov, sizeof(iov));
	SHOWS(&t, 5, "writev(1, [{iov_base=\"hello\", iov_len=5}], 1) = 5",
	      "writev", 1, AT, 1);
	SHOWS(&t, 3, "open(\"hello\", O_RDONLY) = 3", "open", AT + 0x100, 0);
	SHOWS(&t, 5, "pread64(3, \"hello\", 5, 0, 1) = 5", "pread64", 3,
	      AT + 0x100, 5, 0, 1);
	call_text_entry(&t, "lseek", ARGS(3, 0xffffffff, 0));
	cr_expect_eq(t.call.args[1].number, -1);
}

Test(decode, clone_has_another_order_on_aarch64)
{
	SHOWS(&t, 42,
	      "clone(CLONE_VM|CLONE_SETTLS|SIGCHLD, NULL, 0x1, 0x2, "
	      "0x3) = 42",
	      "clone", 0x80100 | 17, 0, 1, 2, 3);
	cr_expect_str_eq(t.call.args[3].name, "child_tidptr");
	t.machine = EM_AARCH64;
	call_text_entry(&t, "clone", ARGS(17));
	cr_expect_str_eq(t.call.args[3].name, "tls");
}

Test(decode, constants_are_known_by_name)
{
	int64_t value;

	cr_assert(hog_call_constant("O_WRONLY", &value));
	cr_expect_eq(value, 1);
	cr_assert(hog_call_constant("AF_INET", &value));
	cr_expect_eq(value, 2);
	cr_assert(hog_call_constant("ENOENT", &value));
	cr_expect_eq(value, 2);
	cr_assert(hog_call_constant("AT_FDCWD", &value));
	cr_expect_eq(value, -100);
	cr_assert(hog_call_constant("SIGKILL", &value));
	cr_expect_eq(value, 9);
	cr_assert(hog_call_constant("EPOLLET", &value));
	cr_expect_eq(value, 0x80000000);
	cr_assert(hog_call_constant("FD_CLOEXEC", &value));
	cr_expect_eq(value, 1);
	cr_expect_not(hog_call_constant("O_WRONGLY", &value));
}
