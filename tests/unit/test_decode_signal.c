/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/decode.h"

#include "call_text.h"

#include <signal.h>

static struct call_text t;

static void setup(void)
{
	call_text_init(&t);
}

static void teardown(void)
{
	call_text_fini(&t);
}

TestSuite(decode_signal, .init = setup, .fini = teardown);

Test(decode_signal, sets)
{
	POKE(&t, 0, (uint64_t)(1 << 1 | 1 << 14));
	SHOWS(&t, 0, "rt_sigprocmask(SIG_BLOCK, [INT TERM], NULL, 8) = 0",
	      "rt_sigprocmask", 0, AT, 0, 8);
	POKE(&t, 0, ~(uint64_t)(1 << 8));
	POKE(&t, 8, (uint64_t)0);
	SHOWS(&t, 0, "rt_sigprocmask(SIG_SETMASK, ~[KILL], [], 8) = 0",
	      "rt_sigprocmask", 2, AT, AT + 8, 8);
	POKE(&t, 0, (uint64_t)3 << 31);
	SHOWS(&t, -4, "rt_sigsuspend([RTMIN RT_1], 8) = -1", "rt_sigsuspend",
	      AT, 8);
	SHOWS(&t, -22, "rt_sigsuspend(0x10000, 4) = -1", "rt_sigsuspend", AT,
	      4);
}

Test(decode_signal, actions_before_and_after)
{
	POKE(&t, 0, (struct {
		uint64_t v[4];
	}){ { 0x401000, 0x14000000, 0x402000, 1 } });
	POKE(&t, 0x40, (struct { uint64_t v[4]; }){ { 0 } });
	call_text_entry(&t, "rt_sigaction", ARGS(2, AT, AT + 0x40, 8));
	cr_expect_str_eq(t.text,
			 "rt_sigaction(SIGINT, {sa_handler=0x401000, "
			 "sa_mask=[HUP], sa_flags=SA_RESTORER|SA_RESTART, "
			 "sa_restorer=0x402000}, 0x10040, 8");
	call_text_exit(&t, 0);
	cr_expect(strstr(t.text,
			 "{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) "
			 "= 0"),
		  "%s", t.text);
}

Test(decode_signal, what_came_with_a_signal)
{
	siginfo_t info = { .si_signo = SIGCHLD, .si_code = CLD_KILLED };

	info.si_pid = 7;
	info.si_uid = 8;
	info.si_status = SIGKILL;
	POKE(&t, 0, info);
	SHOWS(&t, 0,
	      "waitid(P_PID, 7, {si_signo=SIGCHLD, si_code=CLD_KILLED, "
	      "si_pid=7, si_uid=8, si_status=SIGKILL}, WEXITED, NULL) = 0",
	      "waitid", 1, 7, AT, 4, 0);
	POKE(&t, 0, (siginfo_t){ 0 });
	SHOWS(&t, 0, "waitid(P_ALL, 0, {}, WNOHANG|WEXITED, NULL) = 0",
	      "waitid", 0, 0, AT, 5, 0);
}

Test(decode_signal, how_a_timer_tells)
{
	POKE(&t, 0, (struct {
		uint64_t v[3];
	}){ { 0x77, (uint64_t)4 << 32 | 14, 55 } });
	POKE(&t, 0x40, (uint32_t)2);
	SHOWS(&t, 0,
	      "timer_create(CLOCK_MONOTONIC, {sigev_value=0x77, "
	      "sigev_signo=SIGALRM, sigev_notify=SIGEV_THREAD_ID, "
	      "sigev_notify_thread_id=55}, [2]) = 0",
	      "timer_create", 1, AT, AT + 0x40);
}
