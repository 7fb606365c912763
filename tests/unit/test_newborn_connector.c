/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>

#include "target/newborn.h"

#define AT (NLMSG_HDRLEN + sizeof(struct cn_msg))
#define LEN (AT + sizeof(struct proc_event))

static unsigned char bytes[LEN];
static struct hog_birth birth;

static bool parse(const struct proc_event *ev)
{
	struct nlmsghdr head = { .nlmsg_len = LEN, .nlmsg_type = NLMSG_DONE };
	struct cn_msg msg = { .id = { CN_IDX_PROC, CN_VAL_PROC },
			      .len = sizeof(*ev) };

	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + NLMSG_HDRLEN, &msg, sizeof(msg));
	memcpy(bytes + AT, ev, sizeof(*ev));
	return hog_connector_parse(bytes, LEN, &birth);
}

Test(newborn_connector, a_fork_has_a_parent_and_a_time)
{
	struct proc_event ev = { .what = PROC_EVENT_FORK, .timestamp_ns = 99 };

	ev.event_data.fork.parent_tgid = 7;
	ev.event_data.fork.parent_pid = 8;
	ev.event_data.fork.child_tgid = ev.event_data.fork.child_pid = 20;
	cr_assert(parse(&ev));
	cr_assert_eq(birth.kind, HOG_BIRTH_FORK);
	cr_assert_eq(birth.pid, 20);
	cr_assert_eq(birth.parent, 7);
	cr_assert_eq(birth.time_ns, 99);
}

Test(newborn_connector, threads_are_no_news)
{
	struct proc_event ev = { .what = PROC_EVENT_FORK };

	ev.event_data.fork.child_tgid = 7;
	ev.event_data.fork.child_pid = 21;
	cr_assert_not(parse(&ev));
	ev = (struct proc_event){ .what = PROC_EVENT_EXIT };
	ev.event_data.exit.process_tgid = 7;
	ev.event_data.exit.process_pid = 21;
	cr_assert_not(parse(&ev));
}

Test(newborn_connector, exec_and_exit_name_the_process)
{
	struct proc_event ev = { .what = PROC_EVENT_EXEC };

	ev.event_data.exec.process_tgid = 30;
	ev.event_data.exec.process_pid = 31;
	cr_assert(parse(&ev));
	cr_assert(birth.kind == HOG_BIRTH_EXEC && birth.pid == 30);
	ev = (struct proc_event){ .what = PROC_EVENT_EXIT };
	ev.event_data.exit.process_tgid = ev.event_data.exit.process_pid = 30;
	cr_assert(parse(&ev));
	cr_assert(birth.kind == HOG_BIRTH_EXIT && birth.pid == 30);
}

Test(newborn_connector, what_is_short_or_foreign_is_left)
{
	struct proc_event ev = { .what = PROC_EVENT_EXEC };

	ev.event_data.exec.process_tgid = 30;
	cr_assert(parse(&ev));
	for (size_t len = 0; len < LEN; len++)
		cr_assert_not(hog_connector_parse(bytes, len, &birth));
	bytes[NLMSG_HDRLEN]++; /* another connector's */
	cr_assert_not(hog_connector_parse(bytes, LEN, &birth));
	ev.event_data.exec.process_tgid = 0; /* of a namespace we do not see */
	cr_assert_not(parse(&ev));
	ev = (struct proc_event){ .what = PROC_EVENT_UID };
	cr_assert_not(parse(&ev));
}
