/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/async_option.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "cli/command.h"

int hog_async_parse(const struct hog_args *args, int letter,
		    enum hog_async *ret, struct hog_err *err)
{
	const char *text = hog_args_value(args, letter);

	if (!hog_args_has(args, letter)) {
		*ret = HOG_ASYNC_NONE;
		return 0;
	}
	if (text && strcmp(text, "running") != 0 && strcmp(text, "all") != 0)
		return hog_err_say(err, -EINVAL,
				   "use --async, --async=running or "
				   "--async=all",
				   "unknown kind of tasks '%.40s'", text);
	*ret = text && !strcmp(text, "all") ? HOG_ASYNC_ALL : HOG_ASYNC_RUNNING;
	return 0;
}
