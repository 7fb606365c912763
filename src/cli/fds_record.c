/* SPDX-License-Identifier: Apache-2.0 */
/* Who opened what, from a recording of system calls. */
#include "cli/fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "profile/model.h"
#include "profile/stream.h"

struct hog_fds_record {
	FILE *in;                       /* owned */
	struct hog_stream_reader *from; /* owned */
	struct hog_ledger *ledger;      /* owned */
};

const struct hog_run *hog_fds_record_run(const struct hog_fds_record *r)
{
	return hog_stream_run(r->from);
}

void hog_fds_record_free(struct hog_fds_record *r)
{
	if (!r)
		return;
	hog_ledger_free(r->ledger);
	hog_stream_close(r->from);
	if (r->in)
		fclose(r->in);
	free(r);
}

/* The table of a process that has ended is not asked for: its end is left out,
 * and so is that of watching, so that what was open then is kept. */
static int read_all(struct hog_fds_record *r, struct hog_err *err)
{
	struct hog_event ev;
	int ended, taken = 0;

	while (taken == 0 && (ended = hog_stream_next(r->from, &ev, err)) > 0)
		taken = hog_ledger_event(r->ledger, &ev);
	if (taken < 0)
		return hog_err_set(err, taken, "descriptors");
	/* A recording that still grows, or just stops, is as good. */
	return ended == -ENODATA ? 0 : ended;
}

int hog_fds_record_read(const char *path, struct hog_fds_record **ret,
			struct hog_err *err)
{
	struct hog_fds_record *r = calloc(1, sizeof(*r));
	int result = 0;

	if (!r)
		return hog_err_set(err, -ENOMEM, "read '%.200s'", path);
	r->in = fopen(path, "re");
	if (!r->in)
		result = hog_err_set(err, -errno, "read '%.200s'", path);
	if (result == 0) {
		result = hog_stream_open(r->in, &r->from, err);
		if (result == 0) {
			r->ledger = hog_ledger_new(hog_stream_run(r->from),
						   NULL, NULL);
			result = r->ledger ? read_all(r, err)
					   : hog_err_set(err, -ENOMEM,
							 "descriptors");
		}
		if (result < 0)
			hog_err_wrap(err, result, "%.200s", path);
	}
	if (result < 0) {
		hog_fds_record_free(r);
		return result;
	}
	*ret = r;
	return 0;
}

/* The program that ran last under that pid. */
static uint32_t process_of(const struct hog_run *run, pid_t pid)
{
	uint32_t n = hog_model_count(run->model).processes, found = 0;

	for (uint32_t id = 1; id < n; id++)
		if (hog_model_get_process(run->model, id)->pid == pid)
			found = id;
	return found;
}

/* The same thing, or something that got its number since? */
static bool is_same(const struct hog_fds_row *row,
		    const struct hog_ledger_fd *fd)
{
	uint64_t inode;

	if (*fd->kind && strcmp(fd->kind, hog_fd_kind_name(row->kind)) != 0)
		return false;
	if (!fd->what)
		return true;
	inode = hog_fd_link_inode(fd->what);
	if (inode)
		return inode == row->inode;
	/* The addresses of a socket change, its name is not enough. */
	return row->kind == HOG_FD_SOCKET || !strcmp(fd->what, row->what);
}

void hog_fds_record_join(struct hog_fds_record *r, struct hog_fds_table *t)
{
	uint32_t process = process_of(hog_stream_run(r->from), t->pid);
	size_t n, at = 0;
	const struct hog_ledger_fd *v = hog_ledger_fds(r->ledger, process, &n);

	t->record = r;
	for (size_t i = 0; i < t->n; i++) {
		while (at < n && v[at].fd < t->v[i].fd)
			at++;
		if (at < n && v[at].fd == t->v[i].fd &&
		    v[at].why == HOG_WHY_SEEN && is_same(&t->v[i], &v[at]))
			t->v[i].opened = &v[at];
	}
}
