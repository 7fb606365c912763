/* SPDX-License-Identifier: Apache-2.0 */
/* The text of /proc/PID/maps: names in it are the target's choice. */
#include <stdlib.h>
#include <string.h>

#include "target/maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_maps maps;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (hog_maps_parse(text, size, &maps) < 0)
		return 0;
	for (size_t i = 0; i < maps.n; i++) {
		if (maps.v[i].start >= maps.v[i].end ||
		    (i > 0 && maps.v[i].start < maps.v[i - 1].end) ||
		    hog_maps_find(&maps, maps.v[i].start) != &maps.v[i] ||
		    strlen(maps.v[i].path) > size)
			abort();
	}
	hog_maps_fini(&maps);
	return 0;
}
