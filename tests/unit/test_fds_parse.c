/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of /proc/PID/fd and fdinfo. */
#include "target/fds_parse.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/buf.h"

Test(fds_parse, tells_kinds_by_the_text_of_the_link)
{
	cr_expect_eq(hog_fd_link_kind("/etc/hosts"), HOG_FD_FILE);
	cr_expect_eq(hog_fd_link_kind("/memfd:x (deleted)"), HOG_FD_MEMFD);
	cr_expect_eq(hog_fd_link_kind("anon_inode:inotify"), HOG_FD_INOTIFY);
	cr_expect_eq(hog_fd_link_kind("anon_inode:[pidfd]"), HOG_FD_PIDFD);
	cr_expect_eq(hog_fd_link_kind("anon_inode:[io_uring]"),
		     HOG_FD_IO_URING);
	cr_expect_eq(hog_fd_link_kind("net:[4026531840]"), HOG_FD_OTHER);
	cr_expect_eq(hog_fd_link_kind(""), HOG_FD_OTHER);
}

Test(fds_parse, takes_the_inode_of_a_link_and_nothing_else)
{
	cr_expect_eq(hog_fd_link_inode("socket:[1234]"), 1234);
	cr_expect_eq(hog_fd_link_inode("anon_inode:[eventfd]"), 0);
	cr_expect_eq(hog_fd_link_inode("socket:[12"), 0);
	cr_expect_eq(hog_fd_link_inode("/etc/hosts"), 0);
}

Test(fds_parse, refuses_an_fdinfo_without_flags)
{
	struct hog_fd_info info = { .position = 5 };

	cr_expect_eq(hog_fdinfo_parse("pos:\t7\n", &info, NULL), -EBADMSG);
	cr_expect_eq(info.position, 5);
	cr_expect_eq(hog_fdinfo_parse("", &info, NULL), -EBADMSG);
}

Test(fds_parse, names_the_signals_of_a_signalfd)
{
	struct hog_fd_info info;
	struct hog_buf out = { 0 };

	cr_assert_eq(hog_fdinfo_parse("pos:\t0\nflags:\t02\n"
				      "sigmask:\t0000000200000202\n",
				      &info, &out),
		     0);
	cr_expect_str_eq(hog_buf_str(&out), "SIGINT, SIGUSR1, signal 34");
	cr_expect(!info.cloexec);
	hog_buf_fini(&out);
}

Test(fds_parse, counts_what_an_epoll_watches_past_the_first)
{
	struct hog_buf text = { 0 }, out = { 0 };
	struct hog_fd_info info;

	hog_buf_add_str(&text, "pos:\t0\nflags:\t02000002\n");
	for (int i = 0; i < 20; i++)
		hog_buf_printf(&text, "tfd: %8d events: 19 data: 0\n", i);
	hog_fdinfo_parse(hog_buf_str(&text), &info, &out);
	cr_expect_str_eq(hog_buf_str(&out),
			 "watches 0, 1, 2, 3, 4, 5, 6, 7 and 12 more");
	cr_expect(info.cloexec);
	hog_buf_fini(&text);
	hog_buf_fini(&out);
}

Test(fds_parse, writes_unix_addresses_and_leaves_out_unnamed_ones)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t head = offsetof(struct sockaddr_un, sun_path);
	struct hog_buf out = { 0 };

	cr_expect(!hog_fd_address(&out, (struct sockaddr *)&un, head));
	cr_expect_eq(out.len, 0);
	memcpy(un.sun_path, "/run/x\n", 8);
	cr_expect(hog_fd_address(&out, (struct sockaddr *)&un, head + 8));
	cr_expect_str_eq(hog_buf_str(&out), "/run/x\\x0a");
	hog_buf_fini(&out);
}

Test(fds_parse, writes_ipv6_addresses_in_brackets)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6,
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct hog_buf out = { 0 };

	in.sin6_port = htons(80);
	cr_expect(hog_fd_address(&out, (struct sockaddr *)&in, sizeof(in)));
	cr_expect_str_eq(hog_buf_str(&out), "[::1]:80");
	cr_expect(!hog_fd_address(&out, (struct sockaddr *)&in, 8));
	hog_buf_fini(&out);
}
