/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments that are what they say: numbers, flags, names, descriptors. */
#include "syscalls/decoding.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* The kernel's first real-time signal; the libc keeps two for itself. */
#define SIGRT_FIRST 32
#define SIGRT_LAST 64
/* Of CLONE_*: the signal at the end of the child. */
#define CSIGNAL_MASK 0xff
/* What an fd is called is cut here. */
#define FD_TEXT_MAX 512

void hog_decode_dec(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	hog_text_dec(dec->out, (int64_t)value);
}

void hog_decode_hex(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	hog_text_hex(dec->out, value);
}

void hog_decode_oct(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	hog_text_oct(dec->out, value);
}

void hog_decode_ptr(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	hog_text_pointer(dec->out, value);
}

void hog_decode_flags(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	/* An int with its highest bit set is a flag, not a sign. */
	if ((int64_t)value < 0 && (int64_t)value >= INT32_MIN)
		value = (uint32_t)value;
	hog_constant_add_flags(dec->out, param, value);
}

static bool is_small_number(uint64_t value)
{
	return (int64_t)value < 0 && (int64_t)value > -4096;
}

void hog_decode_one_of(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	if (param == HOG_T_signal) {
		hog_decode_signal(dec, value, param);
		return;
	}
	if (!hog_constant_name(param, value)) {
		/* Tables hold unsigned numbers, an int comes with its sign. */
		uint64_t low = (uint32_t)value;

		if (hog_constant_name(param, low) || !is_small_number(value))
			value = low;
	}
	if (is_small_number(value) && !hog_constant_name(param, value))
		hog_text_dec(dec->out, (int64_t)value);
	else
		hog_constant_add(dec->out, param, value);
}

/* A result: the number that conditions see, and what it stands for. */
void hog_decode_named(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	hog_text_dec(dec->out, (int64_t)value);
	hog_decode_add(dec, " (");
	hog_constant_add(dec->out, param, value);
	hog_decode_add(dec, ")");
}

void hog_decode_add_fd(struct hog_decoding *dec, int fd)
{
	char text[FD_TEXT_MAX];
	size_t len = 0;

	hog_text_dec(dec->out, fd);
	if (fd < 0 || !dec->d->fd)
		return;
	len = dec->d->fd(dec->d->arg, fd, text, sizeof(text));
	if (len == 0)
		return;
	if (len > sizeof(text))
		len = sizeof(text);
	hog_buf_add_u8(dec->out, '<');
	hog_buf_add(dec->out, text, len);
	hog_buf_add_u8(dec->out, '>');
}

void hog_decode_fd(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	hog_decode_add_fd(dec, (int)value);
}

void hog_decode_at(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	if ((int)value == AT_FDCWD)
		hog_decode_add(dec, "AT_FDCWD");
	else
		hog_decode_add_fd(dec, (int)value);
}

static void add_text(struct hog_decoding *dec, uint64_t addr, size_t limit)
{
	char text[HOG_PATH_MAX + 1];
	bool whole = false;
	ssize_t len = -1;

	if (limit > HOG_PATH_MAX)
		limit = HOG_PATH_MAX;
	if (addr)
		len = hog_decode_cstr(dec, addr, text, limit + 1, &whole);
	if (len < 0) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	if ((size_t)len > limit)
		len = (ssize_t)limit;
	hog_decode_is_string(dec, text, (size_t)len);
	hog_text_quoted(dec->out, text, (size_t)len, !whole);
}

/* Names are shown whole: a cut one names nothing. */
void hog_decode_path(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	add_text(dec, value, HOG_PATH_MAX);
}

void hog_decode_str(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	add_text(dec, value, dec->limit);
}

static void add_bits(struct hog_decoding *dec, uint32_t mode)
{
	/* "000" and "007": three digits at least, as ls and chmod have them. */
	if (mode < 010)
		hog_decode_add(dec, mode ? "0" : "00");
	hog_text_oct(dec->out, mode);
}

void hog_decode_mode(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	add_bits(dec, (uint32_t)value);
}

/* Only a call that may create a file looks at its mode. */
void hog_decode_mode_if(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	uint64_t flags = hog_decode_other(dec, param);

	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE)
		add_bits(dec, (uint32_t)value);
	else
		dec->drop = true;
}

void hog_decode_add_mode(struct hog_decoding *dec, uint32_t mode)
{
	if (mode & S_IFMT) {
		hog_constant_add(dec->out, HOG_T_file_type, mode & S_IFMT);
		hog_buf_add_u8(dec->out, '|');
	}
	add_bits(dec, mode & ~(uint32_t)S_IFMT);
}

void hog_decode_mknod_mode(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	(void)param;
	hog_decode_add_mode(dec, (uint32_t)value);
}

void hog_decode_add_dev(struct hog_decoding *dec, uint64_t dev)
{
	hog_decode_add(dec, "makedev(");
	hog_text_hex(dec->out, major(dev));
	hog_decode_add(dec, ", ");
	hog_text_hex(dec->out, minor(dev));
	hog_decode_add(dec, ")");
}

void hog_decode_dev(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	hog_decode_add_dev(dec, value);
}

/* User and group ids: -1 leaves one as it is. */
void hog_decode_id(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	hog_text_dec(dec->out, (uint32_t)value == UINT32_MAX
				       ? -1
				       : (int64_t)(uint32_t)value);
}

void hog_decode_key(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	if (value == 0)
		hog_decode_add(dec, "IPC_PRIVATE");
	else
		hog_text_hex(dec->out, (uint32_t)value);
}

void hog_decode_signal(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	const char *name = NULL;

	(void)param;
	if (value > 0 && value < SIGRT_FIRST)
		name = hog_constant_name(HOG_T_signal, value);
	if (name) {
		hog_decode_add(dec, name);
	} else if (value == SIGRT_FIRST) {
		hog_decode_add(dec, "SIGRTMIN");
	} else if (value > SIGRT_FIRST && value <= SIGRT_LAST) {
		hog_decode_add(dec, "SIGRT_");
		hog_text_udec(dec->out, value - SIGRT_FIRST);
	} else {
		hog_text_dec(dec->out, (int64_t)value);
	}
}

void hog_decode_flags_signal(struct hog_decoding *dec, uint64_t value,
			     unsigned param)
{
	uint64_t flags = value & ~(uint64_t)CSIGNAL_MASK;
	uint64_t signal = value & CSIGNAL_MASK;

	if (flags || !signal)
		hog_constant_add_flags(dec->out, param, flags);
	if (flags && signal)
		hog_buf_add_u8(dec->out, '|');
	if (signal)
		hog_decode_signal(dec, signal, 0);
}

/* shmget() and its like: permissions among the flags. */
void hog_decode_flags_mode(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	if (value & ~0777ull) {
		hog_constant_add_flags(dec->out, param, value & ~0777ull);
		hog_buf_add_u8(dec->out, '|');
	}
	add_bits(dec, value & 0777);
}

void hog_decode_sockproto(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	uint64_t family = hog_decode_other(dec, param);

	if (family == AF_INET || family == AF_INET6)
		hog_constant_add(dec->out, HOG_T_ipproto, value);
	else if (family == AF_NETLINK)
		hog_constant_add(dec->out, HOG_T_netlink, value);
	else
		hog_text_dec(dec->out, (int64_t)value);
}
