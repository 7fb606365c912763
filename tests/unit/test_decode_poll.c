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

TestSuite(decode_poll, .init = setup, .fini = teardown);

struct fd_poll {
	int32_t fd;
	int16_t events, revents;
};

Test(decode_poll, sets_at_the_entry_and_what_is_ready_in_the_result)
{
	POKE(&t, 0, (struct fd_poll){ 3, 1, 0 });
	POKE(&t, 8, (struct fd_poll){ 4, 1 | 4, 0 });
	POKE(&t, 16, (struct fd_poll){ -1, 1, 0 });
	cr_expect_str_eq(call_text_entry(&t, "poll", ARGS(AT, 3, 1000)),
			 "poll([{fd=3, events=POLLIN}, "
			 "{fd=4, events=POLLIN|POLLOUT}, {fd=-1}], 3, 1000");
	POKE(&t, 8, (struct fd_poll){ 4, 5, 4 });
	call_text_exit(&t, 1);
	cr_expect(strstr(t.text, "1000) = 1 ([{fd=4, revents=POLLOUT}])"), "%s",
		  t.text);
	cr_expect(strstr(call_text_exit(&t, 0), "= 0 (Timeout)"));
	cr_expect(strstr(call_text_exit(&t, -4), "= -1"));
}

Test(decode_poll, many_are_cut)
{
	call_text_entry(&t, "poll", ARGS(AT, 100000, 0));
	cr_expect(strstr(t.text, "..."));
	SHOWS(&t, -14, "poll(0x10, 1, 0) = -1", "poll", 0x10, 1, 0);
}

Test(decode_poll, select_shows_sets_and_what_is_left)
{
	POKE(&t, 0, (uint64_t)0x18);    /* 3 4 */
	POKE(&t, 0x80, (uint64_t)0x20); /* 5 */
	POKE(&t, 0x100, (struct { int64_t s, n; }){ 1, 2 });
	call_text_entry(&t, "select", ARGS(6, AT, AT + 0x80, 0, AT + 0x100));
	cr_expect_str_eq(t.text, "select(6, [3 4], [5], NULL, "
				 "{tv_sec=1, tv_usec=2}");
	POKE(&t, 0, (uint64_t)0x8);
	POKE(&t, 0x80, (uint64_t)0);
	call_text_exit(&t, 1);
	cr_expect(strstr(t.text, "= 1 (in [3], left {tv_sec=1, tv_usec=2})"),
		  "%s", t.text);
	cr_expect(strstr(call_text_exit(&t, 0), "= 0 (Timeout)"));
}

Test(decode_poll, select_with_an_absurd_size_is_bounded)
{
	call_text_entry(&t, "select", ARGS(0x7fffffff, AT, 0x10, 0, 0));
	cr_expect(strstr(t.text, "select(2147483647, [], 0x10, NULL, NULL"),
		  "%s", t.text);
	call_text_entry(&t, "select", ARGS(-1, AT, 0, 0, 0));
	cr_expect(strstr(t.text, "select(-1, [], NULL"), "%s", t.text);
}

Test(decode_poll, epoll_events_lie_closer_on_x86)
{
	unsigned char events[24] = { 1, [4] = 7, [12] = 4, [16] = 9 };

	fake_mem_poke(&t.fake, AT, events, sizeof(events));
	SHOWS(&t, 0,
	      "epoll_ctl(5, EPOLL_CTL_ADD, 7, "
	      "{events=EPOLLIN, data={u32=7, u64=7}}) = 0",
	      "epoll_ctl", 5, 1, 7, AT);
	SHOWS(&t, 0, "epoll_ctl(5, EPOLL_CTL_DEL, 7, 0x10000) = 0", "epoll_ctl",
	      5, 2, 7, AT);
	SHOWS(&t, 2,
	      "epoll_wait(5, [{events=EPOLLIN, data={u32=7, u64=7}}, "
	      "{events=EPOLLOUT, data={u32=9, u64=9}}], 8, -1) = 2",
	      "epoll_wait", 5, AT, 8, -1);
	SHOWS(&t, 0, "epoll_wait(5, [], 8, 0) = 0", "epoll_wait", 5, AT, 8, 0);
	t.machine = EM_AARCH64;
	events[8] = 6;
	events[4] = 0;
	fake_mem_poke(&t.fake, AT, events, sizeof(events));
	call_text_entry(&t, "epoll_ctl", ARGS(5, 3, 7, AT));
	cr_expect(strstr(t.text, "data={u32=6,"), "%s", t.text);
}
