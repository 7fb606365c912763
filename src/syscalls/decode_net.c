/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and options of sockets. */
#include "syscalls/decoding.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The kernel takes no longer address. */
#define SOCKADDR_MAX sizeof(struct sockaddr_storage)

union address {
	sa_family_t family;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_nl nl;
	struct sockaddr_ll ll;
	struct sockaddr_vm vm;
	unsigned char bytes[SOCKADDR_MAX];
};

static void add_unix(struct hog_decoding *dec, const union address *a,
		     size_t len)
{
	const char *path = a->un.sun_path;
	size_t n = len - offsetof(struct sockaddr_un, sun_path);

	if (len <= offsetof(struct sockaddr_un, sun_path))
		return;
	if (n > sizeof(a->un.sun_path))
		n = sizeof(a->un.sun_path);
	hog_decode_add(dec, ", sun_path=");
	/* Of an abstract name every byte counts. */
	if (path[0] == '\0') {
		hog_buf_add_u8(dec->out, '@');
		hog_text_quoted(dec->out, path + 1, n - 1, false);
	} else {
		hog_text_quoted(dec->out, path, strnlen(path, n), false);
	}
}

static void add_inet(struct hog_decoding *dec, const union address *a,
		     size_t len)
{
	char text[INET_ADDRSTRLEN] = "";

	if (len < sizeof(a->in))
		return;
	inet_ntop(AF_INET, &a->in.sin_addr, text, sizeof(text));
	hog_buf_printf(dec->out,
		       ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")",
		       ntohs(a->in.sin_port), text);
}

static void add_inet6(struct hog_decoding *dec, const union address *a,
		      size_t len)
{
	char text[INET6_ADDRSTRLEN] = "";

	/* RFC 2133 had no scope. */
	if (len < offsetof(struct sockaddr_in6, sin6_scope_id))
		return;
	inet_ntop(AF_INET6, &a->in6.sin6_addr, text, sizeof(text));
	hog_buf_printf(dec->out,
		       ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u), "
		       "inet_pton(AF_INET6, \"%s\", &sin6_addr)",
		       ntohs(a->in6.sin6_port), ntohl(a->in6.sin6_flowinfo),
		       text);
	if (len >= sizeof(a->in6))
		hog_buf_printf(dec->out, ", sin6_scope_id=%u",
			       a->in6.sin6_scope_id);
}

static void add_netlink(struct hog_decoding *dec, const union address *a,
			size_t len)
{
	if (len >= sizeof(a->nl))
		hog_buf_printf(dec->out, ", nl_pid=%u, nl_groups=%08x",
			       a->nl.nl_pid, a->nl.nl_groups);
}

static void add_packet(struct hog_decoding *dec, const union address *a,
		       size_t len)
{
	if (len >= offsetof(struct sockaddr_ll, sll_addr))
		hog_buf_printf(dec->out,
			       ", sll_protocol=htons(%#x), sll_ifindex=%d, "
			       "sll_hatype=%u, sll_pkttype=%u, sll_halen=%u",
			       ntohs(a->ll.sll_protocol), a->ll.sll_ifindex,
			       a->ll.sll_hatype, a->ll.sll_pkttype,
			       a->ll.sll_halen);
}

static void add_cid(struct hog_decoding *dec, uint32_t cid)
{
	static const char *const names[] = { "VMADDR_CID_HYPERVISOR",
					     "VMADDR_CID_LOCAL",
					     "VMADDR_CID_HOST" };

	if (cid < 3)
		hog_decode_add(dec, names[cid]);
	else if (cid == UINT32_MAX)
		hog_decode_add(dec, "VMADDR_CID_ANY");
	else
		hog_text_udec(dec->out, cid);
}

static void add_vsock(struct hog_decoding *dec, const union address *a,
		      size_t len)
{
	if (len < sizeof(a->vm))
		return;
	hog_decode_add(dec, ", svm_cid=");
	add_cid(dec, a->vm.svm_cid);
	hog_decode_add(dec, ", svm_port=");
	hog_text_udec(dec->out, a->vm.svm_port);
}

static const struct {
	sa_family_t family;
	void (*add)(struct hog_decoding *dec, const union address *a,
		    size_t len);
} families[] = {
	{ AF_UNIX, add_unix },     { AF_INET, add_inet },
	{ AF_INET6, add_inet6 },   { AF_NETLINK, add_netlink },
	{ AF_PACKET, add_packet }, { AF_VSOCK, add_vsock },
	{ AF_UNSPEC, NULL },
};

static void add_family(struct hog_decoding *dec, const union address *a,
		       size_t len)
{
	for (size_t i = 0; families[i].add; i++) {
		if (families[i].family != a->family)
			continue;
		families[i].add(dec, a, len);
		return;
	}
	if (len <= sizeof(a->family) || a->family == AF_UNSPEC)
		return;
	hog_decode_add(dec, ", sa_data=");
	hog_text_quoted(dec->out, a->bytes + sizeof(a->family),
			len - sizeof(a->family), false);
}

void hog_decode_add_sockaddr(struct hog_decoding *dec, uint64_t addr,
			     uint64_t len)
{
	union address a = { 0 };
	size_t n = len < SOCKADDR_MAX ? (size_t)len : SOCKADDR_MAX;

	if (!addr || n < sizeof(a.family) ||
	    !hog_decode_read(dec, addr, a.bytes, n)) {
		hog_text_pointer(dec->out, addr);
		return;
	}
	hog_decode_add(dec, "{sa_family=");
	hog_constant_add(dec->out, HOG_T_af, a.family);
	add_family(dec, &a, n);
	hog_buf_add_u8(dec->out, '}');
}

void hog_decode_sockaddr(struct hog_decoding *dec, uint64_t value,
			 unsigned param)
{
	size_t before = dec->out->len;
	uint64_t len = (uint32_t)hog_decode_other(dec, param);

	hog_decode_add_sockaddr(dec, value, len);
	if (value && len >= sizeof(sa_family_t) && dec->out->len > before &&
	    dec->out->data[before] != '{')
		dec->arg->kind = HOG_CALLARG_NONE;
}

/* param: the argument that points to the length. */
void hog_decode_sockaddr_out(struct hog_decoding *dec, uint64_t value,
			     unsigned param)
{
	uint32_t len;
	uint64_t at = hog_decode_other(dec, param);

	if (!value || !at || !hog_decode_read(dec, at, &len, sizeof(len)))
		hog_text_pointer(dec->out, value);
	else
		hog_decode_add_sockaddr(dec, value, len);
}

/* "[128 => 16]": the room, and what the kernel made of it. */
void hog_decode_socklen(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	char room[16];
	uint32_t len;
	size_t n = dec->arg->text_len;
	size_t old = dec->exiting && n >= 2 && n - 2 < sizeof(room) ? n - 2 : 0;

	(void)param;
	if (!value || !hog_decode_read(dec, value, &len, sizeof(len))) {
		hog_decode_unreadable(dec, value);
		return;
	}
	/* What was said at the entry lies right where the text began. */
	if (old && dec->out->data[dec->old_text] != '[')
		old = 0;
	if (old)
		memcpy(room, dec->out->data + dec->old_text + 1, old);

	size_t start = dec->out->len;

	hog_buf_add_u8(dec->out, '[');
	hog_text_dec(dec->out, (int32_t)len);
	if (old && !dec->out->failed &&
	    (dec->out->len - start - 1 != old ||
	     memcmp(dec->out->data + start + 1, room, old) != 0)) {
		dec->out->len = start + 1;
		hog_buf_add(dec->out, room, old);
		hog_decode_add(dec, " => ");
		hog_text_dec(dec->out, (int32_t)len);
	}
	hog_buf_add_u8(dec->out, ']');
}
