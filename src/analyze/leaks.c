/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/leaks.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/place.h"
#include "base/buf.h"
#include "base/map.h"
#include "profile/model.h"
#include "profile/run.h"

#define STDIO_LAST 2
#define PENDING_MAX 65536 /* more are leaks at once */

struct hog_leaks {
	const struct hog_run *run; /* borrowed */
	unsigned when;
	char **patterns; /* owned, each of them too */
	size_t n_patterns, patterns_cap;
	struct hog_leak *v; /* owned */
	size_t n, cap;
	struct hog_map64 index; /* hash of (when, line or what) -> place in v */
	/* Close-on-exec ones at a fork, until it is known what the child is. */
	struct hog_leak *pending; /* owned */
	size_t n_pending, pending_cap;
	uint64_t dropped;
	struct hog_buf text;
};

struct hog_leaks *hog_leaks_new(const struct hog_run *run, unsigned when)
{
	struct hog_leaks *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->run = run;
	l->when = when;
	return l;
}

void hog_leaks_free(struct hog_leaks *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n_patterns; i++)
		free(l->patterns[i]);
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].what);
	for (size_t i = 0; i < l->n_pending; i++)
		free(l->pending[i].what);
	free(l->patterns);
	free(l->v);
	free(l->pending);
	hog_map64_fini(&l->index);
	hog_buf_fini(&l->text);
	free(l);
}

const struct hog_leak *hog_leaks_get(const struct hog_leaks *l, size_t *ret_n)
{
	*ret_n = l->n;
	return l->v;
}

uint64_t hog_leaks_dropped(const struct hog_leaks *l)
{
	return l->dropped;
}

/* ---- what is allowed ---- */

int hog_leaks_allow(struct hog_leaks *l, const char *pattern, size_t len)
{
	char *copy = strndup(pattern, len);

	if (!copy)
		return -ENOMEM;
	if (l->n_patterns == l->patterns_cap) {
		size_t more = l->patterns_cap ? 2 * l->patterns_cap : 8;
		char **grown = realloc(l->patterns, more * sizeof(*grown));

		if (!grown) {
			free(copy);
			return -ENOMEM;
		}
		l->patterns = grown;
		l->patterns_cap = more;
	}
	l->patterns[l->n_patterns++] = copy;
	return 0;
}

int hog_leaks_allow_lines(struct hog_leaks *l, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const char *next = stop ? stop + 1 : end;
		size_t n;
		int r;

		n = (size_t)((stop ? stop : end) - text);
		while (n && (*text == ' ' || *text == '\t')) {
			text++;
			n--;
		}
		while (n && strchr(" \t\r", text[n - 1]))
			n--;
		if (n && *text != '#') {
			r = hog_leaks_allow(l, text, n);
			if (r < 0)
				return r;
		}
		text = next;
	}
	return 0;
}

static bool matches(const struct hog_leaks *l, const char *text)
{
	for (size_t i = 0; *text && i < l->n_patterns; i++)
		if (fnmatch(l->patterns[i], text, 0) == 0)
			return true;
	return false;
}

/* A path with stars is what was opened, not all that files of /srv open. */
static bool matches_with_colon(const struct hog_leaks *l, const char *text)
{
	for (size_t i = 0; i < l->n_patterns; i++)
		if (strchr(l->patterns[i], ':') &&
		    fnmatch(l->patterns[i], text, 0) == 0)
			return true;
	return false;
}

static bool allows_what(struct hog_leaks *l, const struct hog_ledger_fd *fd)
{
	static const char deleted[] = " (deleted)";
	size_t tail = sizeof(deleted) - 1, len;
	const char *address;

	if (!fd->what)
		return false;
	if (matches(l, fd->what))
		return true;
	address = strchr(fd->what, ' ');
	if (fd->kind && !strcmp(fd->kind, "socket") && address &&
	    matches(l, address + 1))
		return true;
	len = strlen(fd->what);
	if (len <= tail || strcmp(fd->what + len - tail, deleted) != 0)
		return false;
	hog_buf_clear(&l->text);
	hog_buf_add(&l->text, fd->what, len - tail);
	return matches(l, hog_buf_str(&l->text));
}

static bool allows_file(struct hog_leaks *l, const char *file,
			const char *function)
{
	hog_buf_clear(&l->text);
	hog_buf_printf(&l->text, "%s:%s", file, function);
	return matches_with_colon(l, hog_buf_str(&l->text));
}

static bool allows_frame(struct hog_leaks *l, uint32_t frame)
{
	const struct hog_model *m = l->run->model;
	struct hog_place at = hog_place_of_frame(m, frame);
	uint32_t function = hog_model_get_frame(m, frame)->function;
	const char *name = hog_model_text(
		m, hog_model_get_function(m, function)->name, NULL);

	return matches(l, at.name) || matches(l, name) ||
	       allows_file(l, at.file, at.name) ||
	       allows_file(l, at.short_file, at.name) ||
	       allows_file(l, at.file, name) ||
	       allows_file(l, at.short_file, name);
}

/* The function that is blamed, and those of the library that it called. */
static bool allows_opener(struct hog_leaks *l, uint32_t stack)
{
	const struct hog_model *m = l->run->model;
	uint32_t last = hog_place_of(m, stack).frame;

	while (stack) {
		struct hog_stack_node node = hog_model_get_stack(m, stack);
		uint32_t function =
			hog_model_get_frame(m, node.frame)->function;

		if (hog_model_get_function(m, function)->kind ==
			    HOG_FRAME_PYTHON &&
		    allows_frame(l, node.frame))
			return true;
		if (node.frame == last)
			return false;
		stack = node.parent;
	}
	return false;
}

static bool is_leak(struct hog_leaks *l, enum hog_fds_when when,
		    const struct hog_ledger_fd *fd)
{
	if (fd->fd <= STDIO_LAST || fd->why == HOG_WHY_INHERITED)
		return false;
	if (when == HOG_FDS_EXEC && fd->cloexec)
		return false;
	if (l->n_patterns == 0)
		return true;
	return !allows_what(l, fd) && !allows_opener(l, fd->stack);
}

/* ---- what is kept ---- */

/* Equal for those that are one leak: by the line that opened it, else by what
 * it is. */
static uint64_t key_of(const struct hog_leaks *l, const struct hog_leak *leak)
{
	uint32_t frame = hog_place_of(l->run->model, leak->stack).frame;
	uint64_t key = (uint64_t)leak->when << 40 | (uint64_t)leak->why << 36;

	if (frame)
		return hog_hash64(key | frame);
	if (!leak->what)
		return hog_hash64(key) ^ (uint64_t)leak->fds[0];
	return hog_hash64(key) ^ hog_hash_bytes(leak->what, strlen(leak->what));
}

static void add_to(struct hog_leak *to, const struct hog_leak *leak)
{
	to->count += leak->count;
	for (unsigned i = 0; i < to->n_fds; i++)
		if (to->fds[i] == leak->fds[0])
			return;
	if (to->n_fds < HOG_LEAK_FDS)
		to->fds[to->n_fds++] = leak->fds[0];
}

/* Takes over leak->what. */
static int keep(struct hog_leaks *l, struct hog_leak *leak)
{
	uint64_t key = key_of(l, leak);
	uint64_t *at = hog_map64_get(&l->index, key);

	if (at) {
		add_to(&l->v[*at], leak);
		free(leak->what);
		return 0;
	}
	if (l->n >= HOG_LEAKS_MAX) {
		l->dropped++;
		free(leak->what);
		return 0;
	}
	if (l->n == l->cap) {
		size_t more = l->cap ? 2 * l->cap : 16;
		struct hog_leak *grown = realloc(l->v, more * sizeof(*grown));

		if (!grown) {
			free(leak->what);
			return -ENOMEM;
		}
		l->v = grown;
		l->cap = more;
	}
	if (hog_map64_put(&l->index, key, l->n) < 0) {
		free(leak->what);
		return -ENOMEM;
	}
	l->v[l->n++] = *leak;
	return 0;
}

/* The same, but it only counts when the child does not exec. */
static int keep_pending(struct hog_leaks *l, struct hog_leak *leak)
{
	if (l->n_pending >= PENDING_MAX)
		return keep(l, leak);
	if (l->n_pending == l->pending_cap) {
		size_t more = l->pending_cap ? 2 * l->pending_cap : 16;
		struct hog_leak *grown =
			realloc(l->pending, more * sizeof(*grown));

		if (!grown) {
			free(leak->what);
			return -ENOMEM;
		}
		l->pending = grown;
		l->pending_cap = more;
	}
	l->pending[l->n_pending++] = *leak;
	return 0;
}

int hog_leaks_add(struct hog_leaks *l, const struct hog_ledger_moment *moment)
{
	int r = 0;

	if (!(l->when & 1u << moment->when))
		return 0;
	for (size_t i = 0; r == 0 && i < moment->n; i++) {
		const struct hog_ledger_fd *fd = &moment->fds[i];
		struct hog_leak leak = { .when = moment->when,
					 .count = 1,
					 .fds = { fd->fd },
					 .n_fds = 1,
					 .cloexec = fd->cloexec,
					 .why = fd->why,
					 .kind = fd->kind,
					 .stack = fd->stack,
					 .thread = fd->thread,
					 .call = fd->call,
					 .process = moment->process,
					 .at_stack = moment->stack,
					 .time_ns = moment->time_ns,
					 .opened_ns = fd->time_ns };

		if (!is_leak(l, moment->when, fd))
			continue;
		if (fd->what)
			leak.what = strdup(fd->what);
		if (moment->when == HOG_FDS_FORK && fd->cloexec)
			r = keep_pending(l, &leak);
		else
			r = keep(l, &leak);
	}
	return r;
}

void hog_leaks_execed(struct hog_leaks *l, uint32_t process)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_pending; i++) {
		if (l->pending[i].process == process)
			free(l->pending[i].what);
		else
			l->pending[n++] = l->pending[i];
	}
	l->n_pending = n;
}

int hog_leaks_ended(struct hog_leaks *l, uint32_t process)
{
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < l->n_pending; i++) {
		if (process && l->pending[i].process != process)
			l->pending[n++] = l->pending[i];
		else if (keep(l, &l->pending[i]) < 0)
			r = -ENOMEM;
	}
	l->n_pending = n;
	return r;
}
