/* SPDX-License-Identifier: Apache-2.0 */
#include "export/json_text.h"

#include <stdlib.h>

#include <criterion/criterion.h>

static void check(const char *text, size_t len, const char *want)
{
	char *made = NULL;
	size_t n;
	FILE *out = open_memstream(&made, &n);

	hog_json_text(out, text, len);
	fclose(out);
	cr_expect_str_eq(made, want);
	free(made);
}

#define CHECK(text, want) check(text, sizeof(text) - 1, want)

Test(json_text, nothing_can_end_the_script_element)
{
	CHECK("</script><!--&", "\"\\u003c/script\\u003e\\u003c!--\\u0026\"");
	CHECK("\u2028\u2029", "\"\\u2028\\u2029\"");
}

Test(json_text, quotes_and_control_characters_are_escaped)
{
	CHECK("a\"b\\c\n\0\x7f", "\"a\\u0022b\\u005cc\\u000a\\u0000\\u007f\"");
}

Test(json_text, bytes_that_are_no_utf8_are_replaced)
{
	CHECK("na\u00efve\xff!\xe4\xbd",
	      "\"na\u00efve\\ufffd!\\ufffd\\ufffd\"");
}
