/* SPDX-License-Identifier: Apache-2.0 */
/* Exercises hog_pylayout_overlay with a _Py_DebugOffsets of any bytes: what it
 * accepts must be offsets that readers can use. */
#include <stdlib.h>
#include <string.h>

#include "python/layout.h"

#define OFFSET_MAX (1 << 25)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct hog_pylayout *lay)
{
#define X(field, group, keys)                                                  \
	if (lay->field < HOG_NO_FIELD || lay->field > OFFSET_MAX)              \
		abort();
	HOG_PYLAYOUT_FIELDS(X)
#undef X
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; hog_pylayouts[i]; i++) {
		struct hog_pylayout lay = *hog_pylayouts[i];
		struct hog_pylayout before = lay;

		if (lay.major != 3 || lay.minor < 13 || size > 4096)
			continue;
		if (hog_pylayout_overlay(&lay, data, (uint32_t)size) == 0)
			check(&lay);
		else if (memcmp(&lay, &before, sizeof(lay)) != 0)
			abort();
	}
	return 0;
}
