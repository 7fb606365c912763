/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of /proc/PID/fd and fdinfo.  Private to target/, and its tests. */
#ifndef HOG_TARGET_FDS_PARSE_H
#define HOG_TARGET_FDS_PARSE_H

#include "target/fds.h"

struct sockaddr;

/* Kind by a link's text; HOG_FD_FILE stands for all that a path can be. */
enum hog_fd_kind hog_fd_link_kind(const char *link);
/* text is NUL-terminated.  -EBADMSG: it has no flags. */
int hog_fdinfo_parse(const char *text, struct hog_fd_info *ret,
		     struct hog_buf *details);
/* Appends text, control characters as \xNN. */
void hog_fd_escape(struct hog_buf *buf, const char *text, size_t len);
/* Appends an address: "127.0.0.1:80", "[::1]:80", "/run/x.sock", "@name".
 * false, nothing appended: it has none (not bound, not connected). */
bool hog_fd_address(struct hog_buf *buf, const struct sockaddr *addr,
		    size_t len);
/* "TCP", "UDP", "UNIX" ...; NULL: no name for it. */
const char *hog_fd_protocol(int family, int type, int protocol);

#endif
