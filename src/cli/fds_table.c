/* SPDX-License-Identifier: Apache-2.0 */
/* What is open in a process now. */
#include "cli/fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "target/procfs.h"

#define CMDLINE_MAX 4096
#define PIPES_MAX 4096

void hog_fds_table_fini(struct hog_fds_table *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].what);
		free(t->v[i].details);
	}
	free(t->v);
	free(t->cmdline);
	*t = (struct hog_fds_table){ 0 };
}

/* Arguments joined by blanks. */
static char *read_cmdline(pid_t pid)
{
	char path[64], text[CMDLINE_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	n = hog_proc_read(AT_FDCWD, path, text, sizeof(text));
	for (ssize_t i = 0; i + 1 < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	return strdup(n > 0 ? text : "");
}

/* false: it has been closed meanwhile. */
static bool take_row(struct hog_fds *f, int fd, struct hog_fds_row *row)
{
	char text[HOG_FD_TEXT_MAX];
	struct hog_buf details = { 0 };

	*row = (struct hog_fds_row){ .fd = fd };
	if (hog_fds_describe(f, fd, text, sizeof(text), &row->kind) == 0)
		return false;
	row->what = strdup(text);
	row->inode = hog_fds_inode(f, fd);
	row->has_info = hog_fds_info(f, fd, &row->info, &details) == 0;
	if (details.len)
		row->details = strdup(hog_buf_str(&details));
	hog_buf_fini(&details);
	return row->what != NULL;
}

struct pipes {
	struct hog_fds_table *table;
	uint64_t inodes[PIPES_MAX];
	size_t rows[PIPES_MAX];
	size_t n;
};

static void add_peer(void *arg, size_t i, pid_t pid)
{
	struct pipes *p = arg;
	struct hog_fds_row *row = &p->table->v[p->rows[i]];

	if (row->n_peers < HOG_FDS_PEERS_MAX)
		row->peers[row->n_peers++] = pid;
}

static void find_peers(struct hog_fds_table *t)
{
	_cleanup_free_ struct pipes *p = calloc(1, sizeof(*p));

	if (!p)
		return;
	p->table = t;
	for (size_t i = 0; i < t->n && p->n < PIPES_MAX; i++) {
		if (t->v[i].kind != HOG_FD_PIPE || !t->v[i].inode)
			continue;
		p->inodes[p->n] = t->v[i].inode;
		p->rows[p->n++] = i;
	}
	hog_fds_pipe_peers(t->pid, p->inodes, p->n, add_peer, p);
}

int hog_fds_table_take(pid_t pid, struct hog_fds_table *ret,
		       struct hog_err *err)
{
	struct hog_fds_table t = { .pid = pid };
	struct hog_fds *f = NULL;
	_cleanup_free_ int *list = NULL;
	int n = hog_fds_open(pid, &f, err);

	if (n < 0)
		return n;
	n = hog_fds_numbers(f, &list);
	t.cmdline = read_cmdline(pid);
	t.v = n > 0 ? calloc((size_t)n, sizeof(*t.v)) : NULL;
	if (n > 0 && !t.v)
		n = -ENOMEM;
	for (int i = 0; i < n; i++)
		t.n += take_row(f, list[i], &t.v[t.n]);
	hog_fds_close(f);
	if (n < 0 || !t.cmdline) {
		hog_fds_table_fini(&t);
		return hog_err_set(err, n < 0 ? n : -ENOMEM,
				   "descriptors of %d", (int)pid);
	}
	find_peers(&t);
	*ret = t;
	return 0;
}
