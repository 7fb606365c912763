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

TestSuite(decode_system, .init = setup, .fini = teardown);

Test(decode_system, options_of_a_process_have_their_own_arguments)
{
	call_text_poke_str(&t, 0, "a-name-that-is-too-long");
	SHOWS(&t, 0, "prctl(PR_SET_NAME, \"a-name-that-is-\"...) = 0", "prctl",
	      15, AT, 1, 2, 3);
	SHOWS(&t, 0, "prctl(PR_SET_PDEATHSIG, SIGTERM) = 0", "prctl", 1, 15);
	SHOWS(&t, 1, "prctl(PR_GET_DUMPABLE) = 1", "prctl", 3);
	call_text_poke_str(&t, 0, "me");
	cr_expect_str_eq(call_text_entry(&t, "prctl", ARGS(16, AT)),
			 "prctl(PR_GET_NAME, 0x10000");
	cr_expect_str_eq(call_text_exit(&t, 0),
			 "prctl(PR_GET_NAME, \"me\") = 0");
	SHOWS(&t, -22, "prctl(0x270f /* PR_??? */, 0x1, 0x2, 0x3, 0x4) = -1",
	      "prctl", 9999, 1, 2, 3, 4);
}

Test(decode_system, how_a_thread_is_scheduled)
{
	POKE(&t, 0, (struct {
		uint32_t v[12];
	}){ { 48, 6, 1, 0, 0, 0, 7, 0, 8, 0, 9, 0 } });
	SHOWS(&t, 0,
	      "sched_setattr(0, {size=48, sched_policy=SCHED_DEADLINE, "
	      "sched_flags=SCHED_FLAG_RESET_ON_FORK, sched_nice=0, "
	      "sched_priority=0, sched_runtime=7, sched_deadline=8, "
	      "sched_period=9, ...}, 0) = 0",
	      "sched_setattr", 0, AT, 0);
	SHOWS(&t, 1, "prctl(PR_CAPBSET_READ, CAP_SYS_PTRACE) = 1", "prctl", 23,
	      19);
}

Test(decode_system, the_names_of_the_system)
{
	char fields[6][65] = { "Linux", "host", "6.1", "#1", "x86_64", "d" };

	fake_mem_poke(&t.fake, AT, fields, sizeof(fields));
	SHOWS(&t, 0,
	      "uname({sysname=\"Linux\", nodename=\"host\", release=\"6.1\", "
	      "version=\"#1\", machine=\"x86_64\", ...}) = 0",
	      "uname", AT);
}

Test(decode_system, capabilities)
{
	POKE(&t, 0, (struct { uint32_t v[2]; }){ { 0x20080522, 0 } });
	POKE(&t, 8, (struct { uint32_t v[6]; }){ { 1, 2, 0, 1, 0, 0 } });
	SHOWS(&t, 0,
	      "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, "
	      "{effective=0x100000001, permitted=0x2, inheritable=0}) = 0",
	      "capset", AT, AT + 8);
}
