/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/names.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <sys/syscall.h>

Test(names, the_same_number_is_another_call_on_another_machine)
{
	cr_assert_str_eq(hog_syscall_name(EM_X86_64, 202), "futex");
	cr_assert_str_eq(hog_syscall_name(EM_AARCH64, 202), "accept");
	cr_assert_str_eq(hog_syscall_name(EM_AARCH64, 98), "futex");
}

Test(names, agree_with_the_headers_of_this_machine)
{
#ifdef __aarch64__
	unsigned machine = EM_AARCH64;
#else
	unsigned machine = EM_X86_64;
#endif
	cr_assert_str_eq(hog_syscall_name(machine, SYS_read), "read");
	cr_assert_str_eq(hog_syscall_name(machine, SYS_ppoll), "ppoll");
	cr_assert_str_eq(hog_syscall_name(machine, SYS_clone3), "clone3");
	cr_assert_eq(hog_syscall_number(machine, "process_vm_readv"),
		     SYS_process_vm_readv);
}

Test(names, programs_of_32_bits_have_numbers_of_their_own)
{
	cr_assert_str_eq(hog_syscall_name(EM_386, 5), "open");
	cr_assert_str_eq(hog_syscall_name(EM_386, 102), "socketcall");
	cr_assert_str_eq(hog_syscall_name(EM_ARM, 281), "socket");
	cr_assert_str_eq(hog_syscall_name(EM_ARM, 403), "clock_gettime64");
}

Test(names, calls_newer_than_452_are_known)
{
	cr_assert_str_eq(hog_syscall_name(EM_X86_64, 457), "statmount");
	cr_assert_str_eq(hog_syscall_name(EM_AARCH64, 462), "mseal");
}

Test(names, every_name_leads_back_to_its_number)
{
	const unsigned machines[] = { EM_X86_64, EM_AARCH64, EM_386, EM_ARM };

	for (int m = 0; m < 4; m++) {
		int known = 0;

		for (int64_t i = 0; i < 1024; i++) {
			const char *name = hog_syscall_name(machines[m], i);

			if (!name)
				continue;
			known++;
			cr_assert_eq(hog_syscall_number(machines[m], name), i,
				     "%s", name);
		}
		cr_assert_gt(known, 300);
	}
}

Test(names, what_is_unknown_has_no_name)
{
	cr_assert_null(hog_syscall_name(EM_X86_64, -1));
	cr_assert_null(hog_syscall_name(EM_X86_64, INT64_MIN));
	cr_assert_null(hog_syscall_name(EM_X86_64, INT64_MAX));
	cr_assert_null(hog_syscall_name(EM_X86_64, 400)); /* a gap */
	cr_assert_null(hog_syscall_name(EM_AARCH64, 300));
	cr_assert_null(hog_syscall_name(EM_RISCV, 0));
}

Test(names, an_unknown_name_has_no_number)
{
	cr_assert_eq(hog_syscall_number(EM_X86_64, "futx"), -1);
	cr_assert_eq(hog_syscall_number(EM_X86_64, ""), -1);
	cr_assert_eq(hog_syscall_number(EM_AARCH64, "open"), -1);
	cr_assert_eq(hog_syscall_number(EM_RISCV, "read"), -1);
}
