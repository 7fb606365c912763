/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int hog_err_set(struct hog_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	int n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->text))
		snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s",
			 strerror(-code));
	err->code = code;
	err->hint = NULL;
	return code;
}

int hog_err_say(struct hog_err *err, int code, const char *hint,
		const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err->code = code;
	err->hint = hint;
	return code;
}

int hog_err_wrap(struct hog_err *err, int code, const char *fmt, ...)
{
	char before[sizeof(err->text)];
	char *text;
	va_list ap;

	if (!err)
		return code;
	text = err->text;
	va_start(ap, fmt);
	int n = vsnprintf(before, sizeof(before), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n + 2 >= sizeof(before))
		return code;

	size_t head = (size_t)n;
	size_t room = sizeof(err->text) - head - 3;
	size_t old = strnlen(text, room);

	memmove(text + head + 2, text, old);
	memcpy(text, before, head);
	memcpy(text + head, ": ", 2);
	text[head + 2 + old] = '\0';
	err->code = code;
	return code;
}
