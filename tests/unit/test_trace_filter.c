/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace_filter.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

#include "target/trace_arch.h"

#define NUMBERS 1024

/* What the kernel's machine would answer; 0 for what it would refuse. */
static uint32_t run(const struct sock_filter *v, unsigned n, uint32_t arch,
		    uint32_t number)
{
	uint32_t a = 0;

	for (unsigned pc = 0; pc < n; pc++) {
		switch (v[pc].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = v[pc].k == offsetof(struct seccomp_data, arch)
				    ? arch
				    : number;
			break;
		case BPF_JMP | BPF_JA:
			pc += v[pc].k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == v[pc].k ? v[pc].jt : v[pc].jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= v[pc].k ? v[pc].jt : v[pc].jf;
			break;
		case BPF_RET | BPF_K:
			return v[pc].k;
		default:
			return 0;
		}
	}
	return 0;
}

static bool has(const uint64_t *bits, uint32_t number)
{
	return number < NUMBERS && (bits[number / 64] >> number % 64 & 1);
}

static void check(const struct hog_filter_set *set)
{
	struct sock_filter *v = NULL;
	int n = hog_filter_make(set, &v);

	cr_assert_gt(n, 0);
	for (uint32_t i = 0; i < NUMBERS + 100; i++) {
		cr_assert_eq(run(v, (unsigned)n, hog_tarch_audit_native, i),
			     set->all || has(set->native, i)
				     ? SECCOMP_RET_TRACE
				     : SECCOMP_RET_ALLOW);
		cr_assert_eq(run(v, (unsigned)n, hog_tarch_audit_compat, i),
			     set->all || has(set->compat, i)
				     ? SECCOMP_RET_TRACE
				     : SECCOMP_RET_ALLOW);
		cr_assert_eq(run(v, (unsigned)n, AUDIT_ARCH_S390X, i),
			     SECCOMP_RET_ALLOW);
		if (hog_tarch_foreign_from)
			cr_assert_eq(run(v, (unsigned)n, hog_tarch_audit_native,
					 hog_tarch_foreign_from + i),
				     SECCOMP_RET_ALLOW);
	}
	free(v);
}

Test(trace_filter, stops_what_is_in_the_set_of_each_machine)
{
	uint64_t native[NUMBERS / 64] = { 0 }, compat[NUMBERS / 64] = { 0 };
	const struct hog_filter_set set = { native, compat, NUMBERS, false };

	check(&set); /* nothing */
	native[0] = 1;
	compat[NUMBERS / 64 - 1] = 1ull << 63;
	check(&set);
	srandom(5);
	for (int i = 0; i < 20; i++) {
		for (int j = 0; j < NUMBERS / 64; j++) {
			native[j] =
				(uint64_t)random() << 33 ^ (uint64_t)random();
			compat[j] = i % 2 ? ~native[j] : ~0ull;
		}
		check(&set);
	}
}

Test(trace_filter, stops_all_when_all_are_wanted)
{
	const struct hog_filter_set set = { .all = true };

	check(&set);
}

Test(trace_filter, fits_the_kernels_limit_at_worst)
{
	uint64_t bits[NUMBERS / 64];
	const struct hog_filter_set set = { bits, bits, NUMBERS, false };
	struct sock_filter *v;

	/* No machine has more calls than 512. */
	for (int i = 0; i < NUMBERS / 64; i++)
		bits[i] = i < 8 ? 0x5555555555555555ull : ~0ull;
	check(&set);
	cr_expect_leq(hog_filter_make(&set, &v), BPF_MAXINSNS);
	free(v);
}
