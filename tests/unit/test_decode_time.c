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

TestSuite(decode_time, .init = setup, .fini = teardown);

Test(decode_time, times_of_nanoseconds_and_microseconds)
{
	POKE(&t, 0, (struct { int64_t v[4]; }){ { 1, 500, 2, 700 } });
	SHOWS(&t, 0, "nanosleep({tv_sec=1, tv_nsec=500}, NULL) = 0",
	      "nanosleep", AT, 0);
	SHOWS(&t, 0,
	      "clock_gettime(CLOCK_MONOTONIC, {tv_sec=1, tv_nsec=500}) = 0",
	      "clock_gettime", 1, AT);
	SHOWS(&t, 0, "gettimeofday({tv_sec=1, tv_usec=500}, NULL) = 0",
	      "gettimeofday", AT, 0);
	SHOWS(&t, 0,
	      "clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, "
	      "{tv_sec=1, tv_nsec=500}, NULL) = 0",
	      "clock_nanosleep", 0, 1, AT, 0);
}

Test(decode_time, timers)
{
	POKE(&t, 0, (struct { int64_t v[4]; }){ { 1, 500, 2, 700 } });
	SHOWS(&t, 0,
	      "timerfd_settime(3, TFD_TIMER_ABSTIME, {it_interval={tv_sec=1, "
	      "tv_nsec=500}, it_value={tv_sec=2, tv_nsec=700}}, NULL) = 0",
	      "timerfd_settime", 3, 1, AT, 0);
	SHOWS(&t, 0,
	      "setitimer(ITIMER_REAL, {it_interval={tv_sec=1, tv_usec=500}, "
	      "it_value={tv_sec=2, tv_usec=700}}, NULL) = 0",
	      "setitimer", 0, AT, 0);
}

Test(decode_time, times_of_files)
{
	POKE(&t, 0, (struct { int64_t v[4]; }){ { 1, 500, 0, (1 << 30) - 1 } });
	call_text_poke_str(&t, 0x100, "/x");
	SHOWS(&t, 0,
	      "utimensat(AT_FDCWD, \"/x\", [{tv_sec=1, tv_nsec=500}, "
	      "UTIME_NOW], AT_SYMLINK_NOFOLLOW) = 0",
	      "utimensat", -100, AT + 0x100, AT, 0x100);
}

Test(decode_time, shapes_of_32_bit_calls_are_left_alone)
{
	t.machine = EM_386;
	SHOWS(&t, 0, "nanosleep(0x10000, NULL) = 0", "nanosleep", AT, 0);
}

Test(decode_time, calls_made_for_2038_have_the_wide_shape)
{
	t.machine = EM_386;
	POKE(&t, 0, (struct { int64_t v[2]; }){ { 1, 500 } });
	SHOWS(&t, 0,
	      "clock_gettime64(CLOCK_REALTIME, {tv_sec=1, tv_nsec=500}) = 0",
	      "clock_gettime64", 0, AT);
	SHOWS(&t, -110, "futex(0x10, FUTEX_WAIT, 2, 0x10000) = -1", "futex",
	      0x10, 0, 2, AT);
	SHOWS(&t, -110,
	      "futex_time64(0x10, FUTEX_WAIT, 2, {tv_sec=1, tv_nsec=500}) = -1",
	      "futex_time64", 0x10, 0, 2, AT);
}
