/* SPDX-License-Identifier: Apache-2.0 */
/* Text that may be no text: names and files of programs hold any bytes. */
#ifndef HOG_BASE_UTF8_H
#define HOG_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the well-formed UTF-8 character at text (len > 0) and its code
 * point; 0 for anything else: cut, overlong, a surrogate, past U+10FFFF. */
size_t hog_utf8_at(const char *text, size_t len, uint32_t *ret_char);
/* Does this character steer a terminal or end a line rather than print? */
bool hog_utf8_is_control(uint32_t c);
/* Does it hide, or change the direction of the text around it? */
bool hog_utf8_is_deceptive(uint32_t c);

#endif
