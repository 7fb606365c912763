/* SPDX-License-Identifier: Apache-2.0 */
/* Links of /proc/PID/fd and texts of fdinfo: names in them are the target's. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "target/fds_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_address(const uint8_t *data, size_t size, struct hog_buf *out)
{
	union {
		struct sockaddr any;
		struct sockaddr_storage room;
	} addr = { 0 };
	size_t len = size < sizeof(addr) ? size : sizeof(addr);

	memcpy(&addr, data, len);
	hog_buf_clear(out);
	if (!hog_fd_address(out, &addr.any, len) && out->len > 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_fd_info info;
	struct hog_buf out = { 0 };
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (hog_fd_link_kind(text) >= HOG_FD_KINDS)
		abort();
	hog_fd_link_inode(text);
	hog_fdinfo_parse(text, &info, &out);
	hog_buf_clear(&out);
	hog_fd_escape(&out, text, size);
	for (size_t i = 0; i < out.len; i++) {
		if (out.data[i] < 0x20 || out.data[i] == 0x7f)
			abort();
	}
	if (size)
		as_address(data, size, &out);
	hog_buf_fini(&out);
	free(text);
	return 0;
}
