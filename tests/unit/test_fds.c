/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptors of a live process: this one, which knows what it opened. */
#include "target/fds.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

static struct hog_fds *own(void)
{
	struct hog_fds *f;

	cr_assert_eq(hog_fds_open(getpid(), &f, NULL), 0);
	return f;
}

static const char *text_of(struct hog_fds *f, int fd, enum hog_fd_kind *kind)
{
	static char text[HOG_FD_TEXT_MAX];

	if (hog_fds_describe(f, fd, text, sizeof(text), kind) == 0)
		return "(nothing)";
	return text;
}

Test(fds, tells_files_folders_devices_and_pipes)
{
	struct hog_fds *f = own();
	enum hog_fd_kind kind;
	int file = open("/proc/self/exe", O_RDONLY);
	int pair[2];

	cr_assert_eq(pipe(pair), 0);
	cr_expect_str_eq(text_of(f, open("/dev/null", O_RDONLY), &kind),
			 "/dev/null");
	cr_expect_eq(kind, HOG_FD_CHAR);
	cr_expect_str_eq(text_of(f, open("/", O_RDONLY), &kind), "/");
	cr_expect_eq(kind, HOG_FD_DIR);
	cr_expect_eq(text_of(f, file, &kind)[0], '/');
	cr_expect_eq(kind, HOG_FD_FILE);
	cr_expect_eq(strncmp(text_of(f, pair[1], &kind), "pipe:[", 6), 0);
	cr_expect_eq(kind, HOG_FD_PIPE);
	cr_expect_str_eq(text_of(f, 12345, &kind), "(nothing)");
	hog_fds_close(f);
}

Test(fds, writes_control_characters_of_names_readably)
{
	char path[] = "/tmp/hog\n\x01XXXXXX";
	struct hog_fds *f = own();
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	unlink(path);
	cr_expect_not_null(strstr(text_of(f, fd, NULL), "/tmp/hog\\x0a\\x01"));
	cr_expect_not_null(strstr(text_of(f, fd, NULL), " (deleted)"));
	hog_fds_close(f);
}

/* A listening socket and a connection to it, at a port of the kernel's choice. */
static void connect_to_self(int sockets[3], unsigned ports[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sockets[0] = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(sockets[0], (struct sockaddr *)&at, len), 0);
	cr_assert_eq(listen(sockets[0], 1), 0);
	getsockname(sockets[0], (struct sockaddr *)&at, &len);
	ports[0] = ntohs(at.sin_port);
	sockets[1] = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(connect(sockets[1], (struct sockaddr *)&at, len), 0);
	getsockname(sockets[1], (struct sockaddr *)&at, &len);
	ports[1] = ntohs(at.sin_port);
	sockets[2] = accept(sockets[0], NULL, NULL);
}

Test(fds, tells_the_addresses_of_sockets)
{
	struct hog_fds *f = own();
	enum hog_fd_kind kind;
	char wanted[128];
	int s[3];
	unsigned ports[2];

	connect_to_self(s, ports);
	snprintf(wanted, sizeof(wanted), "TCP 127.0.0.1:%u", ports[0]);
	cr_expect_str_eq(text_of(f, s[0], &kind), wanted);
	cr_expect_eq(kind, HOG_FD_SOCKET);
	snprintf(wanted, sizeof(wanted), "TCP 127.0.0.1:%u->127.0.0.1:%u",
		 ports[0], ports[1]);
	cr_expect_str_eq(text_of(f, s[2], NULL), wanted);
	cr_expect_str_eq(text_of(f, s[2], NULL), wanted, "the second time");
	hog_fds_close(f);
}

Test(fds, forgets_a_socket_when_its_number_is_used_again)
{
	struct hog_fds *f = own();
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int s[3], other;
	unsigned ports[2];

	connect_to_self(s, ports);
	text_of(f, s[2], NULL);
	memcpy(at.sun_path, "\0hog-test", 9);
	other = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(other, (struct sockaddr *)&at,
	     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 9));
	cr_assert_eq(dup2(other, s[2]), s[2]);
	cr_expect_str_eq(text_of(f, s[2], NULL), "UNIX @hog-test");
	hog_fds_close(f);
}

Test(fds, shows_a_socket_without_address_by_its_inode)
{
	struct hog_fds *f = own();
	const char *text = text_of(f, socket(AF_INET6, SOCK_DGRAM, 0), NULL);

	cr_expect_eq(strncmp(text, "UDP socket:[", 12), 0, "%s", text);
	hog_fds_close(f);
}

Test(fds, cuts_at_the_size_of_the_buffer)
{
	struct hog_fds *f = own();
	char text[5] = "xxxx";

	cr_expect_eq(hog_fds_describe(f, open("/dev/null", O_RDONLY), text,
				      sizeof(text), NULL),
		     4);
	cr_expect_str_eq(text, "/dev");
	hog_fds_close(f);
}

Test(fds, lists_all_numbers_in_order_each_time)
{
	struct hog_fds *f = own();
	int *list;
	int high = fcntl(1, F_DUPFD, 400);
	int n = hog_fds_numbers(f, &list);

	cr_assert_gt(n, 3);
	cr_expect_eq(list[0], 0);
	for (int i = 1; i < n; i++)
		cr_expect_lt(list[i - 1], list[i]);
	cr_expect_eq(list[n - 1], high);
	free(list);
	close(high);
	n = hog_fds_numbers(f, &list);
	cr_expect_lt(list[n - 1], high);
	free(list);
	hog_fds_close(f);
}

Test(fds, tells_flags_and_position)
{
	struct hog_fds *f = own();
	struct hog_fd_info info;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	lseek(fd, 7, SEEK_SET);
	cr_assert_eq(hog_fds_info(f, fd, &info, NULL), 0);
	cr_expect_eq(info.position, 7);
	cr_expect(info.cloexec);
	fcntl(fd, F_SETFD, 0);
	cr_assert_eq(hog_fds_info(f, fd, &info, NULL), 0);
	cr_expect(!info.cloexec);
	cr_expect_eq(hog_fds_info(f, 12345, &info, NULL), -ENOENT);
	hog_fds_close(f);
}

Test(fds, says_what_eventfd_epoll_and_timerfd_hold)
{
	struct hog_fds *f = own();
	struct hog_fd_info info;
	struct hog_buf words = { 0 };
	int event = eventfd(18, 0), poll = epoll_create1(0);
	int timer = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec never = { .it_value.tv_sec = 1000,
				    .it_interval.tv_sec = 2 };
	struct epoll_event in = { .events = EPOLLIN };
	char wanted[64];

	epoll_ctl(poll, EPOLL_CTL_ADD, event, &in);
	timerfd_settime(timer, 0, &never, NULL);
	hog_fds_info(f, event, &info, &words);
	cr_expect_str_eq(hog_buf_str(&words), "count 18");
	hog_buf_clear(&words);
	hog_fds_info(f, poll, &info, &words);
	snprintf(wanted, sizeof(wanted), "watches %d", event);
	cr_expect_str_eq(hog_buf_str(&words), wanted);
	hog_buf_clear(&words);
	hog_fds_info(f, timer, &info, &words);
	cr_expect_not_null(strstr(hog_buf_str(&words), "CLOCK_MONOTONIC, in"));
	cr_expect_not_null(strstr(hog_buf_str(&words), "every 2.000 s"));
	hog_buf_fini(&words);
	hog_fds_close(f);
}

Test(fds, says_that_there_is_no_such_process)
{
	struct hog_fds *f;

	cr_expect_eq(hog_fds_open(0x7ffffff0, &f, NULL), -ESRCH);
}
