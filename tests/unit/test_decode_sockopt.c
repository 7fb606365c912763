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

TestSuite(decode_sockopt, .init = setup, .fini = teardown);

Test(decode_sockopt, names_by_level_and_numbers_as_values)
{
	POKE(&t, 0, (uint32_t)1);
	SHOWS(&t, 0, "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
	      "setsockopt", 3, 1, 2, AT, 4);
	SHOWS(&t, 0, "setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4) = 0",
	      "setsockopt", 3, 6, 1, AT, 4);
	SHOWS(&t, 0, "setsockopt(3, SOL_IPV6, IPV6_V6ONLY, [1], 4) = 0",
	      "setsockopt", 3, 41, 26, AT, 4);
	SHOWS(&t, 0,
	      "setsockopt(3, SOL_SOCKET, 0x3e8 /* SO_??? */, \"\\1\\0\", 2)"
	      " = 0",
	      "setsockopt", 3, 1, 1000, AT, 2);
}

Test(decode_sockopt, shapes_of_some_options)
{
	POKE(&t, 0, (struct { int32_t v[4]; }){ { 1, 3, 5, 0 } });
	SHOWS(&t, 0,
	      "setsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=3}, "
	      "8) = 0",
	      "setsockopt", 3, 1, 13, AT, 8);
	POKE(&t, 0x100, (uint32_t)12);
	SHOWS(&t, 0,
	      "getsockopt(3, SOL_SOCKET, SO_PEERCRED, {pid=1, uid=3, gid=5}, "
	      "[12]) = 0",
	      "getsockopt", 3, 1, 17, AT, AT + 0x100);
	POKE(&t, 0, (struct { int64_t v[2]; }){ { 5, 0 } });
	SHOWS(&t, 0,
	      "setsockopt(3, SOL_SOCKET, SO_RCVTIMEO, {tv_sec=5, tv_usec=0}, "
	      "16) = 0",
	      "setsockopt", 3, 1, 20, AT, 16);
	call_text_poke_str(&t, 0, "cubic");
	SHOWS(&t, 0, "setsockopt(3, SOL_TCP, TCP_CONGESTION, \"cubic\", 5) = 0",
	      "setsockopt", 3, 6, 13, AT, 5);
	SHOWS(&t, -14, "setsockopt(3, SOL_SOCKET, SO_LINGER, 0x10, 8) = -1",
	      "setsockopt", 3, 1, 13, 0x10, 8);
	call_text_entry(&t, "setsockopt", ARGS(3, 1, 26, AT, 0xffffffff));
	cr_expect(strstr(t.text, "..., "), "%s", t.text);
}
