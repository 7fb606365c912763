/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line that is drawn over and over.  It ends with the cursor at its start,
 * so that whatever else is written there overwrites it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/record.h"
#include "cli/say.h"

#define LINE_BYTES 1024

static uint32_t decode(const unsigned char *p, size_t *ret_len)
{
	size_t len = p[0] < 0xc0 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3f);
	*ret_len = len;
	return c;
}

/* Cells a character takes.  wcwidth would need the user's locale to be UTF-8;
 * these ranges are the wide and the combining ones that names have. */
static unsigned cells(uint32_t c)
{
	if ((c >= 0x300 && c < 0x370) || (c >= 0x200b && c < 0x2010) ||
	    (c >= 0xfe00 && c < 0xfe10))
		return 0;
	if ((c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) ||
	    (c >= 0xac00 && c < 0xd7a4) || (c >= 0xf900 && c < 0xfb00) ||
	    (c >= 0xff00 && c < 0xff61) || (c >= 0x1f300 && c < 0x1fa00) ||
	    (c >= 0x20000 && c < 0x40000))
		return 2;
	return 1;
}

/* Ends text where more than `columns` cells would be taken. */
static void cut(char *text, unsigned columns)
{
	unsigned used = 0;
	size_t at = 0, len;

	while (text[at]) {
		used += cells(decode((unsigned char *)text + at, &len));
		if (used > columns)
			break;
		at += len;
	}
	text[at] = '\0';
}

static uint64_t lost(const struct hog_loss *loss)
{
	return loss->missed + loss->torn + loss->unreadable + loss->truncated;
}

void hog_record_live_format(const struct hog_progress *p, unsigned columns,
			    char *buf, size_t cap)
{
	char raw[LINE_BYTES];
	int n = snprintf(raw, sizeof(raw),
			 "%.0f s  %.0f Hz  %" PRIu64 " samples  %" PRIu64
			 " lost",
			 p->elapsed_s, p->rate_hz, p->samples, lost(&p->loss));

	if (p->lowered_hz > 0)
		n += snprintf(raw + n, sizeof(raw) - (size_t)n,
			      "  lowered to %.3g Hz", p->lowered_hz);
	if (p->processes > 1)
		n += snprintf(raw + n, sizeof(raw) - (size_t)n,
			      "  %u processes", p->processes);
	if (p->hottest && p->hottest[0])
		snprintf(raw + n, sizeof(raw) - (size_t)n, "  %.0f%% %s",
			 p->hottest_share * 100, p->hottest);
	hog_plain(raw, buf, cap);
	cut(buf, columns);
}

/* Writing from the background may stop us (stty tostop). */
static bool in_foreground(void)
{
	return tcgetpgrp(STDERR_FILENO) == getpgrp();
}

void hog_record_live_init(struct hog_record_live *live, bool launched,
			  bool quiet)
{
	live->drawn = false;
	live->on = !quiet && isatty(STDERR_FILENO) &&
		   !(launched && isatty(STDOUT_FILENO));
}

static void put(const char *text, size_t len)
{
	/* A terminal that has gone takes nothing; the recording goes on. */
	if (write(STDERR_FILENO, text, len) < 0)
		return;
}

void hog_record_live_draw(struct hog_record_live *live,
			  const struct hog_progress *p)
{
	char text[LINE_BYTES], line[LINE_BYTES + 16];
	struct winsize size;
	unsigned columns = 80;
	int n;

	if (!live->on || !in_foreground())
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	hog_record_live_format(p, columns - 1, text, sizeof(text));
	n = snprintf(line, sizeof(line), "\r%s\033[K\r", text);
	put(line, (size_t)n);
	live->drawn = true;
}

void hog_record_live_clear(struct hog_record_live *live)
{
	if (live->drawn)
		put("\r\033[K", 4);
	live->drawn = false;
}
