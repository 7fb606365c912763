/* SPDX-License-Identifier: Apache-2.0 */
/* Each effect that a call has on the table of descriptors, and reconciling. */
#include "analyze/ledger.h"

#include <stdlib.h>

#include "fake_calls.h"

static struct fake_calls f;
static struct hog_ledger *ledger;
static uint32_t process;
static unsigned reports;
static struct hog_ledger_moment last;
static struct hog_ledger_fd last_fds[16];

static int on_report(void *arg, const struct hog_ledger_moment *moment)
{
	(void)arg;
	reports++;
	last = *moment;
	for (size_t i = 0; i < moment->n && i < 16; i++)
		last_fds[i] = moment->fds[i];
	return 0;
}

static int on_event(void *arg, const struct hog_event *ev)
{
	(void)arg;
	return hog_ledger_event(ledger, ev);
}

static void begin(void)
{
	fake_init(&f, on_event, NULL);
	ledger = hog_ledger_new(&f.run, on_report, NULL);
	process = fake_process(&f, 100);
	f.thread = fake_thread(&f, process, 100, "MainThread");
	f.stack = fake_stack(&f, "app.py:<module>:1;app.py:load:7");
	f.duration_ns = 5000;
}

static void end(void)
{
	hog_ledger_free(ledger);
	fake_fini(&f);
}

TestSuite(ledger, .init = begin, .fini = end);

/* "3+ 4": open descriptors of a process, + for close-on-exec. */
static const char *table_of(uint32_t id)
{
	static char text[256];
	size_t n, at = 0;
	const struct hog_ledger_fd *v = hog_ledger_fds(ledger, id, &n);

	text[0] = '\0';
	for (size_t i = 0; i < n && at < sizeof(text) - 16; i++)
		at += (size_t)sprintf(text + at, "%s%d%s", i ? " " : "",
				      v[i].fd, v[i].cloexec ? "+" : "");
	return text;
}

static const struct hog_ledger_fd *entry(int fd)
{
	size_t n;
	const struct hog_ledger_fd *v = hog_ledger_fds(ledger, process, &n);

	for (size_t i = 0; i < n; i++)
		if (v[i].fd == fd)
			return &v[i];
	cr_assert(false, "descriptor %d is not there", fd);
	return NULL;
}

Test(ledger, keeps_who_opened_a_file_and_when)
{
	uint64_t before = f.now_ns;

	fake_call(&f, "openat", "3</etc/hosts>", "-100", "\"/etc/hosts\"",
		  "0x80000", "0", NULL);
	cr_expect_str_eq(table_of(process), "3+");
	cr_expect_str_eq(entry(3)->what, "/etc/hosts");
	cr_expect_eq(entry(3)->time_ns, before);
	cr_expect_eq(entry(3)->stack, f.stack);
	cr_expect_eq(entry(3)->thread, f.thread);
	cr_expect_str_eq(hog_model_text(f.model, entry(3)->call, NULL),
			 "openat");
}

Test(ledger, leaves_out_what_failed_or_never_came_back)
{
	fake_call(&f, "open", "-2", "\"/nope\"", "0", "0", NULL);
	f.flags = HOG_EVF_UNFINISHED;
	fake_call(&f, "open", "3", "\"/nope\"", "0", "0", NULL);
	cr_expect_str_eq(table_of(process), "");
}

/* A row: how a call is made, and what is open after it. */
Test(ledger, knows_every_call_that_opens_one)
{
	fake_call(&f, "open", "3", "\"/a\"", "0x80000", "0", NULL);
	fake_call(&f, "openat2", "4", "-100", "\"/a\"",
		  "{flags=O_RDONLY|O_CLOEXEC, resolve=0}", "24", NULL);
	fake_call(&f, "creat", "5", "\"/a\"", "0644", NULL);
	fake_call(&f, "socket", "6", "2", "0x80001", "0", NULL);
	fake_call(&f, "accept", "7", "6", "[]", "[]", NULL);
	fake_call(&f, "accept4", "8", "6", "[]", "[]", "0x80000", NULL);
	fake_call(&f, "eventfd2", "9", "0", "0x80000", NULL);
	fake_call(&f, "epoll_create1", "10", "0x80000", NULL);
	fake_call(&f, "epoll_create", "11", "5", NULL);
	fake_call(&f, "memfd_create", "12", "\"x\"", "1", NULL);
	fake_call(&f, "timerfd_create", "13", "1", "0x80000", NULL);
	fake_call(&f, "inotify_init1", "14", "0", NULL);
	fake_call(&f, "signalfd4", "15", "-1", "[]", "8", "0x80000", NULL);
	fake_call(&f, "signalfd4", "15", "15", "[]", "8", "0", NULL);
	fake_call(&f, "pidfd_open", "16", "1", "0", NULL);
	fake_call(&f, "pidfd_getfd", "17", "16", "3", "0", NULL);
	fake_call(&f, "io_uring_setup", "18", "8", "[]", NULL);
	fake_call(&f, "bpf", "19", "0", "[]", "72", NULL);
	fake_call(&f, "bpf", "0", "2", "[]", "72", NULL);
	fake_call(&f, "fanotify_init", "20", "1", "0", NULL);
	fake_call(&f, "perf_event_open", "21", "[]", "0", "-1", "-1", "8",
		  NULL);
	fake_call(&f, "userfaultfd", "22", "0x80000", NULL);
	fake_call(&f, "open_by_handle_at", "23", "3", "[]", "0x80000", NULL);
	fake_call(&f, "memfd_secret", "24", "0", NULL);
	cr_expect_str_eq(table_of(process),
			 "3+ 4+ 5 6+ 7 8+ 9+ 10+ 11 12+ 13+ 14 15+ 16+ 17+ "
			 "18+ 19+ 20+ 21+ 22+ 23+ 24");
}

Test(ledger, takes_both_ends_of_pipes_and_socket_pairs)
{
	fake_call(&f, "pipe2", "0", "[3<pipe:[12]>, 4<pipe:[12]>]", "0x80000",
		  NULL);
	fake_call(&f, "pipe", "0", "[5, 6]", NULL);
	fake_call(&f, "socketpair", "0", "1", "1", "0",
		  "[7<UNIX socket:[1]->@a>, 8<UNIX socket:[2]>]", NULL);
	cr_expect_str_eq(table_of(process), "3+ 4+ 5 6 7 8");
	cr_expect_str_eq(entry(4)->what, "pipe:[12]");
	cr_expect_str_eq(entry(7)->what, "UNIX socket:[1]->@a");
	cr_expect_str_eq(entry(7)->kind, "socket");
}

Test(ledger, knows_copies_and_what_they_are_copies_of)
{
	fake_call(&f, "open", "3</a>", "\"/a\"", "0x80000", "0", NULL);
	fake_call(&f, "dup", "4", "3", NULL);
	fake_call(&f, "dup2", "9", "3", "9", NULL);
	fake_call(&f, "dup3", "10", "3", "10", "0x80000", NULL);
	fake_call(&f, "fcntl", "11", "3", "0", "0", NULL);
	fake_call(&f, "fcntl", "12", "3", "1030", "0", NULL);
	cr_expect_str_eq(table_of(process), "3+ 4 9 10+ 11 12+");
	cr_expect_eq(entry(9)->copy_of, 3);
	cr_expect_str_eq(entry(12)->what, "/a");
	cr_expect_eq(entry(3)->copy_of, -1);
}

Test(ledger, replaces_what_dup2_writes_over)
{
	fake_call(&f, "open", "3</a>", "\"/a\"", "0", "0", NULL);
	fake_call(&f, "open", "4</b>", "\"/b\"", "0", "0", NULL);
	fake_call(&f, "dup2", "4</a>", "3", "4", NULL);
	fake_call(&f, "dup2", "3</a>", "3", "3", NULL);
	cr_expect_str_eq(entry(4)->what, "/a");
	cr_expect_eq(entry(4)->copy_of, 3);
	cr_expect_eq(entry(3)->copy_of, -1, "dup2 onto itself does nothing");
}

Test(ledger, follows_the_close_on_exec_flag)
{
	fake_call(&f, "open", "3", "\"/a\"", "0x80000", "0", NULL);
	fake_call(&f, "open", "4", "\"/a\"", "0", "0", NULL);
	fake_call(&f, "fcntl", "0", "3", "2", "0", NULL);
	fake_call(&f, "fcntl", "0", "4", "2", "1", NULL);
	cr_expect_str_eq(table_of(process), "3 4+");
	fake_call(&f, "ioctl", "0", "3", "0x5451", NULL);
	fake_call(&f, "ioctl", "0", "4", "0x5450", NULL);
	cr_expect_str_eq(table_of(process), "3+ 4");
	fake_call(&f, "close_range", "0", "3", "0xffffffff", "4", NULL);
	cr_expect_str_eq(table_of(process), "3+ 4+");
}

Test(ledger, drops_what_is_closed)
{
	for (const char *fd = "3456789"; *fd; fd++)
		fake_call(&f, "open", (char[]){ *fd, 0 }, "\"/a\"", "0", "0",
			  NULL);
	fake_call(&f, "close", "0", "3", NULL);
	fake_call(&f, "close", "-9", "4", NULL);
	fake_call(&f, "close", "-4", "5", NULL);
	cr_expect_str_eq(table_of(process), "4 6 7 8 9",
			 "EBADF closes nothing, EINTR does");
	fake_call(&f, "close_range", "0", "7", "8", "0", NULL);
	cr_expect_str_eq(table_of(process), "4 6 9");
	fake_call(&f, "close_range", "0", "5", "0xffffffff", "0", NULL);
	cr_expect_str_eq(table_of(process), "4");
}

Test(ledger, does_not_close_what_was_opened_while_the_close_went_on)
{
	fake_call(&f, "open", "3</new>", "\"/new\"", "0", "0", NULL);
	f.now_ns -= 4000; /* another thread's, begun before that open ended */
	fake_call(&f, "close", "0", "3", NULL);
	cr_expect_str_eq(table_of(process), "3");
}

Test(ledger, gives_a_fork_its_own_copy)
{
	uint32_t child = fake_process(&f, 200);

	fake_call(&f, "open", "3</a>", "\"/a\"", "0x80000", "0", NULL);
	fake_fork(&f, child, 17);
	fake_call(&f, "close", "0", "3", NULL);
	cr_expect_str_eq(table_of(process), "");
	cr_expect_str_eq(table_of(child), "3+");
}

Test(ledger, shares_one_table_with_CLONE_FILES_until_it_is_unshared)
{
	uint32_t child = fake_process(&f, 200), parent_thread = f.thread;

	fake_fork(&f, child, 0x400);
	fake_call(&f, "open", "3</a>", "\"/a\"", "0", "0", NULL);
	cr_expect_str_eq(table_of(child), "3");
	f.thread = fake_thread(&f, child, 200, "MainThread");
	fake_call(&f, "unshare", "0", "0x400", NULL);
	fake_call(&f, "close", "0", "3", NULL);
	cr_expect_str_eq(table_of(child), "");
	cr_expect_str_eq(table_of(process), "3");
	f.thread = parent_thread;
	fake_send(&f, HOG_EV_EXIT, 0, 0);
	cr_expect_str_eq(table_of(process), "");
}

Test(ledger, unshares_before_close_range_when_it_is_told_to)
{
	uint32_t child = fake_process(&f, 200);

	fake_call(&f, "open", "3</a>", "\"/a\"", "0", "0", NULL);
	fake_fork(&f, child, 0x400);
	f.thread = fake_thread(&f, child, 200, "MainThread");
	fake_call(&f, "close_range", "0", "3", "0xffffffff", "2", NULL);
	cr_expect_str_eq(table_of(child), "");
	cr_expect_str_eq(table_of(process), "3");
}

Test(ledger, drops_close_on_exec_ones_at_an_exec)
{
	uint32_t after;

	fake_call(&f, "open", "3</a>", "\"/a\"", "0x80000", "0", NULL);
	fake_call(&f, "open", "4</b>", "\"/b\"", "0", "0", NULL);
	after = fake_process(&f, 100);
	cr_assert_neq(after, process);
	fake_send(&f, HOG_EV_EXEC, after, 0);
	cr_expect_str_eq(table_of(process), "");
	cr_expect_str_eq(table_of(after), "4");
}

Test(ledger, takes_over_the_truth_and_says_why_it_did_not_know)
{
	fake_fds(&f, HOG_FDS_START, "0 char /dev/null;3 file /old");
	cr_expect_eq(reports, 0);
	fake_call(&f, "open", "4</a>", "\"/a\"", "0", "0", NULL);
	fake_call(&f, "open", "5</b>", "\"/b\"", "0", "0", NULL);
	fake_fds(&f, HOG_FDS_FORK,
		 "0 char /dev/null;3 file /old;5 file cloexec /b;6 file /x");
	cr_expect_eq(reports, 1);
	cr_assert_eq(last.n, 4);
	cr_expect_eq(last.when, HOG_FDS_FORK);
	cr_expect_eq(last_fds[1].why, HOG_WHY_BEFORE);
	cr_expect_eq(last_fds[2].why, HOG_WHY_SEEN);
	cr_expect(last_fds[2].cloexec, "the truth knows better");
	cr_expect_eq(last_fds[3].why, HOG_WHY_UNSEEN);
	cr_expect_str_eq(table_of(process), "0 3 5+ 6");
}

Test(ledger, says_unknown_ones_of_an_unwatched_process_were_there_before)
{
	fake_fds(&f, HOG_FDS_EXIT, "3 file /old");
	cr_expect_eq(last_fds[0].why, HOG_WHY_BEFORE);
}

Test(ledger, says_what_a_launched_program_was_given)
{
	hog_ledger_set_launched(ledger);
	fake_fds(&f, HOG_FDS_START, "3 file /old");
	fake_fds(&f, HOG_FDS_EXIT, "3 file /old;4 file /x");
	cr_expect_eq(last_fds[0].why, HOG_WHY_INHERITED);
	cr_expect_eq(last_fds[1].why, HOG_WHY_UNSEEN);
}

Test(ledger, blames_io_uring_where_the_process_has_one)
{
	fake_fds(&f, HOG_FDS_START, "0 char /dev/null");
	fake_call(&f, "io_uring_setup", "3", "8", "[]", NULL);
	fake_fds(&f, HOG_FDS_EXIT,
		 "3 io_uring anon_inode:[io_uring];4 file /x");
	cr_expect_eq(last_fds[0].why, HOG_WHY_SEEN);
	cr_expect_eq(last_fds[1].why, HOG_WHY_IO_URING);
}

Test(ledger, knows_what_came_over_a_socket)
{
	fake_fds(&f, HOG_FDS_START, "3 socket UNIX socket:[1]");
	fake_call(&f, "recvmsg", "1", "3",
		  "{msg_name=NULL, msg_control=[{cmsg_len=24, "
		  "cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, "
		  "cmsg_data=[7</x>, 8]}], msg_flags=MSG_CMSG_CLOEXEC}",
		  "0", NULL);
	cr_expect_str_eq(table_of(process), "3 7+ 8+");
	cr_expect_eq(entry(7)->why, HOG_WHY_RECEIVED);
	cr_expect_str_eq(entry(7)->what, "/x");
	cr_expect_eq(entry(8)->stack, f.stack);
}

Test(ledger, does_not_blame_the_opener_of_another_kind_of_thing)
{
	fake_fds(&f, HOG_FDS_START, "0 char /dev/null");
	fake_call(&f, "socket", "3", "2", "1", "0", NULL);
	fake_fds(&f, HOG_FDS_EXIT, "3 pipe pipe:[1]");
	cr_expect_eq(last_fds[0].why, HOG_WHY_UNSEEN);
	cr_expect_eq(last_fds[0].stack, 0);
}

Test(ledger, starts_anew_with_a_process_of_the_same_place)
{
	uint32_t thread = f.thread, second;

	fake_call(&f, "open", "3</a>", "\"/a\"", "0", "0", NULL);
	fake_send(&f, HOG_EV_EXIT, 0, 0);
	second = fake_process(&f, 300);
	f.thread = fake_thread(&f, second, 300, "MainThread");
	fake_call(&f, "open", "5</b>", "\"/b\"", "0", "0", NULL);
	cr_expect_str_eq(table_of(second), "5");
	f.thread = thread;
	cr_expect_str_eq(table_of(process), "");
}

Test(ledger, counts_what_it_cannot_keep)
{
	char fd[16];

	for (unsigned i = 0; i < HOG_LEDGER_FDS_MAX + 3; i++) {
		sprintf(fd, "%u", i);
		fake_call(&f, "dup", fd, "-1", NULL);
		if (i % 4096 == 0)
			hog_model_forget_details(f.model);
	}
	cr_expect_eq(hog_ledger_refused(ledger), 3);
}
