/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the target's source files, where they can be read without harm: as
 * the target sees them (its root, its working directory), regular files only
 * (opening a FIFO or a device has effects), bounded.
 */
#ifndef HOG_CLI_SOURCE_H
#define HOG_CLI_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hog_sources;

/* pid 0: from a core, so the files of this machine.  NULL: no memory. */
struct hog_sources *hog_sources_new(pid_t pid);
void hog_sources_free(struct hog_sources *src);

/* One line, without its end; not NUL-terminated, valid until the next call.
 * NULL: it cannot be read. */
const char *hog_sources_line(struct hog_sources *src, const char *file,
			     int32_t line, size_t *ret_len);

/* Column as an editor counts, from 1, in characters, of a byte offset as
 * CPython counts (UTF-8, from 0).  Without a line, or past its end: byte + 1. */
int32_t hog_source_column(const char *line, size_t len, int32_t byte);

#endif
