/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What descriptors are.  Asking costs 3 us, as much as a third of a stop, so
 * the answer is kept as long as the calls that could change it are all seen.
 */
#include "collect/calls_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "syscalls/names.h"
#include "target/fds.h"

#define KEPT_MAX 65536 /* texts of one process */

struct known_fds {
	struct hog_fds *fds;    /* owned; NULL: cannot be opened */
	struct hog_map64 texts; /* by fd: owned strings */
};

/* Calls after which a descriptor is another one, or nothing. */
enum effect { CLOSES_FIRST, CLOSES_SECOND, CLOSES_ALL };

static const struct {
	const char *name;
	enum effect effect;
} changes[] = {
	{ "close", CLOSES_FIRST },   { "dup2", CLOSES_SECOND },
	{ "dup3", CLOSES_SECOND },   { "close_range", CLOSES_ALL },
	{ "connect", CLOSES_FIRST }, { "bind", CLOSES_FIRST },
	{ "listen", CLOSES_FIRST },  { "shutdown", CLOSES_FIRST },
	{ "unshare", CLOSES_ALL },   { "io_uring_enter", CLOSES_ALL },
};

#define N_CHANGES (sizeof(changes) / sizeof(changes[0]))

/* dup2 is not there on aarch64. */
static bool all_are_seen(struct hog_calls *c)
{
	unsigned machine = hog_calls_machine(c);

	if (c->fds_seen)
		return c->fds_seen > 0;
	c->fds_seen = 1;
	for (size_t i = 0; i < N_CHANGES; i++) {
		int64_t n = hog_syscall_number(machine, changes[i].name);

		if (n >= 0 && !hog_callset_has(&c->stopped_at, false, n))
			c->fds_seen = -1;
	}
	return c->fds_seen > 0;
}

static struct known_fds *known_of(struct hog_calls *c, pid_t pid)
{
	uint64_t *at = hog_map64_get(&c->fds, (uint64_t)pid);
	struct known_fds *k;

	if (at)
		return (struct known_fds *)(uintptr_t)*at;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	if (hog_fds_open(pid, &k->fds, NULL) < 0)
		k->fds = NULL;
	if (hog_map64_put(&c->fds, (uint64_t)pid, (uint64_t)(uintptr_t)k) < 0) {
		hog_fds_close(k->fds);
		free(k);
		return NULL;
	}
	return k;
}

static void forget_texts(struct known_fds *k)
{
	for (size_t i = 0; i < k->texts.cap; i++)
		if (k->texts.used[i])
			free((void *)(uintptr_t)k->texts.slots[i].value);
	hog_map64_clear(&k->texts);
}

static void forget_text(struct known_fds *k, int fd)
{
	uint64_t *at = hog_map64_get(&k->texts, (uint64_t)(unsigned)fd);

	if (!at)
		return;
	free((void *)(uintptr_t)*at);
	hog_map64_remove(&k->texts, (uint64_t)(unsigned)fd);
}

static void known_free(struct known_fds *k)
{
	forget_texts(k);
	hog_map64_fini(&k->texts);
	hog_fds_close(k->fds);
	free(k);
}

void hog_calls_forget_fds(struct hog_calls *c, pid_t pid)
{
	uint64_t *at = hog_map64_get(&c->fds, (uint64_t)pid);

	if (!at)
		return;
	known_free((struct known_fds *)(uintptr_t)*at);
	hog_map64_remove(&c->fds, (uint64_t)pid);
}

void hog_calls_fini_fds(struct hog_calls *c)
{
	for (size_t i = 0; i < c->fds.cap; i++)
		if (c->fds.used[i])
			known_free((void *)(uintptr_t)c->fds.slots[i].value);
	hog_map64_fini(&c->fds);
}

static void keep_text(struct known_fds *k, int fd, const char *text)
{
	char *kept;

	if (k->texts.count >= KEPT_MAX)
		forget_texts(k);
	kept = strdup(text);
	if (kept && hog_map64_put(&k->texts, (uint64_t)(unsigned)fd,
				  (uint64_t)(uintptr_t)kept) < 0)
		free(kept);
}

size_t hog_calls_describe_fd(void *arg, int fd, char *buf, size_t size)
{
	const struct hog_tracedthread *t = arg;
	struct hog_calls *c = t->calls;
	struct known_fds *k = known_of(c, t->process->pid);
	uint64_t *at;
	size_t n;

	if (fd < 0 || !k || !k->fds || size == 0)
		return 0;
	at = hog_map64_get(&k->texts, (uint64_t)(unsigned)fd);
	if (at) {
		const char *text = (const char *)(uintptr_t)*at;

		n = strnlen(text, size - 1);
		memcpy(buf, text, n);
		buf[n] = '\0';
		return n;
	}
	n = hog_fds_describe(k->fds, fd, buf, size, NULL);
	if (n > 0 && all_are_seen(c))
		keep_text(k, fd, buf);
	return n;
}

void hog_calls_note_fds(struct hog_calls *c, struct hog_tracedthread *t)
{
	uint64_t *at = hog_map64_get(&c->fds, (uint64_t)t->process->pid);
	struct known_fds *k = at ? (void *)(uintptr_t)*at : NULL;

	if (!k || !t->call.name || k->texts.count == 0)
		return;
	for (size_t i = 0; i < N_CHANGES; i++) {
		if (strcmp(changes[i].name, t->call.name) != 0)
			continue;
		if (changes[i].effect == CLOSES_ALL)
			forget_texts(k);
		else
			forget_text(k,
				    (int)t->call.raw.args[changes[i].effect ==
							  CLOSES_SECOND]);
	}
}

/* ---- all that are open ---- */

static void add_fd(struct hog_calls *c, struct known_fds *k, int fd)
{
	char text[HOG_FD_TEXT_MAX];
	enum hog_fd_kind kind = HOG_FD_OTHER;
	struct hog_fd_info info = { 0 };
	struct hog_detail_field f = { .kind = HOG_VALUE_INT, .number = fd };
	const char *name;

	f.text = text;
	f.text_len = hog_fds_describe(k->fds, fd, text, sizeof(text), &kind);
	if (hog_fds_info(k->fds, fd, &info, NULL) == 0 && info.cloexec)
		f.name = hog_model_cstr(c->model, "cloexec");
	name = hog_fd_kind_name(kind);
	f.type = hog_model_cstr(c->model, name);
	hog_detail_add(&c->detail, &f);
}

void hog_calls_tell_fds(struct hog_calls *c, struct hog_traced *p,
			uint32_t thread, uint32_t stack, uint64_t time_ns,
			enum hog_fds_when when)
{
	struct known_fds *k = known_of(c, p->pid);
	_cleanup_free_ int *fds = NULL;
	struct hog_event ev = {
		.time_ns = time_ns,
		.kind = HOG_EV_FDS,
		.thread = thread,
		.stack = stack,
		.value = { when, 0 },
	};
	int n = k && k->fds ? hog_fds_numbers(k->fds, &fds) : 0;

	if (n > HOG_DETAIL_FIELDS_MAX)
		n = HOG_DETAIL_FIELDS_MAX;
	hog_detail_begin(&c->detail, hog_model_cstr(c->model, "fds"),
			 n > 0 ? (uint32_t)n : 0);
	for (int i = 0; i < n; i++)
		add_fd(c, k, fds[i]);
	ev.value[1] = hog_detail_put(c->model, &c->detail);
	hog_calls_send(c, &ev);
}

void hog_calls_show_fds(struct hog_calls *c, enum hog_fds_when when)
{
	uint64_t now = hog_now_ns();

	for (size_t i = 0; i < c->processes.cap; i++) {
		struct hog_traced *p;
		struct hog_thread_info info = { 0 };

		if (!c->processes.used[i])
			continue;
		p = (void *)(uintptr_t)c->processes.slots[i].value;
		info.process = p->model_process;
		info.tid = p->pid;
		hog_calls_tell_fds(c, p, hog_model_thread(c->model, &info), 0,
				   now, when);
	}
}
