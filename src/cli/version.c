/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/version.h"

#include <stdio.h>

#include "cli/command.h"

const char hog_version[] = HOG_VERSION;
const char hog_machine[] =
#if defined(__x86_64__)
	"x86_64";
#elif defined(__aarch64__)
	"aarch64";
#else
#error "hognose knows x86_64 and aarch64"
#endif

int hog_print_version(bool json)
{
	if (json)
		printf("{\"version\": \"%s\", \"machine\": \"%s\"}\n",
		       hog_version, hog_machine);
	else
		printf("hognose %s\n", hog_version);
	return HOG_EXIT_OK;
}
