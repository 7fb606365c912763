/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the global interpreter lock, who waits for it, who collects. */
#include "python/threads.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "python/object.h"
#include "python/python.h"

#define READ_TRIES 4
#define SWITCHES_AT 16     /* from the holder on */
#define MUTEX_BYTES 48     /* pthread_mutex_t of all our ABIs is not larger */
#define MUSL_NODE_FUTEX 20 /* of the word in a cond waiter's node */
#define MUSL_COND_HEAD 8
#define MUSL_WAITERS_MAX 8192
#define SYS_FUTEX_X86_64 202
#define SYS_FUTEX_AARCH64 98

const char *hog_pygilrole_name(enum hog_pygilrole role)
{
	switch (role) {
	case HOG_GIL_HOLDS:
		return "holds";
	case HOG_GIL_WAITS:
		return "waits";
	case HOG_GIL_NONE:
		break;
	}
	return "none";
}

static bool is_futex(const struct hog_python *py, const struct hog_osthread *os)
{
	if (!py->target)
		return false;
	switch (py->target->machine) {
	case EM_X86_64:
		return os->syscall == SYS_FUTEX_X86_64;
	case EM_AARCH64:
		return os->syscall == SYS_FUTEX_AARCH64;
	default:
		return false;
	}
}

/* Is the GIL in force?  2.7 makes it with the first thread; free-threaded
 * builds switch it on and off at any time. */
static bool gil_in_use(const struct hog_python *py,
		       const struct hog_pyinterp *in)
{
	uint64_t lock = 0;
	uint32_t enabled = 0;

	if (in->gil_addr == 0 && py->lay.major == 2 && py->gil_lock_addr)
		return hog_mem_read_u64(py->mem, py->gil_lock_addr, &lock) ==
			       0 &&
		       lock != 0;
	if (!py->lay.free_threaded)
		return true;
	return in->gil_enabled_addr &&
	       hog_mem_read_u32(py->mem, in->gil_enabled_addr, &enabled) == 0 &&
	       enabled != 0;
}

/* locked, holder, locked again: the holder of a free GIL is the last one. */
static int read_holder(const struct hog_python *py,
		       const struct hog_pyinterp *in, uint64_t *ret)
{
	uint32_t before = 1, after = 1;
	uint64_t holder = 0;

	if (in->gil_locked_addr == 0) /* 2.7, 3.6: the holder, or 0 */
		return in->gil_holder_addr
			       ? hog_mem_read_u64(py->mem, in->gil_holder_addr,
						  ret)
			       : -ENODATA;
	for (int i = 0; i < READ_TRIES; i++) {
		const struct hog_span spans[] = {
			{ in->gil_locked_addr, &before, sizeof(before) },
			{ in->gil_holder_addr, &holder, sizeof(holder) },
			{ in->gil_locked_addr, &after, sizeof(after) },
		};
		ssize_t got = hog_mem_readv(py->mem, spans, 3);

		if (got < 0)
			return (int)got;
		if (got != sizeof(before) + sizeof(holder) + sizeof(after))
			return -EFAULT;
		if (before == after)
			break;
	}
	*ret = before == 1 && after == 1 ? holder : 0;
	return 0;
}

int hog_pygil_read(const struct hog_python *py,
		   const struct hog_pyinterp *interp, struct hog_pygil *ret)
{
	struct hog_pygil gil = { .used = gil_in_use(py, interp) };
	uint32_t collecting = 0;

	if (interp->collecting_addr &&
	    hog_mem_read_u32(py->mem, interp->collecting_addr, &collecting) ==
		    0)
		gil.collecting = collecting != 0;
	if (gil.used || !py->lay.free_threaded) {
		int r = read_holder(py, interp, &gil.holder);

		if (r < 0 && r != -ENODATA)
			return r;
	}
	*ret = gil;
	return 0;
}

/* 3.7+: last_holder, locked, switch_number stand one behind the other. */
static bool counts_switches(const struct hog_python *py,
			    const struct hog_pyinterp *in)
{
	return !py->lay.free_threaded && in->gil_holder_addr &&
	       in->gil_locked_addr == in->gil_holder_addr + 8;
}

size_t hog_pygil_span(const struct hog_python *py,
		      const struct hog_pyinterp *in, uint64_t *ret_addr)
{
	uint64_t locked = in->gil_locked_addr, holder = in->gil_holder_addr;
	uint64_t start = locked && locked < holder ? locked : holder;
	size_t len = sizeof(holder);

	if (py->lay.free_threaded || !holder ||
	    holder - start > HOG_PYGIL_SPAN_MAX / 2 ||
	    (locked && locked - start > HOG_PYGIL_SPAN_MAX / 2))
		return 0;
	if (counts_switches(py, in))
		len = SWITCHES_AT + sizeof(uint64_t);
	else if (holder > start)
		len = holder - start + sizeof(holder);
	else if (locked > start)
		len = locked - start + sizeof(uint32_t);
	*ret_addr = start;
	return len < sizeof(holder) ? sizeof(holder) : len;
}

uint64_t hog_pygil_span_holder(const struct hog_pyinterp *in,
			       const unsigned char *bytes)
{
	uint64_t locked_addr = in->gil_locked_addr;
	uint64_t start = in->gil_holder_addr, holder;
	uint32_t locked = 1;

	if (locked_addr && locked_addr < start)
		start = locked_addr;
	if (locked_addr) {
		memcpy(&locked, bytes + (locked_addr - start), sizeof(locked));
		locked = le32toh(locked);
	}
	memcpy(&holder, bytes + (in->gil_holder_addr - start), sizeof(holder));
	return locked == 1 ? le64toh(holder) : 0;
}

uint64_t hog_pygil_span_switches(const struct hog_python *py,
				 const struct hog_pyinterp *in,
				 const unsigned char *bytes,
				 uint64_t *ret_holder)
{
	uint64_t holder, switches;

	if (!counts_switches(py, in))
		return 0;
	memcpy(&holder, bytes, sizeof(holder));
	memcpy(&switches, bytes + SWITCHES_AT, sizeof(switches));
	*ret_holder = le64toh(holder);
	return holder ? le64toh(switches) + 1 : 0;
}

/* musl: a waiter sleeps on a word of a node of its own, in the cond's list. */
static bool in_musl_cond(const struct hog_python *py, uint64_t cond,
			 uint64_t futex)
{
	uint64_t node = 0;

	if (futex < MUSL_NODE_FUTEX ||
	    hog_mem_read_u64(py->mem, cond + MUSL_COND_HEAD, &node) < 0)
		return false;
	for (int i = 0; node && i < MUSL_WAITERS_MAX; i++) {
		if (node == futex - MUSL_NODE_FUTEX)
			return true;
		if (hog_mem_read_u64(py->mem, node + 8, &node) < 0)
			return false;
	}
	return false;
}

static bool in_gil_struct(const struct hog_python *py, uint64_t gil,
			  uint64_t futex)
{
	const struct hog_pylayout *lay = &py->lay;

	if (lay->gil_cond == HOG_NO_FIELD ||
	    lay->gil_switch_mutex == HOG_NO_FIELD)
		return false;
	return futex >= gil + (uint64_t)lay->gil_cond &&
	       futex < gil + (uint64_t)lay->gil_switch_mutex + MUTEX_BYTES;
}

bool hog_pygil_is_wait(const struct hog_python *py,
		       const struct hog_pyinterp *interp,
		       const struct hog_osthread *os)
{
	uint64_t futex = os->args[0];

	if (!is_futex(py, os))
		return false;
	if (interp->gil_addr)
		return in_gil_struct(py, interp->gil_addr, futex) ||
		       (!py->glibc &&
			in_musl_cond(py,
				     interp->gil_addr +
					     (uint64_t)py->lay.gil_cond,
				     futex));
	if (py->gil_lock_addr == 0)
		return false;
	if (py->lay.major == 2) /* a pointer to the lock's semaphore */
		return interp->gil_lock && futex == interp->gil_lock;
	return futex >= py->gil_lock_addr && futex < py->gil_lock_end;
}
