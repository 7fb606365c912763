/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/decode.h"

#include "call_text.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct call_text t;

static void setup(void)
{
	call_text_init(&t);
}

static void teardown(void)
{
	call_text_fini(&t);
}

TestSuite(decode_net, .init = setup, .fini = teardown);

Test(decode_net, addresses_of_the_internet)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(80),
				  .sin_addr.s_addr = htonl(0x7f000001) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(443),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	POKE(&t, 0, in);
	SHOWS(&t, 0,
	      "connect(3, {sa_family=AF_INET, sin_port=htons(80), "
	      "sin_addr=inet_addr(\"127.0.0.1\")}, 16) = 0",
	      "connect", 3, AT, 16);
	POKE(&t, 0, in6);
	SHOWS(&t, 0,
	      "bind(3, {sa_family=AF_INET6, sin6_port=htons(443), "
	      "sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"::1\", "
	      "&sin6_addr), sin6_scope_id=0}, 28) = 0",
	      "bind", 3, AT, 28);
}

Test(decode_net, paths_and_abstract_names)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/run/x" };

	POKE(&t, 0, un);
	SHOWS(&t, 0,
	      "connect(3, {sa_family=AF_UNIX, sun_path=\"/run/x\"}, 110) = 0",
	      "connect", 3, AT, sizeof(un));
	memcpy(un.sun_path, "\0ab\0c", 5);
	POKE(&t, 0, un);
	SHOWS(&t, 0,
	      "connect(3, {sa_family=AF_UNIX, sun_path=@\"ab\\0c\"}, 7) = 0",
	      "connect", 3, AT, 7);
	SHOWS(&t, 0, "bind(3, {sa_family=AF_UNIX}, 2) = 0", "bind", 3, AT, 2);
}

Test(decode_net, families_of_the_kernel)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_pid = 7 };
	struct sockaddr_vm vm = { .svm_family = AF_VSOCK,
				  .svm_cid = 2,
				  .svm_port = 1024 };

	POKE(&t, 0, nl);
	SHOWS(&t, 0,
	      "bind(3, {sa_family=AF_NETLINK, nl_pid=7, "
	      "nl_groups=00000000}, 12) = 0",
	      "bind", 3, AT, 12);
	POKE(&t, 0, vm);
	SHOWS(&t, 0,
	      "bind(3, {sa_family=AF_VSOCK, svm_cid=VMADDR_CID_HOST, "
	      "svm_port=1024}, 16) = 0",
	      "bind", 3, AT, 16);
	POKE(&t, 0, (struct { uint16_t f[3]; }){ { 99, 0x4241, 0 } });
	SHOWS(&t, 0,
	      "bind(3, {sa_family=0x63 /* AF_??? */, sa_data=\"AB\"}, 4) = 0",
	      "bind", 3, AT, 4);
	SHOWS(&t, -22, "bind(3, 0x10, 16) = -1", "bind", 3, 0x10, 16);
	SHOWS(&t, -22, "bind(3, 0x10000, 1) = -1", "bind", 3, AT, 1);
}

Test(decode_net, a_peer_is_known_at_the_exit_with_its_length)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	POKE(&t, 0x100, (uint32_t)128);
	cr_expect_str_eq(call_text_entry(&t, "accept4",
					 ARGS(3, AT, AT + 0x100, 02000000)),
			 "accept4(3, 0x10000, [128], SOCK_CLOEXEC");
	POKE(&t, 0, in);
	POKE(&t, 0x100, (uint32_t)16);
	cr_expect_str_eq(call_text_exit(&t, 4),
			 "accept4(3, {sa_family=AF_INET, sin_port=htons(0), "
			 "sin_addr=inet_addr(\"0.0.0.0\")}, [128 => 16], "
			 "SOCK_CLOEXEC) = 4");
	call_text_entry(&t, "accept", ARGS(3, AT, AT + 0x100));
	cr_expect(strstr(call_text_exit(&t, 4), ", [16]) = 4"), "%s", t.text);
	SHOWS(&t, 4, "accept(3, NULL, NULL) = 4", "accept", 3, 0, 0);
}
