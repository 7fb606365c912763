/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/fd_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct hog_fd_table *hog_fd_table_new(uint64_t *total, uint64_t *refused)
{
	struct hog_fd_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->users = 1;
	t->total = total;
	t->refused = refused;
	return t;
}

static bool keep_none(struct hog_ledger_fd *fd, void *arg)
{
	(void)fd;
	(void)arg;
	return false;
}

void hog_fd_table_unuse(struct hog_fd_table *t)
{
	if (!t || --t->users > 0)
		return;
	hog_fd_table_filter(t, keep_none, NULL);
	free(t->v);
	free(t);
}

/* Index of fd, or of the first one above it. */
static size_t place_of(const struct hog_fd_table *t, int fd)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->v[middle].fd < fd)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct hog_ledger_fd *hog_fd_table_find(const struct hog_fd_table *t, int fd)
{
	size_t at = place_of(t, fd);

	return at < t->n && t->v[at].fd == fd ? &t->v[at] : NULL;
}

static int make_room(struct hog_fd_table *t)
{
	size_t more = t->cap ? 2 * t->cap : 16;
	struct hog_ledger_fd *grown;

	if (t->n < t->cap)
		return 0;
	grown = realloc(t->v, more * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	t->v = grown;
	t->cap = more;
	return 0;
}

int hog_fd_table_put(struct hog_fd_table *t, const struct hog_ledger_fd *fd)
{
	size_t at = place_of(t, fd->fd);

	if (at < t->n && t->v[at].fd == fd->fd) {
		free(t->v[at].what);
		t->v[at] = *fd;
		return 0;
	}
	if (t->n >= HOG_LEDGER_FDS_MAX || *t->total >= HOG_LEDGER_ALL_MAX) {
		(*t->refused)++;
		free(fd->what);
		return 0;
	}
	if (make_room(t) < 0) {
		free(fd->what);
		return -ENOMEM;
	}
	memmove(&t->v[at + 1], &t->v[at], (t->n - at) * sizeof(*t->v));
	t->v[at] = *fd;
	t->n++;
	(*t->total)++;
	return 0;
}

struct hog_fd_table *hog_fd_table_copy(const struct hog_fd_table *from)
{
	struct hog_fd_table *t = hog_fd_table_new(from->total, from->refused);

	for (size_t i = 0; t && i < from->n; i++) {
		struct hog_ledger_fd fd = from->v[i];

		if (fd.what)
			fd.what = strdup(fd.what);
		if (hog_fd_table_put(t, &fd) < 0) {
			hog_fd_table_unuse(t);
			return NULL;
		}
	}
	return t;
}

void hog_fd_table_filter(struct hog_fd_table *t,
			 bool (*keep)(struct hog_ledger_fd *fd, void *arg),
			 void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (keep(&t->v[i], arg))
			t->v[n++] = t->v[i];
		else
			free(t->v[i].what);
	}
	*t->total -= t->n - n;
	t->n = n;
}
