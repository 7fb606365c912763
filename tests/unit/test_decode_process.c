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

TestSuite(decode_process, .init = setup, .fini = teardown);

Test(decode_process, arguments_in_full_and_variables_counted)
{
	POKE(&t, 0,
	     (struct { uint64_t v[3]; }){ { AT + 0x100, AT + 0x200, 0 } });
	call_text_poke_str(&t, 0x100, "ls");
	call_text_poke_str(&t, 0x200,
			   "--an-option-that-is-longer-than-the-limit");
	SHOWS(&t, 0,
	      "execve(\"ls\", [\"ls\", "
	      "\"--an-option-that-is-longer-than-the-limit\"], "
	      "0x10000 /* 2 vars */) = 0",
	      "execve", AT + 0x100, AT, AT);
	SHOWS(&t, 0, "execve(\"ls\", NULL, 0x10010 /* 0 vars */) = 0", "execve",
	      AT + 0x100, 0, AT + 16);
	SHOWS(&t, -14, "execve(\"ls\", 0x10, 0x20) = -1", "execve", AT + 0x100,
	      0x10, 0x20);
	cr_expect_eq(t.call.args[2].kind, HOG_CALLARG_NONE);
}

Test(decode_process, arguments_without_an_end_are_bounded)
{
	uint64_t *words = fake_mem_add(&t.fake, 0x80000, NULL, 0x1000);

	for (int i = 0; i < 512; i++)
		words[i] = AT;
	call_text_poke_str(&t, 0, "x");
	call_text_entry(&t, "execve", ARGS(AT, 0x80000, 0x80000));
	cr_expect(strstr(t.text, "\"x\", ...], 0x80000"), "%s", t.text);
}

Test(decode_process, arguments_of_a_32_bit_program)
{
	t.machine = EM_386;
	POKE(&t, 0, (struct { uint32_t v[3]; }){ { AT + 0x100, 0, 0 } });
	call_text_poke_str(&t, 0x100, "ls");
	SHOWS(&t, 0, "execve(\"ls\", [\"ls\"], 0x10000 /* 1 var */) = 0",
	      "execve", AT + 0x100, AT, AT);
}

Test(decode_process, how_a_child_ended)
{
	POKE(&t, 0, (int32_t)0x300);
	SHOWS(&t, 9,
	      "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], WNOHANG, "
	      "NULL) = 9",
	      "wait4", -1, AT, 1, 0);
	POKE(&t, 0, (int32_t)(11 | 0x80));
	SHOWS(&t, 9,
	      "wait4(9, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && "
	      "WCOREDUMP(s)}], 0, NULL) = 9",
	      "wait4", 9, AT, 0, 0);
	POKE(&t, 0, (int32_t)0x137f);
	SHOWS(&t, 9,
	      "wait4(9, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}], "
	      "WUNTRACED, NULL) = 9",
	      "wait4", 9, AT, 2, 0);
	SHOWS(&t, 0, "wait4(9, 0x10000, WNOHANG, NULL) = 0", "wait4", 9, AT, 1,
	      0);
}

Test(decode_process, limits)
{
	POKE(&t, 0, (struct { uint64_t v[2]; }){ { 8192 * 1024, UINT64_MAX } });
	SHOWS(&t, 0,
	      "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, "
	      "rlim_max=RLIM64_INFINITY}) = 0",
	      "prlimit64", 0, 3, 0, AT);
}

Test(decode_process, clone3_by_its_structure)
{
	POKE(&t, 0, (struct {
		uint64_t v[11];
	}){ { 0x10f00, 0, 0x10, 0x20, 17, 0x1000, 0x8000, 0x30, 0, 0, 0 } });
	SHOWS(&t, 99,
	      "clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|"
	      "CLONE_THREAD, child_tid=0x10, parent_tid=0x20, "
	      "exit_signal=SIGCHLD, stack=0x1000, stack_size=0x8000, "
	      "tls=0x30}, 88) = 99",
	      "clone3", AT, 88);
	SHOWS(&t, -22, "clone3(0x10000, 8) = -1", "clone3", AT, 8);
}

Test(decode_process, clone3_says_whom_it_made)
{
	POKE(&t, 0, (struct {
		uint64_t v[8];
	}){ { 0x101000, AT + 0x100, 0, AT + 0x104, 17, 0, 0, 0 } });
	call_text_entry(&t, "clone3", ARGS(AT, 64));
	cr_expect_str_eq(t.text,
			 "clone3({flags=CLONE_PIDFD|CLONE_PARENT_SETTID, "
			 "pidfd=0x10100, parent_tid=0x10104, "
			 "exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 64");
	POKE(&t, 0x100, (uint32_t)3);
	POKE(&t, 0x104, (uint32_t)99);
	t.d.fd = call_text_fd;
	call_text_exit(&t, 99);
	cr_expect(strstr(t.text, "stack_size=0} => {pidfd=[3</etc/hosts>], "
				 "parent_tid=[99]}, 64) = 99"),
		  "%s", t.text);
	call_text_entry(&t, "clone3", ARGS(AT, 64));
	call_text_exit(&t, 0);
	cr_expect_not(strstr(t.text, "=>"));
}
