/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of JSON. */
#ifndef HOG_EXPORT_JSON_TEXT_H
#define HOG_EXPORT_JSON_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Writes text in quotes.  `<`, `>`, `&`, U+2028 and U+2029 are \u escapes, so
 * that no name can end the element; bytes that are no UTF-8 become U+FFFD. */
void hog_json_text(FILE *out, const char *text, size_t len);
/* The same for JSON that is in no page: only what JSON itself demands, and
 * control characters. */
void hog_json_line(FILE *out, const char *text, size_t len);

#endif
