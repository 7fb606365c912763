/* SPDX-License-Identifier: Apache-2.0 */
/* What files are: stat, statx, statfs, and how openat2 opens one. */
#include "syscalls/decoding.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* struct stat of the kernel, of 32-bit calls struct stat64: fields by offset. */
static const struct stat_shape {
	unsigned machine;
	unsigned mode, rdev, size;
} shapes[] = {
	{ EM_X86_64, 24, 40, 48 },
	{ EM_AARCH64, 16, 32, 48 },
	{ EM_386, 16, 32, 44 },
	{ EM_ARM, 16, 32, 48 },
};

#define STAT_MAX 72

static uint32_t get_u32(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static uint64_t get_u64(const unsigned char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static const struct stat_shape *find_shape(unsigned machine)
{
	for (size_t i = 1; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (shapes[i].machine == machine)
			return &shapes[i];
	return &shapes[0];
}

void hog_decode_stat(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	const struct stat_shape *s = find_shape(dec->call->raw.machine);
	unsigned char bytes[STAT_MAX];

	(void)param;
	if (!value || !hog_decode_read(dec, value, bytes, sizeof(bytes))) {
		hog_decode_unreadable(dec, value);
		return;
	}

	uint32_t mode = get_u32(bytes + s->mode);

	hog_decode_add(dec, "{st_mode=");
	hog_decode_add_mode(dec, mode);
	if (S_ISCHR(mode) || S_ISBLK(mode)) {
		hog_decode_add(dec, ", st_rdev=");
		hog_decode_add_dev(dec, get_u64(bytes + s->rdev));
	} else {
		hog_decode_add(dec, ", st_size=");
		hog_text_dec(dec->out, (int64_t)get_u64(bytes + s->size));
	}
	hog_decode_add(dec, ", ...}");
}

void hog_decode_statx(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	/* stx_mask, stx_mode, stx_size: the same on every machine. */
	unsigned char bytes[48];

	(void)param;
	if (!value || !hog_decode_read(dec, value, bytes, sizeof(bytes))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{stx_mask=");
	hog_constant_add_flags(dec->out, HOG_T_statx_mask, get_u32(bytes));
	hog_decode_add(dec, ", stx_mode=");
	hog_decode_add_mode(dec, get_u32(bytes + 28) & 0xffff);
	hog_decode_add(dec, ", stx_size=");
	hog_text_udec(dec->out, get_u64(bytes + 40));
	hog_decode_add(dec, ", ...}");
}

void hog_decode_statfs(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	static const char *const names[] = { "f_type",  "f_bsize",  "f_blocks",
					     "f_bfree", "f_bavail", "f_files",
					     "f_ffree" };
	uint64_t words[sizeof(names) / sizeof(*names)];

	(void)param;
	if (!value || !hog_decode_read(dec, value, words, sizeof(words))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{f_type=");
	hog_constant_add(dec->out, HOG_T_statfs, words[0]);
	for (size_t i = 1; i < sizeof(names) / sizeof(*names); i++) {
		hog_decode_add(dec, ", ");
		hog_decode_add(dec, names[i]);
		hog_buf_add_u8(dec->out, '=');
		hog_text_udec(dec->out, words[i]);
	}
	hog_decode_add(dec, ", ...}");
}

/* struct open_how: flags, mode, resolve; param: the argument with its size. */
void hog_decode_open_how(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	uint64_t how[3];

	if (!value || hog_decode_other(dec, param) < sizeof(how) ||
	    !hog_decode_read(dec, value, how, sizeof(how))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{flags=");
	hog_constant_add_flags(dec->out, HOG_T_open, how[0]);
	if (how[0] & O_CREAT || (how[0] & O_TMPFILE) == O_TMPFILE || how[1]) {
		hog_decode_add(dec, ", mode=");
		hog_decode_mode(dec, how[1], 0);
	}
	hog_decode_add(dec, ", resolve=");
	hog_constant_add_flags(dec->out, HOG_T_resolve, how[2]);
	hog_buf_add_u8(dec->out, '}');
}
