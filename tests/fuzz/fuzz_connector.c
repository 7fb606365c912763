/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the kernel's process events. */
#include <stdint.h>
#include <stdlib.h>

#include "target/newborn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hog_birth birth = { 0 };

	if (hog_connector_parse(data, size, &birth) && birth.pid <= 0)
		abort();
	return 0;
}
