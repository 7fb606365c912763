/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace_arch.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "target/procfs.h"

/* Numbers of calls that make threads, by kind. */
struct makers {
	int64_t clone, clone3, fork, vfork, restart;
};

#if defined(__x86_64__)
const unsigned hog_tarch_native = EM_X86_64, hog_tarch_compat = EM_386;
const uint32_t hog_tarch_audit_native = AUDIT_ARCH_X86_64,
	       hog_tarch_audit_compat = AUDIT_ARCH_I386;
const uint32_t hog_tarch_foreign_from = 0x40000000;

static const struct makers native_makers = { SYS_clone, 435, SYS_fork,
					     SYS_vfork, SYS_restart_syscall };
static const struct makers compat_makers = { 120, 435, 2, 190, 0 };

#define CS_32_BIT 0x23 /* __USER32_CS */

typedef struct user_regs_struct regs_t;

static bool is_compat(const regs_t *r, size_t len)
{
	return len < sizeof(*r) || r->cs == CS_32_BIT;
}

struct regs32 { /* as the kernel gives them of a 32-bit program */
	uint32_t bx, cx, dx, si, di, bp, ax, ds, es, fs, gs, orig_ax;
};

static void to_call(pid_t tid, const regs_t *r, size_t len,
		    struct hog_tcall *ret, int64_t *ret_result)
{
	struct regs32 c;

	(void)tid;
	if (len >= sizeof(*r)) {
		*ret = (struct hog_tcall){ hog_tarch_native,
					   (int64_t)r->orig_rax,
					   { r->rdi, r->rsi, r->rdx, r->r10,
					     r->r8, r->r9 } };
		*ret_result = (int64_t)r->rax;
		return;
	}
	memcpy(&c, r, sizeof(c));
	*ret = (struct hog_tcall){ hog_tarch_compat,
				   (int32_t)c.orig_ax,
				   { c.bx, c.cx, c.dx, c.si, c.di, c.bp } };
	*ret_result = (int32_t)c.ax;
}
#elif defined(__aarch64__)
const unsigned hog_tarch_native = EM_AARCH64, hog_tarch_compat = EM_ARM;
const uint32_t hog_tarch_audit_native = AUDIT_ARCH_AARCH64,
	       hog_tarch_audit_compat = AUDIT_ARCH_ARM;
const uint32_t hog_tarch_foreign_from = 0;

static const struct makers native_makers = { SYS_clone, 435, -1, -1,
					     SYS_restart_syscall };
static const struct makers compat_makers = { 120, 435, 2, 190, 0 };

typedef struct user_regs_struct regs_t;

struct regs32 {
	uint32_t r[16], cpsr, orig_r0;
};

static bool is_compat(const regs_t *r, size_t len)
{
	return len < sizeof(*r);
}

static int64_t number_of(pid_t tid)
{
	int32_t number = -1;
	struct iovec io = { &number, sizeof(number) };

	if (ptrace(PTRACE_GETREGSET, tid, NT_ARM_SYSTEM_CALL, &io) < 0)
		return -1;
	return number;
}

/* x0 is both the first argument and the result: the former has gone once there
 * is a result. */
static void to_call(pid_t tid, const regs_t *r, size_t len,
		    struct hog_tcall *ret, int64_t *ret_result)
{
	struct regs32 c;

	if (len >= sizeof(*r)) {
		*ret = (struct hog_tcall){ hog_tarch_native,
					   number_of(tid),
					   { r->regs[0], r->regs[1], r->regs[2],
					     r->regs[3], r->regs[4],
					     r->regs[5] } };
		*ret_result = (int64_t)r->regs[0];
		return;
	}
	memcpy(&c, r, sizeof(c));
	*ret = (struct hog_tcall){ hog_tarch_compat,
				   (int32_t)c.r[7],
				   { c.orig_r0, c.r[1], c.r[2], c.r[3], c.r[4],
				     c.r[5] } };
	*ret_result = (int32_t)c.r[0];
}
#else
#error "hognose knows system calls of x86-64 and aarch64 only"
#endif

int64_t hog_tarch_restart(unsigned machine)
{
	return machine == hog_tarch_native ? native_makers.restart
					   : compat_makers.restart;
}

static int get_regs(pid_t tid, regs_t *ret, size_t *ret_len)
{
	struct iovec io = { ret, sizeof(*ret) };

	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &io) < 0)
		return -errno;
	*ret_len = io.iov_len;
	return 0;
}

static int stop_by_regs(pid_t tid, bool in_call, struct hog_tcall *ret_call,
			int64_t *ret_result, enum hog_twhere *ret)
{
	struct hog_tcall call;
	int64_t result;
	size_t len = 0;
	regs_t regs;
	int r = get_regs(tid, &regs, &len);

	if (r < 0)
		return r;
	to_call(tid, &regs, len, &call, &result);
	if (in_call)
		*ret_result = result;
	else
		*ret_call = call;
	*ret = in_call ? HOG_TWHERE_EXIT : HOG_TWHERE_ENTRY;
	return 0;
}

/* The low half of an audit architecture is the ELF machine. */
static void take_entry(const struct __ptrace_syscall_info *info,
		       struct hog_tcall *ret)
{
	ret->machine = info->arch & 0xffff;
	ret->number = (int64_t)info->entry.nr;
	for (int i = 0; i < 6; i++)
		ret->args[i] = info->entry.args[i];
}

int hog_tarch_stop(pid_t tid, bool in_call, struct hog_tcall *ret_call,
		   int64_t *ret_result, enum hog_twhere *ret)
{
	struct __ptrace_syscall_info info;
	long got = ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info);

	if (got < 0)
		return errno == ESRCH ? -ESRCH
				      : stop_by_regs(tid, in_call, ret_call,
						     ret_result, ret);
	switch (info.op) {
	case PTRACE_SYSCALL_INFO_ENTRY:
	case PTRACE_SYSCALL_INFO_SECCOMP: /* begins as the other does */
		take_entry(&info, ret_call);
		*ret = HOG_TWHERE_ENTRY;
		break;
	case PTRACE_SYSCALL_INFO_EXIT:
		*ret_result = info.exit.rval;
		*ret = HOG_TWHERE_EXIT;
		break;
	default:
		*ret = HOG_TWHERE_OTHER;
	}
	return 0;
}

/* "NR ARG... SP PC", in the kernel's words: the arguments as they were at the
 * entry.  "running" for one that is in no call, or has not yet settled. */
static void args_of_proc(pid_t pid, pid_t tid, struct hog_tcall *call)
{
	char path[64], text[256], *at = text;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)pid,
		 (int)tid);
	if (hog_proc_read(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    strtoll(text, &at, 10) != call->number || at == text)
		return;
	for (int i = 0; i < 6 && *at; i++)
		call->args[i] = strtoull(at, &at, 16);
}

int hog_tarch_call(pid_t pid, pid_t tid, struct hog_tcall *ret_call,
		   int64_t *ret_result)
{
	size_t len = 0;
	regs_t regs;
	int r = get_regs(tid, &regs, &len);

	if (r < 0)
		return r;
	to_call(tid, &regs, len, ret_call, ret_result);
	if (is_compat(&regs, len))
		ret_call->machine = hog_tarch_compat;
	if (ret_call->number < 0)
		ret_call->number = -1;
	else
		args_of_proc(pid, tid, ret_call);
	return 0;
}

int hog_tarch_clone_flags(pid_t tid, uint64_t *ret)
{
	struct hog_tcall call;
	const struct makers *m;
	int64_t result;
	size_t len = 0;
	regs_t regs;
	int r = get_regs(tid, &regs, &len);

	if (r < 0)
		return r;
	to_call(tid, &regs, len, &call, &result);
	m = is_compat(&regs, len) ? &compat_makers : &native_makers;
	if (call.number == m->clone) {
		*ret = call.args[0];
	} else if (call.number == m->clone3) {
		struct iovec here = { ret, sizeof(*ret) };
		struct iovec there = { (void *)(uintptr_t)call.args[0],
				       sizeof(*ret) };

		if (process_vm_readv(tid, &here, 1, &there, 1, 0) !=
		    sizeof(*ret))
			return -EFAULT;
	} else if (call.number == m->vfork) {
		*ret = CLONE_VFORK | CLONE_VM;
	} else if (call.number == m->fork) {
		*ret = 0;
	} else {
		return -ENOSYS; /* a 32-bit call of a 64-bit program */
	}
	return 0;
}
