/* SPDX-License-Identifier: Apache-2.0 */
/* --async of record and dump. */
#ifndef HOG_CLI_ASYNC_OPTION_H
#define HOG_CLI_ASYNC_OPTION_H

#include "collect/async.h"

struct hog_args;
struct hog_err;

/* What the option of that letter says; HOG_ASYNC_NONE when it is not given.
 * 0, or -EINVAL with err saying why. */
int hog_async_parse(const struct hog_args *args, int letter,
		    enum hog_async *ret, struct hog_err *err);

#endif
