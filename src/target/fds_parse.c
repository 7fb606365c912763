/* SPDX-License-Identifier: Apache-2.0 */
#include "target/fds_parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/buf.h"

#define WATCHED_SHOWN 8   /* descriptors of an epoll that are named */
#define FDINFO_LINES 4096 /* an epoll of 10,000 is counted up to here */
/* The kernel's own; libc says 0 where the bit means nothing to it. */
#define KERNEL_O_CLOEXEC 02000000

static const struct {
	const char *start;
	enum hog_fd_kind kind;
} link_kinds[] = {
	{ "socket:[", HOG_FD_SOCKET },
	{ "pipe:[", HOG_FD_PIPE },
	{ "/memfd:", HOG_FD_MEMFD },
	{ "anon_inode:[eventfd", HOG_FD_EVENTFD },
	{ "anon_inode:[eventpoll", HOG_FD_EPOLL },
	{ "anon_inode:[timerfd", HOG_FD_TIMERFD },
	{ "anon_inode:inotify", HOG_FD_INOTIFY },
	{ "anon_inode:[inotify", HOG_FD_INOTIFY },
	{ "anon_inode:[signalfd", HOG_FD_SIGNALFD },
	{ "anon_inode:[pidfd", HOG_FD_PIDFD },
	{ "pidfd:[", HOG_FD_PIDFD },
	{ "anon_inode:[io_uring", HOG_FD_IO_URING },
	{ "/", HOG_FD_FILE },
};

enum hog_fd_kind hog_fd_link_kind(const char *link)
{
	for (size_t i = 0; i < sizeof(link_kinds) / sizeof(*link_kinds); i++) {
		if (strncmp(link, link_kinds[i].start,
			    strlen(link_kinds[i].start)) == 0)
			return link_kinds[i].kind;
	}
	return HOG_FD_OTHER;
}

uint64_t hog_fd_link_inode(const char *link)
{
	const char *number = strstr(link, ":[");
	char *end;
	uint64_t inode;

	if (!number || number[2] < '0' || number[2] > '9')
		return 0;
	inode = strtoull(number + 2, &end, 10);
	return *end == ']' ? inode : 0;
}

void hog_fd_escape(struct hog_buf *buf, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7f)
			hog_buf_printf(buf, "\\x%02x", c);
		else
			hog_buf_add_u8(buf, c);
	}
}

/* Linux's on x86-64 and aarch64; those behind are real time's. */
static const char *const signal_names[] = {
	"HUP",  "INT",    "QUIT", "ILL",   "TRAP", "ABRT", "BUS",  "FPE",
	"KILL", "USR1",   "SEGV", "USR2",  "PIPE", "ALRM", "TERM", "STKFLT",
	"CHLD", "CONT",   "STOP", "TSTP",  "TTIN", "TTOU", "URG",  "XCPU",
	"XFSZ", "VTALRM", "PROF", "WINCH", "IO",   "PWR",  "SYS",
};
#define N_SIGNAL_NAMES (int)(sizeof(signal_names) / sizeof(*signal_names))

/* The mask of a signalfd: bit 0 is signal 1. */
static void say_signals(struct hog_buf *out, uint64_t mask)
{
	const char *between = "";

	for (int signal = 1; signal <= 64; signal++) {
		if (!(mask >> (signal - 1) & 1))
			continue;
		if (signal <= N_SIGNAL_NAMES)
			hog_buf_printf(out, "%sSIG%s", between,
				       signal_names[signal - 1]);
		else
			hog_buf_printf(out, "%ssignal %d", between, signal);
		between = ", ";
	}
}

static const char *clock_name(long id)
{
	switch (id) {
	case CLOCK_REALTIME:
		return "CLOCK_REALTIME";
	case CLOCK_MONOTONIC:
		return "CLOCK_MONOTONIC";
	case CLOCK_BOOTTIME:
		return "CLOCK_BOOTTIME";
	case CLOCK_REALTIME_ALARM:
		return "CLOCK_REALTIME_ALARM";
	case CLOCK_BOOTTIME_ALARM:
		return "CLOCK_BOOTTIME_ALARM";
	default:
		return "clock";
	}
}

/* "(0, 499863120)" as fdinfo has it: seconds and ns. */
static double pair_seconds(const char *text)
{
	char *end;
	long long seconds;

	if (*text != '(')
		return 0;
	seconds = strtoll(text + 1, &end, 10);
	if (*end != ',')
		return 0;
	return (double)seconds + (double)strtoll(end + 1, NULL, 10) / 1e9;
}

struct counts {
	unsigned watched, watches;
};

static void say_value(struct hog_buf *out, const char *key, const char *value,
		      struct counts *n)
{
	if (strcmp(key, "eventfd-count") == 0) {
		hog_buf_printf(out, "count %llu", strtoull(value, NULL, 16));
	} else if (strcmp(key, "tfd") == 0) {
		if (n->watched++ < WATCHED_SHOWN)
			hog_buf_printf(out, "%s%ld",
				       n->watched == 1 ? "watches " : ", ",
				       strtol(value, NULL, 10));
	} else if (strncmp(key, "inotify wd", 10) == 0) {
		n->watches++;
	} else if (strcmp(key, "clockid") == 0) {
		hog_buf_add_str(out, clock_name(strtol(value, NULL, 10)));
	} else if (strcmp(key, "it_value") == 0) {
		if (pair_seconds(value) > 0)
			hog_buf_printf(out, ", in %.3f s", pair_seconds(value));
		else
			hog_buf_add_str(out, ", not armed");
	} else if (strcmp(key, "it_interval") == 0) {
		if (pair_seconds(value) > 0)
			hog_buf_printf(out, ", every %.3f s",
				       pair_seconds(value));
	} else if (strcmp(key, "sigmask") == 0) {
		say_signals(out, strtoull(value, NULL, 16));
	} else if (strcmp(key, "Pid") == 0) {
		long pid = strtol(value, NULL, 10);

		if (pid > 0)
			hog_buf_printf(out, "process %ld", pid);
		else
			hog_buf_add_str(out, "a process that is gone");
	}
}

/* The key of a line and what stands behind its colon, both NUL-terminated in
 * line.  A line of several pairs is told by its first. */
static bool split_line(const char *text, size_t len, char *line, size_t cap,
		       const char **ret_value)
{
	char *colon;

	if (len >= cap)
		len = cap - 1;
	memcpy(line, text, len);
	line[len] = '\0';
	colon = strchr(line, ':');
	if (!colon)
		return false;
	*colon++ = '\0';
	*ret_value = colon + strspn(colon, " \t");
	return true;
}

int hog_fdinfo_parse(const char *text, struct hog_fd_info *ret,
		     struct hog_buf *details)
{
	struct hog_fd_info info = { 0 };
	struct counts n = { 0 };
	bool flags = false;

	for (int i = 0; i < FDINFO_LINES && *text; i++) {
		size_t len = strcspn(text, "\n");
		char line[256];
		const char *value;

		if (split_line(text, len, line, sizeof(line), &value)) {
			if (strcmp(line, "pos") == 0)
				info.position = strtoll(value, NULL, 10);
			else if (strcmp(line, "flags") == 0) {
				info.flags = (uint32_t)strtoul(value, NULL, 8);
				flags = true;
			} else if (details)
				say_value(details, line, value, &n);
		}
		text += len + (text[len] == '\n');
	}
	if (!flags)
		return -EBADMSG;
	if (n.watched > WATCHED_SHOWN)
		hog_buf_printf(details, " and %u more",
			       n.watched - WATCHED_SHOWN);
	if (n.watches)
		hog_buf_printf(details, "%u watch%s", n.watches,
			       n.watches == 1 ? "" : "es");
	info.cloexec = info.flags & KERNEL_O_CLOEXEC;
	*ret = info;
	return 0;
}

static bool add_unix(struct hog_buf *buf, const struct sockaddr *addr,
		     size_t len)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)addr;
	size_t at = offsetof(struct sockaddr_un, sun_path);
	size_t n = len > at ? len - at : 0;

	if (n > sizeof(un->sun_path))
		n = sizeof(un->sun_path);
	if (n == 0)
		return false;
	if (un->sun_path[0] == '\0') {
		hog_buf_add_str(buf, "@");
		hog_fd_escape(buf, un->sun_path + 1, n - 1);
	} else {
		hog_fd_escape(buf, un->sun_path, strnlen(un->sun_path, n));
	}
	return true;
}

static bool add_inet(struct hog_buf *buf, const struct sockaddr *addr,
		     size_t len)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	char text[INET_ADDRSTRLEN];

	if (len < sizeof(*in) ||
	    (in->sin_port == 0 && in->sin_addr.s_addr == 0))
		return false;
	if (!inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)))
		return false;
	hog_buf_printf(buf, "%s:%u", text, ntohs(in->sin_port));
	return true;
}

static bool add_inet6(struct hog_buf *buf, const struct sockaddr *addr,
		      size_t len)
{
	const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)addr;
	char text[INET6_ADDRSTRLEN];

	if (len < sizeof(*in) ||
	    (in->sin6_port == 0 && IN6_IS_ADDR_UNSPECIFIED(&in->sin6_addr)))
		return false;
	if (!inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof(text)))
		return false;
	hog_buf_printf(buf, "[%s]:%u", text, ntohs(in->sin6_port));
	return true;
}

bool hog_fd_address(struct hog_buf *buf, const struct sockaddr *addr,
		    size_t len)
{
	if (len < sizeof(addr->sa_family))
		return false;
	switch (addr->sa_family) {
	case AF_UNIX:
		return add_unix(buf, addr, len);
	case AF_INET:
		return add_inet(buf, addr, len);
	case AF_INET6:
		return add_inet6(buf, addr, len);
	case AF_NETLINK:
		if (len < sizeof(struct sockaddr_nl))
			return false;
		hog_buf_printf(buf, "%u",
			       ((const struct sockaddr_nl *)addr)->nl_pid);
		return true;
	case AF_VSOCK:
		if (len < sizeof(struct sockaddr_vm))
			return false;
		hog_buf_printf(buf, "%u:%u",
			       ((const struct sockaddr_vm *)addr)->svm_cid,
			       ((const struct sockaddr_vm *)addr)->svm_port);
		return true;
	default:
		return false;
	}
}

static const struct {
	int family, type, protocol; /* 0: any */
	const char *name;
} protocols[] = {
	{ AF_UNIX, 0, 0, "UNIX" },
	{ AF_INET, 0, IPPROTO_TCP, "TCP" },
	{ AF_INET6, 0, IPPROTO_TCP, "TCP" },
	{ AF_INET, 0, IPPROTO_UDP, "UDP" },
	{ AF_INET6, 0, IPPROTO_UDP, "UDP" },
	{ AF_INET, 0, IPPROTO_MPTCP, "MPTCP" },
	{ AF_INET6, 0, IPPROTO_MPTCP, "MPTCP" },
	{ AF_INET, 0, IPPROTO_SCTP, "SCTP" },
	{ AF_INET6, 0, IPPROTO_SCTP, "SCTP" },
	{ AF_INET, 0, IPPROTO_ICMP, "ICMP" },
	{ AF_INET6, 0, IPPROTO_ICMPV6, "ICMP" },
	{ AF_INET, SOCK_RAW, 0, "RAW" },
	{ AF_INET6, SOCK_RAW, 0, "RAW" },
	{ AF_NETLINK, 0, 0, "NETLINK" },
	{ AF_PACKET, 0, 0, "PACKET" },
	{ AF_VSOCK, 0, 0, "VSOCK" },
};

const char *hog_fd_protocol(int family, int type, int protocol)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		if (protocols[i].family == family &&
		    (!protocols[i].type || protocols[i].type == type) &&
		    (!protocols[i].protocol ||
		     protocols[i].protocol == protocol))
			return protocols[i].name;
	}
	return NULL;
}
