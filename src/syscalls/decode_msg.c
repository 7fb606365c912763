/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: sendmsg, recvmsg and those that do many.  64-bit calls only. */
#include "syscalls/decoding.h"

#include <string.h>
#include <sys/socket.h>

/* Control messages are read up to this. */
#define CONTROL_MAX 1024
/* Messages of one sendmmsg() that are shown. */
#define MESSAGES_MAX 8

/* As the kernel has it: libc's struct names other types. */
struct message {
	uint64_t name;
	uint32_t namelen, pad1;
	uint64_t iov, iovlen;
	uint64_t control, controllen;
	uint32_t flags, pad2;
};

_Static_assert(sizeof(struct message) == 56, "the kernel's struct msghdr");

struct many { /* struct mmsghdr */
	struct message msg;
	uint32_t len, pad;
};

struct control {
	uint64_t len;
	int32_t level, type;
};

static void add_fds(struct hog_decoding *dec, const unsigned char *data,
		    size_t len)
{
	hog_buf_add_u8(dec->out, '[');
	for (size_t i = 0; i + 4 <= len; i += 4) {
		int32_t fd;

		memcpy(&fd, data + i, sizeof(fd));
		if (i)
			hog_decode_add(dec, ", ");
		hog_decode_add_fd(dec, fd);
	}
	hog_buf_add_u8(dec->out, ']');
}

static void add_data(struct hog_decoding *dec, const struct control *head,
		     const unsigned char *data, size_t len)
{
	struct ucred cred;
	bool ours = head->level == SOL_SOCKET;

	hog_decode_add(dec, ", cmsg_data=");
	if (ours && head->type == SCM_RIGHTS) {
		add_fds(dec, data, len);
	} else if (ours && head->type == SCM_CREDENTIALS &&
		   len >= sizeof(cred)) {
		memcpy(&cred, data, sizeof(cred));
		hog_buf_printf(dec->out, "{pid=%d, uid=%u, gid=%u}", cred.pid,
			       cred.uid, cred.gid);
	} else {
		size_t n = len < dec->limit ? len : dec->limit;

		hog_text_quoted(dec->out, data, n, n < len);
	}
}

static void add_control(struct hog_decoding *dec, const struct control *head,
			const unsigned char *data, size_t len)
{
	hog_decode_add(dec, "{cmsg_len=");
	hog_text_udec(dec->out, head->len);
	hog_decode_add(dec, ", cmsg_level=");
	hog_constant_add(dec->out, HOG_T_sol, (uint32_t)head->level);
	hog_decode_add(dec, ", cmsg_type=");
	if (head->level == SOL_SOCKET)
		hog_constant_add(dec->out, HOG_T_scm, (uint32_t)head->type);
	else
		hog_text_hex(dec->out, (uint32_t)head->type);
	add_data(dec, head, data, len);
	hog_buf_add_u8(dec->out, '}');
}

static void add_controls(struct hog_decoding *dec, uint64_t addr, uint64_t len)
{
	unsigned char bytes[CONTROL_MAX];
	size_t n = len < sizeof(bytes) ? (size_t)len : sizeof(bytes), at = 0;

	if (!addr || !hog_decode_read(dec, addr, bytes, n)) {
		hog_text_pointer(dec->out, addr);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	while (n - at >= sizeof(struct control)) {
		struct control head;

		memcpy(&head, bytes + at, sizeof(head));
		if (head.len < sizeof(head) || head.len > n - at)
			break;
		if (at)
			hog_decode_add(dec, ", ");
		add_control(dec, &head, bytes + at + sizeof(head),
			    (size_t)head.len - sizeof(head));
		/* Each begins at a word. */
		at += (size_t)(head.len + 7) / 8 * 8;
		if (at > n)
			break;
	}
	if (at < n)
		hog_decode_add(dec, at ? ", ..." : "...");
	hog_buf_add_u8(dec->out, ']');
}

/* total: bytes that were received; UINT64_MAX: those to be sent. */
static void add_message(struct hog_decoding *dec, const struct message *m,
			uint64_t total)
{
	enum hog_callarg_kind kind = dec->arg->kind;

	hog_decode_add(dec, "{msg_name=");
	hog_decode_add_sockaddr(dec, m->name, m->namelen);
	hog_decode_add(dec, ", msg_namelen=");
	hog_text_udec(dec->out, m->namelen);
	hog_decode_add(dec, ", msg_iov=");
	hog_decode_add_iovec(dec, m->iov, m->iovlen, total, true);
	hog_decode_add(dec, ", msg_iovlen=");
	hog_text_udec(dec->out, m->iovlen);
	if (m->controllen) {
		hog_decode_add(dec, ", msg_control=");
		add_controls(dec, m->control, m->controllen);
	}
	hog_decode_add(dec, ", msg_controllen=");
	hog_text_udec(dec->out, m->controllen);
	hog_decode_add(dec, ", msg_flags=");
	hog_constant_add_flags(dec->out, HOG_T_msg, m->flags);
	hog_buf_add_u8(dec->out, '}');
	/* The message could be read, whatever it points to. */
	dec->arg->kind = kind;
}

static void message(struct hog_decoding *dec, uint64_t addr, uint64_t total)
{
	struct message m;

	if (!addr || !hog_decode_read(dec, addr, &m, sizeof(m)))
		hog_decode_unreadable(dec, addr);
	else
		add_message(dec, &m, total);
}

void hog_decode_msg(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	(void)param;
	message(dec, value, UINT64_MAX);
}

void hog_decode_msg_out(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	(void)param;
	message(dec, value, (uint64_t)dec->call->raw.result);
}

static void messages(struct hog_decoding *dec, uint64_t addr, uint64_t n,
		     bool received)
{
	struct many many[MESSAGES_MAX];
	size_t shown = n < MESSAGES_MAX ? (size_t)n : MESSAGES_MAX;

	if (!addr || !hog_decode_read(dec, addr, many, shown * sizeof(*many))) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	hog_buf_add_u8(dec->out, '[');
	for (size_t i = 0; i < shown; i++) {
		hog_decode_add(dec, i ? ", {msg_hdr=" : "{msg_hdr=");
		add_message(dec, &many[i].msg,
			    received ? many[i].len : UINT64_MAX);
		if (received) {
			hog_decode_add(dec, ", msg_len=");
			hog_text_udec(dec->out, many[i].len);
		}
		hog_buf_add_u8(dec->out, '}');
	}
	if (shown < n)
		hog_decode_add(dec, ", ...");
	hog_buf_add_u8(dec->out, ']');
}

void hog_decode_mmsg(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	messages(dec, value, (uint32_t)hog_decode_other(dec, param), false);
}

void hog_decode_mmsg_out(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	(void)param;
	messages(dec, value, (uint64_t)dec->call->raw.result, true);
}
