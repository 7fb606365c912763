/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/self.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"

static uint64_t peak_memory(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	unsigned long kib;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %lu kB", &kib) == 1)
			return (uint64_t)kib * 1024;
	return 0;
}

void hog_self_stats(struct hog_stats *stats)
{
	stats->cpu_seconds =
		(double)hog_clock_ns(CLOCK_PROCESS_CPUTIME_ID) / HOG_NS_PER_SEC;
	stats->max_rss_bytes = peak_memory();
}
