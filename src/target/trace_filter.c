/* SPDX-License-Identifier: Apache-2.0 */
#include "target/trace_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "target/trace_arch.h"

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

#define JUMP_MAX 255 /* as far as a conditional jump reaches */

struct prog {
	struct sock_filter v[BPF_MAXINSNS];
	unsigned n;
	bool full;
};

static unsigned emit(struct prog *p, struct sock_filter insn)
{
	if (p->n == BPF_MAXINSNS) {
		p->full = true;
		return BPF_MAXINSNS - 1;
	}
	p->v[p->n] = insn;
	return p->n++;
}

static void emit_load(struct prog *p, size_t offset)
{
	emit(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     (uint32_t)offset));
}

static void emit_return(struct prog *p, bool stop)
{
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
					     stop ? SECCOMP_RET_TRACE
						  : SECCOMP_RET_ALLOW));
}

/* Numbers where wanted turns into not wanted, or back; below the first: not. */
struct edges {
	uint32_t v[2048];
	unsigned n;
};

static int find_edges(const uint64_t *bits, unsigned n, struct edges *ret)
{
	bool before = false;

	ret->n = 0;
	for (uint32_t i = 0; i <= n; i++) {
		bool now = i < n && (bits[i / 64] >> i % 64 & 1);

		if (now == before)
			continue;
		if (ret->n == sizeof(ret->v) / sizeof(*ret->v))
			return -E2BIG;
		ret->v[ret->n++] = i;
		before = now;
	}
	return 0;
}

/* Instructions of a search among so many edges. */
static unsigned search_size(unsigned n)
{
	unsigned left;

	if (n == 0)
		return 1;
	left = search_size(n / 2);
	return 1 + (left > JUMP_MAX) + left + search_size(n - n / 2 - 1);
}

/* Binary search: a number lies between edges first-1 and first, ..., end-1 and
 * end.  Behind an odd number of edges it is wanted. */
static void emit_search(struct prog *p, const struct edges *e, unsigned first,
			unsigned end)
{
	unsigned mid = first + (end - first) / 2;
	unsigned left = search_size(mid - first);
	bool far = left > JUMP_MAX;

	if (first == end) {
		emit_return(p, first % 2 == 1);
		return;
	}
	emit(p,
	     (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, e->v[mid],
					  (uint8_t)(far ? 0 : left), far));
	if (far)
		emit(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, left));
	emit_search(p, e, first, mid);
	emit_search(p, e, mid + 1, end);
}

static int emit_machine(struct prog *p, const struct hog_filter_set *set,
			const uint64_t *bits, uint32_t foreign_from)
{
	_cleanup_free_ struct edges *edges = NULL;

	emit_load(p, offsetof(struct seccomp_data, nr));
	if (foreign_from > 0) {
		emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K,
						     foreign_from, 0, 1));
		emit_return(p, false);
	}
	if (set->all) {
		emit_return(p, true);
		return 0;
	}
	edges = calloc(1, sizeof(*edges));
	if (!edges)
		return -ENOMEM;
	if (bits && find_edges(bits, set->n_numbers, edges) < 0)
		return -E2BIG;
	emit_search(p, edges, 0, edges->n);
	return 0;
}

int hog_filter_make(const struct hog_filter_set *set, struct sock_filter **ret)
{
	_cleanup_free_ struct prog *p = calloc(1, sizeof(*p));
	unsigned jump;
	int r;

	if (!p)
		return -ENOMEM;
	emit_load(p, offsetof(struct seccomp_data, arch));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					     hog_tarch_audit_native, 1, 0));
	jump = emit(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	r = emit_machine(p, set, set->native, hog_tarch_foreign_from);
	if (r < 0)
		return r;
	p->v[jump].k = p->n - jump - 1;
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
					     hog_tarch_audit_compat, 1, 0));
	emit_return(p, false);
	r = emit_machine(p, set, set->compat, 0);
	if (r < 0)
		return r;
	if (p->full)
		return -E2BIG;
	*ret = malloc(p->n * sizeof(*p->v));
	if (!*ret)
		return -ENOMEM;
	for (unsigned i = 0; i < p->n; i++)
		(*ret)[i] = p->v[i];
	return (int)p->n;
}

/* SPEC_ALLOW: kernels before 5.16 would else slow the whole program down, as if
 * it were to be kept in a sandbox.  Those before 4.17 do not know it. */
static int install(const struct sock_fprog *prog)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_SPEC_ALLOW, prog) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, prog) == 0)
		return 0;
	return -errno;
}

int hog_filter_install(const struct sock_filter *prog, unsigned n)
{
	const struct sock_fprog all = { (unsigned short)n,
					(struct sock_filter *)(uintptr_t)prog };
	int r = install(&all);

	if (r != -EACCES)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return install(&all);
}
