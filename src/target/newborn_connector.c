/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proc connector: a netlink group on which the kernel tells of each fork,
 * exec and exit of the machine.  Outside of the first PID and user namespace it
 * says nothing at all, not even that it will not: hence the wait for its
 * answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "target/newborn.h"
#include "target/offspring_way.h"

#define ANSWER_MS 50
#define QUEUE_BYTES (1 << 20)
#define LOOK_MAX 8192 /* messages of one look */

#define EVENT_AT (NLMSG_HDRLEN + sizeof(struct cn_msg))

struct hog_connector {
	int fd;
};

static int subscribe(int fd, enum proc_cn_mcast_op op)
{
	unsigned char all[EVENT_AT + sizeof(op)] = { 0 };
	struct nlmsghdr head = { .nlmsg_len = sizeof(all),
				 .nlmsg_type = NLMSG_DONE };
	struct cn_msg msg = { .id = { CN_IDX_PROC, CN_VAL_PROC },
			      .len = sizeof(op) };

	memcpy(all, &head, sizeof(head));
	memcpy(all + NLMSG_HDRLEN, &msg, sizeof(msg));
	memcpy(all + EVENT_AT, &op, sizeof(op));
	return send(fd, all, sizeof(all), 0) < 0 ? -errno : 0;
}

#define AT(member) ((uint32_t)(EVENT_AT + offsetof(struct proc_event, member)))
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(member))
#define IS(value, yes, no)                                                     \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(value), yes, no)

/* Of threads, and of users that change, nothing needs to be heard: a program
 * that starts threads all the time would flood us. */
static void filter(int fd)
{
	struct sock_filter code[] = {
		LOAD(what),
		IS(PROC_EVENT_NONE, 11, 0),
		IS(PROC_EVENT_EXEC, 10, 0),
		IS(PROC_EVENT_FORK, 1, 0),
		IS(PROC_EVENT_EXIT, 4, 9),
		LOAD(event_data.fork.child_tgid), /* 5 */
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		LOAD(event_data.fork.child_pid),
		BPF_STMT(BPF_JMP | BPF_JA, 3),
		LOAD(event_data.exit.process_tgid), /* 9 */
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		LOAD(event_data.exit.process_pid),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1), /* 12 */
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	/* Without it the same messages are left out when they are parsed. */
	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

/* Copies the event out of a message.  false: it is none. */
static bool take_event(const unsigned char *bytes, size_t len,
		       struct proc_event *ret)
{
	struct nlmsghdr head;
	struct cn_msg msg;

	if (len < EVENT_AT + sizeof(*ret))
		return false;
	memcpy(&head, bytes, sizeof(head));
	memcpy(&msg, bytes + NLMSG_HDRLEN, sizeof(msg));
	if (head.nlmsg_type == NLMSG_ERROR || head.nlmsg_type == NLMSG_NOOP ||
	    msg.id.idx != CN_IDX_PROC || msg.id.val != CN_VAL_PROC)
		return false;
	memcpy(ret, bytes + EVENT_AT, sizeof(*ret));
	return true;
}

bool hog_connector_parse(const unsigned char *bytes, size_t len,
			 struct hog_birth *ret)
{
	struct proc_event ev;
	struct hog_birth birth = { 0 };

	if (!take_event(bytes, len, &ev))
		return false;
	birth.time_ns = ev.timestamp_ns;
	switch (ev.what) {
	case PROC_EVENT_FORK:
		if (ev.event_data.fork.child_pid !=
		    ev.event_data.fork.child_tgid)
			return false; /* a thread */
		birth.kind = HOG_BIRTH_FORK;
		birth.pid = ev.event_data.fork.child_tgid;
		birth.parent = ev.event_data.fork.parent_tgid;
		break;
	case PROC_EVENT_EXEC:
		birth.kind = HOG_BIRTH_EXEC;
		birth.pid = ev.event_data.exec.process_tgid;
		break;
	case PROC_EVENT_EXIT:
		if (ev.event_data.exit.process_pid !=
		    ev.event_data.exit.process_tgid)
			return false;
		birth.kind = HOG_BIRTH_EXIT;
		birth.pid = ev.event_data.exit.process_tgid;
		break;
	default:
		return false;
	}
	if (birth.pid <= 0)
		return false;
	*ret = birth;
	return true;
}

/* The next message, of the kernel's own: anybody may send to the group.  Its
 * length; 0: not the kernel's; -EAGAIN: there is none. */
static ssize_t receive(int fd, unsigned char *buf, size_t cap)
{
	struct sockaddr_nl from = { 0 };
	socklen_t len = sizeof(from);
	ssize_t got = recvfrom(fd, buf, cap, MSG_DONTWAIT,
			       (struct sockaddr *)&from, &len);

	if (got < 0)
		return -errno;
	return len == sizeof(from) && from.nl_pid == 0 ? got : 0;
}

/* 0: it has said yes. */
static int wait_for_answer(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned char buf[512];
	struct proc_event ev;

	while (poll(&p, 1, ANSWER_MS) > 0) {
		ssize_t got = receive(fd, buf, sizeof(buf));

		if (got < 0)
			return (int)got;
		if (!take_event(buf, (size_t)got, &ev))
			continue;
		/* An event is an answer too. */
		return ev.what == PROC_EVENT_NONE ? -(int)ev.event_data.ack.err
						  : 0;
	}
	return -EOPNOTSUPP;
}

static int open_socket(struct hog_connector *con)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK,
				    .nl_groups = CN_IDX_PROC };
	int size = QUEUE_BYTES, r;

	con->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			 NETLINK_CONNECTOR);
	if (con->fd < 0)
		return -errno;
	if (setsockopt(con->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)) < 0)
		(void)setsockopt(con->fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
	filter(con->fd);
	if (bind(con->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	r = subscribe(con->fd, PROC_CN_MCAST_LISTEN);
	return r < 0 ? r : wait_for_answer(con->fd);
}

int hog_connector_new(struct hog_connector **ret)
{
	struct hog_connector *con = calloc(1, sizeof(*con));
	int r;

	if (!con)
		return -ENOMEM;
	r = open_socket(con);
	if (r < 0) {
		hog_connector_free(con);
		return r;
	}
	*ret = con;
	return 0;
}

void hog_connector_free(struct hog_connector *con)
{
	if (!con)
		return;
	if (con->fd >= 0) {
		/* Older kernels go on counting us as a listener. */
		(void)subscribe(con->fd, PROC_CN_MCAST_IGNORE);
		close(con->fd);
	}
	free(con);
}

int hog_connector_fd(const struct hog_connector *con)
{
	return con->fd;
}

bool hog_connector_look(struct hog_connector *con, struct hog_births *births)
{
	unsigned char buf[512];

	for (unsigned i = 0; i < LOOK_MAX; i++) {
		ssize_t got = receive(con->fd, buf, sizeof(buf));
		struct hog_birth birth;

		if (got == -EAGAIN)
			return true;
		if (got < 0)
			return got == -EINTR; /* -ENOBUFS: the queue was full */
		if (hog_connector_parse(buf, (size_t)got, &birth))
			hog_births_push(births, birth);
	}
	return true;
}
