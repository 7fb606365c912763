/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/processes.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "collect/family.h"
#include "python/tasks.h"

#define PROCESSES_MAX 1024

void hog_processes_init(struct hog_processes *l, struct hog_model *model)
{
	*l = (struct hog_processes){ .model = model };
}

void hog_processes_fini(struct hog_processes *l)
{
	for (unsigned i = 0; i < l->n; i++)
		hog_process_free(l->v[i]);
	free(l->v);
	for (unsigned i = 0; i < l->n_roots; i++)
		if (l->roots[i].pidfd >= 0)
			close(l->roots[i].pidfd);
	free(l->roots);
	hog_map64_fini(&l->shorts);
	*l = (struct hog_processes){ 0 };
}

struct hog_process *hog_processes_find(const struct hog_processes *l, pid_t pid)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->v[i]->pid == pid && !l->v[i]->gone)
			return l->v[i];
	return NULL;
}

struct hog_process *hog_processes_find_last(const struct hog_processes *l,
					    pid_t pid)
{
	for (unsigned i = l->n; i-- > 0;)
		if (l->v[i]->pid == pid)
			return l->v[i];
	return NULL;
}

static int add_process(struct hog_processes *l, struct hog_process *p)
{
	if (l->n == l->cap) {
		unsigned cap = l->cap ? l->cap * 2 : 8;
		struct hog_process **grown;

		grown = realloc(l->v, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		l->v = grown;
		l->cap = cap;
	}
	l->v[l->n++] = p;
	l->ever++;
	return 0;
}

int hog_processes_open(struct hog_processes *l, pid_t pid,
		       const struct hog_origin *origin, struct hog_err *err)
{
	struct hog_process *forked_from = hog_processes_find(l, origin->parent);
	struct hog_process *p;
	int r;

	if (hog_processes_find(l, pid))
		return 0;
	if (l->n >= PROCESSES_MAX)
		return hog_err_say(err, -EMFILE, NULL,
				   "more than %d processes at once",
				   PROCESSES_MAX);
	r = hog_process_new(pid, origin, l->model, &p, err);
	if (r < 0)
		return r;
	p->frames.shorts = &l->shorts;
	if (forked_from)
		hog_frames_inherit(&p->frames, &forked_from->frames);
	if (p->py.guessed_layout)
		memcpy(l->guessed, p->py.version_text, sizeof(l->guessed));
	if (hog_pytasks_why_not(&p->py)) {
		l->no_tasks = hog_pytasks_why_not(&p->py);
		memcpy(l->taskless, p->py.version_text, sizeof(l->taskless));
	}
	r = add_process(l, p);
	if (r < 0)
		hog_process_free(p);
	return r;
}

int hog_processes_add_root(struct hog_processes *l, pid_t pid)
{
	struct hog_root *grown;

	grown = realloc(l->roots, (l->n_roots + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	l->roots = grown;
	l->roots[l->n_roots++] = (struct hog_root){
		.pid = pid,
		.pidfd = (int)syscall(SYS_pidfd_open, pid, 0),
	};
	return 0;
}

static bool has_ended(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return pidfd >= 0 && poll(&p, 1, 0) > 0;
}

bool hog_processes_roots_ended(struct hog_processes *l)
{
	bool all = l->n_roots > 0;

	for (unsigned i = 0; i < l->n_roots; i++) {
		struct hog_root *root = &l->roots[i];

		root->ended = root->ended || has_ended(root->pidfd);
		all = all && root->ended;
	}
	return all;
}

/* Memory of a live process that cannot be read any more: it runs another
 * program now, or is in the middle of its end.  What the kernel says of an end
 * is heard before it can be seen, but may wait for the next look at the news:
 * so the ended stay one look longer. */
static bool is_over(struct hog_process *p)
{
	bool heard = p->ended;

	if (p->doze.on && !p->gone && !heard)
		return false; /* it has not run, so it has not ended either */
	p->ended = p->ended || has_ended(p->pidfd);
	if (p->ended)
		return heard;
	if (!p->gone)
		return false;
	return p->settled || hog_target_image(p->target) != 0;
}

void hog_processes_drop_gone(struct hog_processes *l, struct hog_family *family,
			     uint64_t now)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < l->n; i++) {
		struct hog_process *p = l->v[i];

		if (!is_over(p)) {
			if (p->denied)
				hog_family_deny(family, p->pid);
			p->denied = false;
			l->v[kept++] = p;
			continue;
		}
		if (!p->settled)
			hog_process_settle(p, family->slot);
		hog_family_lose(family, p, now);
		hog_process_free(p);
	}
	l->n = kept;
}

void hog_processes_settle(struct hog_processes *l, struct hog_slot *slot)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!l->v[i]->settled)
			hog_process_settle(l->v[i], slot);
}

unsigned hog_processes_threads(const struct hog_processes *l)
{
	unsigned n = 0;

	for (unsigned i = 0; i < l->n; i++)
		n += l->v[i]->n_threads;
	return n;
}
