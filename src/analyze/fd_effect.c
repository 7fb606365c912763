/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/fd_effect.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* The kernel's numbers, the same on x86-64, aarch64 and their 32-bit kin; this
 * may run on another machine than the one that was watched. */
#define CLOEXEC 02000000 /* O_, SOCK_, EFD_, EPOLL_, TFD_, IN_, SFD_ */
#define CLONE_FILES_FLAG 0x400
#define FCNTL_DUPFD 0
#define FCNTL_SETFD 2
#define FCNTL_DUPFD_CLOEXEC 1030
#define IOCTL_CLEAR_CLOEXEC 0x5450 /* FIONCLEX */
#define IOCTL_SET_CLOEXEC 0x5451   /* FIOCLEX */
#define RANGE_UNSHARE 2
#define RANGE_CLOEXEC 4
#define NEW_LISTENER 8 /* seccomp's */

enum way {
	OPENS,  /* the result is a new descriptor */
	PAIR,   /* argument `arg` points to two */
	COPIES, /* the result is a copy of argument 0 */
	CLOSES, /* argument 0 */
	RANGE,  /* close_range */
	FCNTL,
	IOCTL,
	UNSHARES,
	RECEIVES, /* maybe: SCM_RIGHTS in argument 1 */
	RINGS,    /* io_uring: what it opens is not seen */
	BPF,
	SIGNALFD,
	LISTENS, /* seccomp */
};

struct row {
	const char *call, *kind;
	enum way way;
	signed char arg;  /* with the flags (PAIR: with the pair); -1: none */
	unsigned cloexec; /* this bit of the flags; ALWAYS; 0: never */
};
#define ALWAYS UINT_MAX

/* Arguments are counted from 0, as in the kernel's prototypes. */
static const struct row rows[] = {
	{ "open", "", OPENS, 1, CLOEXEC },
	{ "openat", "", OPENS, 2, CLOEXEC },
	{ "openat2", "", OPENS, 2, CLOEXEC }, /* in a struct: by its text */
	{ "creat", "", OPENS, -1, 0 },
	{ "open_by_handle_at", "", OPENS, 2, CLOEXEC },
	{ "socket", "socket", OPENS, 1, CLOEXEC },
	{ "socketpair", "socket", PAIR, 3, CLOEXEC },
	{ "accept", "socket", OPENS, -1, 0 },
	{ "accept4", "socket", OPENS, 3, CLOEXEC },
	{ "pipe", "pipe", PAIR, 0, 0 },
	{ "pipe2", "pipe", PAIR, 0, CLOEXEC },
	{ "dup", "", COPIES, -1, 0 },
	{ "dup2", "", COPIES, -1, 0 },
	{ "dup3", "", COPIES, 2, CLOEXEC },
	{ "fcntl", "", FCNTL, 1, 0 },
	{ "fcntl64", "", FCNTL, 1, 0 },
	{ "ioctl", "", IOCTL, 1, 0 },
	{ "eventfd", "eventfd", OPENS, -1, 0 },
	{ "eventfd2", "eventfd", OPENS, 1, CLOEXEC },
	{ "epoll_create", "epoll", OPENS, -1, 0 },
	{ "epoll_create1", "epoll", OPENS, 0, CLOEXEC },
	{ "memfd_create", "", OPENS, 1, 1 },
	{ "memfd_secret", "", OPENS, 0, CLOEXEC },
	{ "timerfd_create", "timerfd", OPENS, 1, CLOEXEC },
	{ "inotify_init", "inotify", OPENS, -1, 0 },
	{ "inotify_init1", "inotify", OPENS, 0, CLOEXEC },
	{ "fanotify_init", "other", OPENS, 0, 1 },
	{ "signalfd", "signalfd", SIGNALFD, -1, 0 },
	{ "signalfd4", "signalfd", SIGNALFD, 3, CLOEXEC },
	{ "pidfd_open", "pidfd", OPENS, -1, ALWAYS },
	{ "pidfd_getfd", "", OPENS, -1, ALWAYS },
	{ "io_uring_setup", "io_uring", RINGS, -1, ALWAYS },
	{ "userfaultfd", "other", OPENS, 0, CLOEXEC },
	{ "perf_event_open", "other", OPENS, 4, 8 },
	{ "bpf", "other", BPF, -1, ALWAYS },
	{ "seccomp", "other", LISTENS, 1, ALWAYS },
	{ "mq_open", "", OPENS, -1, ALWAYS },
	{ "fsopen", "other", OPENS, 1, 1 },
	{ "fspick", "other", OPENS, 2, 1 },
	{ "fsmount", "", OPENS, 1, 1 },
	{ "open_tree", "", OPENS, 2, CLOEXEC },
	{ "landlock_create_ruleset", "other", OPENS, -1, ALWAYS },
	{ "recvmsg", "", RECEIVES, 1, 0 },
	{ "recvmmsg", "", RECEIVES, 1, 0 },
	{ "close", "", CLOSES, -1, 0 },
	{ "close_range", "", RANGE, 2, 0 },
	{ "unshare", "", UNSHARES, 0, 0 },
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

/* bpf's commands whose result is a descriptor: MAP_CREATE, PROG_LOAD, OBJ_GET,
 * PROG/MAP_GET_FD_BY_ID, RAW_TRACEPOINT_OPEN, BTF_LOAD, BTF_GET_FD_BY_ID,
 * LINK_CREATE, LINK_GET_FD_BY_ID, ITER_CREATE, TOKEN_CREATE. */
#define BPF_OPENS                                                              \
	(1ULL << 0 | 1ULL << 5 | 1ULL << 7 | 1ULL << 13 | 1ULL << 14 |         \
	 1ULL << 17 | 1ULL << 18 | 1ULL << 19 | 1ULL << 28 | 1ULL << 30 |      \
	 1ULL << 33 | 1ULL << 36)

static const struct row *find(struct hog_calltext name)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (hog_calltext_is(name, rows[i].call))
			return &rows[i];
	return NULL;
}

bool hog_fd_effect_has(struct hog_calltext name)
{
	return find(name) != NULL;
}

void hog_fd_effect_calls(struct hog_buf *buf)
{
	for (size_t i = 0; i < N_ROWS; i++)
		hog_buf_printf(buf, "%s?%s", i ? "," : "", rows[i].call);
}

/* Argument i as a number: false when it is not there or was not to be read. */
static bool number(const struct hog_callview *v, int i, int64_t *ret)
{
	if (i < 0 || (unsigned)i >= v->n_args ||
	    v->args[i].kind != HOG_VALUE_INT)
		return false;
	*ret = v->args[i].number;
	return true;
}

static struct hog_calltext shown(const struct hog_callview *v, int i)
{
	if (i < 0 || (unsigned)i >= v->n_args)
		return (struct hog_calltext){ "", 0 };
	return (struct hog_calltext){ v->args[i].text, v->args[i].text_len };
}

static bool holds(struct hog_calltext t, const char *word)
{
	return t.len && memmem(t.text, t.len, word, strlen(word));
}

/* Descriptors and numbers of descriptors are 32 bits to the kernel. */
static int as_fd(int64_t number)
{
	return (int32_t)(uint32_t)number;
}

static bool says_cloexec(const struct row *row, const struct hog_callview *v)
{
	int arg = row->way == PAIR ? 1 : row->arg; /* pipe2, socketpair */
	int64_t flags;

	if (row->cloexec == ALWAYS || row->cloexec == 0)
		return row->cloexec == ALWAYS;
	if (hog_calltext_is(v->name, "openat2"))
		return holds(shown(v, arg), "O_CLOEXEC");
	return number(v, arg, &flags) && (flags & row->cloexec);
}

static void add(struct hog_fd_effect *e, int fd, struct hog_calltext what)
{
	if (fd < 0 || e->n_opened == HOG_FD_OPENED_MAX)
		return;
	e->opened[e->n_opened].fd = fd;
	e->opened[e->n_opened].what = what;
	e->n_opened++;
}

/* The result is the descriptor. */
static void opens(struct hog_fd_effect *e, const struct hog_callview *v,
		  enum hog_fd_change change)
{
	e->change = change;
	add(e, as_fd(v->result), hog_call_fd_text(v->ret.text, v->ret.len));
}

/* "3</etc/hosts>, 4]": the number at *at, what it is, and on to the next one.
 * What stands in brackets may hold "->" and "]": its end is a '>' before a comma
 * or a bracket that closes. */
static bool next_fd(struct hog_calltext t, size_t *at, int *ret_fd,
		    struct hog_calltext *ret_what)
{
	size_t i = *at;
	int64_t fd = 0;

	while (i < t.len && (t.text[i] < '0' || t.text[i] > '9')) {
		if (t.text[i] == ']' || t.text[i] == '}')
			return false;
		i++;
	}
	if (i == t.len)
		return false;
	for (; i < t.len && t.text[i] >= '0' && t.text[i] <= '9'; i++)
		if (fd <= INT_MAX)
			fd = fd * 10 + (t.text[i] - '0');
	*ret_what = (struct hog_calltext){ "", 0 };
	if (i < t.len && t.text[i] == '<') {
		size_t from = ++i;

		while (i < t.len &&
		       !(t.text[i] == '>' &&
			 (i + 1 == t.len || strchr(",]}", t.text[i + 1]))))
			i++;
		*ret_what = (struct hog_calltext){ t.text + from, i - from };
		i += i < t.len;
	}
	*at = i;
	*ret_fd = fd <= INT_MAX ? (int)fd : -1;
	return true;
}

/* All numbers of a list that begins at the bracket behind `at`. */
static void add_list(struct hog_fd_effect *e, struct hog_calltext t, size_t at,
		     unsigned max)
{
	struct hog_calltext what;
	int fd;

	while (at < t.len && t.text[at] != '[')
		at++;
	for (at++; max-- && at < t.len && next_fd(t, &at, &fd, &what);)
		add(e, fd, what);
}

static void receives(struct hog_fd_effect *e, const struct hog_callview *v,
		     int arg)
{
	static const char word[] = "SCM_RIGHTS", data[] = "cmsg_data=";
	struct hog_calltext t = shown(v, arg);
	const char *at =
		t.len ? memmem(t.text, t.len, word, strlen(word)) : NULL;
	const char *list;

	if (!at)
		return;
	e->change = HOG_FD_RECEIVE;
	list = memmem(at, (size_t)(t.text + t.len - at), data, strlen(data));
	/* MSG_CMSG_CLOEXEC is a flag of the call that another argument has. */
	for (unsigned i = 0; i < v->n_args; i++)
		e->cloexec |= holds(shown(v, (int)i), "MSG_CMSG_CLOEXEC");
	if (list)
		add_list(e, t, (size_t)(list - t.text), HOG_FD_OPENED_MAX);
}

static void on_fcntl(struct hog_fd_effect *e, const struct hog_callview *v)
{
	int64_t command, arg;

	if (!number(v, 0, &arg) || !number(v, 1, &command))
		return;
	command = (int32_t)command;
	e->from = as_fd(arg);
	if (command == FCNTL_DUPFD || command == FCNTL_DUPFD_CLOEXEC) {
		e->cloexec = command == FCNTL_DUPFD_CLOEXEC;
		opens(e, v, HOG_FD_COPY);
	} else if (command == FCNTL_SETFD && number(v, 2, &arg)) {
		e->change = HOG_FD_SET_CLOEXEC;
		e->first = e->last = (unsigned)e->from;
		e->cloexec = arg & 1;
	}
}

static void on_ioctl(struct hog_fd_effect *e, const struct hog_callview *v)
{
	int64_t fd, request;

	if (!number(v, 0, &fd) || !number(v, 1, &request))
		return;
	request = (uint32_t)request;
	if (request != IOCTL_SET_CLOEXEC && request != IOCTL_CLEAR_CLOEXEC)
		return;
	e->change = HOG_FD_SET_CLOEXEC;
	e->first = e->last = (unsigned)as_fd(fd);
	e->cloexec = request == IOCTL_SET_CLOEXEC;
}

static void on_range(struct hog_fd_effect *e, const struct hog_callview *v)
{
	int64_t first, last, flags;

	if (!number(v, 0, &first) || !number(v, 1, &last))
		return;
	if (!number(v, 2, &flags))
		flags = 0;
	e->first = (uint32_t)first;
	e->last = (uint32_t)last;
	e->unshare = flags & RANGE_UNSHARE;
	e->cloexec = true;
	e->change = flags & RANGE_CLOEXEC ? HOG_FD_SET_CLOEXEC : HOG_FD_CLOSE;
}

static void on_close(struct hog_fd_effect *e, const struct hog_callview *v)
{
	int64_t fd;

	if (!number(v, 0, &fd) || as_fd(fd) < 0)
		return;
	e->change = HOG_FD_CLOSE;
	e->first = e->last = (unsigned)as_fd(fd);
}

static void on_copy(struct hog_fd_effect *e, const struct hog_callview *v)
{
	int64_t from;

	e->from = number(v, 0, &from) ? as_fd(from) : -1;
	/* dup2 of a descriptor onto itself changes nothing. */
	if (e->from != as_fd(v->result))
		opens(e, v, HOG_FD_COPY);
}

static void apply_row(const struct row *row, const struct hog_callview *v,
		      struct hog_fd_effect *e)
{
	int64_t n;

	switch (row->way) {
	case RINGS:
		e->io_uring = true;
		opens(e, v, HOG_FD_OPEN);
		break;
	case OPENS:
		opens(e, v, HOG_FD_OPEN);
		break;
	case PAIR:
		e->change = HOG_FD_OPEN;
		add_list(e, shown(v, row->arg), 0, 2);
		break;
	case COPIES:
		on_copy(e, v);
		break;
	case CLOSES:
		on_close(e, v);
		break;
	case RANGE:
		on_range(e, v);
		break;
	case FCNTL:
		on_fcntl(e, v);
		break;
	case IOCTL:
		on_ioctl(e, v);
		break;
	case UNSHARES:
		e->unshare = number(v, 0, &n) && (n & CLONE_FILES_FLAG);
		break;
	case RECEIVES:
		receives(e, v, row->arg);
		break;
	case BPF:
		if (number(v, 0, &n) && n >= 0 && n < 64 && BPF_OPENS >> n & 1)
			opens(e, v, HOG_FD_OPEN);
		break;
	case SIGNALFD: /* a new one only when it was given none */
		if (number(v, 0, &n) && as_fd(n) == -1)
			opens(e, v, HOG_FD_OPEN);
		break;
	case LISTENS:
		if (number(v, 1, &n) && (n & NEW_LISTENER))
			opens(e, v, HOG_FD_OPEN);
		break;
	}
}

void hog_fd_effect_get(const struct hog_callview *v, struct hog_fd_effect *ret)
{
	const struct row *row = find(v->name);

	ret->change = HOG_FD_NOTHING;
	ret->unshare = ret->io_uring = ret->cloexec = false;
	ret->kind = "";
	ret->from = -1;
	ret->n_opened = 0;
	if (!row || !v->ended)
		return;
	/* A close that fails has closed all the same, unless there was nothing
	 * to close. */
	if (v->error && !(row->way == CLOSES && v->error != EBADF))
		return;
	ret->kind = row->kind;
	ret->cloexec = says_cloexec(row, v);
	apply_row(row, v, ret);
}
