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

TestSuite(decode_buffer, .init = setup, .fini = teardown);

Test(decode_buffer, bytes_are_escaped_as_in_c)
{
	static const char bytes[] = "a\n\t\r\"\\\0001\1x\200\xff";

	fake_mem_poke(&t.fake, AT, bytes, sizeof(bytes));
	SHOWS(&t, 13,
	      "write(1, \"a\\n\\t\\r\\\"\\\\\\0001\\1x\\200\\377\", 12) = 13",
	      "write", 1, AT, 12);
	cr_expect_eq(t.call.args[1].kind, HOG_CALLARG_STRING);
	cr_expect_eq(t.call.args[1].string_len, 12);
}

Test(decode_buffer, buffers_are_cut_at_the_limit)
{
	call_text_poke_str(&t, 0, "0123456789abcdefghijklmnopqrstuvwxyz");
	SHOWS(&t, 36,
	      "write(1, \"0123456789abcdefghijklmnopqrstuv\"..., 36) = 36",
	      "write", 1, AT, 36);
	t.d.string_limit = 4;
	SHOWS(&t, 36, "write(1, \"0123\"..., 36) = 36", "write", 1, AT, 36);
	SHOWS(&t, 0, "write(1, \"\", 0) = 0", "write", 1, AT, 0);
	SHOWS(&t, -14, "write(1, 0x10, 36) = -1", "write", 1, 0x10, 36);
	cr_expect_eq(t.call.args[1].kind, HOG_CALLARG_NONE);
}

Test(decode_buffer, what_is_read_is_shown_at_the_exit_only)
{
	call_text_poke_str(&t, 0, "hello");
	cr_expect_str_eq(call_text_entry(&t, "read", ARGS(3, AT, 100)),
			 "read(3, 0x10000, 100");
	cr_expect_str_eq(call_text_exit(&t, 5), "read(3, \"hello\", 100) = 5");
	SHOWS(&t, 0, "read(3, \"\", 100) = 0", "read", 3, AT, 100);
	SHOWS(&t, -11, "read(3, 0x10000, 100) = -1", "read", 3, AT, 100);
}

Test(decode_buffer, a_result_larger_than_the_buffer_is_not_believed)
{
	call_text_poke_str(&t, 0, "hello");
	SHOWS(&t, 400, "getxattr(\"hello\", \"hello\", \"he\", 2) = 400",
	      "getxattr", AT, AT, AT, 2);
	SHOWS(&t, 400, "recvfrom(3, \"h\", 1, MSG_TRUNC, NULL, NULL) = 400",
	      "recvfrom", 3, AT, 1, 0x20, 0, 0);
}

Test(decode_buffer, vectors)
{
	POKE(&t, 0,
	     (struct { uint64_t v[4]; }){ { AT + 0x100, 3, AT + 0x200, 50 } });
	call_text_poke_str(&t, 0x100, "abc");
	call_text_poke_str(&t, 0x200, "defghi");
	t.d.string_limit = 6;
	SHOWS(&t, 53,
	      "writev(1, [{iov_base=\"abc\", iov_len=3}, "
	      "{iov_base=\"defghi\"..., iov_len=50}], 2) = 53",
	      "writev", 1, AT, 2);
	/* Of what was read, as many bytes as came. */
	SHOWS(&t, 5,
	      "readv(1, [{iov_base=\"abc\", iov_len=3}, "
	      "{iov_base=\"de\", iov_len=50}], 2) = 5",
	      "readv", 1, AT, 2);
	SHOWS(&t, -14, "writev(1, 0x10, 2) = -1", "writev", 1, 0x10, 2);
}

Test(decode_buffer, absurd_counts_are_bounded)
{
	call_text_entry(&t, "writev", ARGS(1, AT, UINT64_MAX));
	cr_expect(strstr(t.text, "..."));
	cr_expect_lt(strlen(t.text), 2000);
}

Test(decode_buffer, pairs_and_pointed_numbers)
{
	POKE(&t, 0, (uint64_t)3 | (uint64_t)4 << 32);
	t.d.fd = call_text_fd;
	SHOWS(&t, 0, "pipe2([3</etc/hosts>, 4], O_CLOEXEC) = 0", "pipe2", AT,
	      02000000);
	SHOWS(&t, -24, "pipe2(0x10000, 0) = -1", "pipe2", AT, 0);
	SHOWS(&t, 0,
	      "socketpair(AF_UNIX, SOCK_STREAM, 0, [3</etc/hosts>, 4]) = 0",
	      "socketpair", 1, 1, 0, AT);
	POKE(&t, 0x40, (int64_t)77);
	SHOWS(&t, 9, "sendfile(4, 5, [77], 9) = 9", "sendfile", 4, 5, AT + 0x40,
	      9);
	SHOWS(&t, 0, "getresuid([3], [4], [77]) = 0", "getresuid", AT, AT + 4,
	      AT + 0x40);
	SHOWS(&t, 2, "getgroups(8, [3, 4]) = 2", "getgroups", 8, AT);
	SHOWS(&t, 2, "getgroups(0, 0x10000) = 2", "getgroups", 0, AT);
}

Test(decode_buffer, names_that_a_call_returns)
{
	call_text_poke_str(&t, 0, "/root");
	SHOWS(&t, 6, "getcwd(\"/root\", 4096) = 6", "getcwd", AT, 4096);
	SHOWS(&t, 5, "readlink(\"/root\", \"/root\", 99) = 5", "readlink", AT,
	      AT, 99);
}

Test(decode_buffer, entries_of_a_directory_are_counted)
{
	unsigned char dents[72] = { 0 };

	dents[16] = 24;
	dents[24 + 16] = 48;
	fake_mem_poke(&t.fake, AT, dents, sizeof(dents));
	SHOWS(&t, 72, "getdents64(3, 0x10000 /* 2 entries */, 4096) = 72",
	      "getdents64", 3, AT, 4096);
	SHOWS(&t, 0, "getdents64(3, 0x10000 /* 0 entries */, 4096) = 0",
	      "getdents64", 3, AT, 4096);
	/* A length of nothing never ends: it is not followed. */
	memset(dents, 0, sizeof(dents));
	fake_mem_poke(&t.fake, AT, dents, sizeof(dents));
	SHOWS(&t, 72, "getdents64(3, 0x10000, 4096) = 72", "getdents64", 3, AT,
	      4096);
}

Test(decode_buffer, cpus_of_a_mask)
{
	POKE(&t, 0, (uint64_t)0x8000000000000005);
	SHOWS(&t, 8, "sched_getaffinity(0, 128, [0 2 63]) = 8",
	      "sched_getaffinity", 0, 128, AT);
}

Test(decode_buffer, older_32_bit_calls_have_short_ids)
{
	t.machine = EM_386;
	POKE(&t, 0, (uint64_t)0x0004000300020001);
	SHOWS(&t, 0, "getresuid([1], [2], [3]) = 0", "getresuid", AT, AT + 2,
	      AT + 4);
	SHOWS(&t, 0, "getresuid32([131073], [131073], [131073]) = 0",
	      "getresuid32", AT, AT, AT);
}

Test(decode_buffer, large_limits_show_large_buffers)
{
	char *bytes = fake_mem_add(&t.fake, 0x100000, NULL, 200000);

	memset(bytes, 'b', 200000);
	t.d.string_limit = 150000;
	call_text_entry(&t, "write", ARGS(1, 0x100000 + 77, 160000));
	cr_expect_eq(t.call.args[1].string_len, 150000);
	cr_expect_eq(t.call.args[1].text_len, 150005);
	/* Memory ends before the buffer does. */
	call_text_entry(&t, "write", ARGS(1, 0x100000 + 199000, 160000));
	cr_expect_eq(t.call.args[1].string_len, 1000);
	t.d.string_limit = SIZE_MAX;
	call_text_entry(&t, "write", ARGS(1, 0x100000, UINT64_MAX));
	cr_expect_eq(t.call.args[1].string_len, 200000);
}
