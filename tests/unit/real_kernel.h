/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that look at a live process through the kernel. */
#ifndef HOG_TESTS_REAL_KERNEL_H
#define HOG_TESTS_REAL_KERNEL_H

#include <criterion/criterion.h>
#include <stdlib.h>

/* qemu-user hands calls on to a kernel of another machine: its /proc shows that
 * machine's call numbers, and a hole in our memory may be mapped there. */
static inline void needs_real_kernel(void)
{
	if (getenv("HOGNOSE_QEMU_USER"))
		cr_skip("qemu-user: the kernel is another machine's");
}

#endif
