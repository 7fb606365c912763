/* SPDX-License-Identifier: Apache-2.0 */
/* Where an ELF image keeps the roots of its CPython. */
#include "python/find.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "target/mem.h"

#define COOKIE "xdebugpy"
#define COOKIE_LEN 8
#define HEADER_LEAST 24
#define SCAN_MAX (256u << 20)
#define SCAN_PIECE (256u << 10)

/* Takes what of the header can be read; _PyRuntime is far longer than it. */
static void take_header(struct hog_mem *mem, struct hog_pysite *site)
{
	if (hog_mem_read(mem, site->runtime, site->header, HEADER_LEAST) ||
	    memcmp(site->header, COOKIE, COOKIE_LEN))
		return;
	if (!hog_mem_read(mem, site->runtime, site->header,
			  sizeof(site->header)))
		site->header_len = sizeof(site->header);
}

int hog_pysite_open(struct hog_mem *mem, struct hog_elf *elf, uint64_t bias,
		    struct hog_pysite *ret)
{
	struct hog_elfsect sect;
	struct hog_elfsym sym;

	*ret = (struct hog_pysite){ .elf = elf, .bias = bias };
	if (!hog_elf_symbol(elf, "_PyRuntime", &sym))
		ret->runtime = sym.value + bias;
	else if (!hog_elf_section(elf, ".PyRuntime", &sect) && sect.addr)
		ret->runtime = sect.addr + bias;
	else
		return hog_elf_symbol(elf, "_PyThreadState_Current", &sym);
	take_header(mem, ret);
	return 0;
}

/* Where in the piece a plausible header starts; its length: none. */
static size_t find_cookie(const unsigned char *piece, size_t len)
{
	for (size_t at = 0; at + HEADER_LEAST <= len; at += 8)
		if (!memcmp(piece + at, COOKIE, COOKIE_LEN) &&
		    piece[at + 11] == 3 && piece[at + 12] == 0)
			return at;
	return len;
}

int hog_pysite_scan(struct hog_mem *mem, struct hog_elf *elf, uint64_t bias,
		    struct hog_pysite *ret)
{
	_cleanup_free_ unsigned char *piece = malloc(SCAN_PIECE);
	uint64_t lo, hi;

	if (!piece || hog_elf_writable(elf, &lo, &hi) || hi - lo > SCAN_MAX)
		return -ENOENT;
	lo &= ~UINT64_C(7);
	/* By offset: an address near the end of all memory would start anew. */
	for (uint64_t off = 0; off < hi - lo;
	     off += SCAN_PIECE - HEADER_LEAST) {
		uint64_t at = lo + off, left = hi - at;
		size_t len = left < SCAN_PIECE ? left : SCAN_PIECE;
		size_t hit;

		if (hog_mem_read(mem, at + bias, piece, len))
			continue;
		hit = find_cookie(piece, len);
		if (hit == len)
			continue;
		*ret = (struct hog_pysite){ .elf = elf,
					    .bias = bias,
					    .runtime = at + bias + hit };
		take_header(mem, ret);
		if (ret->header_len)
			return 0;
	}
	return -ENOENT;
}

/* [endbr64] [push %rbp; mov %rsp,%rbp] mov disp(%rip),%rax or %rdi */
static uint64_t x86_64_load(const unsigned char *code, size_t len,
			    uint64_t addr)
{
	static const unsigned char endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	static const unsigned char prologue[] = { 0x55, 0x48, 0x89, 0xe5 };
	size_t at = 0;
	int32_t disp;

	if (!memcmp(code, endbr, sizeof(endbr)))
		at += sizeof(endbr);
	if (!memcmp(code + at, prologue, sizeof(prologue)))
		at += sizeof(prologue);
	if (at + 7 > len || code[at] != 0x48 || code[at + 1] != 0x8b ||
	    (code[at + 2] != 0x05 && code[at + 2] != 0x3d))
		return 0;
	memcpy(&disp, code + at + 3, sizeof(disp));
	return addr + at + 7 + (uint64_t)(int64_t)disp;
}

/* [bti] adrp xN, page; ldr xM, [xN, #offset] */
static uint64_t aarch64_load(const unsigned char *code, size_t len,
			     uint64_t addr)
{
	uint32_t ins[4];
	size_t at;

	if (len < sizeof(ins))
		return 0;
	memcpy(ins, code, sizeof(ins));
	at = (ins[0] & 0xffffff1f) == 0xd503241f ? 1 : 0;
	if ((ins[at] & 0x9f000000) != 0x90000000 ||
	    (ins[at + 1] & 0xffc00000) != 0xf9400000 ||
	    (ins[at + 1] >> 5 & 31) != (ins[at] & 31))
		return 0;

	uint64_t pages = (ins[at] >> 29 & 3) | (ins[at] >> 3 & 0x1ffffc);
	uint64_t page = (addr + at * 4) & ~UINT64_C(0xfff);

	if (pages & 0x100000)
		pages |= ~UINT64_C(0x1fffff);
	return page + (pages << 12) + (ins[at + 1] >> 10 & 0xfff) * 8;
}

uint64_t hog_pysite_load_target(struct hog_mem *mem,
				const struct hog_pysite *site,
				const char *function)
{
	unsigned char code[16];
	struct hog_elfsym sym;
	uint64_t addr;

	if (hog_elf_symbol(site->elf, function, &sym))
		return 0;
	addr = sym.value + site->bias;
	if (hog_mem_read(mem, addr, code, sizeof(code)))
		return 0;
	switch (hog_elf_machine(site->elf)) {
	case EM_X86_64:
		return x86_64_load(code, sizeof(code), addr);
	case EM_AARCH64:
		return aarch64_load(code, sizeof(code), addr);
	default:
		return 0;
	}
}

uint32_t hog_pysite_tid_offset(struct hog_mem *mem, struct hog_elf *libc,
			       uint64_t bias)
{
	uint32_t member[3]; /* bits, how many, offset: for libthread_db */
	struct hog_elfsym sym;

	if (hog_elf_symbol(libc, "_thread_db_pthread_tid", &sym))
		return 0;
	if (hog_elf_read(libc, sym.value, member, sizeof(member)) &&
	    hog_mem_read(mem, sym.value + bias, member, sizeof(member)))
		return 0;
	return member[0] == 32 && member[1] == 1 && member[2] < 4096 ? member[2]
								     : 0;
}
