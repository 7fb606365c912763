/* SPDX-License-Identifier: Apache-2.0 */
/* A table of descriptors, shared by processes or not; private to the ledger. */
#ifndef HOG_ANALYZE_FD_TABLE_H
#define HOG_ANALYZE_FD_TABLE_H

#include <stddef.h>

#include "analyze/ledger.h"

struct hog_fd_table {
	struct hog_ledger_fd *v; /* owned, ascending by fd */
	size_t n, cap;
	unsigned users;  /* processes that share it (CLONE_FILES) */
	uint64_t *total; /* borrowed: of all tables */
	uint64_t *refused;
};

/* NULL: no memory.  With one user. */
struct hog_fd_table *hog_fd_table_new(uint64_t *total, uint64_t *refused);
/* A copy with what they are, of one user; NULL: no memory. */
struct hog_fd_table *hog_fd_table_copy(const struct hog_fd_table *from);
/* One user less; the last one frees it.  Takes NULL. */
void hog_fd_table_unuse(struct hog_fd_table *t);

struct hog_ledger_fd *hog_fd_table_find(const struct hog_fd_table *t, int fd);
/* Takes over fd->what, also when it fails.  What was at that number is gone. 0;
 * -ENOMEM; past the limits it is counted and left out. */
int hog_fd_table_put(struct hog_fd_table *t, const struct hog_ledger_fd *fd);
/* Drops those for which keep() is false. */
void hog_fd_table_filter(struct hog_fd_table *t,
			 bool (*keep)(struct hog_ledger_fd *fd, void *arg),
			 void *arg);

#endif
