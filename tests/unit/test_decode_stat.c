/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/decode.h"

#include "call_text.h"

#include <sys/stat.h>

static struct call_text t;

static void setup(void)
{
	call_text_init(&t);
}

static void teardown(void)
{
	call_text_fini(&t);
}

TestSuite(decode_stat, .init = setup, .fini = teardown);

static void poke_u32(unsigned at, uint32_t value)
{
	fake_mem_poke_u32(&t.fake, AT + at, value);
}

Test(decode_stat, what_a_file_is_on_each_machine)
{
	poke_u32(24, S_IFREG | 0644);
	poke_u32(48, 1234);
	SHOWS(&t, 0, "fstat(3, {st_mode=S_IFREG|0644, st_size=1234, ...}) = 0",
	      "fstat", 3, AT);
	SHOWS(&t, -9, "fstat(3, 0x10000) = -1", "fstat", 3, AT);
	poke_u32(24, S_IFCHR | 0666);
	poke_u32(40, 0x103);
	SHOWS(&t, 0,
	      "fstat(3, {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), "
	      "...}) = 0",
	      "fstat", 3, AT);
	t.machine = EM_AARCH64;
	poke_u32(16, S_IFDIR | 0755);
	poke_u32(48, 4096);
	SHOWS(&t, 0, "fstat(3, {st_mode=S_IFDIR|0755, st_size=4096, ...}) = 0",
	      "fstat", 3, AT);
}

Test(decode_stat, calls_of_32_bits_have_stat64)
{
	t.machine = EM_386;
	poke_u32(16, S_IFREG | 0644);
	poke_u32(44, 1234);
	SHOWS(&t, 0,
	      "fstat64(3, {st_mode=S_IFREG|0644, st_size=1234, ...}) = 0",
	      "fstat64", 3, AT);
	/* The oldest shape of all is left alone. */
	SHOWS(&t, 0, "fstat(3, 0x10000) = 0", "fstat", 3, AT);
}

#if defined(__x86_64__) || defined(__aarch64__)
Test(decode_stat, offsets_are_those_of_this_machine)
{
	struct stat st = { .st_mode = S_IFREG | 0600, .st_size = 77 };

#ifdef __aarch64__
	t.machine = EM_AARCH64;
#endif
	POKE(&t, 0, st);
	SHOWS(&t, 0, "fstat(3, {st_mode=S_IFREG|0600, st_size=77, ...}) = 0",
	      "fstat", 3, AT);
}
#endif

Test(decode_stat, statx_says_what_it_filled_in)
{
	struct statx stx = { .stx_mask = STATX_BASIC_STATS,
			     .stx_mode = S_IFLNK | 0777,
			     .stx_size = 9 };

	POKE(&t, 0, stx);
	call_text_poke_str(&t, 0x800, "");
	SHOWS(&t, 0,
	      "statx(3, \"\", AT_STATX_SYNC_AS_STAT|AT_EMPTY_PATH, "
	      "STATX_TYPE|STATX_SIZE, {stx_mask=STATX_BASIC_STATS, "
	      "stx_mode=S_IFLNK|0777, stx_size=9, ...}) = 0",
	      "statx", 3, AT + 0x800, 0x1000, 0x201, AT);
}

Test(decode_stat, file_systems_by_name)
{
	POKE(&t, 0, (struct {
		uint64_t v[8];
	}){ { 0x01021994, 4096, 1, 2, 3, 4, 5 } });
	SHOWS(&t, 0,
	      "fstatfs(3, {f_type=TMPFS_MAGIC, f_bsize=4096, f_blocks=1, "
	      "f_bfree=2, f_bavail=3, f_files=4, f_ffree=5, ...}) = 0",
	      "fstatfs", 3, AT);
}

Test(decode_stat, how_openat2_opens)
{
	POKE(&t, 0, (struct { uint64_t v[3]; }){ { 0101, 0600, 0xc } });
	call_text_poke_str(&t, 0x800, "x");
	SHOWS(&t, 4,
	      "openat2(3, \"x\", {flags=O_WRONLY|O_CREAT, mode=0600, "
	      "resolve=RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH}, 24) = 4",
	      "openat2", 3, AT + 0x800, AT, 24);
	SHOWS(&t, -22, "openat2(3, \"x\", 0x10000, 8) = -1", "openat2", 3,
	      AT + 0x800, AT, 8);
}
