/* SPDX-License-Identifier: Apache-2.0 */
#include "export/json_text.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"

static bool stands_in_line(uint32_t c)
{
	return c != '"' && c != '\\' &&
	       ((c >= 0x20 && c < 0x7f) || !hog_utf8_is_control(c));
}

static bool stands_in_page(uint32_t c)
{
	return stands_in_line(c) && c != '<' && c != '>' && c != '&';
}

static void put(FILE *out, const char *text, size_t len,
		bool (*stands)(uint32_t c))
{
	size_t done = 0, i = 0;

	fputc('"', out);
	while (i < len) {
		uint32_t c = (unsigned char)text[i];
		size_t n = 1;

		/* Most is plain ASCII, which is quicker to tell. */
		if (c >= 0x7f || c < 0x20) {
			c = 0xfffd;
			n = hog_utf8_at(text + i, len - i, &c);
		}
		if (n && stands(c)) {
			i += n;
			continue;
		}
		fwrite(text + done, 1, i - done, out);
		if (n && (c == '"' || c == '\\') && stands == stands_in_line)
			fprintf(out, "\\%c", (int)c);
		else
			fprintf(out, "\\u%04x", n ? c : 0xfffd);
		i += n ? n : 1;
		done = i;
	}
	fwrite(text + done, 1, len - done, out);
	fputc('"', out);
}

void hog_json_text(FILE *out, const char *text, size_t len)
{
	put(out, text, len, stands_in_page);
}

void hog_json_line(FILE *out, const char *text, size_t len)
{
	put(out, text, len, stands_in_line);
}
