/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of web/, made into C by tools/embed.py: the data goes between. */
#ifndef HOG_EXPORT_PAGE_H
#define HOG_EXPORT_PAGE_H

#include <stddef.h>

extern const char hog_page_head[];
extern const size_t hog_page_head_len;
extern const char hog_page_tail[];
extern const size_t hog_page_tail_len;
extern const char hog_timeline_head[];
extern const size_t hog_timeline_head_len;
extern const char hog_timeline_tail[];
extern const size_t hog_timeline_tail_len;

#endif
