/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `hognose fds` share. */
#ifndef HOG_CLI_FDS_H
#define HOG_CLI_FDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyze/ledger.h"
#include "base/buf.h"
#include "profile/run.h"
#include "target/fds.h"

struct hog_err;
struct hog_fds_record;

#define HOG_FDS_PEERS_MAX 16 /* of one pipe */

struct hog_fds_row {
	int fd;
	enum hog_fd_kind kind;
	char *what;    /* owned */
	char *details; /* owned: of an epoll, eventfd ...; NULL: none */
	struct hog_fd_info info;
	bool has_info;
	uint64_t inode; /* of a socket or pipe */
	pid_t peers[HOG_FDS_PEERS_MAX];
	unsigned n_peers;
	const struct hog_ledger_fd *opened; /* NULL: not seen */
};

struct hog_fds_table {
	pid_t pid;
	char *cmdline;         /* owned, "" if not known */
	struct hog_fds_row *v; /* owned */
	size_t n;
	struct hog_fds_record *record; /* borrowed; NULL: none */
};

int hog_fds_table_take(pid_t pid, struct hog_fds_table *ret,
		       struct hog_err *err);
void hog_fds_table_fini(struct hog_fds_table *t);

/* The ledger at the end of a recording. */
int hog_fds_record_read(const char *path, struct hog_fds_record **ret,
			struct hog_err *err);
void hog_fds_record_free(struct hog_fds_record *r);
const struct hog_run *hog_fds_record_run(const struct hog_fds_record *r);
/* Fills in who opened what; only where it is the same thing still. */
void hog_fds_record_join(struct hog_fds_record *r, struct hog_fds_table *t);

void hog_fds_text(const struct hog_fds_table *t, FILE *out);
void hog_fds_json(const struct hog_fds_table *t, FILE *out);

#endif
