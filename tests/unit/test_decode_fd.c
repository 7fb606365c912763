/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/decode.h"

#include "call_text.h"

#include <sys/ioctl.h>

static struct call_text t;

static void setup(void)
{
	call_text_init(&t);
}

static void teardown(void)
{
	call_text_fini(&t);
}

TestSuite(decode_fd, .init = setup, .fini = teardown);

Test(decode_fd, fcntl_by_command)
{
#if defined(__x86_64__) /* the same bit is O_NOFOLLOW on aarch64 */
	SHOWS(&t, 0x8002,
	      "fcntl(3, F_GETFL) = 0x8002 (flags O_RDWR|O_LARGEFILE)", "fcntl",
	      3, 3, 0x55);
#endif
	SHOWS(&t, 1, "fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)", "fcntl", 3,
	      1);
	SHOWS(&t, 0, "fcntl(3, F_GETFD) = 0", "fcntl", 3, 1);
	SHOWS(&t, 0, "fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK) = 0", "fcntl", 3,
	      4, 04000);
	SHOWS(&t, 0, "fcntl(3, F_SETFD, FD_CLOEXEC) = 0", "fcntl", 3, 2, 1);
	t.d.fd = call_text_fd;
	SHOWS(&t, 3, "fcntl(4, F_DUPFD_CLOEXEC, 0) = 3</etc/hosts>", "fcntl", 4,
	      1030, 0);
}

Test(decode_fd, locks)
{
	POKE(&t, 0, (struct { uint64_t v[4]; }){ { 1, 5, 10, 42 } });
	SHOWS(&t, 0,
	      "fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, "
	      "l_start=5, l_len=10}) = 0",
	      "fcntl", 3, 6, AT);
	call_text_entry(&t, "fcntl", ARGS(3, 5, AT));
	cr_expect_str_eq(t.text, "fcntl(3, F_GETLK, 0x10000");
	call_text_exit(&t, 0);
	cr_expect(strstr(t.text, "l_len=10, l_pid=42}) = 0"), "%s", t.text);
}

Test(decode_fd, ioctl_by_number)
{
	POKE(&t, 0, (struct winsize){ 24, 80, 0, 0 });
	SHOWS(&t, 0,
	      "ioctl(1, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, "
	      "ws_ypixel=0}) = 0",
	      "ioctl", 1, TIOCGWINSZ, AT);
	SHOWS(&t, -25, "ioctl(1, TIOCGWINSZ, 0x10000) = -1", "ioctl", 1,
	      TIOCGWINSZ, AT);
	POKE(&t, 0, (uint32_t)1);
	SHOWS(&t, 0, "ioctl(1, FIONBIO, [1]) = 0", "ioctl", 1, FIONBIO, AT);
	SHOWS(&t, 0, "ioctl(1, FIOCLEX) = 0", "ioctl", 1, FIOCLEX);
	SHOWS(&t, 0, "ioctl(1, _IOC(_IOC_READ, 0x54, 0x99, 0x4), 0x10000) = 0",
	      "ioctl", 1, 0x80045499, AT);
}

Test(decode_fd, rings_as_wanted_and_as_made)
{
	POKE(&t, 0, (struct { uint32_t v[10]; }){ { 8, 16, 0x1002, 3, 4, 5 } });
	call_text_entry(&t, "io_uring_setup", ARGS(8, AT));
	cr_expect_str_eq(t.text, "io_uring_setup(8, {flags=IORING_SETUP_SQPOLL|"
				 "IORING_SETUP_SINGLE_ISSUER, sq_thread_cpu=3, "
				 "sq_thread_idle=4, ...}");
	call_text_exit(&t, 5);
	cr_expect(strstr(t.text, "sq_entries=8, cq_entries=16, features=0x5, "
				 "...}) = 5"),
		  "%s", t.text);
}
