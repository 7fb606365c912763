/* SPDX-License-Identifier: Apache-2.0 */
/* Exercises python/lines.c: byte 0 chooses the format, bytes 1-2 are the first
 * line, the rest is the table; every instruction of it is asked for. */
#include <stdlib.h>

#include "python/lines.h"

#define ASKED_MAX 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_pyplace place;
	int32_t first;

	if (size < 3)
		return 0;
	first = data[1] | data[2] << 8;
	for (int32_t at = -2; at < ASKED_MAX; at += 2) {
		int r = hog_pylines_find(data[0] % 4, data + 3, size - 3, first,
					 at, &place);

		if (place.line < 0 || place.end_line < 0 || place.column < -1 ||
		    place.end_column < -1 ||
		    (r && (place.line != first || place.column != -1)))
			abort();
	}
	return 0;
}
