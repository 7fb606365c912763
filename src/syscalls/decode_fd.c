/* SPDX-License-Identifier: Apache-2.0 */
/* fcntl() and ioctl(), one call for many things; rings of io_uring. */
#include "syscalls/decoding.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* What the last argument is. */
enum shape {
	SHAPE_OTHER, /* a number or an address, as it may be */
	SHAPE_NONE,
	SHAPE_DEC,
	SHAPE_FD,
	SHAPE_SIGNAL,
	SHAPE_FLAGS, /* of a table */
	SHAPE_ENUM,
	SHAPE_LOCK,
	SHAPE_LOCK_OUT,
	SHAPE_INT,
	SHAPE_INT_OUT,
	SHAPE_WINSIZE,
	SHAPE_WINSIZE_OUT,
	SHAPE_TERMIOS,
	SHAPE_TERMIOS_OUT,
};

struct command {
	uint32_t command;
	uint8_t shape;
	uint8_t table;
};

static const struct command fcntls[] = {
	{ F_DUPFD, SHAPE_DEC },
	{ F_DUPFD_CLOEXEC, SHAPE_DEC },
	{ F_GETFD, SHAPE_NONE },
	{ F_SETFD, SHAPE_FLAGS, HOG_T_fd_flags },
	{ F_GETFL, SHAPE_NONE },
	{ F_SETFL, SHAPE_FLAGS, HOG_T_open },
	/* As numbers: the libc gives F_SETLK that of F_SETLK64. */
	{ 5, SHAPE_LOCK_OUT },
	{ 6, SHAPE_LOCK },
	{ 7, SHAPE_LOCK },
	{ F_OFD_GETLK, SHAPE_LOCK_OUT },
	{ F_OFD_SETLK, SHAPE_LOCK },
	{ F_OFD_SETLKW, SHAPE_LOCK },
	{ F_SETOWN, SHAPE_DEC },
	{ F_GETOWN, SHAPE_NONE },
	{ F_SETSIG, SHAPE_SIGNAL },
	{ F_GETSIG, SHAPE_NONE },
	{ F_SETLEASE, SHAPE_ENUM, HOG_T_locktype },
	{ F_GETLEASE, SHAPE_NONE },
	{ F_SETPIPE_SZ, SHAPE_DEC },
	{ F_GETPIPE_SZ, SHAPE_NONE },
	{ F_ADD_SEALS, SHAPE_FLAGS, HOG_T_seals },
	{ F_GET_SEALS, SHAPE_NONE },
};

/* As numbers, the kernel's: the same on x86 and arm. */
static const struct command ioctls[] = {
	{ 0x5421, SHAPE_INT },         /* FIONBIO */
	{ 0x5452, SHAPE_INT },         /* FIOASYNC */
	{ 0x541b, SHAPE_INT_OUT },     /* FIONREAD */
	{ 0x5411, SHAPE_INT_OUT },     /* TIOCOUTQ */
	{ 0x540f, SHAPE_INT_OUT },     /* TIOCGPGRP */
	{ 0x5410, SHAPE_INT },         /* TIOCSPGRP */
	{ 0x5429, SHAPE_INT_OUT },     /* TIOCGSID */
	{ 0x5413, SHAPE_WINSIZE_OUT }, /* TIOCGWINSZ */
	{ 0x5414, SHAPE_WINSIZE },     /* TIOCSWINSZ */
	{ 0x5401, SHAPE_TERMIOS_OUT }, /* TCGETS */
	{ 0x5402, SHAPE_TERMIOS },     /* TCSETS */
	{ 0x5403, SHAPE_TERMIOS },     /* TCSETSW */
	{ 0x5404, SHAPE_TERMIOS },     /* TCSETSF */
	{ 0x5450, SHAPE_NONE },        /* FIONCLEX */
	{ 0x5451, SHAPE_NONE },        /* FIOCLEX */
	{ 0x5422, SHAPE_NONE },        /* TIOCNOTTY */
	{ 0x540e, SHAPE_DEC },         /* TIOCSCTTY */
	{ 0x5409, SHAPE_DEC },         /* TCSBRK */
	{ 0x540b, SHAPE_DEC },         /* TCFLSH */
	{ 0x80045430, SHAPE_INT_OUT }, /* TIOCGPTN */
	{ 0x40045431, SHAPE_INT },     /* TIOCSPTLCK */
	{ 0x40049409, SHAPE_FD },      /* FICLONE */
};

static const struct command *find(const struct command *rows, size_t n,
				  uint64_t command)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].command == (uint32_t)command)
			return &rows[i];
	return NULL;
}

static void add_lock(struct hog_decoding *dec, uint64_t addr)
{
	struct {
		int16_t type, whence;
		int32_t pad;
		int64_t start, len;
		int32_t pid, pad2;
	} lock;

	if (!dec->wide) {
		hog_text_pointer(dec->out, addr);
		return;
	}
	if (!addr || !hog_decode_read(dec, addr, &lock, sizeof(lock))) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	hog_decode_add(dec, "{l_type=");
	hog_constant_add(dec->out, HOG_T_locktype, (uint16_t)lock.type);
	hog_decode_add(dec, ", l_whence=");
	hog_constant_add(dec->out, HOG_T_whence, (uint16_t)lock.whence);
	hog_buf_printf(dec->out, ", l_start=%lld, l_len=%lld",
		       (long long)lock.start, (long long)lock.len);
	if (dec->exiting && lock.type != F_UNLCK)
		hog_buf_printf(dec->out, ", l_pid=%d", lock.pid);
	hog_buf_add_u8(dec->out, '}');
}

static void add_winsize(struct hog_decoding *dec, uint64_t addr)
{
	struct winsize ws;

	if (!addr || !hog_decode_read(dec, addr, &ws, sizeof(ws)))
		hog_decode_unreadable(dec, addr);
	else
		hog_buf_printf(dec->out,
			       "{ws_row=%u, ws_col=%u, ws_xpixel=%u, "
			       "ws_ypixel=%u}",
			       ws.ws_row, ws.ws_col, ws.ws_xpixel,
			       ws.ws_ypixel);
}

static void add_termios(struct hog_decoding *dec, uint64_t addr)
{
	uint32_t flags[4];

	if (!addr || !hog_decode_read(dec, addr, flags, sizeof(flags)))
		hog_decode_unreadable(dec, addr);
	else
		hog_buf_printf(dec->out,
			       "{c_iflag=%#x, c_oflag=%#x, c_cflag=%#x, "
			       "c_lflag=%#x, ...}",
			       flags[0], flags[1], flags[2], flags[3]);
}

static bool is_out(unsigned shape)
{
	return shape == SHAPE_LOCK_OUT || shape == SHAPE_INT_OUT ||
	       shape == SHAPE_WINSIZE_OUT || shape == SHAPE_TERMIOS_OUT;
}

static void add_pointed(struct hog_decoding *dec, unsigned shape,
			uint64_t value)
{
	switch (shape) {
	case SHAPE_LOCK:
	case SHAPE_LOCK_OUT:
		add_lock(dec, value);
		break;
	case SHAPE_WINSIZE:
	case SHAPE_WINSIZE_OUT:
		add_winsize(dec, value);
		break;
	case SHAPE_TERMIOS:
	case SHAPE_TERMIOS_OUT:
		add_termios(dec, value);
		break;
	default:
		hog_decode_int_out(dec, value, 0);
	}
}

static void add_shape(struct hog_decoding *dec, const struct command *c,
		      uint64_t value)
{
	switch (c->shape) {
	case SHAPE_NONE:
		dec->drop = true;
		break;
	case SHAPE_DEC:
		hog_text_dec(dec->out, (int64_t)value);
		break;
	case SHAPE_FD:
		hog_decode_add_fd(dec, (int)value);
		break;
	case SHAPE_SIGNAL:
		hog_decode_signal(dec, value, 0);
		break;
	case SHAPE_FLAGS:
		hog_constant_add_flags(dec->out, c->table, (uint32_t)value);
		break;
	case SHAPE_ENUM:
		hog_constant_add(dec->out, c->table, (uint32_t)value);
		break;
	default:
		add_pointed(dec, c->shape, value);
	}
}

static void last_argument(struct hog_decoding *dec, const struct command *c,
			  uint64_t value)
{
	if (dec->exiting && (!c || !is_out(c->shape)))
		dec->keep = true;
	else if (!c || (!dec->exiting && is_out(c->shape)))
		hog_text_hex(dec->out, value);
	else
		add_shape(dec, c, value);
}

#define FIND(rows, command) find(rows, sizeof(rows) / sizeof(*(rows)), command)

void hog_decode_fcntl_arg(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	(void)param;
	last_argument(dec, FIND(fcntls, hog_decode_other(dec, 1)), value);
}

static void add_flags_result(struct hog_decoding *dec, unsigned table,
			     uint64_t value)
{
	hog_text_hex(dec->out, value);
	if (!value && table != HOG_T_open)
		return;
	hog_decode_add(dec, " (flags ");
	hog_constant_add_flags(dec->out, table, value);
	hog_buf_add_u8(dec->out, ')');
}

/* The result of fcntl(). */
void hog_decode_fcntl(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	switch (hog_decode_other(dec, 1)) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		hog_decode_add_fd(dec, (int)value);
		break;
	case F_GETFD:
		add_flags_result(dec, HOG_T_fd_flags, value);
		break;
	case F_GETFL:
		add_flags_result(dec, HOG_T_open, value);
		break;
	case F_GET_SEALS:
		add_flags_result(dec, HOG_T_seals, value);
		break;
	default:
		hog_text_dec(dec->out, (int64_t)value);
	}
}

void hog_decode_ioctl_cmd(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	static const char *const ways[] = { "_IOC_NONE", "_IOC_WRITE",
					    "_IOC_READ",
					    "_IOC_READ|_IOC_WRITE" };
	uint32_t command = (uint32_t)value;
	const char *name = hog_constant_name(HOG_T_ioctl, command);

	(void)param;
	if (name)
		hog_decode_add(dec, name);
	else
		hog_buf_printf(dec->out, "_IOC(%s, %#x, %#x, %#x)",
			       ways[_IOC_DIR(command) & 3], _IOC_TYPE(command),
			       _IOC_NR(command), _IOC_SIZE(command));
}

void hog_decode_ioctl_arg(struct hog_decoding *dec, uint64_t value,
			  unsigned param)
{
	(void)param;
	last_argument(dec, FIND(ioctls, hog_decode_other(dec, 1)), value);
}

/* io_uring_setup(): what is wanted, and at the exit what there is. */
void hog_decode_uring_params(struct hog_decoding *dec, uint64_t value,
			     unsigned param)
{
	/* sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle,
	 * features, wq_fd */
	uint32_t w[7];

	(void)param;
	if (!value || !hog_decode_read(dec, value, w, sizeof(w))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	hog_decode_add(dec, "{flags=");
	hog_constant_add_flags(dec->out, HOG_T_uring_setup, w[2]);
	hog_buf_printf(dec->out, ", sq_thread_cpu=%u, sq_thread_idle=%u", w[3],
		       w[4]);
	if (dec->exiting)
		hog_buf_printf(dec->out,
			       ", sq_entries=%u, cq_entries=%u, features=%#x",
			       w[0], w[1], w[5]);
	hog_decode_add(dec, ", ...}");
}
