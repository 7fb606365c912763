/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/waited.h"

#include <string.h>

#include "analyze/call.h"
#include "base/buf.h"

#define TEXT_MAX 256 /* of a list of descriptors */

struct row {
	const char *call;
	const char *words; /* in front; alone when arg is -1 */
	int arg; /* whose text comes behind; PATH: what the call is about */
};
#define PATH (-2)

static const struct row rows[] = {
	{ "nanosleep", "a sleep", -1 },
	{ "clock_nanosleep", "a sleep", -1 },
	{ "pause", "a signal", -1 },
	{ "rt_sigsuspend", "a signal", -1 },
	{ "rt_sigtimedwait", "a signal", -1 },
	{ "futex", "a lock", -1 },
	{ "futex_wait", "a lock", -1 },
	{ "futex_waitv", "a lock", -1 },
	{ "semop", "a semaphore", -1 },
	{ "semtimedop", "a semaphore", -1 },
	{ "wait4", "child ", 0 },
	{ "waitid", "child ", 1 },
	{ "epoll_wait", "events of ", 0 },
	{ "epoll_pwait", "events of ", 0 },
	{ "epoll_pwait2", "events of ", 0 },
	{ "poll", "", 0 },
	{ "ppoll", "", 0 },
	{ "select", "", 1 },
	{ "pselect6", "", 1 },
	{ "connect", "", 1 },
	{ "accept", "a connection to ", PATH },
	{ "accept4", "a connection to ", PATH },
	{ "flock", "the lock of ", PATH },
};

static void add_cut(struct hog_buf *buf, const char *text, size_t len)
{
	struct hog_calltext t = { text, len < TEXT_MAX ? len : TEXT_MAX };

	hog_call_plain(buf, t);
	if (len > TEXT_MAX)
		hog_buf_add_str(buf, "...");
}

static void add_path(struct hog_buf *buf, const struct hog_callview *v)
{
	struct hog_calltext path = hog_callview_path(v);

	add_cut(buf, path.text, path.len);
}

void hog_waited_for(struct hog_buf *buf, const struct hog_callview *v)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct row *row = &rows[i];

		if (!hog_calltext_is(v->name, row->call))
			continue;
		hog_buf_add_str(buf, row->words);
		if (row->arg == PATH)
			add_path(buf, v);
		else if (row->arg >= 0 && (unsigned)row->arg < v->n_args)
			add_cut(buf, v->args[row->arg].text,
				v->args[row->arg].text_len);
		return;
	}
	add_path(buf, v);
}
