/* SPDX-License-Identifier: Apache-2.0 */
/* Options of sockets: names by level, values by what the option takes. */
#include "syscalls/decoding.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* Levels with numbers of their own. */
#define LEVEL_UDP 17
#define LEVEL_PACKET 263
#define LEVEL_NETLINK 270

static int level_table(uint64_t level)
{
	static const struct {
		uint64_t level;
		unsigned table;
	} levels[] = {
		{ SOL_SOCKET, HOG_T_so },
		{ IPPROTO_IP, HOG_T_ip },
		{ IPPROTO_TCP, HOG_T_tcp },
		{ IPPROTO_IPV6, HOG_T_ipv6 },
		{ LEVEL_UDP, HOG_T_udp },
		{ LEVEL_PACKET, HOG_T_packet },
		{ LEVEL_NETLINK, HOG_T_netlink_opt },
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		if (levels[i].level == level)
			return (int)levels[i].table;
	return -1;
}

/* param: the argument that is the level */
void hog_decode_sockopt(struct hog_decoding *dec, uint64_t value,
			unsigned param)
{
	int table = level_table(hog_decode_other(dec, param));

	if (table < 0)
		hog_text_dec(dec->out, (int64_t)value);
	else
		hog_constant_add(dec->out, (unsigned)table, value);
}

static bool add_linger(struct hog_decoding *dec, const void *bytes, size_t len)
{
	struct linger l;

	if (len < sizeof(l))
		return false;
	memcpy(&l, bytes, sizeof(l));
	hog_buf_printf(dec->out, "{l_onoff=%d, l_linger=%d}", l.l_onoff,
		       l.l_linger);
	return true;
}

static bool add_timeval(struct hog_decoding *dec, const void *bytes, size_t len)
{
	uint64_t words[2];

	if (len < sizeof(words))
		return false;
	memcpy(words, bytes, sizeof(words));
	hog_decode_add_time(dec, words, "tv_usec");
	return true;
}

static bool add_ucred(struct hog_decoding *dec, const void *bytes, size_t len)
{
	struct ucred cred;

	if (len < sizeof(cred))
		return false;
	memcpy(&cred, bytes, sizeof(cred));
	hog_buf_printf(dec->out, "{pid=%d, uid=%u, gid=%u}", cred.pid, cred.uid,
		       cred.gid);
	return true;
}

static bool add_error(struct hog_decoding *dec, const void *bytes, size_t len)
{
	int32_t number;

	if (len < sizeof(number))
		return false;
	memcpy(&number, bytes, sizeof(number));
	hog_buf_add_u8(dec->out, '[');
	hog_text_dec(dec->out, number);
	hog_buf_add_u8(dec->out, ']');
	return true;
}

static bool add_text(struct hog_decoding *dec, const void *bytes, size_t len)
{
	hog_text_quoted(dec->out, bytes, strnlen(bytes, len), false);
	return true;
}

/* Options that are not a number. */
static const struct {
	unsigned level, option;
	bool (*add)(struct hog_decoding *dec, const void *bytes, size_t len);
} shapes[] = {
	{ SOL_SOCKET, SO_LINGER, add_linger },
	{ SOL_SOCKET, SO_RCVTIMEO, add_timeval },
	{ SOL_SOCKET, SO_SNDTIMEO, add_timeval },
	{ SOL_SOCKET, SO_PEERCRED, add_ucred },
	{ SOL_SOCKET, SO_ERROR, add_error },
	{ SOL_SOCKET, SO_BINDTODEVICE, add_text },
	{ IPPROTO_TCP, TCP_CONGESTION, add_text },
	{ IPPROTO_TCP, TCP_ULP, add_text },
};

static void add_value(struct hog_decoding *dec, const void *bytes, size_t len)
{
	uint64_t level = hog_decode_other(dec, 1);
	uint64_t option = hog_decode_other(dec, 2);

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (shapes[i].level == level && shapes[i].option == option &&
		    (dec->wide || shapes[i].add != add_timeval) &&
		    shapes[i].add(dec, bytes, len))
			return;
	if (len == 4)
		add_error(dec, bytes, len);
	else
		hog_text_quoted(dec->out, bytes, len, false);
}

static void optval(struct hog_decoding *dec, uint64_t addr, uint64_t len)
{
	unsigned char bytes[256];
	size_t n = dec->limit < sizeof(bytes) ? dec->limit : sizeof(bytes);

	if (n < sizeof(struct linger) * 2)
		n = sizeof(struct linger) * 2;
	if (len < n)
		n = (size_t)len;
	if (!addr || !hog_decode_read(dec, addr, bytes, n)) {
		hog_decode_unreadable(dec, addr);
		return;
	}
	add_value(dec, bytes, n);
	if (n < len)
		hog_decode_add(dec, "...");
}

void hog_decode_optval(struct hog_decoding *dec, uint64_t value, unsigned param)
{
	optval(dec, value, (uint32_t)hog_decode_other(dec, param));
}

void hog_decode_optval_out(struct hog_decoding *dec, uint64_t value,
			   unsigned param)
{
	uint32_t len;

	if (!hog_decode_read(dec, hog_decode_other(dec, param), &len,
			     sizeof(len)))
		hog_text_pointer(dec->out, value);
	else
		optval(dec, value, len);
}
