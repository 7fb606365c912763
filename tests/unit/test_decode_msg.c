/* SPDX-License-Identifier: Apache-2.0 */
#include "syscalls/decode.h"

#include "call_text.h"

#include <sys/socket.h>

static struct call_text t;

static void setup(void)
{
	call_text_init(&t);
}

static void teardown(void)
{
	call_text_fini(&t);
}

TestSuite(decode_msg, .init = setup, .fini = teardown);

static void put_message(unsigned at, uint64_t control, uint64_t len)
{
	struct {
		uint64_t v[7];
	} msg = { { 0, 0, AT + 0x200, 1, control, len, MSG_EOR } };

	POKE(&t, at, msg);
	POKE(&t, 0x200, (struct { uint64_t v[2]; }){ { AT + 0x300, 5 } });
	call_text_poke_str(&t, 0x300, "hello");
}

Test(decode_msg, messages_with_their_vectors)
{
	put_message(0, 0, 0);
	SHOWS(&t, 5,
	      "sendmsg(3, {msg_name=NULL, msg_namelen=0, "
	      "msg_iov=[{iov_base=\"hello\", iov_len=5}], msg_iovlen=1, "
	      "msg_controllen=0, msg_flags=MSG_EOR}, MSG_NOSIGNAL) = 5",
	      "sendmsg", 3, AT, 0x4000);
	call_text_entry(&t, "recvmsg", ARGS(3, AT, 0));
	cr_expect_str_eq(t.text, "recvmsg(3, 0x10000, 0");
	call_text_exit(&t, 2);
	cr_expect(strstr(t.text, "{iov_base=\"he\", iov_len=5}"), "%s", t.text);
	SHOWS(&t, -14, "sendmsg(3, 0x10, 0) = -1", "sendmsg", 3, 0x10, 0);
}

Test(decode_msg, descriptors_that_are_passed)
{
	struct {
		uint64_t len;
		int32_t v[4];
	} control = { 24, { SOL_SOCKET, SCM_RIGHTS, 3, 8 } };

	put_message(0, AT + 0x400, 24);
	POKE(&t, 0x400, control);
	t.d.fd = call_text_fd;
	call_text_entry(&t, "sendmsg", ARGS(4, AT, 0));
	cr_expect(strstr(t.text,
			 "msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, "
			 "cmsg_type=SCM_RIGHTS, "
			 "cmsg_data=[3</etc/hosts>, 8]}], msg_controllen=24"),
		  "%s", t.text);
}

Test(decode_msg, control_messages_of_no_length_end_the_list)
{
	put_message(0, AT + 0x400, 64);
	call_text_entry(&t, "sendmsg", ARGS(4, AT, 0));
	cr_expect(strstr(t.text, "msg_control=[...]"), "%s", t.text);
	POKE(&t, 0x400, (uint64_t)UINT64_MAX);
	call_text_entry(&t, "sendmsg", ARGS(4, AT, 0));
	cr_expect(strstr(t.text, "msg_control=[...]"), "%s", t.text);
}

Test(decode_msg, many_messages_are_bounded)
{
	put_message(0, 0, 0);
	POKE(&t, 56, (uint32_t)4);
	call_text_entry(&t, "recvmmsg", ARGS(3, AT, 100, 0, 0));
	cr_expect_str_eq(t.text, "recvmmsg(3, 0x10000, 100, 0, NULL");
	call_text_exit(&t, 1);
	cr_expect(strstr(t.text, "[{msg_hdr={msg_name=NULL"), "%s", t.text);
	cr_expect(strstr(t.text, "\"hell\", iov_len=5}"), "%s", t.text);
	cr_expect(strstr(t.text, ", msg_len=4}], 100"), "%s", t.text);
	call_text_entry(&t, "sendmmsg", ARGS(3, AT, 1000, 0));
	cr_expect(strstr(t.text, ", ...], 1000"), "%s", t.text);
}
