/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/utf8.h"
#include "cli/command.h"

#define LINE_MAX_BYTES 2048

/* Length of the UTF-8 character at p, when it is well-formed and prints. */
static size_t char_len(const char *p)
{
	uint32_t c;
	size_t len = hog_utf8_at(p, strnlen(p, 4), &c);

	if (len && (hog_utf8_is_control(c) || hog_utf8_is_deceptive(c)))
		return 0;
	return len;
}

char *hog_plain(const char *text, char *buf, size_t cap)
{
	const char *p = text;
	size_t n = 0;

	while (*p) {
		size_t len = char_len(p);
		char hex[5];

		if (n + (len ? len : 4) >= cap)
			break;
		if (len) {
			memcpy(buf + n, p, len);
		} else {
			snprintf(hex, sizeof(hex), "\\x%02x",
				 (unsigned char)*p);
			memcpy(buf + n, hex, 4);
		}
		n += len ? len : 4;
		p += len ? len : 1;
	}
	if (cap > 0)
		buf[n] = '\0';
	return buf;
}

static void put_line(const char *text)
{
	char line[LINE_MAX_BYTES];
	size_t len = strlen(hog_plain(text, line, sizeof(line) - 1));
	int saved = errno;

	line[len++] = '\n';
	/* stderr may be closed or full: there is nobody left to tell. */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = saved;
}

void hog_say(const char *command, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;
	int n = snprintf(text, sizeof(text), "hognose: %s%s",
			 command ? command : "", command ? ": " : "");

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	put_line(text);
}

/* What to do about it, where nobody who knew more has said so. */
static const char *general_remedy(int code)
{
	switch (-code) {
	case ESRCH:
		return "name a process that runs";
	case ENOENT:
		return "check the name";
	case EPERM:
	case EACCES:
		return "try it as the owner or as root (sudo)";
	case ENOSPC:
	case EDQUOT:
		return "make room there, or name another place";
	case EFBIG:
		return "allow larger files ('ulimit -f')";
	case EPIPE:
		return "keep the reader of the pipe open to the end";
	case EBADF:
		return "it is closed: name a file";
	case EISDIR:
		return "name a file";
	case EMFILE:
		return "allow more open files ('ulimit -n')";
	case ENOMEM:
	case ENFILE:
	case EAGAIN:
		return "free some memory or other resources";
	case EBADMSG:
		return "take an undamaged copy";
	case EIO:
		return "look after the disk or device";
	default:
		return "'hognose doctor' shows what works here";
	}
}

static void say_err(const char *command, const struct hog_err *err,
		    const char *hint)
{
	hog_say(command, "%s%s%s", err->text, hint ? "; " : "",
		hint ? hint : "");
}

int hog_fail(const char *command, const struct hog_err *err)
{
	const char *hint = err->hint;

	if (!hint && !strstr(err->text, "; "))
		hint = general_remedy(err->code);
	say_err(command, err, hint);
	return HOG_EXIT_FAIL;
}

int hog_usage(const char *command, const struct hog_err *err)
{
	say_err(command, err, err->hint);
	return HOG_EXIT_USAGE;
}

void hog_say_guessed(const char *command, const char *version)
{
	hog_say(command,
		"warning: Python %s is newer than this hognose knows; its "
		"layout is guessed from the newest known one",
		version);
}

void hog_say_taskless(const char *command, const char *version, const char *why)
{
	hog_say(command, "asyncio tasks of Python %s are not shown: %s",
		version, why);
}
