/* SPDX-License-Identifier: Apache-2.0 */
#include "export/json_text.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"

static bool is_plain(uint32_t c)
{
	return !hog_utf8_is_control(c) && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

void hog_json_text(FILE *out, const char *text, size_t len)
{
	size_t done = 0, i = 0;

	fputc('"', out);
	while (i < len) {
		uint32_t c = 0xfffd;
		size_t n = hog_utf8_at(text + i, len - i, &c);

		if (n && is_plain(c)) {
			i += n;
			continue;
		}
		fwrite(text + done, 1, i - done, out);
		fprintf(out, "\\u%04x", n ? c : 0xfffd);
		i += n ? n : 1;
		done = i;
	}
	fwrite(text + done, 1, len - done, out);
	fputc('"', out);
}
