/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/cgroup and mountinfo: names in them are other people's choice.  The
 * argument, the mounts and the groups, a zero byte between them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "target/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_cgroup cg;
	char *text = malloc(size + 3);
	const char *mounts, *groups;

	if (!text)
		return 0;
	memcpy(text, data, size);
	memset(text + size, 0, 3);
	mounts = text + strlen(text) + 1;
	groups = mounts < text + size ? mounts + strlen(mounts) + 1 : mounts;
	if (groups > text + size)
		groups = text + size;
	if (hog_cgroup_parse(text, mounts, &cg) == 0) {
		(void)hog_cgroup_matches(&cg, groups);
		/* A group holds itself. */
		if (cg.kind == HOG_CGROUP_PATH && !cg.hierarchy &&
		    !strchr(cg.path, '\n')) {
			char *own = malloc(strlen(cg.path) + 8);

			strcpy(own, "0::/");
			strcat(own, cg.path);
			if (!hog_cgroup_matches(&cg, own))
				abort();
			free(own);
		}
		hog_cgroup_fini(&cg);
	}
	free(text);
	return 0;
}
