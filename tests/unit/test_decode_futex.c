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

TestSuite(decode_futex, .init = setup, .fini = teardown);

Test(decode_futex, arguments_by_operation)
{
	POKE(&t, 0, (struct { int64_t v[2]; }){ { 1, 2 } });
	SHOWS(&t, 0, "futex(0x10, FUTEX_WAKE_PRIVATE, 1) = 0", "futex", 0x10,
	      129, 1, 5, 6, 7);
	SHOWS(&t, -110,
	      "futex(0x10, FUTEX_WAIT, 2, {tv_sec=1, tv_nsec=2}) = -1", "futex",
	      0x10, 0, 2, AT);
	SHOWS(&t, -11,
	      "futex(0x10, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 0, "
	      "NULL, NULL, FUTEX_BITSET_MATCH_ANY) = -1",
	      "futex", 0x10, 9 | 128 | 256, 0, 0, 0, 0xffffffff);
	SHOWS(&t, 1, "futex(0x10, FUTEX_REQUEUE_PRIVATE, 1, 2, 0x20) = 1",
	      "futex", 0x10, 3 | 128, 1, 2, 0x20);
	SHOWS(&t, 0, "futex(0x10, FUTEX_UNLOCK_PI_PRIVATE) = 0", "futex", 0x10,
	      7 | 128);
	SHOWS(&t, -38, "futex(0x10, 0x63 /* FUTEX_??? */, 1, 2, 0x3, 0x4) = -1",
	      "futex", 0x10, 99, 1, 2, 3, 4);
}
